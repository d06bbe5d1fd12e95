"""Sequences from disk: a folder each, with `sequence.toml` and one Markdown file per step.

Everything that can be wrong is found here, all at once, with file and line, so that none of it meets a
reader. docs/writing-sequences.md describes the format for authors.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequences.definition import (
    CHANNELS,
    EVENT_NAME,
    MESSAGE_CLASSES,
    NAME,
    BadDuration,
    Button,
    Content,
    Sequence,
    Step,
    Trigger,
    interval,
)
from sequences.filters import BadFilter, check_filter
from sequences.proofreading import content_problems, telegram_problems

_FENCE = "+++"
SEQUENCE_KEYS = ("name", "title", "description", "message_class", "context", "trigger", "exit", "steps")
TRIGGER_KEYS = ("event", "filter", "again_after")
STEP_KEYS = (
    "name", "after", "anchor", "at", "weekdays", "channels", "fallback", "condition", "stale_after",
    "quiet_hours", "at_most_once", "max_attempts", "message_class", "recipient",
)  # fmt: skip
FRONT_KEYS = ("subject", "preheader", "buttons", "link_preview", "silent")
BUTTON_KEYS = ("label", "url", "event")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}\??\Z")
_ENGAGEMENT = re.compile(r"no_engagement within (.+)\Z")
_TOML_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_TABLE = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ENTRY = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\s*(?:\.|=)")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class CatalogueError(Exception):
    """All mistakes that were found, one line each: file:line: message."""

    def __init__(self, mistakes: Listing[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


def load_catalogue(folder: Path) -> list[Sequence]:
    """The sequences in this folder's folders, by name; raises CatalogueError."""
    mistakes: list[Mistake] = []
    found = [
        _Folder(path, folder, mistakes).load()
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith((".", "_"))
    ]
    if mistakes:
        raise CatalogueError(mistakes)
    return [sequence for sequence in found if sequence is not None]


class _Source:
    """One file: its name as it is reported, and where its keys are."""

    def __init__(self, path: Path, root: Path, mistakes: list[Mistake]) -> None:
        self.name = str(path.relative_to(root.parent)) if path.is_relative_to(root.parent) else str(path)
        self._mistakes = mistakes
        self._lines: dict[tuple[str, int, str], int] = {}
        self._tables: dict[tuple[str, int], int] = {}

    def say(self, line: int, message: str) -> None:
        self._mistakes.append(Mistake(self.name, line, message))

    def parse(self, text: str, offset: int = 0) -> dict[str, Any] | None:
        """The TOML document, or None after its syntax error was reported."""
        self._locate(text, offset)
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as mistake:
            place = _TOML_PLACE.search(str(mistake))
            line = int(place[1]) if place else len(text.splitlines())
            self.say(line + offset, f"not TOML: {_TOML_PLACE.sub('', str(mistake)).strip()}")
            return None

    def line(self, key: str, table: str = "", index: int = 0) -> int:
        """Where this key stands, else its table, else the file's first line."""
        below = f"{table}.{key}".lstrip(".")
        places = (
            self._lines.get((table, index, key)),
            self._tables.get((below, index)),
            self._tables.get((table, index)),
        )
        return next((place for place in places if place), 1)

    def _locate(self, text: str, offset: int) -> None:
        """tomllib does not say where a key was; tables and keys each begin a line, which is all we need."""
        table, index, counted = "", 0, dict[str, int]()
        for number, line in enumerate(text.splitlines(), offset + 1):
            if header := _TABLE.match(line):
                name = header[1].replace('"', "")
                if line.lstrip().startswith("[["):
                    counted[name] = counted.get(name, -1) + 1
                table, index = name, counted.get(name.split(".")[0], 0)
                self._tables.setdefault((table, index), number)
            elif entry := _ENTRY.match(line):
                self._lines.setdefault((table, index, entry[1] or entry[2] or entry[3]), number)


