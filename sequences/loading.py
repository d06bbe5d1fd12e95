"""Sequences from disk: a folder each, with `sequence.toml` and one Markdown file per step.

Everything that can be wrong is found here, all at once, with file and line, so that none of it meets a
reader. docs/writing-sequences.md describes the format for authors.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequences.definition import (
    CHANNELS,
    EVENT_NAME,
    MESSAGE_CLASSES,
    NAME,
    Content,
    Sequence,
    Step,
    Trigger,
)
from sequences.filters import check_filter
from sequences.proofreading import content_problems, telegram_problems
from sequences.reading import EVENT_RULE, FRONT_KEYS, StepTable, Table, read_context, read_words, tables

_FENCE = "+++"
SEQUENCE_KEYS = ("name", "title", "description", "message_class", "context", "trigger", "exit", "steps")
TRIGGER_KEYS = ("event", "filter", "again_after")
TEMPLATE_KEYS = ("title", "description", "type", "context")
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


@dataclass(frozen=True, slots=True)
class Template:
    """Words that steps and campaigns take by a name; `type` says what they are for."""

    name: str
    title: str
    description: str
    type: str
    context: tuple[str, ...]
    content: Content


def load_templates(folder: Path) -> list[Template]:
    """The templates in this folder, by name, a file NAME.md each; raises CatalogueError."""
    mistakes: list[Mistake] = []
    found = [
        _template(path, _Source(path, folder, mistakes), path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.md"))
    ]
    if mistakes:
        raise CatalogueError(mistakes)
    return found


def _template(path: Path, source: _Source, text: str) -> Template:
    table, body, offset = _read_page(source, text)
    table.only((*TEMPLATE_KEYS, *FRONT_KEYS))
    if not NAME.match(path.stem):
        source.say(1, "a template is named by its file: a-z, 0-9 and _, a letter first")
    context = read_context(table)
    return Template(
        name=path.stem,
        title=table.get("title", str, path.stem, required=True),
        description=table.get("description", str, ""),
        type=table.get("type", str, path.stem),
        context=context,
        content=_proofread(source, read_words(table, body), context, offset),
    )


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


class _FilePlace:
    """A TOML table of a file."""

    def __init__(self, source: _Source, table: str = "", index: int = 0) -> None:
        self._source = source
        self._table = table
        self._index = index

    def say(self, key: str, message: str, part: str = "") -> None:
        line = self._source.line(key, self._table, self._index)
        if part:
            inner = self._source.line(part, f"{self._table}.{key}".lstrip("."), self._index)
            line = inner if inner > 1 else line
        self._source.say(line, message)

    def below(self, key: str, index: int) -> _FilePlace:
        return _FilePlace(self._source, key, index)


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
        table = Table(_FilePlace(self._toml), document)
        table.only(SEQUENCE_KEYS)
        name = table.get("name", str, self._path.name)
        if name != self._path.name or not NAME.match(name):
            table.say("name", "a sequence is named as its folder: a-z, 0-9 and _, a letter first")
        context = read_context(table)
        names = tuple(str(step.get("name")) for step in tables(document.get("steps")))
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

    def _trigger(self, table: Table, document: dict[str, Any]) -> Trigger | None:
        content = table.get("trigger", dict)
        if content is None:
            return None
        trigger = Table(_FilePlace(self._toml, "trigger"), content)
        trigger.only(TRIGGER_KEYS)
        event = trigger.get("event", str, "", required=True)
        if event and not EVENT_NAME.match(event):
            trigger.say("event", EVENT_RULE.format(event))
        return Trigger(
            event,
            trigger.filter("filter", lambda found: check_filter(found, steps=(), context=())),
            trigger.duration("again_after", None),
        )

    def _steps(
        self, table: Table, document: dict[str, Any], context: tuple[str, ...], names: tuple[str, ...]
    ) -> tuple[Step, ...]:
        steps = document.get("steps")
        if not tables(steps):
            table.say("steps", "a sequence needs at least one [[steps]]")
        for index, name in enumerate(names):
            if name in names[:index]:
                self._toml.say(self._toml.line("name", "steps", index), f"a second step is named {name!r}")
        return tuple(
            _FileStep(self, _FilePlace(self._toml, "steps", index), content, index + 1, context, names).step()
            for index, content in enumerate(tables(steps))
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
        table, body, offset = _read_page(source, text)
        table.only(FRONT_KEYS)
        return _proofread(source, read_words(table, body), context, offset)

    def _check_files(self, names: tuple[str, ...]) -> None:
        for path in sorted(self._path.glob("*")):
            step, _, rest = path.name.partition(".")
            is_known = rest in ("md", *(f"{channel}.md" for channel in CHANNELS)) and step in names
            if path.name != "sequence.toml" and not path.name.startswith(".") and not is_known:
                self._source(path.name).say(
                    1, "the file belongs to no step (a step is NAME.md or NAME.CHANNEL.md)"
                )


class _FileStep(StepTable):
    """One [[steps]] table and its files."""

    def __init__(self, folder: _Folder, *written: Any) -> None:
        super().__init__(*written)
        self._folder = folder

    def words(self, step: str, channels: tuple[str, ...]) -> Mapping[str, Content]:
        return self._folder.content(step, self._context, channels)


def _read_page(source: _Source, text: str) -> tuple[Table, str | None, int]:
    """Its front matter, its body, and how many lines stand before the body's first word."""
    front, body, offset = _divide(text)
    if front is None:
        source.say(1, f"the front matter that begins with {_FENCE} does not end")
        front = ""
    table = Table(_FilePlace(source), source.parse(front, 1) or {})
    return table, body.strip("\n") or None, offset + len(body) - len(body.lstrip("\n"))


def _proofread(source: _Source, content: Content, context: tuple[str, ...], offset: int) -> Content:
    for place, problem in content_problems(content, context):
        if place == "body":
            source.say(offset + problem.line, problem.message)
        else:
            source.say(_front_line(source, place), f"{place.split('.')[0]}: {problem.message}")
    return content


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
