"""What a bot wrote in HTML, read as the Bot API server does.

Positions in error messages count UTF-8 bytes, because Telegram's do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.entities import BadText, Entity, finished, utf16_length
from sandbox.links import BadLink, checked_link

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
REFERENCES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_SPECIAL = re.compile(r"[<&]")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")


def parse_text(text: str, parse_mode: str | None) -> tuple[str, list[Entity]]:
    """Plain text and entities of what a bot sent, trimmed and with links found, or `BadText`."""
    mode = (parse_mode or "").lower()
    if mode == "html":
        text, entities = _HTMLReader(text).read()
    elif mode in ("", "none"):
        entities = []
    elif mode in ("markdown", "markdownv2"):
        raise BadText("this stand-in reads parse_mode HTML only, not Markdown")
    else:
        raise BadText("unsupported parse_mode")
    return finished(text, entities)


@dataclass(slots=True)
class _OpenTag:
    name: str
    attributes: dict[str, str]
    offset: int
    start: int


@dataclass(slots=True)
class _HTMLReader:
    """Reads one message from left to right, as the Bot API server does."""

    source: str
    position: int = 0
    offset: int = 0
    pieces: list[str] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    open_tags: list[_OpenTag] = field(default_factory=list)

    def read(self) -> tuple[str, list[Entity]]:
        while self.position < len(self.source):
            special = _SPECIAL.search(self.source, self.position)
            end = special.start() if special else len(self.source)
            self._take(self.source[self.position : end])
            self.position = end
            if special is not None:
                self._read_tag() if special[0] == "<" else self._read_reference()
        if self.open_tags:
            name = self.open_tags[-1].name
            raise BadText(f"can't parse entities: Can't find end tag corresponding to start tag \"{name}\"")
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.pieces), self.entities

    def _take(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self.offset += utf16_length(text)

    def _read_reference(self) -> None:
        character, length = _decode_reference(self.source, self.position)
        self._take(character)
        self.position += length

    def _read_tag(self) -> None:
        if self.source.startswith("</", self.position):
            self._read_end_tag()
        else:
            self._read_start_tag()

    def _fail(self, complaint: str, position: int, rest: str = "") -> BadText:
        offset = len(self.source[:position].encode())
        return BadText(f"can't parse entities: {complaint} at byte offset {offset}{rest}")

    def _match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.position)
        assert match is not None  # every pattern here matches the empty string
        self.position = match.end()
        return match[0]

    def _peek(self) -> str:
        return self.source[self.position : self.position + 1]

    def _read_start_tag(self) -> None:
        begin = self.position
        self.position += 1
        name = self._match(_TAG_NAME).lower()
        if not self._peek():
            raise self._fail("Unclosed start tag", begin)
        if name not in TAGS:
            raise self._fail(f'Unsupported start tag "{name}"', begin)
        attributes = self._read_attributes(name, begin)
        self.position += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._fail('Tag "span" must have class "tg-spoiler"', begin)
        self.open_tags.append(_OpenTag(name, attributes, self.offset, len(self.pieces)))

    def _read_attributes(self, tag: str, begin: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while self._match(_SPACE) or True:
            if self._peek() == ">":
                return attributes
            name = self._match(_ATTRIBUTE_NAME)
            if not name and self._peek():
                raise self._fail(f'Empty attribute name in the tag "{tag}"', begin)
            self._match(_SPACE)
            if self._peek() != "=" and self._peek() and (tag, name) == ("blockquote", "expandable"):
                attributes[name] = ""
                continue
            attributes[name] = self._read_attribute_value(tag, begin)
        raise AssertionError("unreachable")

    def _read_attribute_value(self, tag: str, begin: int) -> str:
        if not self._peek():
            raise self._fail("Unclosed start tag", begin)
        if self._peek() != "=":
            raise self._fail(f'Expected equal sign in declaration of an attribute of the tag "{tag}"', begin)
        self.position += 1
        self._match(_SPACE)
        quote = self._peek()
        value = self._read_quoted(quote) if quote in ("'", '"') else self._read_name_token()
        if not self._peek():
            raise self._fail("Unclosed start tag", begin)
        return value

    def _read_quoted(self, quote: str) -> str:
        start = self.position + 1
        end = self.source.find(quote, start) if quote else -1
        if end < 0:
            self.position = len(self.source)
            return ""
        self.position = end + 1
        return _decode_references(self.source[start:end])

    def _read_name_token(self) -> str:
        start = self.position
        token = self._match(_NAME_TOKEN).lower()
        following = self._peek()
        if following and following != ">" and not following.isspace():
            raise self._fail("Unexpected end of name token", start)
        return token

    def _read_end_tag(self) -> None:
        begin = self.position
        if not self.open_tags:
            raise self._fail("Unexpected end tag", begin)
        self.position += 2
        name = self._match(_TAG_NAME).lower()
        self._match(_SPACE)
        if self._peek() != ">":
            raise self._fail("Unclosed end tag", begin)
        self.position += 1
        tag = self.open_tags.pop()
        if name and name != tag.name:
            raise self._fail("Unmatched end tag", begin, f', expected "</{tag.name}>", found "</{name}>"')
        self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        length = self.offset - tag.offset
        if length > 0:
            covered = "".join(self.pieces[tag.start :])
            entity = {"type": TAGS[tag.name], "offset": tag.offset, "length": length}
            finish = _FINISHERS.get(tag.name, _keep)
            if finish(entity, tag.attributes, covered, self.entities):
                self.entities.append(entity)


def _keep(entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]) -> bool:
    return True


def _finish_link(entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]) -> bool:
    try:
        entity["url"] = checked_link(attributes.get("href") or covered)
    except BadLink:  # Telegram keeps the words and silently drops a link that it does not like
        return False
    return True


def _finish_blockquote(
    entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]
) -> bool:
    if "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    return True


def _finish_emoji(entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]) -> bool:
    identifier = attributes.get("emoji-id", "")
    if not re.fullmatch(r"[0-9]{1,19}", identifier) or not 0 < int(identifier) < 2**63:
        raise BadText("can't parse entities: Invalid custom emoji identifier specified")
    entity["custom_emoji_id"] = identifier
    return True


def _finish_time(entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]) -> bool:
    moment = attributes.get("unix", "")
    if not re.fullmatch(r"[0-9]{1,12}", moment):
        raise BadText("can't parse entities: Invalid date specified")
    entity["unix_time"] = int(moment)
    if attributes.get("format"):
        entity["date_time_format"] = attributes["format"]
    return True


def _finish_code(entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]) -> bool:
    language = attributes.get("class", "")
    if language.startswith("language-"):
        entity["_language"] = language.removeprefix("language-")
    return True


def _finish_pre(entity: Entity, attributes: dict[str, str], covered: str, earlier: list[Entity]) -> bool:
    """`<pre><code class="language-x">` is one entity: a pre with a language."""
    inner = earlier[-1] if earlier else None
    if inner and inner["type"] == "code" and _same_span(inner, entity) and "_language" in inner:
        entity["language"] = inner["_language"]
        earlier.pop()
    return True


_Finisher = Callable[[Entity, dict[str, str], str, list[Entity]], bool]
_FINISHERS: dict[str, _Finisher] = {
    "a": _finish_link,
    "blockquote": _finish_blockquote,
    "tg-emoji": _finish_emoji,
    "tg-time": _finish_time,
    "code": _finish_code,
    "pre": _finish_pre,
}


def _same_span(one: Entity, other: Entity) -> bool:
    return (one["offset"], one["length"]) == (other["offset"], other["length"])


def _decode_reference(source: str, position: int) -> tuple[str, int]:
    """The character meant by the `&` at `position`, and how much of the source it takes."""
    match = _REFERENCE.match(source, position)
    if match is None:
        return "&", 1
    hexadecimal, decimal, name = match.groups()
    if name is not None:
        return (REFERENCES[name], len(match[0])) if name in REFERENCES else ("&", 1)
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code < 0x10FFFF:
        return "&", 1
    if 0xD800 <= code <= 0xDFFF:
        raise BadText(
            "can't parse entities: Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return chr(code), len(match[0])


def _decode_references(source: str) -> str:
    result, position = [], 0
    while (found := source.find("&", position)) >= 0:
        character, length = _decode_reference(source, found)
        result += [source[position:found], character]
        position = found + length
    return "".join([*result, source[position:]])
