"""The methods that put something new into a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.ledger import body_hash
from sandbox.state import Message, User
from sandbox.telegram.keyboards import read_markup
from sandbox.telegram.parameters import LONGEST_TEXT, content_of, read_caption, read_text
from sandbox.telegram.parts import Parameters, Parts
from sandbox.telegram.people import own_message, reachable_user, user_of
from sandbox.telegram.refusals import bad_request, too_many


async def send_message(parts: Parts, parameters: Parameters) -> Any:
    text, marks = read_text(parameters, "text", "entities", LONGEST_TEXT)
    return await _send(
        parts,
        parameters,
        text=text,
        entities=marks,
        link_preview_options=parameters.get("link_preview_options"),
    )


async def send_photo(parts: Parts, parameters: Parameters) -> Any:
    photo = parts.chats.attachment("photo", content_of(parameters["photo"]))
    return await _send(parts, parameters, media=photo, **read_caption(parameters))


async def send_document(parts: Parts, parameters: Parameters) -> Any:
    given = parameters["document"]
    name = given.filename if isinstance(given, web.FileField) else None
    document = parts.chats.attachment("document", content_of(given), name)
    return await _send(parts, parameters, media=document, **read_caption(parameters))


async def copy_message(parts: Parts, parameters: Parameters) -> Any:
    original = _original(parts, parameters, "copy")
    content = _copied_content(original)
    if original.media and parameters.get("caption") is not None:
        content |= read_caption(parameters)
    sent = await _send(parts, parameters, **content)
    return {"message_id": sent["message_id"]}


def _copied_content(message: Message) -> dict[str, Any]:
    return {"text": message.text, "entities": message.entities, "media": message.media}


async def forward_message(parts: Parts, parameters: Parameters) -> Any:
    return await _send(parts, parameters, **_copied_content(_original(parts, parameters, "forward")))


def _original(parts: Parts, parameters: Parameters, action: str) -> Message:
    user = user_of(parts, parameters["from_chat_id"])
    message = parts.state.chats[user.id].get(parameters["message_id"])
    if message is None:
        raise bad_request(f"message to {action} not found")
    return message


async def _send(parts: Parts, parameters: Parameters, **content: Any) -> dict[str, Any]:
    keyboards = read_markup(parameters.get("reply_markup"))
    user = reachable_user(parts, parameters["chat_id"])
    retry_after = parts.limits.retry_after(user.id)
    if retry_after is not None:
        raise too_many(retry_after)
    reply_to = _replied_message(parts, user, parameters.get("reply_parameters"))
    is_silent = bool(parameters.get("disable_notification"))
    message = parts.chats.deliver(user, reply_to=reply_to, is_silent=is_silent, **keyboards, **content)
    await _enter(parts, user, message, parameters["_given"])
    return parts.chats.message_json(message)


def _replied_message(parts: Parts, user: User, reply: Mapping[str, Any] | None) -> int | None:
    if reply is None:
        return None
    message_id: int = reply["message_id"]
    if message_id in parts.state.chats[user.id]:
        return message_id
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


async def _enter(parts: Parts, user: User, message: Message, given: Mapping[str, Any]) -> None:
    body = {
        name: value if isinstance(value, (str, int, float, bool, dict, list)) else "file"
        for name, value in given.items()
    }
    entry = {
        "provider": "telegram",
        "request": parts.ledger.next_request(),
        "time": parts.clock.iso(),
        "recipient": str(user.id),
        "idempotency_key": None,
        "body_hash": body_hash(body),
        "id": str(message.message_id),
    }
    await parts.ledger.enter([entry])


async def send_chat_action(parts: Parts, parameters: Parameters) -> bool:
    reachable_user(parts, parameters["chat_id"])
    return True


async def set_message_reaction(parts: Parts, parameters: Parameters) -> bool:
    own_message(parts, parameters, "react")
    return True
