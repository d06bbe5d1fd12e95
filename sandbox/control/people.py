"""Be the people: they write, tap, block, and see what the bot shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.chats import Chats, LocationNeeded, NoSuchButton, scope_key
from sandbox.clock import Clock
from sandbox.control.answers import Refused, invalid, json_answer, not_found, served
from sandbox.control.body import Body, number_in
from sandbox.entities import BadText
from sandbox.state import Message, State, User


@dataclass(frozen=True, slots=True)
class PeopleRoutes:
    state: State
    clock: Clock
    chats: Chats

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
        ]

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
        after = number_in(request, "after")
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
            return json_answer(not_found("file").as_json(), 404)
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
