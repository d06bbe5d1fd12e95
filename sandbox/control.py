"""The JSON control API: be the people, read their mail, move the clock, break the providers.

`docs/sandbox.md` shows every route with an example. Tests outside this repository rely on it: it only grows.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.chats import Blocked, Chats, LocationNeeded, NoSuchButton, scope_key
from sandbox.clock import Clock, OnlyForward, Unreachable, as_iso, parse_duration
from sandbox.entities import BadText
from sandbox.faults import KINDS, PROVIDERS, Fault, Faults
from sandbox.ledger import Ledger
from sandbox.limits import ResendLimits, TelegramLimits
from sandbox.mailbox import EVENTS, Mailbox, address_in, first_link, parse_moment
from sandbox.state import Mail, Message, State, User
from sandbox.stream import Stream
from sandbox.webhooks import Webhooks

KEEP_ALIVE_SECONDS = 15.0
WEBHOOK_SECONDS = 5.0
DOMAIN_STATES = ("pending", "verified", "failed", "not_started", "partially_verified", "partially_failed")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field

    def as_json(self) -> dict[str, Any]:
        error = {"code": self.code, "message": self.message}
        return {"error": {**error, "field": self.field} if self.field else error}


def invalid(field: str, message: str) -> Refused:
    return Refused(422, "invalid", f"{field}: {message}", field)


def not_found(what: str) -> Refused:
    return Refused(404, "not_found", f"There is no such {what}.")


BLOCKED = Refused(409, "blocked", "This user has blocked the bot: unblock first, or write /start.")


class Body:
    """A JSON object, read field by field; every complaint names the field."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    @classmethod
    async def of(cls, request: web.Request) -> Body:
        raw = await request.read()
        try:
            fields = json.loads(raw) if raw.strip() else {}
        except ValueError:
            raise Refused(422, "malformed_json", "The body is not valid JSON.", "body") from None
        if not isinstance(fields, dict):
            raise invalid("body", "must be a JSON object")
        return cls(fields)

    def __contains__(self, name: str) -> bool:
        """An empty text counts as left out: a form sends what was not filled in."""
        return self._fields.get(name) not in (None, "")

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise invalid(name, "must be a text that is not empty")
        return value

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if name in self else None

    def integer(self, name: str, least: int) -> int:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise invalid(name, f"must be a whole number of at least {least}")
        return value

    def optional_integer(self, name: str, least: int) -> int | None:
        return self.integer(name, least) if name in self else None

    def seconds(self, name: str, otherwise: float) -> float:
        value = self._fields.get(name, otherwise)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
            raise invalid(name, "must be a number of seconds")
        return float(value)

    def optional_bytes(self, name: str) -> bytes | None:
        """Of base64."""
        try:
            return b64decode(self.text(name), validate=True) if name in self else None
        except ValueError:
            raise invalid(name, "must be base64") from None

    def optional_location(self, name: str) -> dict[str, float] | None:
        if name not in self:
            return None
        given = self._fields[name]
        place = given if isinstance(given, dict) else {}
        return {
            part: _degrees(f"{name}.{part}", place.get(part), most)
            for part, most in (("latitude", 90), ("longitude", 180))
        }

    def flag(self, name: str, otherwise: bool) -> bool:
        value = self._fields.get(name, otherwise)
        if not isinstance(value, bool):
            raise invalid(name, "must be true or false")
        return value

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        value = self._fields.get(name)
        if value not in options:
            raise invalid(name, f"must be one of {', '.join(options)}")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise invalid(name, "must be a list of texts")
        return tuple(value)

    def raw(self, name: str) -> Any:
        return self._fields.get(name)


