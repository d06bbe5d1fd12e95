"""The text of a message and its entities, as Telegram keeps them.

Offsets and lengths of entities count UTF-16 code units, because Telegram's do. The wording of the errors is
Telegram's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sandbox.links import BadLink, checked_link

Entity = dict[str, Any]

TYPES = {
    "bold", "italic", "underline", "strikethrough", "spoiler", "text_link", "code", "pre", "blockquote",
    "expandable_blockquote", "custom_emoji", "date_time", "mention", "hashtag", "cashtag", "bot_command",
    "url", "email", "phone_number", "text_mention", "bank_card",
}  # fmt: skip


class BadText(Exception):
    """The text cannot become a message; the message is Telegram's, without `Bad Request: `."""


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def finished(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Trims the text, moves the entities along and adds those that Telegram finds by itself."""
    for entity in entities:
        entity.pop("_language", None)
    text, entities = _trimmed(text, entities)
    if not text:
        raise BadText("text must be non-empty")
    entities = entities + _found(text, entities)
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, entities


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    stripped = text.strip()
    if len(stripped) == len(text):
        return text, entities
    shift = utf16_length(text[: len(text) - len(text.lstrip())])
    end = utf16_length(stripped)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - shift, 0)
        stop = min(entity["offset"] + entity["length"] - shift, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return stripped, kept


_AUTOMATIC = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?')\]])"
    r"|(?P<email>\b[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\b)"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<!\w)(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})\b"
    r"|(?<!\w)(?P<hashtag>#\w*[^\W\d]\w*)"
)
_OPAQUE = {"code", "pre", "text_link", "text_mention", "url", "email", "mention", "hashtag", "bot_command"}


def _found(text: str, entities: Sequence[Entity]) -> list[Entity]:
    if not any(mark in text for mark in ("/", "@", "#")):
        return []
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in _OPAQUE]
    result = []
    for match in _AUTOMATIC.finditer(text):
        start = utf16_length(text[: match.start()])
        length = utf16_length(match[0])
        if all(start + length <= low or start >= high for low, high in taken):
            result.append({"type": match.lastgroup, "offset": start, "length": length})
    return result


def checked_entities(text: str, entities: Sequence[Entity]) -> list[Entity]:
    """Entities that the bot gave itself instead of a parse_mode."""
    end = utf16_length(text)
    result = []
    for entity in entities:
        _check_entity(entity, end)
        result.append(dict(entity))
    return result


def _check_entity(entity: Entity, end: int) -> None:
    kind, offset, length = entity["type"], entity["offset"], entity["length"]
    if kind not in TYPES:
        raise BadText("can't parse MessageEntity: Unsupported type specified")
    needed = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}.get(kind)
    if needed and needed not in entity:
        raise BadText(f"can't parse MessageEntity: Can't find field \"{needed}\"")
    if offset < 0:
        raise BadText(f"receive an entity with incorrect offset {offset}")
    if offset > end:
        raise BadText(f"entity begins after the end of the text at UTF-16 offset {offset}")
    if offset + length > end:
        raise BadText(
            f"entity beginning at UTF-16 offset {offset} ends after the end of the text "
            f"at UTF-16 offset {offset + length}"
        )
    if kind == "text_link":
        try:
            checked_link(entity["url"])
        except BadLink as problem:
            raise BadText(f"entity URL '{entity['url']}' is invalid: {problem}") from None
