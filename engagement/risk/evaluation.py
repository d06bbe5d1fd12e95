"""How well a risk of dropping off can be told from a log: signals by the database, learning in a process of
its own, and what came out, beside the rules and beside the days since the last activity.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engagement.risk.log import BadLog, Log, Progress, day_of, end_of
from engagement.risk.rules import load_rules
from storage.store import Store

EVENTS_PER_PAGE = 50_000
PEOPLE_PER_PAGE = 5_000
TYPES_TOLD_APART = 12
LONGEST_LINE = 1 << 24
FEWEST = 200
"""People, at least fifty of each kind: below that, five folds say nothing."""
FEWEST_OF_EACH = 50
_NAMESPACE = uuid.UUID("6f2f1c1e-7a5e-4b5e-9f0e-2d6a3f6c9b11")


@dataclass(frozen=True, slots=True)
class Question:
    """Who leaves, by what they did until the end of a `day` of the log? 1 is its first day, or the first of
    each person's group where the log has groups, or each person's own where `own_start` says so. To leave is
    to do nothing in the `horizon` days after it, or what the labels say where there are some.
    """

    day: int
    horizon: int = 10
    own_start: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """`models` by name (recency, rules, learned): auc with auc_low and auc_high, brier, calibration_error,
    lift of the riskiest tenth; `chosen` is the one to be used. Of the `unseen` there is nothing by then; the
    `others` are not among the people: they came later, or whether they left is not known.
    """

    people: int
    left: int
    unseen: int
    others: int
    events: int
    signals: int
    question: Question
    first_day: date
    models: Mapping[str, Mapping[str, float]]
    chosen: str
    calibration: Mapping[str, Sequence[Mapping[str, float]]]
    curves: Mapping[str, Sequence[Sequence[float]]]
    importance: Sequence[Mapping[str, Any]]


async def evaluate(store: Store, log: Log, question: Question, say: Progress = lambda _: None) -> Findings:
    """`store` is a database for nothing else. Raises BadLog where the log cannot answer the question."""
    ends = _ends(log, question)
    left = _labels(log, ends, question)
    people = [place for place, name in enumerate(log.names) if name in left]
    answers = [left[log.names[place]] for place in people]
    _check_numbers(answers)
    ids = [str(uuid.uuid5(_NAMESPACE, name)) for name in log.names]
    known = _known(log, ends)
    await _import(store, log, ids, known, say)
    table = await _signals(store, log, ids, people, ends, say)
    found = await _trained(table, answers, say)
    return Findings(
        people=len(people),
        left=sum(answers),
        unseen=len(set(people) - {log.users[place] for place in known}),
        others=len(log.names) - len(people),
        events=len(log.moments),
        signals=len(table.names),
        question=question,
        first_day=log.first_day,
        **found,
    )


def _ends(log: Log, question: Question) -> list[date]:
    """The last day that counts, for each person."""
    until = timedelta(days=question.day - 1)
    if not (question.own_start or log.groups):
        return [log.first_day + until] * len(log.names)
    begins = range(len(log.names)) if question.own_start else log.groups
    first = [float("inf")] * len(log.names)
    for person, moment in zip(log.users, log.moments, strict=True):
        first[begins[person]] = min(first[begins[person]], moment)
    return [day_of(first[begin]) + until for begin in begins]


def _labels(log: Log, ends: Sequence[date], question: Question) -> Mapping[str, bool]:
    """Of whom it can be said that they left: those with a label, else those who came by then."""
    if log.labels:
        return log.labels
    earliest = min(ends) + timedelta(days=question.horizon)
    if log.last_day < earliest:
        raise BadLog(
            f"the log ends on {log.last_day}; to see who leaves within {question.horizon} days after day "
            f"{question.day}, it has to reach to {earliest}: ask for an earlier day, or give labels"
        )
    return _derived(log, ends, question)


def _known(log: Log, ends: Sequence[date]) -> array[int]:
    """The places of the events until the day."""
    closing = [end_of(day) for day in ends]
    moments = enumerate(zip(log.users, log.moments, strict=True))
    return array("l", (place for place, (person, moment) in moments if moment < closing[person]))


def _derived(log: Log, ends: Sequence[date], question: Question) -> dict[str, bool]:
    closing = [end_of(day) for day in ends]
    horizon = question.horizon * 86_400
    last = end_of(log.last_day)
    came, stayed = set[int](), set[int]()
    for person, moment in zip(log.users, log.moments, strict=True):
        if moment < closing[person]:
            came.add(person)
        elif moment < closing[person] + horizon:
            stayed.add(person)
    return {log.names[person]: person not in stayed for person in came if closing[person] + horizon <= last}


def _check_numbers(answers: Sequence[bool]) -> None:
    left = sum(answers)
    if len(answers) < FEWEST or min(left, len(answers) - left) < FEWEST_OF_EACH:
        raise BadLog(
            f"{len(answers)} people, of whom {left} left, are too few to learn from: it takes {FEWEST}, "
            f"and {FEWEST_OF_EACH} of either kind"
        )


async def _import(store: Store, log: Log, ids: Sequence[str], known: array[int], say: Progress) -> None:
    for begin in range(0, len(known), EVENTS_PER_PAGE):
        page = known[begin : begin + EVENTS_PER_PAGE]
        people = sorted({log.users[each] for each in page})
        place = {person: number for number, person in enumerate(people)}
        await store.call(
            "import_activity",
            users=[ids[person] for person in people],
            types=log.kinds,
            people=[place[log.users[each]] for each in page],
            moments=[log.moments[each] for each in page],
            kinds=[log.types[each] for each in page],
        )
        say(f"keeping {begin + len(page):,} of {len(known):,} events")


@dataclass(frozen=True, slots=True)
class _Table:
    """A row after the other, NaN where nothing can be said; `rules` is the risk by the rules, 0–1."""

    names: Sequence[str]
    values: array[float]
    rules: array[float]


async def _signals(
    store: Store, log: Log, ids: Sequence[str], people: Sequence[int], ends: Sequence[date], say: Progress
) -> _Table:
    kinds = [log.kinds[kind] for kind, _ in Counter(log.types).most_common(TYPES_TOLD_APART)]
    rules, values, risks = load_rules(), array("d"), array("d")
    names: list[str] = []
    for begin in range(0, len(people), PEOPLE_PER_PAGE):
        page = people[begin : begin + PEOPLE_PER_PAGE]
        asked = {"users": [ids[each] for each in page], "days": [ends[each].isoformat() for each in page]}
        found = {row.pop("user_id"): row for row in await store.call("activity_signals", **asked)}
        by_type = {row["user_id"]: row for row in await store.call("activity_by_type", types=kinds, **asked)}
        for user in asked["users"]:
            names = names or [*found[user]]
            values.extend(_numbers(found[user].values()))
            values.extend(_of_types(by_type.get(user), len(kinds)))
            risks.append(rules.risk(found[user]) / 100)
        say(f"signals of {begin + len(page):,} of {len(people):,} people")
    of_types = [f"{kind}_{when}" for when in ("7", "all") for kind in kinds]
    return _Table([*names, *of_types], values, risks)


def _numbers(values: Any) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values]


def _of_types(row: Mapping[str, Any] | None, kinds: int) -> list[float]:
    return [0.0] * (2 * kinds) if row is None else [*row["last_week"], *row["ever"]]


async def _trained(table: _Table, left: Sequence[bool], say: Progress) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        with (Path(folder) / "signals").open("wb") as file:
            for numbers in (table.values, table.rules, array("d", left)):
                numbers.tofile(file)
        (Path(folder) / "names.json").write_text(json.dumps(table.names), encoding="utf-8")
        return await _learned(folder, say)


async def _learned(folder: str, say: Progress) -> dict[str, Any]:
    """A line each: words of how far it is, and in the end what was found."""
    command = (sys.executable, "-m", "engagement.risk.training", folder)
    program = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
    )
    assert program.stdout is not None
    found: dict[str, Any] = {}
    say("learning")
    try:
        async for line in program.stdout:
            told = json.loads(line)
            if isinstance(told, str):
                say(told)
            else:
                found = told
    except asyncio.CancelledError:
        program.kill()
        raise
    finally:
        code = await program.wait()
    if code or not found:
        raise RuntimeError("the program that learns has failed; its own words are above")
    return found
