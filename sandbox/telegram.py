"""The stand-in of the Telegram Bot API.

Every method here answers as the description in `specs/` says, with the server's own error texts. Any other is
answered as an unknown one: 404 `Not Found: method not found`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox import entities
from sandbox.chats import Chats, scope_key
from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, silence
from sandbox.ledger import Ledger, body_hash
from sandbox.limits import TelegramLimits
from sandbox.specification import BadParameter, telegram_methods
from sandbox.state import Message, State, User
from sandbox.updates import Terminated, Updates

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_CALLBACK_DATA = 64
LONGEST_CALLBACK_ANSWER = 200
LONGEST_POLL = 50
DELETABLE_SECONDS = 48 * 3600
TOKEN = re.compile(r"[0-9]{1,19}:[A-Za-z0-9_-]+")
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
WEBHOOK_IS_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
TERMINATED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)

Parameters = dict[str, Any]
Answer = Callable[[Parameters], Awaitable[Any]]


class Refused(Exception):
    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad_request(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


@dataclass(slots=True)
class TelegramAPI:
    state: State
    clock: Clock
    chats: Chats
    updates: Updates
    faults: Faults
    ledger: Ledger
    limits: TelegramLimits
    closing: asyncio.Event

    # ---- one request ----

    async def handle(self, request: web.Request) -> web.StreamResponse:
        token, name = request.match_info["token"], request.match_info["method"].lower()
        try:
            self._check_token(token)
            if name not in METHODS:
                raise Refused(404, "Not Found: method not found")
            given = await read_parameters(request)
            await self.clock.refresh()
            fault = self.faults.strike("telegram", name, sends=name in SENDING)
            return await self._answer_with(fault, request, name, given)
        except Refused as refusal:
            return _refusal(refusal)

    def _check_token(self, token: str) -> None:
        if not TOKEN.fullmatch(token):
            raise Refused(404, "Not Found")
        bot_id, secret = token.split(":")
        if secret.startswith("revoked"):
            raise Refused(401, "Unauthorized")
        self.chats.bot_id = int(bot_id)

    async def _answer_with(
        self, fault: Fault | None, request: web.Request, name: str, given: Mapping[str, Any]
    ) -> web.StreamResponse:
        if fault is None:
            return await self._answer(name, given)
        if fault.fault == "rate_limit":
            raise _too_many(fault.retry_after)
        if fault.fault == "server_error":
            raise Refused(500, "Internal Server Error")
        if fault.fault == "forbidden":
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if fault.fault == "reset":
            return drop_connection(request)
        if fault.fault == "slow":
            return await asyncio.shield(asyncio.ensure_future(self._answer_late(fault.delay, name, given)))
        answer = await self._answer(name, given)
        if fault.fault == "timeout_after_accept":
            await silence(self.closing)
            return drop_connection(request)
        return torn(answer) if fault.fault == "malformed" else answer

    async def _answer_late(self, delay: float, name: str, given: Mapping[str, Any]) -> web.Response:
        """A slow server finishes what it has read, also when the client has given up waiting."""
        await asyncio.sleep(delay)
        return await self._answer(name, given)

    async def _answer(self, name: str, given: Mapping[str, Any]) -> web.Response:
        try:
            parameters = telegram_methods()[name]().read(given)
        except BadParameter as problem:
            raise bad_request(str(problem)) from None
        parameters["_given"] = given
        result = await METHODS[name](self, parameters)
        return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")

    # ---- whom it is for ----

    def _user(self, chat_id: int | str) -> User:
        if isinstance(chat_id, str):
            raise bad_request("chat not found")
        user = self.state.users.get(chat_id)
        if user is None:
            raise bad_request("chat not found")
        return user

    def _reachable_user(self, chat_id: int | str) -> User:
        user = self._user(chat_id)
        if user.has_blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if not user.has_started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        return user

    def _own_message(self, parameters: Parameters, action: str) -> Message:
        if parameters.get("chat_id") is None:
            raise bad_request("chat_id is empty")
        if parameters.get("message_id") is None:
            raise bad_request("message identifier is not specified")
        user = self._reachable_user(parameters["chat_id"])
        message = self.state.chats[user.id].get(parameters["message_id"])
        if message is None:
            raise bad_request(f"message to {action} not found")
        return message

    # ---- sending ----

    async def send_message(self, parameters: Parameters) -> Any:
        text, marks = _read_text(parameters, "text", "entities", LONGEST_TEXT)
        return await self._send(
            parameters,
            text=text,
            entities=marks,
            link_preview_options=parameters.get("link_preview_options"),
        )

    async def send_photo(self, parameters: Parameters) -> Any:
        photo = self.chats.attachment("photo", _content_of(parameters["photo"]))
        return await self._send(parameters, media=photo, **_read_caption(parameters))

    async def send_document(self, parameters: Parameters) -> Any:
        given = parameters["document"]
        name = given.filename if isinstance(given, web.FileField) else None
        document = self.chats.attachment("document", _content_of(given), name)
        return await self._send(parameters, media=document, **_read_caption(parameters))

    async def copy_message(self, parameters: Parameters) -> Any:
        original = self._original(parameters, "copy")
        content = _copied_content(original)
        if original.media and parameters.get("caption") is not None:
            content |= _read_caption(parameters)
        sent = await self._send(parameters, **content)
        return {"message_id": sent["message_id"]}

    async def forward_message(self, parameters: Parameters) -> Any:
        return await self._send(parameters, **_copied_content(self._original(parameters, "forward")))

    def _original(self, parameters: Parameters, action: str) -> Message:
        user = self._user(parameters["from_chat_id"])
        message = self.state.chats[user.id].get(parameters["message_id"])
        if message is None:
            raise bad_request(f"message to {action} not found")
        return message

    async def _send(self, parameters: Parameters, **content: Any) -> dict[str, Any]:
        keyboards = _read_markup(parameters.get("reply_markup"))
        user = self._reachable_user(parameters["chat_id"])
        retry_after = self.limits.retry_after(user.id)
        if retry_after is not None:
            raise _too_many(retry_after)
        reply_to = self._replied_message(user, parameters.get("reply_parameters"))
        is_silent = bool(parameters.get("disable_notification"))
        message = self.chats.deliver(user, reply_to=reply_to, is_silent=is_silent, **keyboards, **content)
        await self._enter(user, message, parameters["_given"])
        return self.chats.message_json(message)

    def _replied_message(self, user: User, reply: Mapping[str, Any] | None) -> int | None:
        if reply is None:
            return None
        message_id: int = reply["message_id"]
        if message_id in self.state.chats[user.id]:
            return message_id
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")

    async def _enter(self, user: User, message: Message, given: Mapping[str, Any]) -> None:
        body = {
            name: value if isinstance(value, (str, int, float, bool, dict, list)) else "file"
            for name, value in given.items()
        }
        entry = {
            "provider": "telegram",
            "request": self.ledger.next_request(),
            "time": self.clock.iso(),
            "recipient": str(user.id),
            "idempotency_key": None,
            "body_hash": body_hash(body),
            "id": str(message.message_id),
        }
        await self.ledger.enter([entry])

    async def send_chat_action(self, parameters: Parameters) -> bool:
        self._reachable_user(parameters["chat_id"])
        return True

    async def set_message_reaction(self, parameters: Parameters) -> bool:
        self._own_message(parameters, "react")
        return True

    # ---- editing ----

    async def edit_message_text(self, parameters: Parameters) -> Any:
        if parameters.get("text") is None:
            raise bad_request("message text is empty")
        text, marks = _read_text(parameters, "text", "entities", LONGEST_TEXT)
        message = self._editable(parameters)
        if message.media:
            raise bad_request("there is no text in the message to edit")
        return self._edit(message, parameters, text=text, entities=marks)

    async def edit_message_caption(self, parameters: Parameters) -> Any:
        message = self._editable(parameters)
        if not message.media:
            raise bad_request("there is no caption in the message to edit")
        return self._edit(message, parameters, **_read_caption(parameters))

    async def edit_message_media(self, parameters: Parameters) -> Any:
        message, given = self._editable(parameters), parameters["media"]
        kind = given.get("type")
        if kind not in ("photo", "document"):
            raise bad_request("can't parse InputMedia: type must be photo or document")
        if not given.get("media"):
            raise bad_request("can't parse InputMedia: media not found")
        content = _content_of(_attached(given["media"], parameters["_given"]))
        media = self.chats.attachment(kind, content)
        return self._edit(message, parameters, media=media, **_read_caption(given))

    async def edit_message_reply_markup(self, parameters: Parameters) -> Any:
        message = self._editable(parameters)
        return self._edit(message, parameters, text=message.text, entities=message.entities)

    def _editable(self, parameters: Parameters) -> Message:
        message = self._own_message(parameters, "edit")
        if not message.is_from_bot or message.reply_keyboard:
            raise bad_request("message can't be edited")
        return message

    def _edit(
        self,
        message: Message,
        parameters: Parameters,
        text: str,
        entities: list[entities.Entity],
        media: dict[str, Any] | None = None,
    ) -> Any:
        keyboard = _read_markup(parameters.get("reply_markup"))["inline_keyboard"]
        media = message.media if media is None else media
        before = (message.text, message.entities, message.inline_keyboard, message.media)
        if (text, entities, keyboard, media) == before:
            raise bad_request(NOT_MODIFIED)
        message.text, message.entities, message.inline_keyboard, message.media = (
            text,
            entities,
            keyboard,
            media,
        )
        if "link_preview_options" in parameters:
            message.link_preview_options = parameters["link_preview_options"]
        self.chats.edited(message)
        return self.chats.message_json(message)

    async def delete_message(self, parameters: Parameters) -> bool:
        message = self._own_message(parameters, "delete")
        if self.clock.unix() - message.date > DELETABLE_SECONDS:
            raise bad_request("message can't be deleted for everyone")
        self.chats.delete(message)
        return True

    async def answer_callback_query(self, parameters: Parameters) -> bool:
        text = parameters.get("text") or None
        if len(text or "") > LONGEST_CALLBACK_ANSWER:
            raise bad_request("MESSAGE_TOO_LONG")
        answer = {"text": text, "show_alert": bool(parameters.get("show_alert"))}
        if parameters.get("url"):
            answer["url"] = parameters["url"]
        if not self.chats.answer_tap(parameters["callback_query_id"], answer):
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return True

    # ---- the bot itself ----

    async def get_me(self, parameters: Parameters) -> Any:
        return self.chats.bot_user() | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def set_my_commands(self, parameters: Parameters) -> bool:
        for command in parameters["commands"]:
            if not re.fullmatch(r"/?[a-z0-9_]{1,32}", command["command"]):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        if len(parameters["commands"]) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        self._check_scope(parameters)
        self.state.bot.commands[_scope(parameters)] = parameters["commands"]
        self.state.is_changed = True
        return True

    def _check_scope(self, parameters: Parameters) -> None:
        chat_id = (parameters.get("scope") or {}).get("chat_id")
        if chat_id is not None:
            self._user(int(chat_id) if str(chat_id).isdecimal() else str(chat_id))

    async def get_my_commands(self, parameters: Parameters) -> Any:
        return self.state.bot.commands.get(_scope(parameters), [])

    async def delete_my_commands(self, parameters: Parameters) -> bool:
        self.state.bot.commands.pop(_scope(parameters), None)
        self.state.is_changed = True
        return True

    async def set_chat_menu_button(self, parameters: Parameters) -> bool:
        self.state.bot.menu_button = parameters.get("menu_button") or {"type": "default"}
        return True

    async def get_chat_menu_button(self, parameters: Parameters) -> Any:
        return self.state.bot.menu_button

    async def get_chat(self, parameters: Parameters) -> Any:
        user = self._user(parameters["chat_id"])
        gifts = dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            True,
        )
        return self.chats.chat_json(user) | {
            "accent_color_id": user.id % 7,
            "max_reaction_count": 11,
            "accepted_gift_types": gifts,
        }

    async def get_chat_member(self, parameters: Parameters) -> Any:
        self._user(parameters["chat_id"])
        user = self.state.users.get(parameters["user_id"])
        if user is None:
            raise bad_request("user not found")
        return {"status": "member", "user": self.chats.user_json(user)}

    async def get_user_profile_photos(self, parameters: Parameters) -> Any:
        return {"total_count": 0, "photos": []}

    # ---- updates ----

    async def get_updates(self, parameters: Parameters) -> Any:
        if self.state.bot.webhook:
            raise Refused(
                409,
                WEBHOOK_IS_ACTIVE,
            )
        self._allow(parameters)
        limit = parameters.get("limit", 100)
        timeout = min(max(parameters.get("timeout", 0), 0), LONGEST_POLL)
        try:
            return await self.updates.fetch(
                parameters.get("offset"), limit if 1 <= limit <= 100 else 100, timeout
            )
        except Terminated:
            raise Refused(
                409,
                TERMINATED,
            ) from None

    def _allow(self, parameters: Parameters) -> None:
        """An absent list keeps the one given before, an empty one goes back to the default."""
        if parameters.get("allowed_updates") is not None:
            self.state.bot.allowed_updates = parameters["allowed_updates"] or None
            self.state.is_changed = True

    async def set_webhook(self, parameters: Parameters) -> bool:
        url = parameters["url"]
        secret = parameters.get("secret_token", "")
        if secret and not SECRET_TOKEN.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._check_webhook_url(url)
        if parameters.get("drop_pending_updates"):
            self.updates.drop()
        self._allow(parameters)
        connections = parameters.get("max_connections", 40)
        self.state.bot.webhook = (
            {"url": url, "secret_token": secret, "max_connections": connections} if url else {}
        )
        self.state.is_changed = True
        self.updates.wake()
        return True

    def _check_webhook_url(self, url: str) -> None:
        """Plain HTTP is accepted on loopback only; the real server wants HTTPS everywhere."""
        is_local = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", url)
        if url and not url.startswith("https://") and not is_local:
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")

    async def delete_webhook(self, parameters: Parameters) -> bool:
        if parameters.get("drop_pending_updates"):
            self.updates.drop()
        self.state.bot.webhook = {}
        self.state.is_changed = True
        return True

    async def get_webhook_info(self, parameters: Parameters) -> Any:
        webhook = self.state.bot.webhook
        result = {
            "url": webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.pending),
        }
        if webhook:
            result["max_connections"] = webhook["max_connections"]
        if self.state.bot.allowed_updates:
            result["allowed_updates"] = self.state.bot.allowed_updates
        if self.updates.last_error:
            result["last_error_date"], result["last_error_message"] = self.updates.last_error
        return result


def _bot_text(
    kind: str, parameter: str, longest: int
) -> dict[str, Callable[[TelegramAPI, Parameters], Awaitable[Any]]]:
    """`setMyName` and its like: one text per language, and its getter."""

    async def put(api: TelegramAPI, parameters: Parameters) -> bool:
        text = parameters.get(parameter) or ""
        if len(text) > longest:
            raise bad_request(f"{parameter} is too long")
        key = f"{kind}:{parameters.get('language_code') or ''}"
        if text:
            api.state.bot.texts[key] = text
        else:
            api.state.bot.texts.pop(key, None)
        api.state.is_changed = True
        return True

    async def get(api: TelegramAPI, parameters: Parameters) -> Any:
        texts = api.state.bot.texts
        fallback = "Tendril" if kind == "name" else ""
        return {parameter: texts.get(f"{kind}:{parameters.get('language_code') or ''}", fallback)}

    method = "".join(word.capitalize() for word in parameter.split("_")).lower()
    return {f"setmy{method}": put, f"getmy{method}": get}


METHODS: dict[str, Callable[[TelegramAPI, Parameters], Awaitable[Any]]] = {
    "getme": TelegramAPI.get_me,
    "getupdates": TelegramAPI.get_updates,
    "setwebhook": TelegramAPI.set_webhook,
    "deletewebhook": TelegramAPI.delete_webhook,
    "getwebhookinfo": TelegramAPI.get_webhook_info,
    "sendmessage": TelegramAPI.send_message,
    "sendphoto": TelegramAPI.send_photo,
    "senddocument": TelegramAPI.send_document,
    "copymessage": TelegramAPI.copy_message,
    "forwardmessage": TelegramAPI.forward_message,
    "sendchataction": TelegramAPI.send_chat_action,
    "setmessagereaction": TelegramAPI.set_message_reaction,
    "editmessagetext": TelegramAPI.edit_message_text,
    "editmessagecaption": TelegramAPI.edit_message_caption,
    "editmessagemedia": TelegramAPI.edit_message_media,
    "editmessagereplymarkup": TelegramAPI.edit_message_reply_markup,
    "deletemessage": TelegramAPI.delete_message,
    "answercallbackquery": TelegramAPI.answer_callback_query,
    "setmycommands": TelegramAPI.set_my_commands,
    "getmycommands": TelegramAPI.get_my_commands,
    "deletemycommands": TelegramAPI.delete_my_commands,
    "setchatmenubutton": TelegramAPI.set_chat_menu_button,
    "getchatmenubutton": TelegramAPI.get_chat_menu_button,
    "getchat": TelegramAPI.get_chat,
    "getchatmember": TelegramAPI.get_chat_member,
    "getuserprofilephotos": TelegramAPI.get_user_profile_photos,
    **_bot_text("name", "name", 64),
    **_bot_text("description", "description", 512),
    **_bot_text("short_description", "short_description", 120),
}

# What a fault hits unless it names methods: the requests that put something before a person.
SENDING = {
    *("sendmessage", "sendphoto", "senddocument", "copymessage", "forwardmessage"),
    *("editmessagetext", "editmessagecaption", "editmessagemedia", "editmessagereplymarkup"),
}


# ---- reading a request ----


async def read_parameters(request: web.Request) -> dict[str, Any]:
    """From the address, a form, a multipart body or JSON: Telegram takes all four."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        if request.content_type == "application/json":
            given.update(_json_object(await request.read()))
        else:
            given.update(await request.post())
    return given


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON object")
    return value


