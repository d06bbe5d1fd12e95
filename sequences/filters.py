"""The filter language, judged: who is meant, as a JSON document with MongoDB-like operators.

`tendril.compile_filter` turns the same document into SQL; docs/writing-sequences.md defines it for authors.
Both know the same paths, operators and limits; the operators mean what they mean in GrowthBook's conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from engagement.profile import FIELDS as PROFILE
from sequences.definition import EVENT_NAME, NAME
from sequences.operands import (
    CHECKS,
    MAX_DEPTH,
    FilterProblem,
    check_boolean,
    check_duration,
    check_moment,
    check_scalar,
    kind_of,
    plain_values,
    strings_in,
)

USER_FIELDS = ("locale", "timezone", "username", "first_name", "days_inactive", "pods")
MOMENTS = ("created_at", "last_active_at")
FIELDS: Mapping[str, Collection[str]] = {
    "preferences": (
        "preferred_channel", "learned_channel", "preferred_time", "max_per_day", "max_per_week", "paused",
        "stopped",
    ),
    "score": ("overall", "telegram", "email", "attendance", "commitment"),
    "risk": ("drop_off", "weekly", "monthly", "band"),
    "streak": ("days", "longest", "freezes", "kept_today"),
    "xp": ("total", "level", "today", "week"),
}  # fmt: skip
COMMITMENTS = ("open", "done", "missed", "dropped")
CONTACT_CHANNELS = ("email", "telegram")
CONTACT_ANSWERS = ("opted_in", "unsubscribed")
DELIVERY_STATES = ("sent", "opened", "clicked", "failed")
RUN_STATES = ("active", "paused", "completed", "cancelled")
CONTACT_STATES = ("unverified", "active", "unreachable", "suppressed")
OPERATORS = (
    "$and", "$or", "$not", "$nor", "$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$exists",
    "$regex", "$elemMatch", "$size", "$all", "$type", "$vlt", "$vlte", "$vgt", "$vgte",
    "$count", "$within", "$last", "$older", "$younger", "$status",
)  # fmt: skip
SUBJECTS = (
    "attributes.X, user.X, contact_points.CHANNEL, preferences.X, score.TYPE, risk.X, streak.X, xp.X, "
    "profile.X, enrollments.SEQUENCE, deliveries.SEQUENCE, behavior.EVENT, commitments.STATUS, pods.member, "
    "context.X, clicked.STEP, opened.STEP"
)
MAX_KEYS = 300

_KEY = re.compile(r"[A-Za-z0-9_-]{1,63}\Z")


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
    check = _Check(steps, context)
    if problems := [*_size(document)] or [*check.condition(document, "", 0)]:
        raise BadFilter(problems)


class _Check:
    def __init__(self, steps: Collection[str] | None, context: Collection[str] | None) -> None:
        self._steps = steps
        self._context = context

    def condition(self, document: object, path: str, depth: int) -> Iterator[FilterProblem]:
        if not isinstance(document, Mapping):
            yield FilterProblem(path, f"a filter is an object, not {kind_of(document)}")
        elif depth > MAX_DEPTH:
            yield FilterProblem(path, f"nested more than {MAX_DEPTH} deep")
        else:
            for key, asked in document.items():
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
            **{owner: partial(self._field, owner) for owner in FIELDS},
            "attributes": self._attribute,
            "context": self._context_field,
            "user": self._user_field,
            "contact_points": self._contact_point,
            "profile": self._profile,
            "enrollments": self._sequence,
            # as enrollments were called at first
            "sequences": self._sequence,
            "deliveries": self._deliveries,
            "behavior": self._behavior,
            "commitments": self._commitments,
            "pods": self._pods,
            "clicked": self._step,
            "opened": self._step,
        }
        if subject not in checks or not (name or key == "deliveries"):
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
        if name in MOMENTS:
            yield from check_moment(asked, path, 0)
            return
        yield from _known(name, (*USER_FIELDS, *MOMENTS), path, "user")
        yield from self._asked(asked, path, 0)

    def _field(self, owner: str, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        yield from _known(name, FIELDS[owner], path, owner)
        yield from self._asked(asked, path, 0)

    def _profile(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        yield from _known(name, PROFILE, path, "profile")
        for value in strings_in(asked):
            if value not in PROFILE.get(name, (value,)):
                known = ", ".join(PROFILE[name])
                yield FilterProblem(path, f"{name} is never {value!r}; it is one of: {known}")
        yield from self._asked(asked, path, 0)

    def _pods(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        yield from _known(name, ("member",), path, "pods")
        yield from check_boolean(asked, path)

    def _contact_point(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        channel, _, answer = name.partition(".")
        if channel not in CONTACT_CHANNELS:
            known = ", ".join(CONTACT_CHANNELS)
            yield FilterProblem(path, f"no contact point on {channel!r}; there are: {known}")
        if answer:
            yield from _known(answer, CONTACT_ANSWERS, path, "a contact point")
        for state in () if answer else strings_in(asked):
            if state not in CONTACT_STATES:
                known = ", ".join(CONTACT_STATES)
                yield FilterProblem(path, f"{state!r} is not a state of a contact point; there are: {known}")
        yield from self._asked(asked, path, 0)

    def _sequence(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if not NAME.match(name):
            yield FilterProblem(path, "a sequence's name has a-z, 0-9 and _, a letter first")
        for state in strings_in(asked):
            if state not in RUN_STATES:
                known = ", ".join(RUN_STATES)
                yield FilterProblem(path, f"{state!r} is not a state of a run; there are: {known}")
        yield from self._asked(asked, path, 0)

    def _behavior(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if not EVENT_NAME.match(name):
            yield FilterProblem(path, "an event's name has up to 29 of a-z, 0-9 and _, a letter first")
        yield from self._occurrences(asked, path)

    def _commitments(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        yield from _known(name, COMMITMENTS, path, "commitments")
        yield from self._occurrences(asked, path)

    def _deliveries(self, name: str, asked: object, path: str) -> Iterator[FilterProblem]:
        if name and not NAME.match(name):
            yield FilterProblem(path, "a sequence's name has a-z, 0-9 and _, a letter first")
        if isinstance(asked, Mapping) and "$status" in asked:
            if asked["$status"] not in DELIVERY_STATES:
                yield FilterProblem(f"{path}.$status", f"takes one of {', '.join(DELIVERY_STATES)}")
            asked = {key: value for key, value in asked.items() if key != "$status"}
        yield from self._occurrences(asked, path)

    def _occurrences(self, asked: object, path: str) -> Iterator[FilterProblem]:
        """Of things that happened: whether any did, how many, or how long ago the last one was."""
        if not isinstance(asked, Mapping) or len({"$count", "$exists", "$last"} & set(asked)) != 1:
            form = 'takes {"$count": {"$gte": 3}} or {"$exists": true}, with "$within" if wanted, or '
            yield FilterProblem(path, form + '{"$last": {"$older": "7d"}}')
            return
        for operator, value in asked.items():
            yield from self._of_occurrences(str(operator), value, f"{path}.{operator}")
        if "$last" in asked and "$within" in asked:
            yield FilterProblem(f"{path}.$last", 'takes no "$within" beside it')

    def _of_occurrences(self, operator: str, value: object, path: str) -> Iterator[FilterProblem]:
        if operator == "$within":
            yield from check_duration(value, path)
        elif operator == "$exists":
            yield from check_boolean(value, path)
        elif operator == "$last":
            if not isinstance(value, Mapping) or not value or set(value) - {"$older", "$younger"}:
                yield FilterProblem(path, 'takes {"$older": "7d"}, {"$younger": "7d"} or both')
                return
            for side, span in value.items():
                yield from check_duration(span, f"{path}.{side}")
        elif operator != "$count":
            yield FilterProblem(path, "no such operator here; there are: $count, $exists, $last, $within")
        elif any(not isinstance(number, int) or isinstance(number, bool) for number in plain_values(value)):
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
            yield from check_boolean(asked["$exists"], f"{path}.$exists")

    def _asked(self, asked: object, path: str, depth: int) -> Iterator[FilterProblem]:
        """A plain value (equality), or operators that all have to hold."""
        if not isinstance(asked, Mapping):
            yield from check_scalar(asked, path)
        elif not asked:
            yield FilterProblem(path, "says nothing; give a value or operators")
        elif depth > MAX_DEPTH:
            yield FilterProblem(path, f"nested more than {MAX_DEPTH} deep")
        else:
            for operator, value in asked.items():
                yield from self._operator(str(operator), value, f"{path}.{operator}", depth)

    def _operator(self, operator: str, value: object, path: str, depth: int) -> Iterator[FilterProblem]:
        if operator in CHECKS:
            yield from CHECKS[operator](value, path)
        elif operator == "$not":
            if isinstance(value, Mapping):
                yield from self._asked(value, path, depth + 1)
            else:
                yield FilterProblem(path, 'takes operators, like {"$gte": 3}')
        elif operator == "$size":
            yield from self._asked(value, path, depth + 1)
        elif operator == "$elemMatch":
            yield from self._item(value, path, depth + 1)
        else:
            known = ", ".join([*CHECKS, "$not", "$size", "$elemMatch"])
            yield FilterProblem(path, f"no such operator; there are: {known}")

    def _item(self, asked: object, path: str, depth: int) -> Iterator[FilterProblem]:
        """Operators on an item of a list, or the fields of one with what is asked of them."""
        if not isinstance(asked, Mapping) or not asked:
            yield FilterProblem(path, "takes operators, or a filter on the fields of an item")
        elif depth > MAX_DEPTH:
            yield FilterProblem(path, f"nested more than {MAX_DEPTH} deep")
        else:
            for key, value in asked.items():
                if str(key).startswith("$"):
                    yield from self._operator(str(key), value, f"{path}.{key}", depth)
                else:
                    yield from self._asked(value, f"{path}.{key}", depth)


def _size(document: object) -> Iterator[FilterProblem]:
    keys, waiting = 0, [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            keys += len(part)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    if keys > MAX_KEYS:
        yield FilterProblem("", f"more than {MAX_KEYS} conditions and operators")


def _known(name: str, names: Collection[str], path: str, owner: str) -> Iterator[FilterProblem]:
    if name not in names:
        yield FilterProblem(path, f"{owner} has no {name!r} here; there are: {', '.join(names)}")


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
