"""The methods that change or delete what is in a chat."""

from __future__ import annotations

from typing import Any

from sandbox.entities import Entity
from sandbox.state import Message
from sandbox.telegram.keyboards import read_markup
from sandbox.telegram.parameters import LONGEST_TEXT, attached_file, content_of, read_caption, read_text
from sandbox.telegram.parts import Parameters, Parts
from sandbox.telegram.people import own_message
from sandbox.telegram.refusals import bad_request

DELETABLE_SECONDS = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def edit_message_text(parts: Parts, parameters: Parameters) -> Any:
    if parameters.get("text") is None:
        raise bad_request("message text is empty")
    text, marks = read_text(parameters, "text", "entities", LONGEST_TEXT)
    message = _editable(parts, parameters)
    if message.media:
        raise bad_request("there is no text in the message to edit")
    return _edit(parts, message, parameters, text=text, entities=marks)


async def edit_message_caption(parts: Parts, parameters: Parameters) -> Any:
    message = _editable(parts, parameters)
    if not message.media:
        raise bad_request("there is no caption in the message to edit")
    return _edit(parts, message, parameters, **read_caption(parameters))


async def edit_message_media(parts: Parts, parameters: Parameters) -> Any:
    message, given = _editable(parts, parameters), parameters["media"]
    kind = given.get("type")
    if kind not in ("photo", "document"):
        raise bad_request("can't parse InputMedia: type must be photo or document")
    if not given.get("media"):
        raise bad_request("can't parse InputMedia: media not found")
    content = content_of(attached_file(given["media"], parameters["_given"]))
    media = parts.chats.attachment(kind, content)
    return _edit(parts, message, parameters, media=media, **read_caption(given))


async def edit_message_reply_markup(parts: Parts, parameters: Parameters) -> Any:
    message = _editable(parts, parameters)
    return _edit(parts, message, parameters, text=message.text, entities=message.entities)


def _editable(parts: Parts, parameters: Parameters) -> Message:
    message = own_message(parts, parameters, "edit")
    if not message.is_from_bot or message.reply_keyboard:
        raise bad_request("message can't be edited")
    return message


def _edit(
    parts: Parts,
    message: Message,
    parameters: Parameters,
    text: str,
    entities: list[Entity],
    media: dict[str, Any] | None = None,
) -> Any:
    keyboard = read_markup(parameters.get("reply_markup"))["inline_keyboard"]
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
    parts.chats.edited(message)
    return parts.chats.message_json(message)


async def delete_message(parts: Parts, parameters: Parameters) -> bool:
    message = own_message(parts, parameters, "delete")
    if parts.clock.unix() - message.date > DELETABLE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    parts.chats.delete(message)
    return True