class _Table:
    """One TOML table being read: takes known keys of the right type, reports the rest."""

    def __init__(self, source: _Source, content: Mapping[str, Any], name: str = "", index: int = 0) -> None:
        self._source = source
        self._content = content
        self._name = name
        self._index = index

    def say(self, key: str, message: str) -> None:
        self._source.say(self.line(key), message)

    def line(self, key: str) -> int:
        return self._source.line(key, self._name, self._index)

    def only(self, known: tuple[str, ...]) -> None:
        for key in self._content:
            if key not in known:
                self.say(key, f"unknown key {key!r}; there are: {', '.join(known)}")

    def get(self, key: str, kind: type, default: Any = None, *, required: bool = False) -> Any:
        value = self._content.get(key)
        if value is None:
            if required:
                self.say(key, f"{key} is missing")
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.say(key, f"{key} has to be {_KINDS[kind]}")
            return default
        return value

    def choice(self, key: str, known: tuple[str, ...], default: Any) -> Any:
        value = self.get(key, str, default)
        if value is not default and value not in known:
            self.say(key, f"{key} {value!r} is unknown; there are: {', '.join(known)}")
            return default
        return value

    def strings(self, key: str, default: tuple[str, ...] = (), *, required: bool = False) -> tuple[str, ...]:
        values = self.get(key, list, list(default), required=required)
        if not all(isinstance(value, str) for value in values):
            self.say(key, f"{key} has to be a list of texts")
            return default
        for value in sorted({value for value in values if values.count(value) > 1}):
            self.say(key, f"{key} names {value!r} twice")
        return tuple(values)

    def duration(self, key: str, default: str | None) -> str | None:
        value = self.get(key, str, None)
        return default if value is None else self.as_interval(key, value, default)

    def as_interval(self, key: str, written: str, default: str | None = None) -> str | None:
        try:
            return interval(written)
        except BadDuration as mistake:
            self.say(key, f"{key}: {mistake}")
            return default

    def filter(self, key: str, check: Callable[[object], None]) -> Mapping[str, Any] | None:
        document = self._content.get(key)
        if document is None:
            return None
        try:
            check(document)
        except BadFilter as bad:
            below = f"{self._name}.{key}".lstrip(".")
            for problem in bad.problems:
                parts = document if isinstance(document, dict) else ()
                part = next((part for part in parts if problem.path.startswith(part)), "")
                line = self._source.line(part, below, self._index)
                self._source.say(line if line > 1 else self.line(key), f"{key}: {problem}")
            return None
        return dict(document)


