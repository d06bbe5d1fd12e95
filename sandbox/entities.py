"""Message text as Telegram understands it: HTML in, plain text and entities kept, safe HTML out.

Offsets and lengths of entities count UTF-16 code units, and positions in error messages count UTF-8 bytes,
because Telegram's do. The wording of the errors is Telegram's own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Entity = dict[str, Any]


class BadText(Exception):
    """The text cannot become a message; the message is Telegram's, without `Bad Request: `."""


class BadLink(Exception):
    """A URL that Telegram refuses, with Telegram's reason."""


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
TYPES = {
    *TAGS.values(),
    *(
        "expandable_blockquote",
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
    ),
    *("text_mention", "bank_card"),
}
REFERENCES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_SPECIAL = re.compile(r"[<&]")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


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


# Most links, recognized at once: a load of thousands of messages should not be parsing addresses.
_PLAIN_LINK = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,4})?/[!-~]*")


def checked_link(link: str, https_only: bool = False) -> str:
    """The link as Telegram stores it, or `BadLink` with the reason that Telegram gives."""
    if not https_only and _PLAIN_LINK.fullmatch(link):
        return link
    link = link.strip()
    if not link:
        raise BadLink("URL host is empty")
    scheme, separator, _ = link.partition("://")
    if not separator:
        scheme, link = "http", "http://" + link
    if scheme.lower() not in ("http", "https", "tg", "ton"):
        raise BadLink("Unsupported URL protocol")
    if https_only and scheme.lower() != "https":
        raise BadLink("Only HTTPS links are allowed")
    if scheme.lower() in ("http", "https"):
        _check_host(link)
    return link if "/" in link.partition("://")[2] else link + "/"


def _check_host(link: str) -> None:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadLink("Wrong HTTP URL") from None
    if not host:
        raise BadLink("URL host is empty")
    if any(character.isspace() for character in link) or ("." not in host and ":" not in host):
        raise BadLink("Wrong HTTP URL")


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
    """HTML that a browser may show: everything is escaped but the tags that the entities stand for."""
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
