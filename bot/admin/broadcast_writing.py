"""What an admin sent, as Markdown of ours: its marks stay, and no word of it is read as anything but words.

Telegram says where marks begin and end; Markdown guesses it from the characters around them. Where it would
guess wrong, a word joiner, which nobody sees, is put between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from telegram import MessageEntity

LONGEST_SUBJECT = 120

_JOINER = "\u2060"
_MARKS = {"bold": "**", "italic": "*", "strikethrough": "~~", "spoiler": "||"}
_LINKS = ("text_link", "url", "email")
_INLINE = (*_MARKS, *_LINKS, "code")
_QUOTES = ("blockquote", "expandable_blockquote")
_BLOCKS = ("pre", *_QUOTES)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>&|~#%!+=-])")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])", re.MULTILINE)
_BRACE = re.compile(r"\{(?=[{%#])")
_BLANK = re.compile(r"\n[ \t]*\n\s*")
_LEFT_OVER = re.compile("[\ue000\ue001]")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something holds, in characters of Python."""

    kind: str
    start: int
    end: int
    url: str = ""


def as_markdown(text: str, entities: Sequence[MessageEntity]) -> str:
    """The same text with the same marks; what our Markdown does not know (underlined) is left out."""
    marks = [mark for entity in entities if (mark := _mark(text, entity)) is not None]
    return "\n\n".join(_blocks(_LEFT_OVER.sub(" ", text), marks, 0, len(text)))


