"""The Telegram world: people, their chats with the bot, and what each of them does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock, as_iso
from sandbox.html_reading import parse_text
from sandbox.html_writing import as_html
from sandbox.state import Message, State, User
from sandbox.stream import Stream
from sandbox.updates import Updates

ANSWER_SECONDS = 5.0
KEPT_FILES = 100


class Blocked(Exception):
    """This person has blocked the bot and cannot write to it before unblocking."""


class NoSuchButton(Exception):
    pass


class LocationNeeded(Exception):
    """The button shares where the person is, and nobody said where that is."""


@dataclass(frozen=True, slots=True)
class File:
    """A picture is shown, anything else is offered to be kept."""

    content: bytes
    name: str | None = None

    @property
    def content_type(self) -> str:
        kinds = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
        found = (kind for start, kind in kinds.items() if self.content.startswith(start))
        return next(found, "application/octet-stream")


@dataclass(slots=True)
class Chats:
    """`bot_id` follows the token that the bot last called with."""

    state: State
    clock: Clock
    updates: Updates
    stream: Stream
    owner_id: int
    bot_id: int = 1
    files: dict[str, File] = field(default_factory=dict)
    waiting_taps: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    # ---- as Telegram shows it ----

    def bot_user(self) -> dict[str, Any]:
        name = self.state.bot.texts.get("name:", "Tendril")
        return {"id": self.bot_id, "is_bot": True, "first_name": name, "username": "tendril_sandbox_bot"}

    def user_json(self, user: User) -> dict[str, Any]:
        optional = {
            "last_name": user.last_name,
            "username": user.username,
            "language_code": user.language_code,
        }
        given = {name: value for name, value in optional.items() if value}
        return {"id": user.id, "is_bot": False, "first_name": user.first_name, **given}

    def chat_json(self, user: User) -> dict[str, Any]:
        given = {name: value for name in ("last_name", "username") if (value := getattr(user, name))}
        return {"id": user.id, "type": "private", "first_name": user.first_name, **given}

    def message_json(self, message: Message, with_reply: bool = True) -> dict[str, Any]:
        user = self.state.users[message.user_id]
        result: dict[str, Any] = {
            "message_id": message.message_id,
            "from": self.bot_user() if message.is_from_bot else self.user_json(user),
            "chat": self.chat_json(user),
            "date": message.date,
        }
        if message.edit_date is not None:
            result["edit_date"] = message.edit_date
        replied = self.state.chats[user.id].get(message.reply_to) if message.reply_to and with_reply else None
        if replied is not None:
            result["reply_to_message"] = self.message_json(replied, with_reply=False)
        result.update(_content_json(message))
        if message.inline_keyboard:
            result["reply_markup"] = {"inline_keyboard": message.inline_keyboard}
        return result

    # ---- as the control API shows it ----

    def user_view(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "username": user.username,
            "language_code": user.language_code,
            "started": user.has_started,
            "blocked": user.has_blocked,
            "owner": user.id == self.owner_id,
            "created_at": user.created_at,
        }

    def message_view(self, message: Message) -> dict[str, Any]:
        return {
            "message_id": message.message_id,
            "user_id": message.user_id,
            "from": "bot" if message.is_from_bot else "user",
            "text": message.text,
            "html": as_html(message.text, message.entities),
            "buttons": [[_button_view(button) for button in row] for row in message.inline_keyboard],
            "keyboard": [[button["text"] for button in row] for row in message.reply_keyboard],
            "keys": message.reply_keyboard,
            "removes_keyboard": message.removes_keyboard,
            "date": message.date,
            "edit_date": message.edit_date,
            "reply_to": message.reply_to,
            "media": message.media or None,
            "silent": message.is_silent,
            "link_preview": not (message.link_preview_options or {}).get("is_disabled", False),
        }

    def commands_for(self, user: User) -> list[dict[str, Any]]:
        """What the person's menu shows: the narrowest scope that has any, in their language if it can be."""
        language = (user.language_code or "").split("-")[0]
        scopes = ({"type": "chat", "chat_id": user.id}, {"type": "all_private_chats"}, {"type": "default"})
        keys = [scope_key(scope, code) for scope in scopes for code in (language, "")]
        found = (self.state.bot.commands.get(key) for key in keys)
        return next((commands for commands in found if commands), [])

    # ---- what a person does ----

    def create_user(self, first_name: str, **given: Any) -> User:
        user_id = given.pop("id", None) or self.state.next_user_id()
        created_at = as_iso(self.clock.now())
        user = User(id=user_id, first_name=first_name, created_at=created_at, **given)
        self.state.users[user.id] = user
        self.state.chats[user.id] = {}
        self._user_changed(user)
        return user

    def _user_changed(self, user: User) -> None:
        self.state.is_changed = True
        self.stream.publish("user", lambda: self.user_view(user))

    def write(
        self, user: User, text: str, parse_mode: str | None = None, media: dict[str, Any] | None = None
    ) -> Message:
        """A message to the bot: a text, or a place or a picture, which may have a text or not.

        `/start` of someone who blocked it unblocks first, as "Restart bot" does.
        """
        if user.has_blocked:
            if not text.startswith("/start"):
                raise Blocked
            self.unblock(user)
        text, found = ("", []) if media and not text else parse_text(text, parse_mode)
        message = self._new_message(user, is_from_bot=False, text=text, entities=found, media=media or {})
        if not user.has_started:
            user.has_started = True
            self._user_changed(user)
        self.updates.add("message", self.message_json(message))
        return message

    def block(self, user: User) -> None:
        if not user.has_blocked:
            user.has_blocked = True
            self._membership_changed(user, "member", "kicked")

    def unblock(self, user: User) -> None:
        if user.has_blocked:
            user.has_blocked = False
            self._membership_changed(user, "kicked", "member")

    def _membership_changed(self, user: User, old: str, new: str) -> None:
        self._user_changed(user)
        change = {
            "chat": self.chat_json(user),
            "from": self.user_json(user),
            "date": self.clock.unix(),
            "old_chat_member": self._membership(old),
            "new_chat_member": self._membership(new),
        }
        self.updates.add("my_chat_member", change)

    def _membership(self, status: str) -> dict[str, Any]:
        member = {"user": self.bot_user(), "status": status}
        return {**member, "until_date": 0} if status == "kicked" else member

    async def tap(
        self, user: User, message: Message, button: int | str, location: dict[str, float] | None = None
    ) -> dict[str, Any]:
        """What the person sees: an address to open, what was sent, or the bot's answer to the callback."""
        if user.has_blocked:
            raise Blocked
        chosen = _find_button(message, button)
        if "callback_data" in chosen:
            return await self._call_back(user, message, chosen["callback_data"])
        if "url" in chosen or "login_url" in chosen or "web_app" in chosen:
            return {"url": chosen.get("url") or (chosen.get("login_url") or chosen["web_app"])["url"]}
        if "copy_text" in chosen:
            return {"copied": chosen["copy_text"]["text"]}
        if chosen.get("request_location") and location is None:
            raise LocationNeeded
        if chosen.get("request_location"):
            return {"sent": self.message_view(self.write(user, "", media={"location": location}))}
        return {"sent": self.message_view(self.write(user, chosen["text"]))}

    async def _call_back(self, user: User, message: Message, callback_data: str) -> dict[str, Any]:
        query_id = str(secrets.randbits(62))
        answer = self.waiting_taps[query_id] = asyncio.get_running_loop().create_future()
        query = {
            "id": query_id,
            "from": self.user_json(user),
            "message": self.message_json(message),
            "chat_instance": str(user.id * 7_919),
            "data": callback_data,
        }
        self.updates.add("callback_query", query)
        try:
            return {"answered": True, **await asyncio.wait_for(answer, ANSWER_SECONDS)}
        except TimeoutError:
            return {"answered": False, "text": None, "show_alert": False}
        finally:
            asyncio.get_running_loop().call_later(60, self.waiting_taps.pop, query_id, None)

    # ---- what the bot does ----

    def deliver(self, user: User, **content: Any) -> Message:
        return self._new_message(user, is_from_bot=True, **content)

    def _new_message(self, user: User, **content: Any) -> Message:
        message = Message(self.state.next_message_id(), user.id, date=self.clock.unix(), **content)
        self.state.add_message(message)
        self.stream.publish("message", lambda: self.message_view(message))
        return message

    def attachment(self, kind: str, given: bytes | str, name: str | None = None) -> dict[str, Any]:
        """As Telegram describes it; `given` is the content, or the id of an earlier photo or document."""
        if isinstance(given, str) and given in self.files:
            file_id, name = given, self.files[given].name
        else:
            content = given if isinstance(given, bytes) else given.encode()
            file_id = f"{kind}-{hashlib.sha256(content).hexdigest()[:32]}"
            self._keep_file(file_id, File(content, name))
        described = {"file_id": file_id, "file_unique_id": file_id.rpartition("-")[2][:16]}
        if kind == "photo":
            return {kind: [{**described, "width": 1280, "height": 720}]}
        return {kind: {**described, "file_name": name} if name else described}

    def _keep_file(self, file_id: str, file: File) -> None:
        """The newest ones, and until the end of the process: they are to be looked at, no more."""
        self.files[file_id] = file
        for oldest in list(self.files)[:-KEPT_FILES]:
            del self.files[oldest]

    def edited(self, message: Message) -> None:
        message.edit_date = self.clock.unix()
        self.state.is_changed = True
        self.stream.publish("edited", lambda: self.message_view(message))

    def delete(self, message: Message) -> None:
        del self.state.chats[message.user_id][message.message_id]
        self.state.is_changed = True
        gone = {"user_id": message.user_id, "message_id": message.message_id}
        self.stream.publish("deleted", lambda: gone)

    def answer_tap(self, query_id: str, answer: dict[str, Any]) -> bool:
        waiting = self.waiting_taps.get(query_id)
        if waiting is None:
            return False
        if not waiting.done():
            waiting.set_result(answer)
        return True


def scope_key(scope: dict[str, Any], language_code: str) -> str:
    """Under which the bot's commands for some chats and a language are kept."""
    return json.dumps([scope, language_code], sort_keys=True)


def _content_json(message: Message) -> dict[str, Any]:
    text, marks = ("caption", "caption_entities") if message.media else ("text", "entities")
    result = dict(message.media)
    if message.text:
        result[text] = message.text
    if message.entities:
        result[marks] = message.entities
    if message.link_preview_options is not None:
        result["link_preview_options"] = message.link_preview_options
    return result


def _button_view(button: dict[str, Any]) -> dict[str, Any]:
    return {name: button[name] for name in ("text", "url", "callback_data") if name in button} | {
        name: value for name, value in button.items() if name not in ("text", "url", "callback_data")
    }


def _find_button(message: Message, wanted: int | str) -> dict[str, Any]:
    """By label, or by index counted over all rows. Without inline buttons the reply keyboard is meant."""
    buttons = [button for row in message.inline_keyboard or message.reply_keyboard for button in row]
    if isinstance(wanted, str):
        buttons, wanted = [button for button in buttons if button["text"] == wanted], 0
    if not 0 <= wanted < len(buttons):
        raise NoSuchButton
    return buttons[wanted]
