"""What the operators of the filter language may be given: values, lists, patterns, time spans and moments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sequences.definition import BadDuration, interval

TYPES = ("string", "number", "boolean", "array", "object", "null")
MAX_DEPTH = 8
MAX_VALUES = 1000
MAX_PATTERN = 200
MAX_DAYS = 36_500

_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?\Z", re.ASCII
)
# What means the same to PostgreSQL and cannot take it long: no references back, no looking around.
_ITEM = r"[^][\\{}()*+?|^$]|\\[dwsDWS]|\\[][!-/:-@\\^_`{}|~]"
_SET = r"\[\^?([^][\\]|\\[dwsDWS]|\\[][!-/:-@\\^_`{}|~])+\]"
_TIMES = r"[*+?]\??|\{\d{1,2}(,\d{0,2})?\}"
_PATTERN = re.compile(rf"(\(\?i\))?(({_ITEM}|{_SET}|\))({_TIMES})?|\((\?:)?|[|^$])*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class FilterProblem:
    """`path` says where, from the filter's root: `$or[1].attributes.age.$gte`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def kind_of(value: object) -> str:
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def check_scalar(value: object, path: str) -> Iterator[FilterProblem]:
    if value is not None and not isinstance(value, str | int | float | bool):
        yield FilterProblem(path, f"takes a text, a number, true, false or null, not {kind_of(value)}")


def _check_list(value: object, path: str) -> Iterator[FilterProblem]:
    if not isinstance(value, list) or not value:
        yield FilterProblem(path, "takes a list of values")
        return
    if len(value) > MAX_VALUES:
        yield FilterProblem(path, f"takes at most {MAX_VALUES} values")
        return
    for index, item in enumerate(value):
        yield from check_scalar(item, f"{path}[{index}]")


def check_boolean(value: object, path: str) -> Iterator[FilterProblem]:
    if not isinstance(value, bool):
        yield FilterProblem(path, f"takes true or false, not {kind_of(value)}")


def check_duration(value: object, path: str) -> Iterator[FilterProblem]:
    try:
        if interval(value).startswith("-"):
            yield FilterProblem(path, "a time span back from now is written without a minus")
        elif sum(int(days) for days in re.findall(r"(\d+) day", interval(value))) > MAX_DAYS:
            yield FilterProblem(path, f"takes at most {MAX_DAYS} days")
    except BadDuration as mistake:
        yield FilterProblem(path, str(mistake))


def _check_ordered(value: object, path: str) -> Iterator[FilterProblem]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        yield FilterProblem(path, f"takes a number or a text, not {kind_of(value)}")


def _check_version(value: object, path: str) -> Iterator[FilterProblem]:
    if not isinstance(value, str):
        yield FilterProblem(path, f'takes a version as a text, like "1.2.10", not {kind_of(value)}')


def _check_type(value: object, path: str) -> Iterator[FilterProblem]:
    if value not in TYPES:
        yield FilterProblem(path, f"takes one of {', '.join(TYPES)}")


def _check_pattern(value: object, path: str) -> Iterator[FilterProblem]:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_PATTERN:
        yield FilterProblem(path, f"takes a pattern of 1 to {MAX_PATTERN} characters")
    elif "){" in value or not _PATTERN.match(value):
        known = r"characters, . \d \w \s, [lists], (groups), |, ^, $, * + ? and {counts} up to 99"
        yield FilterProblem(path, f"a pattern has {known}, and no more")
    else:
        try:
            re.compile(value)
        except re.error as mistake:
            yield FilterProblem(path, f"not a pattern: {mistake}")


def check_moment(asked: object, path: str, depth: int) -> Iterator[FilterProblem]:
    """What is asked of a column that is a time, not a JSON value."""
    if not isinstance(asked, Mapping) or not asked:
        form = 'takes operators, like {"$gte": "2026-03-01"} or {"$within": "7d"}'
        yield FilterProblem(path, form)
    elif depth > MAX_DEPTH:
        yield FilterProblem(path, f"nested more than {MAX_DEPTH} deep")
    else:
        for operator, value in asked.items():
            yield from _check_of_moment(str(operator), value, f"{path}.{operator}", depth)


def _check_of_moment(operator: str, value: object, path: str, depth: int) -> Iterator[FilterProblem]:
    if operator in ("$lt", "$lte", "$gt", "$gte"):
        if not _is_moment(value):
            form = 'takes a day or a moment, like "2026-03-01" or "2026-03-01T09:00:00Z"'
            yield FilterProblem(path, form)
    elif operator == "$within":
        yield from check_duration(value, path)
    elif operator == "$exists":
        yield from check_boolean(value, path)
    elif operator == "$not":
        yield from check_moment(value, path, depth + 1)
    else:
        known = "$lt, $lte, $gt, $gte, $within, $exists and $not"
        yield FilterProblem(path, f"no such operator here; a moment takes {known}")


def _is_moment(value: object) -> bool:
    if not isinstance(value, str) or not _MOMENT.match(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


CHECKS: Mapping[str, Callable[[object, str], Iterator[FilterProblem]]] = {
    **dict.fromkeys(("$eq", "$ne"), check_scalar),
    **dict.fromkeys(("$lt", "$lte", "$gt", "$gte"), _check_ordered),
    **dict.fromkeys(("$in", "$nin"), _check_list),
    "$exists": check_boolean,
    "$regex": _check_pattern,
    "$all": _check_list,
    "$type": _check_type,
    **dict.fromkeys(("$vlt", "$vlte", "$vgt", "$vgte"), _check_version),
}


def plain_values(asked: object) -> Iterator[Any]:
    """Every plain value that is compared with."""
    if isinstance(asked, Mapping):
        for operator, value in asked.items():
            if operator != "$exists":
                yield from plain_values(value)
    elif isinstance(asked, list):
        yield from asked
    else:
        yield asked


def strings_in(asked: object) -> Iterator[str]:
    return (value for value in plain_values(asked) if isinstance(value, str))