def subject_of(text: str) -> str:
    """The first line, as the subject of the mail; it is a template, but nothing in it is taken for one."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    words = " ".join(_LEFT_OVER.sub(" ", line).split())
    if len(words) > LONGEST_SUBJECT:
        words = words[: LONGEST_SUBJECT - 1].rsplit(None, 1)[0].rstrip(" ,;:.") + "…"
    return _not_a_template(words)


def _mark(text: str, entity: MessageEntity) -> Mark | None:
    if entity.type not in (*_INLINE, *_BLOCKS):
        return None
    start = _characters(text, entity.offset)
    end = _characters(text, entity.offset + entity.length)
    url = _address(entity.type, entity.url or text[start:end]) if entity.type in _LINKS else ""
    return None if entity.type in _LINKS and not url else Mark(str(entity.type), start, end, url)


def _characters(text: str, units: int) -> int:
    """Telegram counts in UTF-16."""
    return len(text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore"))


def _address(kind: str, written: str) -> str:
    """Empty where nobody could follow it."""
    if kind == "email":
        return f"mailto:{written}"
    try:
        parts = urlsplit(written if "://" in written or kind == "text_link" else f"https://{written}")
    except ValueError:
        return ""
    is_followed = parts.scheme == "tg" or (parts.scheme in ("http", "https") and parts.hostname)
    return parts.geturl() if is_followed else ""


# Blocks


def _blocks(text: str, marks: Sequence[Mark], start: int, end: int) -> Iterator[str]:
    """Quotes and blocks of code stand by themselves, what is around them is paragraphs."""
    inside = sorted(
        (mark for mark in marks if mark.kind in _BLOCKS and start <= mark.start and mark.end <= end),
        key=lambda mark: (mark.start, -mark.end),
    )
    for block in inside:
        if block.start < start:
            continue  # inside one that was written already
        yield from _paragraphs(text, marks, start, block.start)
        yield from _block(text, marks, block)
        start = block.end
    yield from _paragraphs(text, marks, start, end)


def _block(text: str, marks: Sequence[Mark], block: Mark) -> Iterator[str]:
    words = text[block.start : block.end].strip("\n")
    if not words.strip():
        return
    if block.kind == "pre":
        fence = "`" * max(3, _longest_run(words) + 1)
        yield f"{fence}\n{_not_a_template(words)}\n{fence}"
    else:
        others = [mark for mark in marks if mark.kind not in _QUOTES]
        quoted = "\n\n".join(_blocks(text, others, block.start, block.end))
        yield "\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))


def _paragraphs(text: str, marks: Sequence[Mark], start: int, end: int) -> Iterator[str]:
    for gap in (*_BLANK.finditer(text, start, end), None):
        until = gap.start() if gap else end
        if written := _Line(text, marks, start, until).written():
            yield written
        start = gap.end() if gap else end


# Marks within a paragraph


class _Line:
    """One paragraph. Marks that cross each other are closed and opened again, so that they nest."""

    def __init__(self, text: str, marks: Sequence[Mark], start: int, end: int) -> None:
        self._text = text
        self._start, self._end = _without_space(text, start, end)
        self._marks = sorted(self._clipped(marks), key=lambda mark: (mark.start, -mark.end))
        self._open: list[Mark] = []
        self._out = ""
        # Of signs that were put and have nothing behind them yet: whether they began after space, and if not,
        # that they need something to stick to.
        self._begins_freely = False
        self._has_to_stick = False

    def written(self) -> str:
        edges = {self._start, self._end, *(edge for mark in self._marks for edge in (mark.start, mark.end))}
        places = sorted(edges)
        for start, end in zip(places, [*places[1:], self._end], strict=True):
            self._turn([mark for mark in self._marks if mark.start <= start < mark.end], start)
            self._say(start, end)
        return "\\\n".join(line.strip(" \t") for line in _NUMBERED.sub(r"\1\\\2", self._out).split("\n"))

    def _clipped(self, marks: Sequence[Mark]) -> Iterator[Mark]:
        for mark in marks:
            start, end = _without_space(self._text, max(mark.start, self._start), min(mark.end, self._end))
            if mark.kind in _INLINE and start < end:
                yield Mark(mark.kind, start, end, mark.url)

    def _turn(self, wanted: Sequence[Mark], place: int) -> None:
        """Closes what has ended, and what stands in the way of that, and opens what begins."""
        same = 0
        while same < min(len(self._open), len(wanted)) and self._open[same] == wanted[same]:
            same += 1
        while len(self._open) > same:
            self._end_mark(_closing(self._open.pop()), is_free=self._ends_at(place))
        for mark in wanted[same:]:
            self._begin_mark(_opening(mark))
            self._open.append(mark)

    def _end_mark(self, sign: str, *, is_free: bool) -> None:
        """A sign belongs to the letter beside it, and to anything else where nothing but space follows."""
        before = self._out[-1:]
        is_one_stroke_more = before == "|" == sign[:1]
        if sign and not before.isalnum() and (not is_free or is_one_stroke_more):
            self._out += _JOINER
        self._out += sign

    def _begin_mark(self, sign: str) -> None:
        before = self._out[-1:]
        if sign and ((before == sign[0] and not self._begins_freely) or self._has_to_stick):
            self._out += _JOINER
        if sign:
            self._begins_freely = self._begins_freely or not before or before.isspace()
            self._has_to_stick = not self._begins_freely
        self._out += sign

    def _ends_at(self, place: int) -> bool:
        """Whether space follows, or nothing."""
        return place >= self._end or self._text[place].isspace()

    def _say(self, start: int, end: int) -> None:
        if start == end:
            return
        is_code = any(mark.kind == "code" for mark in self._open)
        words = self._text[start:end]
        written = _code(words) if is_code else _SPECIAL.sub(r"\\\1", words)
        if (self._has_to_stick and not written[0].isalnum()) or (is_code and self._out.endswith("`")):
            self._out += _JOINER
        self._out += written
        self._has_to_stick = self._begins_freely = False


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _opening(mark: Mark) -> str:
    return "[" if mark.kind in _LINKS else _MARKS.get(mark.kind, "")


def _closing(mark: Mark) -> str:
    if mark.kind not in _LINKS:
        return _MARKS.get(mark.kind, "")
    address = quote(mark.url, safe="%:/?#[]@!$&'()*+,;=~-._").replace("&", "\\&")
    return f"](<{address}>)"


def _code(words: str) -> str:
    """One line: what stands in the middle of a text has no lines of its own."""
    words = " ".join(words.split("\n"))
    ticks = "`" * (_longest_run(words) + 1)
    room = " " if words.startswith("`") or words.endswith("`") else ""
    # Two strokes would end the hidden words that the code may be in.
    written = _not_a_template(words).replace("||", "{{ '|' }}|")
    return f"{ticks}{room}{written}{room}{ticks}"


def _longest_run(words: str) -> int:
    return max((len(run) for run in re.findall("`+", words)), default=0)


def _not_a_template(words: str) -> str:
    return _BRACE.sub("{{ '{' }}", words)
