"""Steps and words that admins write as JSON, with the keys and spellings of a sequence.toml.

A step takes its words from a template, whose current version it keeps, or says them itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sequences.definition import CHANNELS, Content, Step
from sequences.proofreading import content_problems, telegram_problems
from sequences.reading import FRONT_KEYS, STEP_KEYS, StepTable, Table, read_words
from sequences.values import required_and_optional

MAX_STEPS = 100
CONTENT_KEYS = ("default", *CHANNELS)
WORD_KEYS = ("body", *FRONT_KEYS)

Templates = Mapping[str, Mapping[str, Any]]
"""Rows of the operation `templates_named`, by name."""


@dataclass(frozen=True, slots=True)
class DraftProblem:
    """`path` is where in the JSON, such as `steps.0.content.default.body`; `line` is that of its text."""

    path: str
    line: int | None
    message: str

    def __str__(self) -> str:
        line = "" if self.line is None else f" (line {self.line})"
        return f"{self.path}{line}: {self.message}"


class BadDraft(ValueError):
    """All that is wrong with it, in the order in which it is written."""

    def __init__(self, problems: Sequence[DraftProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, problems)))


def read_steps(
    written: Sequence[Any], templates: Templates, context: Sequence[str] = (), *, path: str = "steps"
) -> tuple[Step, ...]:
    """Steps as they are published; raises BadDraft.

    `context` names the fields that an enrollment brings; `path` is where the steps are written.
    """
    problems: list[DraftProblem] = []
    place = _Path(problems, path)
    if not written or len(written) > MAX_STEPS:
        place.report("", f"there have to be 1 to {MAX_STEPS} steps")
        raise BadDraft(problems)
    names = tuple(str(step.get("name")) if isinstance(step, Mapping) else "" for step in written)
    steps = []
    for index, step in enumerate(written):
        below = place.item(index)
        if not isinstance(step, Mapping):
            below.report("", "a step has to be an object")
            continue
        if names[index] in names[:index]:
            below.say("name", f"a second step is named {names[index]!r}")
        steps.append(_DraftStep(templates, below, step, index + 1, tuple(context), names).read())
    if problems:
        raise BadDraft(problems)
    return tuple(steps)


def read_content(
    written: object, context: Sequence[str] = (), channels: Sequence[str] = (), *, path: str = "content"
) -> dict[str, Content]:
    """Words by channel; raises BadDraft.

    What is too much for Telegram is a mistake only where `channels` names it.
    """
    problems: list[DraftProblem] = []
    content = _read_content(_Path(problems, path), written, tuple(context), channels)
    if problems:
        raise BadDraft(problems)
    return content


def template_names(written: Sequence[Any]) -> list[str]:
    """The templates that these steps ask for, to be looked up before they are read."""
    found = {step["template"] for step in written if isinstance(step, Mapping) and "template" in step}
    return sorted(name for name in found if isinstance(name, str))


class _Path:
    """A place in a JSON document."""

    def __init__(self, problems: list[DraftProblem], path: str) -> None:
        self._problems = problems
        self._path = path

    def report(self, key: str, message: str, line: int | None = None) -> None:
        self._problems.append(DraftProblem(f"{self._path}.{key}".strip("."), line, message))

    def say(self, key: str, message: str, part: str = "") -> None:
        self.report(key, message)

    def below(self, key: str, index: int) -> _Path:
        return _Path(self._problems, f"{self._path}.{key}.{index}")

    def item(self, key: str | int) -> _Path:
        return _Path(self._problems, f"{self._path}.{key}")


class _DraftStep(StepTable):
    """A step in JSON: with `template`, or with `content`."""

    keys = (*STEP_KEYS, "template", "content")
    place: _Path

    def __init__(self, templates: Templates, *given: Any) -> None:
        super().__init__(*given)
        self._templates = templates
        self.words_key = "content" if self._written.get("template") is None else "template"

    def read(self) -> Step:
        template = self._template()
        kept = template and {key: template[key] for key in ("name", "number", "version_id")}
        return replace(self.step(), template=kept)

    def _template(self) -> Mapping[str, Any] | None:
        name = self._written.get("template")
        return self._templates.get(name) if isinstance(name, str) else None

    def words(self, step: str, channels: tuple[str, ...]) -> Mapping[str, Content]:
        name, content = self.get("template", str), self._written.get("content")
        if (self._written.get("template") is None) == (content is None):
            self.say("content", "a step needs either template or content")
            return {}
        if content is not None:
            return _read_content(self.place.item("content"), content, self._context, channels)
        return self._words_of(name, channels) if name is not None else {}

    def _words_of(self, name: str, channels: tuple[str, ...]) -> Mapping[str, Content]:
        template = self._template()
        if template is None:
            self.say("template", f"there is no template named {name!r}, or it is archived")
            return {}
        context = tuple(template["context"])
        for field in sorted(required_and_optional(context)[0] - {*self._context}):
            self.say("template", f"the template {name!r} needs {field!r} in the context")
        content = {channel: Content.from_json(words) for channel, words in template["content"].items()}
        for problem in _too_much_for_telegram(content, context, channels):
            self.say("template", f"the template {name!r} is not for Telegram: {problem}")
        return content


def _read_content(
    place: _Path, written: object, context: tuple[str, ...], channels: Sequence[str]
) -> dict[str, Content]:
    if not isinstance(written, Mapping) or not written:
        place.report("", 'content is an object with words for "default" or for a channel')
        return {}
    content = {}
    for channel, words in written.items():
        if channel not in CONTENT_KEYS:
            place.say(channel, f"unknown channel {channel!r}; there are: {', '.join(CONTENT_KEYS)}")
        elif not isinstance(words, Mapping):
            place.say(channel, f"{channel} has to be an object")
        else:
            content[channel] = _words(place.item(channel), words, context)
    for problem in _too_much_for_telegram(content, context, channels):
        place.say("telegram" if "telegram" in content else "default", problem)
    return content


def _words(place: _Path, written: Mapping[str, Any], context: tuple[str, ...]) -> Content:
    table = Table(place, written)
    table.only(WORD_KEYS)
    content = read_words(table, table.get("body", str))
    for where, problem in content_problems(content, context):
        place.report(where, problem.message, problem.line)
    return content


def _too_much_for_telegram(
    content: Mapping[str, Content], context: tuple[str, ...], channels: Sequence[str]
) -> list[str]:
    words = content.get("telegram", content.get("default"))
    if "telegram" not in channels or words is None:
        return []
    return [problem.message for problem in telegram_problems(words, context)]
