"""A message with its entities as HTML that a browser may show."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from sandbox.entities import Entity

_PLAIN_TAGS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ('<span class="tg-spoiler">', "</span>"),
    "code": ("<code>", "</code>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote>", "</blockquote>"),
    "bot_command": ('<span class="bot-command">', "</span>"),
}
_SAFE_LINK = re.compile(r"(?:https?|tg|ton|mailto):", re.IGNORECASE)


def as_html(text: str, entities: Sequence[Entity]) -> str:
    """Everything is escaped but the tags that the entities stand for."""
    if not entities:
        return html.escape(text, quote=False)
    units = text.encode("utf-16-le")
    ordered = sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
    return "".join(_marked_up(units, ordered, 0, len(units) // 2))


def _marked_up(units: bytes, entities: Sequence[Entity], start: int, end: int) -> Iterator[str]:
    """Tags always nest: an entity that crosses its parent's end is cut there."""
    position, index = start, 0
    while index < len(entities):
        entity = entities[index]
        first = max(entity["offset"], position)
        last = min(entity["offset"] + entity["length"], end)
        index += 1
        inner: list[Entity] = []
        while index < len(entities) and entities[index]["offset"] < last:
            inner.append(entities[index])
            index += 1
        if last <= first:
            continue
        yield _slice(units, position, first)
        before, after = _tags(entity, units, first, last)
        yield before
        yield from _marked_up(units, inner, first, last)
        yield after
        position = last
    yield _slice(units, position, end)


def _slice(units: bytes, start: int, end: int) -> str:
    return html.escape(units[2 * start : 2 * end].decode("utf-16-le", "replace"), quote=False)


def _tags(entity: Entity, units: bytes, start: int, end: int) -> tuple[str, str]:
    kind = entity["type"]
    if kind in _PLAIN_TAGS:
        return _PLAIN_TAGS[kind]
    if kind == "pre":
        language = re.sub(r"[^\w+#.-]", "", entity.get("language", ""))
        return (
            (f'<pre><code class="language-{language}">', "</code></pre>") if language else ("<pre>", "</pre>")
        )
    if kind in ("text_link", "url", "email"):
        words = units[2 * start : 2 * end].decode("utf-16-le", "replace")
        return _anchor({"text_link": entity.get("url", ""), "url": words, "email": f"mailto:{words}"}[kind])
    return "", ""


def _anchor(link: str) -> tuple[str, str]:
    if not _SAFE_LINK.match(link):
        return "", ""
    return f'<a href="{html.escape(link)}" target="_blank" rel="noopener noreferrer">', "</a>"