def _read_text(
    parameters: Parameters, name: str, marks: str, longest: int
) -> tuple[str, list[entities.Entity]]:
    source = parameters[name]
    try:
        if parameters.get(marks) and not parameters.get("parse_mode"):
            text, found = entities.finished(source, entities.checked_entities(source, parameters[marks]))
        else:
            text, found = entities.parse_text(source, parameters.get("parse_mode"))
    except entities.BadText as problem:
        raise bad_request(str(problem)) from None
    if len(text) > longest:
        raise bad_request("message is too long" if name == "text" else "message caption is too long")
    return text, found


def _read_caption(parameters: Parameters) -> dict[str, Any]:
    if not (parameters.get("caption") or "").strip():
        return {"text": "", "entities": []}
    text, marks = _read_text(parameters, "caption", "caption_entities", LONGEST_CAPTION)
    return {"text": text, "entities": marks}


def _content_of(file: Any) -> bytes | str:
    """What was uploaded, or the id or address of a file that there is."""
    return file.file.read() if isinstance(file, web.FileField) else str(file)


def _attached(media: str, given: Mapping[str, Any]) -> Any:
    """The file that came with the request under the name that is referred to, or what was given itself."""
    name = media.removeprefix("attach://")
    if name == media:
        return media
    if name not in given:
        raise bad_request(f'can\'t find file "{name}" in the request')
    return given[name]