_KINDS: Mapping[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


class _Folder:
    """One sequence on disk."""

    def __init__(self, path: Path, root: Path, mistakes: list[Mistake]) -> None:
        self._path = path
        self._root = root
        self._mistakes = mistakes
        self._toml = self._source("sequence.toml")

    def _source(self, file: str) -> _Source:
        return _Source(self._path / file, self._root, self._mistakes)

    def _read(self, file: str) -> str | None:
        try:
            return (self._path / file).read_text(encoding="utf-8")
        except FileNotFoundError:
            self._source(file).say(1, "the file is missing")
        except UnicodeDecodeError:
            self._source(file).say(1, "the file is not UTF-8 text")
        return None

    def load(self) -> Sequence | None:
        text = self._read("sequence.toml")
        document = None if text is None else self._toml.parse(text)
        return None if document is None else self._sequence(document)

    def _sequence(self, document: dict[str, Any]) -> Sequence:
        table = _Table(self._toml, document)
        table.only(SEQUENCE_KEYS)
        name = table.get("name", str, self._path.name)
        if name != self._path.name or not NAME.match(name):
            table.say("name", "a sequence is named as its folder: a-z, 0-9 and _, a letter first")
        context = self._context(table)
        names = tuple(str(step.get("name")) for step in _tables(document.get("steps")))
        sequence = Sequence(
            name=name,
            title=table.get("title", str, name, required=True),
            description=table.get("description", str, ""),
            message_class=table.choice("message_class", MESSAGE_CLASSES, "sequence"),
            context=context,
            trigger=self._trigger(table, document),
            exit=table.filter("exit", lambda found: check_filter(found, steps=names, context=context)),
            steps=self._steps(table, document, context, names),
        )
        self._check_files(names)
        return sequence

    def _context(self, table: _Table) -> tuple[str, ...]:
        context = table.strings("context")
        for field in context:
            if not _FIELD.match(field):
                table.say(
                    "context", f"the context field {field!r} is not a name (a-z, 0-9 and _; ? if optional)"
                )
        return context

    def _trigger(self, table: _Table, document: dict[str, Any]) -> Trigger | None:
        content = table.get("trigger", dict)
        if content is None:
            return None
        trigger = _Table(self._toml, content, "trigger")
        trigger.only(TRIGGER_KEYS)
        event = trigger.get("event", str, "", required=True)
        if event and not EVENT_NAME.match(event):
            trigger.say("event", _EVENT_RULE.format(event))
        return Trigger(
            event,
            trigger.filter("filter", lambda found: check_filter(found, steps=(), context=())),
            trigger.duration("again_after", None),
        )

    def _steps(
        self, table: _Table, document: dict[str, Any], context: tuple[str, ...], names: tuple[str, ...]
    ) -> tuple[Step, ...]:
        steps = document.get("steps")
        if not _tables(steps):
            table.say("steps", "a sequence needs at least one [[steps]]")
        for index, name in enumerate(names):
            if name in names[:index]:
                self._toml.say(self._toml.line("name", "steps", index), f"a second step is named {name!r}")
        return tuple(
            _StepTable(self, self._toml, content, index, context, names).step()
            for index, content in enumerate(_tables(steps))
        )

    def content(self, step: str, context: tuple[str, ...], channels: tuple[str, ...]) -> dict[str, Content]:
        """What the step's files say, by channel; `default` is the file without a channel in its name."""
        found: dict[str, Content] = {}
        for channel in ("default", *CHANNELS):
            file = f"{step}.md" if channel == "default" else f"{step}.{channel}.md"
            if channel == "default" or (self._path / file).exists():
                text = self._read(file)
                found |= {} if text is None else {channel: self._page(file, text, context)}
        if "telegram" in channels and (words := found.get("telegram", found.get("default"))):
            file = f"{step}.telegram.md" if "telegram" in found else f"{step}.md"
            for problem in telegram_problems(words, context):
                self._source(file).say(1, problem.message)
        return found

    def _page(self, file: str, text: str, context: tuple[str, ...]) -> Content:
        source = self._source(file)
        front, body, offset = _divide(text)
        if front is None:
            source.say(1, f"the front matter that begins with {_FENCE} does not end")
            return Content(body=text)
        table = _Table(source, source.parse(front, 1) or {})
        table.only(FRONT_KEYS)
        content = Content(
            body=body.strip("\n") or None,
            subject=table.get("subject", str),
            preheader=table.get("preheader", str),
            buttons=self._buttons(source, table),
            link_preview=table.get("link_preview", bool),
            silent=table.get("silent", bool),
        )
        offset += len(body) - len(body.lstrip("\n"))
        for place, problem in content_problems(content, context):
            line = offset + problem.line if place == "body" else _front_line(source, place)
            source.say(
                line, problem.message if place == "body" else f"{place.split('.')[0]}: {problem.message}"
            )
        return content

    def _buttons(self, source: _Source, table: _Table) -> tuple[Button, ...] | None:
        written = table.get("buttons", list)
        if written is None:
            return None
        return tuple(
            button
            for index, content in enumerate(_tables(written))
            if (button := self._button(_Table(source, content, "buttons", index))) is not None
        )

    def _button(self, table: _Table) -> Button | None:
        table.only(BUTTON_KEYS)
        label, url, event = (table.get(key, str) for key in BUTTON_KEYS)
        if not label or not label.strip() or len(label) > 64:
            table.say("label", "a button needs a label of at most 64 characters")
            return None
        if (url is None) == (event is None):
            table.say("label", f"the button {label!r} needs either url or event")
            return None
        if event is not None and not EVENT_NAME.match(event):
            table.say("event", _EVENT_RULE.format(event))
            return None
        return Button(label, url, event)

    def _check_files(self, names: tuple[str, ...]) -> None:
        for path in sorted(self._path.glob("*")):
            step, _, rest = path.name.partition(".")
            is_known = rest in ("md", *(f"{channel}.md" for channel in CHANNELS)) and step in names
            if path.name != "sequence.toml" and not path.name.startswith(".") and not is_known:
                self._source(path.name).say(
                    1, "the file belongs to no step (a step is NAME.md or NAME.CHANNEL.md)"
                )


_EVENT_RULE = "the event name {!r} has to have at most 29 of a-z, 0-9 and _, a letter first"


class _StepTable(_Table):
    """One [[steps]] table and its files."""

    def __init__(
        self,
        folder: _Folder,
        source: _Source,
        content: dict[str, Any],
        index: int,
        context: tuple[str, ...],
        names: tuple[str, ...],
    ) -> None:
        super().__init__(source, content, "steps", index)
        self._folder = folder
        self._fields = context
        self._names = names

    def step(self) -> Step:
        self.only(STEP_KEYS)
        name = self.get("name", str, "", required=True)
        if name and not NAME.match(name):
            self.say("name", f"the step name {name!r} has to have a-z, 0-9 and _, a letter first")
        channels = self._channels()
        fallback, fallback_after = self._fallback()
        anchor = self._anchor()
        return Step(
            position=self._index + 1,
            name=name,
            after=self._after(anchor),
            anchor=anchor,
            at=self._at(),
            weekdays=self._weekdays(),
            channels=channels,
            fallback=fallback,
            fallback_after=fallback_after,
            condition=self.filter(
                "condition", lambda found: check_filter(found, steps=self._names, context=self._fields)
            ),
            stale_after=self.duration("stale_after", "3 days"),
            quiet_hours=self.get("quiet_hours", bool, True),
            at_most_once=self.get("at_most_once", bool, False),
            max_attempts=self._attempts(),
            message_class=self.choice("message_class", MESSAGE_CLASSES, None),
            recipient=self._recipient(),
            content=self._content_of(name, channels),
        )

    def _channels(self) -> tuple[str, ...]:
        channels = self.strings("channels", ("telegram", "email"), required=True)
        for channel in channels:
            if channel not in CHANNELS:
                self.say("channels", f"unknown channel {channel!r}; there are: {', '.join(CHANNELS)}")
        if not channels:
            self.say("channels", "a step needs at least one channel")
        return channels

    def _anchor(self) -> str:
        anchor = self.get("anchor", str, "previous")
        field = anchor.removeprefix("context.")
        if anchor in ("enrollment", "previous") or (field != anchor and field in self._fields):
            return str(anchor)
        if field != anchor:
            self.say("anchor", f"the anchor {anchor!r} is not declared (or optional) in context")
        else:
            self.say("anchor", f"unknown anchor {anchor!r}; there are: enrollment, previous, context.FIELD")
        return "previous"

    def _after(self, anchor: str) -> str:
        after = self.duration("after", "0 seconds") or "0 seconds"
        if after.startswith("-") and not anchor.startswith("context."):
            self.say("after", "only a step with an anchor in the context can be due before it")
        return after

    def _at(self) -> str | None:
        at = self.get("at", str)
        if at is not None and at != "preferred" and not _TIME.match(at):
            self.say("at", f'at {at!r} is not a time of day; write "09:30" or "preferred"')
            return None
        return str(at) if at is not None else None

    def _weekdays(self) -> tuple[int, ...] | None:
        names = self.strings("weekdays")
        for name in names:
            if name not in _WEEKDAYS:
                self.say("weekdays", f"unknown weekday {name!r}; there are: {', '.join(_WEEKDAYS)}")
        return tuple(sorted(_WEEKDAYS.index(name) + 1 for name in set(names) & set(_WEEKDAYS))) or None

    def _fallback(self) -> tuple[Any, str | None]:
        written = self.get("fallback", str, "on_failure")
        if written in ("none", "on_failure", "both"):
            return written, None
        if match := _ENGAGEMENT.match(written):
            after = self.as_interval("fallback", match[1])
            return ("no_engagement", after) if after else ("on_failure", None)
        known = '"none", "on_failure", "both", "no_engagement within 24h"'
        self.say("fallback", f"unknown fallback {written!r}; there are: {known}")
        return "on_failure", None

    def _attempts(self) -> int:
        attempts = self.get("max_attempts", int, 5)
        if not 1 <= attempts <= 20:
            self.say("max_attempts", "max_attempts has to be between 1 and 20")
        return int(attempts)

    def _recipient(self) -> str | None:
        recipient = self.get("recipient", str)
        if recipient is not None and recipient not in self._fields:
            self.say("recipient", f"the recipient {recipient!r} is not declared (or optional) in context")
        return str(recipient) if recipient is not None else None

    def _content_of(self, name: str, channels: tuple[str, ...]) -> dict[str, Content]:
        content = self._folder.content(name, self._fields, channels) if NAME.match(name) else {}
        if not content:
            return content
        for channel in channels:
            words = content[channel].over(content["default"]) if channel in content else content["default"]
            if not words.body or not words.body.strip():
                self.say("name", f"the step {name!r} has no text for {channel}")
            if channel == "email" and not (words.subject or "").strip():
                self.say("name", f"the step {name!r} has no subject for email")
        return content


def _tables(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _divide(text: str) -> tuple[str | None, str, int]:
    """Front matter, body, and how many lines stand before the body."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != _FENCE:
        return "", "\n".join(lines), 0
    for number, line in enumerate(lines[1:], 1):
        if line.strip() == _FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 1
    return None, text, 0


def _front_line(source: _Source, place: str) -> int:
    """`place` is subject, preheader, or buttons.INDEX.KEY."""
    table, *rest = place.split(".")
    return source.line(rest[1], table, int(rest[0])) if rest else source.line(place)