@dataclass(slots=True)
class ControlAPI:
    state: State
    clock: Clock
    chats: Chats
    mailbox: Mailbox
    webhooks: Webhooks
    faults: Faults
    ledger: Ledger
    telegram_limits: TelegramLimits
    resend_limits: ResendLimits
    stream: Stream
    closing: asyncio.Event

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/users", served(self.list_users)),
            web.post("/control/users", served(self.create_user)),
            web.get("/control/users/{id}", served(self.get_user)),
            web.get("/control/users/{id}/messages", served(self.list_messages)),
            web.post("/control/users/{id}/messages", served(self.write)),
            web.get("/control/users/{id}/commands", served(self.list_commands)),
            web.get("/control/files/{id}", self.get_file),
            web.post("/control/users/{id}/tap", served(self.tap)),
            web.post("/control/users/{id}/block", served(self.block)),
            web.post("/control/users/{id}/unblock", served(self.unblock)),
            web.get("/control/bot", served(self.get_bot)),
            web.get("/control/inbox", served(self.list_inbox)),
            web.get("/control/inbox/{id}", served(self.get_mail)),
            web.post("/control/inbox/{id}/{event}", served(self.mail_event)),
            web.get("/control/webhooks", served(self.list_webhooks)),
            web.post("/control/webhooks/{id}/replay", served(self.replay_webhook)),
            web.get("/control/domains", served(self.list_domains)),
            web.post("/control/domains", served(self.set_domain)),
            web.get("/control/clock", served(self.get_clock)),
            web.post("/control/clock", served(self.move_clock)),
            web.get("/control/faults", served(self.list_faults)),
            web.post("/control/faults", served(self.add_fault)),
            web.delete("/control/faults", served(self.clear_faults)),
            web.get("/control/limits", served(self.get_limits)),
            web.post("/control/limits", served(self.set_limits)),
            web.get("/control/ledger", served(self.list_ledger)),
            web.get("/control/stream", self.follow),
            web.delete("/control/state", served(self.forget)),
            web.route("*", "/control/{rest:.*}", served(self.unknown)),
        ]

    # ---- people ----

    async def list_users(self, request: web.Request) -> Any:
        return [self.chats.user_view(user) for user in self.state.users.values()]

    async def create_user(self, request: web.Request) -> Any:
        body = await Body.of(request)
        await self.clock.refresh()
        is_owner = body.flag("owner", otherwise=False)
        user_id = self.chats.owner_id if is_owner else body.optional_integer("id", least=1)
        if user_id in self.state.users:
            field = "owner" if is_owner else "id"
            raise Refused(409, "exists", f"There is a user {user_id} already.", field)
        user = self.chats.create_user(
            body.text("first_name"),
            id=user_id,
            last_name=body.optional_text("last_name"),
            username=(body.optional_text("username") or "").removeprefix("@") or None,
            language_code=body.optional_text("language_code"),
            has_started=body.flag("started", otherwise=False),
        )
        return self.chats.user_view(user)

    def _user(self, request: web.Request) -> User:
        reference = request.match_info["id"]
        user = self.state.users.get(int(reference)) if reference.isdecimal() else None
        if user is None:
            raise not_found("user")
        return user

    async def get_user(self, request: web.Request) -> Any:
        return self.chats.user_view(self._user(request))

    async def list_messages(self, request: web.Request) -> Any:
        """The bot's messages; with `from=anyone` also the person's own."""
        user = self._user(request)
        after = _number(request, "after")
        sender = request.query.get("from", "bot")
        if sender not in ("bot", "user", "anyone"):
            raise invalid("from", "must be one of bot, user, anyone")
        wanted = {"bot": (True,), "user": (False,), "anyone": (True, False)}[sender]
        messages = self.state.chats[user.id].values()
        return [
            self.chats.message_view(message)
            for message in messages
            if message.message_id > after and message.is_from_bot in wanted
        ]

    async def write(self, request: web.Request) -> Any:
        user = self._user(request)
        body = await Body.of(request)
        media = self._media(body)
        kind = "html" if "html" in body else "text"
        text = (body.optional_text(kind) or "") if media else body.text(kind)
        await self.clock.refresh()
        try:
            sent = self.chats.write(user, text, "HTML" if kind == "html" else None, media)
        except BadText as problem:
            raise invalid(kind, str(problem)) from None
        return self.chats.message_view(sent)

    def _media(self, body: Body) -> dict[str, Any] | None:
        if (location := body.optional_location("location")) is not None:
            return {"location": location}
        photo = body.optional_bytes("photo")
        return self.chats.attachment("photo", photo) if photo is not None else None

    async def tap(self, request: web.Request) -> Any:
        user = self._user(request)
        body = await Body.of(request)
        message = self._message(user, body.integer("message_id", least=1))
        button = body.raw("button")
        if isinstance(button, bool) or not isinstance(button, (int, str)):
            raise invalid("button", "must be a label or an index")
        location = body.optional_location("location")
        await self.clock.refresh()
        try:
            return await self.chats.tap(user, message, button, location)
        except NoSuchButton:
            raise invalid("button", "this message has no such button") from None
        except LocationNeeded:
            raise invalid("location", "this button shares a location, so say which") from None

    def _message(self, user: User, message_id: int) -> Message:
        message = self.state.chats[user.id].get(message_id)
        if message is None:
            raise not_found("message")
        return message

    async def block(self, request: web.Request) -> Any:
        user = self._user(request)
        await self.clock.refresh()
        self.chats.block(user)
        return self.chats.user_view(user)

    async def unblock(self, request: web.Request) -> Any:
        user = self._user(request)
        await self.clock.refresh()
        self.chats.unblock(user)
        return self.chats.user_view(user)

    async def get_file(self, request: web.Request) -> web.StreamResponse:
        file = self.chats.files.get(request.match_info["id"])
        if file is None:
            return _json(not_found("file").as_json(), 404)
        name = quote(file.name or request.match_info["id"])
        is_shown = file.content_type.startswith("image/")
        headers = {
            "Content-Disposition": "inline" if is_shown else f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=file.content, content_type=file.content_type, headers=headers)

    async def list_commands(self, request: web.Request) -> Any:
        return self.chats.commands_for(self._user(request))

    async def get_bot(self, request: web.Request) -> Any:
        bot = self.state.bot
        private, default = (scope_key({"type": kind}, "") for kind in ("all_private_chats", "default"))
        known = self.chats.bot_user()
        return {
            "id": known["id"],
            "first_name": known["first_name"],
            "username": known["username"],
            "description": bot.texts.get("description:", ""),
            "short_description": bot.texts.get("short_description:", ""),
            "commands": bot.commands.get(private) or bot.commands.get(default) or [],
            "mode": "webhook" if bot.webhook else "polling",
            "connected": self.chats.updates.has_reader,
            "pending_updates": len(self.chats.updates.pending),
        }

    # ---- mail ----

    async def list_inbox(self, request: web.Request) -> Any:
        wanted = request.query.get("to")
        address = address_in(wanted) if wanted else None
        return [
            self.mailbox.view(mail)
            for mail in self.state.mails.values()
            if address is None or address in map(address_in, mail.to + mail.cc + mail.bcc)
        ]

    def _mail(self, request: web.Request) -> Mail:
        mail = self.state.mails.get(request.match_info["id"])
        if mail is None:
            raise not_found("email")
        return mail

    async def get_mail(self, request: web.Request) -> Any:
        return self.mailbox.view(self._mail(request))

    async def mail_event(self, request: web.Request) -> Any:
        mail = self._mail(request)
        what = request.match_info["event"]
        if what not in EVENTS:
            raise Refused(404, "not_found", f"There is no event {what!r}: use one of {', '.join(EVENTS)}.")
        link = _link(await Body.of(request), mail) if what == "click" else None
        await self.clock.refresh()
        event = self.mailbox.happen(mail, what, link)
        if event is not None:
            await _within(WEBHOOK_SECONDS, event.tried)
        sent = (
            {"id": event.id, "delivered": event.is_delivered, "status": event.status or None}
            if event
            else None
        )
        return {**self.mailbox.view(mail), "webhook": sent}

    async def list_webhooks(self, request: web.Request) -> Any:
        email_id = request.query.get("email_id")
        return [event.as_json() for event in self.webhooks.events if email_id in (None, event.email_id)]

    async def replay_webhook(self, request: web.Request) -> Any:
        for event in self.webhooks.events:
            if event.id == request.match_info["id"]:
                self.webhooks.replay(event)
                await _within(WEBHOOK_SECONDS, event.tried)
                return event.as_json()
        raise not_found("webhook")

    async def list_domains(self, request: web.Request) -> Any:
        return [{"name": name, "status": status} for name, status in self.state.domains.items()]

    async def set_domain(self, request: web.Request) -> Any:
        body = await Body.of(request)
        name, status = body.text("name").lower(), body.choice("status", DOMAIN_STATES)
        self.state.domains[name] = status
        self.state.is_changed = True
        return {"name": name, "status": status}

    # ---- the clock ----

    async def get_clock(self, request: web.Request) -> Any:
        await self.clock.refresh()
        return self.clock.as_json() | {"next_at": await self.clock.next_at()}

    async def move_clock(self, request: web.Request) -> Any:
        """Goes on when the caller goes away: half a time-lapse would leave the world between two days."""
        body = await Body.of(request)
        if ("advance" in body) == ("set" in body):
            raise invalid("advance", "give either advance, a duration, or set, a moment")
        move = self._advance(body) if "advance" in body else self._set(body)
        try:
            return await asyncio.shield(asyncio.ensure_future(move))
        except OnlyForward as problem:
            raise invalid("set", str(problem)) from None
        except Unreachable as problem:
            raise Refused(503, "database_unreachable", f"The clock cannot be moved: {problem}") from None

    def _advance(self, body: Body) -> Awaitable[Any]:
        try:
            duration = parse_duration(body.text("advance"))
        except (ValueError, OverflowError) as problem:
            raise invalid("advance", str(problem)) from None
        if not timedelta() < duration <= timedelta(days=3660):
            raise invalid("advance", "must be more than nothing and at most ten years")
        return self._moved(self.clock.advance(duration))

    def _set(self, body: Body) -> Awaitable[Any]:
        try:
            moment = parse_moment(body.text("set"))
        except ValueError:
            raise invalid("set", "must be a moment in ISO 8601, such as 2026-03-02T09:00Z") from None
        return self._moved(self.clock.set(moment))

    async def _moved(self, moving: Awaitable[Any]) -> dict[str, Any]:
        moved = await moving
        return {
            "now": as_iso(moved.now),
            "offset_seconds": moved.offset_seconds,
            "hops": moved.hops,
            "drained": moved.is_drained,
        }

    # ---- failures ----

    async def list_faults(self, request: web.Request) -> Any:
        return self.faults.as_json()

    async def add_fault(self, request: web.Request) -> Any:
        body = await Body.of(request)
        fault = Fault(
            provider=body.choice("provider", PROVIDERS),
            fault=body.choice("fault", KINDS),
            remaining=body.optional_integer("count", least=1),
            retry_after=body.integer("retry_after", least=0) if "retry_after" in body else 3,
            delay=body.seconds("delay", otherwise=2.0),
            methods=tuple(method.lower() for method in body.texts("methods")),
        )
        self.faults.add(fault)
        return fault.as_json()

    async def clear_faults(self, request: web.Request) -> Any:
        provider = request.query.get("provider")
        if provider is not None and provider not in PROVIDERS:
            raise invalid("provider", f"must be one of {', '.join(PROVIDERS)}")
        self.faults.clear(provider)
        return self.faults.as_json()

    async def get_limits(self, request: web.Request) -> Any:
        return {"telegram": self.telegram_limits.is_on, "resend": self.resend_limits.is_on}

    async def set_limits(self, request: web.Request) -> Any:
        body = await Body.of(request)
        self.telegram_limits.is_on = body.flag("telegram", self.telegram_limits.is_on)
        self.resend_limits.is_on = body.flag("resend", self.resend_limits.is_on)
        return await self.get_limits(request)

    async def list_ledger(self, request: web.Request) -> Any:
        provider = request.query.get("provider")
        if provider is not None and provider not in PROVIDERS:
            raise invalid("provider", f"must be one of {', '.join(PROVIDERS)}")
        return [entry for entry in self.ledger.entries if provider in (None, entry["provider"])]

    # ---- everything ----

    async def forget(self, request: web.Request) -> Any:
        """People, chats, mails, the ledger and the faults are gone; the bot's settings and the clock stay."""
        for remembered in (self.state.users, self.state.chats, self.state.mails, self.state.updates):
            remembered.clear()
        self.state.idempotency.clear()
        self.chats.files.clear()
        self.state.ledger.clear()
        self.faults.clear()
        self.state.is_changed = True
        return {"forgotten": True}

    async def unknown(self, request: web.Request) -> Any:
        raise Refused(404, "not_found", f"There is no {request.method} {request.path}.")

    async def follow(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        with self.stream.listen() as events:
            await response.write(b"retry: 1000\n\n")
            while not self.closing.is_set():
                await response.write(await self._next_event(events))
        return response

    async def _next_event(self, events: asyncio.Queue[bytes]) -> bytes:
        """The next event, a comment that keeps the connection alive, or nothing because we are closing."""
        event, closing = asyncio.ensure_future(events.get()), asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait(
                (event, closing), timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            return event.result() if event.done() else b": alive\n\n"
        finally:
            event.cancel()
            closing.cancel()


def served(answer: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return _json(await answer(request))
        except Refused as refusal:
            return _json(refusal.as_json(), refusal.status)
        except Blocked:
            return _json(BLOCKED.as_json(), BLOCKED.status)

    return serve


def _json(value: Any, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False)
    return web.Response(
        text=text, status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _degrees(field: str, value: Any, most: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -most <= value <= most:
        raise invalid(field, f"must be a number of degrees from -{most} to {most}")
    return float(value)


def _number(request: web.Request, name: str) -> int:
    value = request.query.get(name) or "0"
    if not value.isdecimal():
        raise invalid(name, "must be a whole number")
    return int(value)


def _link(body: Body, mail: Mail) -> str:
    """The given link, or the first one of the mail."""
    link = body.text("url") if "url" in body else first_link(mail)
    if link is None or not link.startswith(("http://", "https://")):
        raise invalid("url", "must be a link that begins with http:// or https://")
    return link


async def _within(seconds: float, event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        pass