def _copied_content(message: Message) -> dict[str, Any]:
    return {"text": message.text, "entities": message.entities, "media": message.media}


def _scope(parameters: Parameters) -> str:
    scope = parameters.get("scope") or {"type": "default"}
    return scope_key(scope, parameters.get("language_code") or "")


def _read_markup(markup: Mapping[str, Any] | None) -> dict[str, Any]:
    keyboards: dict[str, Any] = {"inline_keyboard": [], "reply_keyboard": [], "removes_keyboard": False}
    if not markup:
        return keyboards
    if "inline_keyboard" in markup:
        rows = [[_checked_button(button) for button in row] for row in markup["inline_keyboard"]]
        keyboards["inline_keyboard"] = [row for row in rows if row]
    elif "keyboard" in markup:
        keyboards["reply_keyboard"] = [
            [button if isinstance(button, dict) else {"text": button} for button in row]
            for row in markup["keyboard"]
        ]
    else:
        keyboards["removes_keyboard"] = bool(markup.get("remove_keyboard"))
    return keyboards


def _checked_button(button: dict[str, Any]) -> dict[str, Any]:
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: Button text must not be empty")
    if "pay" in button or "callback_game" in button:
        raise bad_request("BUTTON_TYPE_INVALID")
    if button.get("url"):
        return {**button, "url": _button_link(button["url"], "URL", https_only=False)}
    if "web_app" in button:
        _button_link(button["web_app"]["url"], "Web App URL", https_only=True)
    elif "copy_text" in button:
        if not 1 <= len(button["copy_text"]["text"]) <= 256:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    elif button.get("callback_data"):
        if len(button["callback_data"].encode()) > LONGEST_CALLBACK_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    elif not any(name.startswith(("switch_inline", "login_url")) for name in button):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    return button


def _button_link(url: str, kind: str, https_only: bool) -> str:
    try:
        return entities.checked_link(url, https_only)
    except entities.BadLink as problem:
        raise bad_request(f"inline keyboard button {kind} '{url}' is invalid: {problem}") from None


# ---- answering ----


def _too_many(retry_after: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def _refusal(refusal: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    headers = {"Retry-After": str(refusal.parameters["retry_after"])} if refusal.code == 429 else {}
    return web.json_response(body, status=refusal.code, headers=headers)


def torn(answer: web.Response) -> web.Response:
    """The request was accepted, but its answer arrives damaged."""
    body = answer.text or ""
    return web.Response(status=answer.status, text=body[: len(body) // 2], content_type="application/json")


def drop_connection(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
