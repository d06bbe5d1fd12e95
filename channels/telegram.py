"""Telegram: each message is one `sendMessage`, straight to the Bot API; it can be edited and deleted later.

There is no idempotency key: once a request is written, only its answer tells whether the message arrived. The
token is part of the address.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, NoReturn

from channels.channel import Outgoing
from channels.errors import Busy, DeliveryError, Misconfigured, Moved, Refused, Unknown, Unreachable
from channels.http1 import Answer, BadAddress, ConnectionLost, Endpoint, NoAnswer, NotConnected
from channels.transport import open_endpoint, seconds_to_wait

# What the Bot API's server says in `description` (a part of it, in lower case), and what that means for us.
DESCRIPTIONS: Mapping[str, tuple[type[DeliveryError], str]] = {
    "bot was blocked by the user": (Unreachable, "blocked"),
    "user is deactivated": (Unreachable, "user_deactivated"),
    "bot was kicked": (Unreachable, "kicked"),
    "bot is not a member": (Unreachable, "not_a_member"),
    "the group chat was deleted": (Unreachable, "chat_deleted"),
    "can't initiate conversation": (Unreachable, "never_started"),
    "can't send messages to the bot": (Unreachable, "is_a_bot"),
    "can't send messages to bots": (Unreachable, "is_a_bot"),
    "chat not found": (Unreachable, "chat_not_found"),
    "peer_id_invalid": (Unreachable, "chat_not_found"),
    "group chat was upgraded": (Unreachable, "chat_upgraded"),
    "have no rights to send": (Unreachable, "no_rights"),
    "not enough rights": (Unreachable, "no_rights"),
    "need administrator rights": (Unreachable, "no_rights"),
    "chat_write_forbidden": (Unreachable, "no_rights"),
    "frozen_method_invalid": (Misconfigured, "bot_frozen"),
    "logged out": (Misconfigured, "logged_out"),
    "can't parse entities": (Refused, "bad_markup"),
    "entity_text_invalid": (Refused, "bad_markup"),
    "entities_too_long": (Refused, "bad_markup"),
    "message text is empty": (Refused, "empty_text"),
    "message is too long": (Refused, "too_long"),
    "reply markup is too long": (Refused, "too_many_buttons"),
    "inline keyboard button": (Refused, "bad_button"),
    "button_url_invalid": (Refused, "bad_button"),
    "button_data_invalid": (Refused, "bad_button"),
    "button_type_invalid": (Refused, "bad_button"),
    "message is not modified": (Refused, "not_modified"),
    "message to edit not found": (Refused, "message_gone"),
    "message to delete not found": (Refused, "message_gone"),
    "message_id_invalid": (Refused, "message_gone"),
    "message can't be edited": (Refused, "message_too_old"),
    "message can't be deleted": (Refused, "message_too_old"),
}
# For what the table above does not know.
STATUSES: Mapping[int, tuple[type[DeliveryError], str]] = {
    400: (Refused, "bad_request"),
    401: (Misconfigured, "unauthorized"),
    403: (Unreachable, "forbidden"),
    404: (Misconfigured, "not_found"),
    413: (Refused, "too_long"),
}
# One chat is flooded, all others are not. A plain 429 does not say whom it means, so it stops everybody.
CHAT_FLOOD = re.compile(r"(?:flood|slowmode)_wait_(\d+)")

CONNECTION_RETRY_SECONDS = 5.0
UNSAID_WAIT_SECONDS = 5.0


class TelegramChannel:
    name = "telegram"
    messages_per_request = 1
    is_idempotent = False

    def __init__(self, send_message: Endpoint, edit_message: Endpoint, delete_message: Endpoint) -> None:
        self._send_message = send_message
        self._edit_message = edit_message
        self._delete_message = delete_message

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        *,
        token: str,
        api_url: str = "https://api.telegram.org",
        connections: int = 32,
        answer_seconds: float | None = None,
    ) -> AsyncIterator["TelegramChannel"]:
        address = f"{api_url.rstrip('/')}/bot{token}"
        opened = partial(open_endpoint, connections=connections, answer_seconds=answer_seconds)
        with (
            opened(f"{address}/sendMessage") as send_message,
            opened(f"{address}/editMessageText") as edit_message,
            opened(f"{address}/deleteMessage") as delete_message,
        ):
            yield cls(send_message, edit_message, delete_message)

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None = None) -> list[str]:
        (message,) = messages
        return [_message_id(await self._ask(self._send_message, _request(message)))]

    async def edit(self, message: Outgoing, message_id: str) -> None:
        """Lets a message that was sent say something else; one that says so already is left as it is."""
        request = _request(message) | {"message_id": int(message_id)}
        del request["disable_notification"]
        try:
            await self._ask(self._edit_message, request)
        except Refused as refused:
            if refused.reason != "not_modified":
                raise

    async def delete(self, recipient: str, message_id: str) -> None:
        """Takes back a message that was sent, within 48 hours."""
        await self._ask(self._delete_message, {"chat_id": _chat_id(recipient), "message_id": int(message_id)})

    async def _ask(self, endpoint: Endpoint, request: Mapping[str, Any]) -> dict[str, Any]:
        response = await self._post(endpoint, json.dumps(request).encode())
        answer = _parsed(response.body)
        if answer is None or 300 <= response.status < 400:
            _raise_for_unreadable(response.status)
        if response.status >= 400:
            _raise_for_error(response.status, answer)
        return answer

    async def _post(self, endpoint: Endpoint, body: bytes) -> Answer:
        try:
            return await endpoint.post(body)
        except NotConnected:
            raise Busy("not_connected", retry_after=CONNECTION_RETRY_SECONDS, whole_channel=True) from None
        except BadAddress:
            raise Misconfigured("bad_api_url") from None
        except NoAnswer:
            raise Unknown("no_answer") from None
        except ConnectionLost:
            raise Unknown("connection_lost") from None


def _request(message: Outgoing) -> dict[str, Any]:
    content = message.content
    request = {
        "chat_id": _chat_id(message.recipient),
        "text": content["text"],
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": not content.get("link_preview", False)},
        "disable_notification": bool(content.get("silent", False)),
    }
    if content.get("buttons"):
        request["reply_markup"] = {"inline_keyboard": content["buttons"]}
    return request


def _chat_id(recipient: str) -> int | str:
    return int(recipient) if re.fullmatch(r"-?[0-9]+", recipient) else recipient


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _message_id(answer: Mapping[str, Any]) -> str:
    match answer:
        case {"ok": True, "result": {"message_id": int(message_id)}}:
            return str(message_id)
    raise Unknown("unreadable_answer")


def _raise_for_unreadable(status: int) -> NoReturn:
    """The Bot API always answers JSON: anything else comes from what stands before it."""
    if status < 300:
        raise Unknown("unreadable_answer")
    if status < 400 or status in (401, 404):
        raise Misconfigured("bad_api_url", f"HTTP {status}")
    if status == 429:
        raise Busy("rate_limited", retry_after=UNSAID_WAIT_SECONDS, whole_channel=True)
    raise Busy("server_error", f"HTTP {status}")


def _raise_for_error(status: int, answer: Mapping[str, Any]) -> NoReturn:
    description = str(answer.get("description", ""))
    parameters = answer.get("parameters")
    if not isinstance(parameters, dict):
        parameters = {}
    if "migrate_to_chat_id" in parameters:
        raise Moved(str(parameters["migrate_to_chat_id"]))
    if status == 429:
        wait = seconds_to_wait(parameters.get("retry_after")) or UNSAID_WAIT_SECONDS
        raise Busy("rate_limited", description, retry_after=wait, whole_channel=True)
    if flood := CHAT_FLOOD.search(description.lower()):
        raise Busy("chat_flooded", description, retry_after=float(flood[1]))
    error, reason = _meaning(status, description.lower())
    raise error(reason, description)


def _meaning(status: int, description: str) -> tuple[type[DeliveryError], str]:
    if status >= 500:
        return Busy, "server_error"
    for words, meaning in DESCRIPTIONS.items():
        if words in description:
            return meaning
    return STATUSES.get(status, (Refused, "bad_request"))
