"""What users and enrollments bring into a template: bounded, and words only.

`values_at` takes from a row what a template asks for and nothing else; `Sample` stands in for a value while
a template is tried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

MAX_ITEMS = 50
MAX_VALUE = 10_000
MAX_NAME = 64

Path = tuple[str, ...]
"""Where a value is: ("user", "first_name"), ("context", "code")."""
ENGAGEMENT: Path = ("engagement",)

_INVISIBLE = dict.fromkeys(
    [
        *(c for c in range(0x20) if c not in (0x09, 0x0A)), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, 0x200B,
        0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC),
        *range(0xD800, 0xE000), 0xE000, 0xE001, *range(0xE0000, 0xE0080),
    ]
)  # fmt: skip
"""Control characters, direction marks, zero-width spaces, halves of surrogate pairs: nothing that a reader
would miss. Joiners (U+200C, U+200D) stay: Persian and emoji need them."""
_ADDRESS_SIGNS = str.maketrans(dict.fromkeys("/\\@#:<>", " "))
_DOT_BEFORE_LETTER = re.compile(r"\.(?=\w)")
_NAMES = ("first_name", "last_name", "username")


def cleaned(value: Any, depth: int = 0) -> Any:
    """A value as templates see it: visible characters only, bounded in length and depth, without what is
    empty.
    """
    if isinstance(value, str):
        if value.isascii() and value.isprintable() and len(value) <= MAX_VALUE:
            return value
        return _isolated(value[:MAX_VALUE].replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE))
    if isinstance(value, dict):
        kept = list(value.items())[:MAX_ITEMS] if depth < 3 else []
        return {str(key): cleaned(item, depth + 1) for key, item in kept if item is not None}
    if isinstance(value, list):
        return [cleaned(item, depth + 1) for item in value[:MAX_ITEMS]] if depth < 3 else []
    return value


def cleaned_name(value: Any) -> str:
    """A person's name, which they chose themselves: one line, short, and nothing that an app would turn into
    a link.
    """
    words = str(value)[: MAX_NAME * 4].translate(_INVISIBLE).translate(_ADDRESS_SIGNS)
    name = " ".join(_DOT_BEFORE_LETTER.sub(". ", words).split())
    return _isolated(name if len(name) <= MAX_NAME else name[: MAX_NAME - 1].rstrip() + "…")


def _isolated(text: str) -> str:
    """Text that runs from right to left is kept from turning the words around it."""
    if not text.isascii() and any(bidirectional(character) in ("R", "AL", "AN") for character in text):
        return f"\u2068{text}\u2069"
    return text


def values_at(paths: frozenset[Path], row: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the templates take, from the row's user and context; empty and null are missing.

    Of whom nobody knows how engaged they are, the middle is assumed.
    """
    user, context = row.get("user") or {}, row.get("context") or {}
    found: dict[str, Any] = {"user": {"attributes": {}}, "context": {}}
    for path in paths:
        if path == ENGAGEMENT:
            found["engagement"] = user.get("engagement") or "medium"
        elif path[0] == "context":
            _put(found["context"], path[1], cleaned(context.get(path[1])))
        elif path[0] == "profile":
            profile = found.setdefault("profile", {})
            _put(profile, path[1], cleaned((user.get("profile") or {}).get(path[1])))
        elif path[:2] == ("user", "attributes"):
            _put(found["user"]["attributes"], path[2], cleaned((user.get("attributes") or {}).get(path[2])))
        elif path[0] == "user" and (value := user.get(path[1])):
            _put(found["user"], path[1], cleaned_name(value) if path[1] in _NAMES else cleaned(value))
    return found


def _put(target: dict[str, Any], key: str, value: Any) -> None:
    if value is not None and value != "":
        target[key] = value


class Sample(str):
    """Stands for any value while a template is tried out: text, number, list and record at once."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __add__(self, other: object) -> Sample:
        return self

    __radd__ = __sub__ = __rsub__ = __add__

    def __neg__(self) -> Sample:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter([self])

    def __len__(self) -> int:
        return 1


def sample_values(
    paths: frozenset[Path], context: tuple[str, ...], *, everything: bool
) -> dict[str, dict[str, Any]]:
    """Values to try a template with: all of them, or only those that are always there."""
    _, optional = required_and_optional(context)
    values: dict[str, dict[str, Any]] = {
        "user": {"timezone": "Europe/Berlin", "attributes": {}},
        "context": {},
    }
    for path in paths:
        if path[0] == "context" and (everything or path[1] not in optional):
            values["context"][path[1]] = Sample("sample")
        elif path[:2] == ("user", "attributes") and everything:
            values["user"]["attributes"][path[2]] = Sample("sample")
        elif path[0] == "profile":
            values.setdefault("profile", {}).update({path[1]: Sample("sample")} if everything else {})
        elif path[0] == "user" and path[1] != "attributes" and everything:
            values["user"][path[1]] = "Alexandra"
    return values


def local_day(moment: object, zone: str) -> str:
    """`Tuesday, 3 March`: the day of a date and time, as it is in that zone."""
    return _local(moment, zone, "%A, %-d %B")


def local_time(moment: object, zone: str) -> str:
    """`18:00`: what the clocks of that zone show at a date and time."""
    return _local(moment, zone, "%H:%M")


def _local(moment: object, zone: str, form: str) -> str:
    if isinstance(moment, Sample):
        return moment
    at = datetime.fromisoformat(str(moment))
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone does not name a moment: {moment}")
    return at.astimezone(ZoneInfo(str(zone))).strftime(form)


def required_and_optional(context: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The declared context fields; those written with a trailing `?` are optional."""
    optional = frozenset(name.removesuffix("?") for name in context if name.endswith("?"))
    return frozenset(context) - {f"{name}?" for name in optional}, optional
