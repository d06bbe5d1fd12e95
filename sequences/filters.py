"""The filter language, judged: who is meant, as a JSON document with MongoDB-like operators.

`tendril.compile_filter` turns the same document into SQL; docs/writing-sequences.md defines it for authors.
This is the first part of the language: exactly the paths and operators named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sequences.definition import EVENT_NAME, NAME, BadDuration, interval

USER_FIELDS = ("locale", "timezone", "username", "first_name", "days_inactive", "pods")
CONTACT_CHANNELS = ("email", "telegram")
RUN_STATES = ("active", "paused", "completed", "cancelled")
CONTACT_STATES = ("unverified", "active", "unreachable", "suppressed")
OPERATORS = (
    "$and", "$or", "$not", "$nor", "$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$exists",
    "$count", "$within",
)  # fmt: skip
SUBJECTS = (
    "attributes.X, user.X, contact_points.CHANNEL, sequences.NAME, behavior.EVENT, context.X, clicked.STEP, "
    "opened.STEP"
)
MAX_DEPTH = 8
MAX_CONDITIONS = 100

_KEY = re.compile(r"[A-Za-z0-9_-]{1,63}\Z")


@dataclass(frozen=True, slots=True)
class FilterProblem:
    """`path` says where, from the filter's root: `$or[1].attributes.age.$gte`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class BadFilter(ValueError):
    def __init__(self, problems: list[FilterProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def check_filter(
    document: object, *, steps: Collection[str] | None = None, context: Collection[str] | None = None
) -> None:
    """Raises BadFilter with all that is wrong.

    `steps` and `context` are the names that the sequence has; without them any name will do.
    """
    if problems := [*_Check(steps, context).condition(document, "", 0)]:
        raise BadFilter(problems)


class _Check:
    def __init__(self, steps: Collection[str] | None, context: Collection[str] | None) -> None:
        self._steps = steps
        self._context = context
        self._conditions = 0

    def condition(self, document: object, path: str, depth: int) -> Iterator[FilterProblem]:
        if not isinstance(document, Mapping):
            yield FilterProblem(path, f"a filter is an object, not {_kind(document)}")
        elif depth > MAX_DEPTH:
            yield FilterProblem(path, f"nested more than {MAX_DEPTH} deep")
        else:
            for key, asked in document.items():
                self._conditions += 1
                if self._conditions == MAX_CONDITIONS + 1:
                    yield FilterProblem(_join(path, key), f"more than {MAX_CONDITIONS} conditions")
                yield from self._entry(str(key), asked, _join(path, key), depth)

    def _entry(self, key: str, asked: object, path: str, depth: int) -> Iterator[FilterProblem]:
        if key in ("$and", "$or", "$nor"):
            if not isinstance(asked, list) or not asked:
                yield FilterProblem(path, "takes a list of filters")
                return
            for index, part in enumerate(asked):
                yield from self.condition(part, f"{path}[{index}]", depth + 1)
        elif key == "$not":
            yield from self.condition(asked, path, depth + 1)
        elif key.startswith("$"):
            yield FilterProblem(path, "no such operator here; there are: $and, $or, $nor, $not")
        else:
            yield from self._subject(key, asked, path, depth)

    def _subject(self, key: str, asked: object, path: str, depth: int) -> Iterator[FilterProblem]:
        subject, _, name = key.partition(".")
        checks: dict[str, Callable[[str, object, str], Iterator[FilterProblem]]] = {
            "attributes": self._attribute,
            "context": self._context_field,
            "user": self._user_field,
            "contact_points": self._contact_point,
            "sequences": self._sequence,
            "behavior": self._behavior,
            "clicked": self._step,
            "opened": self._step,
        }
        if subject not in checks or not name:
            yield FilterProblem(path, f"a filter cannot ask for {key!r}; it can ask for {SUBJECTS}")
        else:
            yield from checks[subject](name, asked, path)

    def _attribute(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if not all(_KEY.match(part) for part in name.split(".")):
            yield FilterProblem(path, "a name has letters, digits, _ and - only, with dots between levels")
        yield from self._asked(asked, path, 0)

    def _context_field(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        field = name.split(".")[0]
        if self._context is not None and field not in {declared.rstrip("?") for declared in self._context}:
            yield FilterProblem(path, f"the context has no {field!r}; declare it in context")
        yield from self._attribute(name, asked, path)

    def _user_field(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if name not in USER_FIELDS:
            yield FilterProblem(path, f"user has no {name!r} here; there are: {', '.join(USER_FIELDS)}")
        yield from self._asked(asked, path, 0)

    def _contact_point(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if name not in CONTACT_CHANNELS:
            yield FilterProblem(
                path, f"no contact point on {name!r}; there are: {', '.join(CONTACT_CHANNELS)}"
            )
        for state in _strings(asked):
            if state not in CONTACT_STATES:
                known = ", ".join(CONTACT_STATES)
                yield FilterProblem(path, f"{state!r} is not a state of a contact point; there are: {known}")
        yield from self._asked(asked, path, 0)

    def _sequence(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if not NAME.match(name):
            yield FilterProblem(path, "a sequence's name has a-z, 0-9 and _, a letter first")
        for state in _strings(asked):
            if state not in RUN_STATES:
                known = ", ".join(RUN_STATES)
                yield FilterProblem(path, f"{state!r} is not a state of a run; there are: {known}")
        yield from self._asked(asked, path, 0)

    def _behavior(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if not EVENT_NAME.match(name):
            yield FilterProblem(path, "an event's name has up to 29 of a-z, 0-9 and _, a letter first")
        if not isinstance(asked, Mapping) or len({"$count", "$exists"} & set(asked)) != 1:
            form = 'takes {"$count": {"$gte": 3}} or {"$exists": true}, and "$within" if wanted'
            yield FilterProblem(path, form)
            return
        for operator, value in asked.items():
            yield from self._of_behavior(str(operator), value, f"{path}.{operator}")

    def _of_behavior(self, operator: str, value: object, path: str) -> Iterator[FilterProblem]:
        if operator == "$within":
            yield from _duration(value, path)
        elif operator == "$exists":
            yield from _boolean(value, path)
        elif operator != "$count":
            yield FilterProblem(path, "no such operator here; there are: $count, $exists, $within")
        elif any(not isinstance(number, int) or isinstance(number, bool) for number in _values(value)):
            yield FilterProblem(path, "a count is compared with whole numbers")
        else:
            yield from self._asked(value, path, 0)

    def _step(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if self._steps is not None and name not in self._steps:
            yield FilterProblem(path, f"the sequence has no step {name!r}")
        elif not NAME.match(name):
            yield FilterProblem(path, "a step's name has a-z, 0-9 and _, a letter first")
        if not isinstance(asked, Mapping) or set(asked) != {"$exists"}:
            yield FilterProblem(path, 'takes {"$exists": true} or {"$exists": false}')
        else:
            yield from _boolean(asked["$exists"], f"{path}.$exists")

    def _asked(self, asked: object, path: str, depth: int) -> Iterator[FilterProblem]:
        """A plain value (equality), or operators that all have to hold."""
        if not isinstance(asked, Mapping):
            yield from _scalar(asked, path)
        elif not asked:
            yield FilterProblem(path, "says nothing; give a value or operators")
        elif depth > MAX_DEPTH:
            yield FilterProblem(path, f"nested more than {MAX_DEPTH} deep")
        else:
            for operator, value in asked.items():
                yield from self._operator(str(operator), value, f"{path}.{operator}", depth)

    def _operator(self, operator: str, value: object, path: str, depth: int) -> Iterator[FilterProblem]:
        if operator in ("$eq", "$ne"):
            yield from _scalar(value, path)
        elif operator in ("$lt", "$lte", "$gt", "$gte"):
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                yield FilterProblem(path, f"takes a number or a text, not {_kind(value)}")
        elif operator in ("$in", "$nin"):
            yield from _list_of_scalars(value, path)
        elif operator == "$exists":
            yield from _boolean(value, path)
        elif operator == "$not":
            if isinstance(value, Mapping):
                yield from self._asked(value, path, depth + 1)
            else:
                yield FilterProblem(path, 'takes operators, like {"$gte": 3}')
        else:
            known = "$eq, $ne, $lt, $lte, $gt, $gte, $in, $nin, $exists, $not"
            yield FilterProblem(path, f"no such operator; there are: {known}")


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _kind(value: object) -> str:
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def _scalar(value: object, path: str) -> Iterator[FilterProblem]:
    if value is not None and not isinstance(value, str | int | float | bool):
        yield FilterProblem(path, f"takes a text, a number, true, false or null, not {_kind(value)}")


def _list_of_scalars(value: object, path: str) -> Iterator[FilterProblem]:
    if not isinstance(value, list) or not value:
        yield FilterProblem(path, "takes a list of values")
        return
    for index, item in enumerate(value):
        yield from _scalar(item, f"{path}[{index}]")


def _boolean(value: object, path: str) -> Iterator[FilterProblem]:
    if not isinstance(value, bool):
        yield FilterProblem(path, f"takes true or false, not {_kind(value)}")


def _duration(value: object, path: str) -> Iterator[FilterProblem]:
    try:
        if interval(value).startswith("-"):
            yield FilterProblem(path, "a time span back from now is written without a minus")
    except BadDuration as mistake:
        yield FilterProblem(path, str(mistake))


def _values(asked: object) -> Iterator[Any]:
    """Every plain value that is compared with."""
    if isinstance(asked, Mapping):
        for operator, value in asked.items():
            if operator != "$exists":
                yield from _values(value)
    elif isinstance(asked, list):
        yield from asked
    else:
        yield asked


def _strings(asked: object) -> Iterator[str]:
    return (value for value in _values(asked) if isinstance(value, str))
