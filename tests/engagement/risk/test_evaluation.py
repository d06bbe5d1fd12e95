"""What is learned from a population with a known truth beats what it has to beat, and comes true."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engagement.risk.evaluation import Findings, Question, evaluate
from engagement.risk.log import BadLog, Log
from storage.store import Store

PEOPLE = 1_200
START = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
DAY = 86_400
KINDS = ["video", "quiz", "forum"]


def habits(chance: random.Random) -> Iterator[tuple[float, int]]:
    """(second, kind) of each event of somebody. Everybody keeps to a rhythm of their own, so that the same
    number of quiet days means much for one and nothing for another; who is going to leave loses interest in
    quizzes first.
    """
    rhythm = chance.choice((1, 2, 4, 7))
    leaves_on = chance.choice((6, 11, 16, 19, 99, 99, 99))
    for day in range(chance.randrange(rhythm), 40, rhythm):
        if day > leaves_on or chance.random() < 0.1:
            continue
        is_tired = leaves_on - day < 6
        for _ in range(chance.randint(1, 2 if is_tired else 5)):
            kind = chance.choices(range(3), weights=(5, 0 if is_tired else 3, 2))[0]
            yield START + day * DAY + chance.gauss(19, 2) % 24 * 3_600, kind


@pytest.fixture(scope="module")
def log() -> Log:
    chance = random.Random(7)
    made = Log(names=[f"person {number}" for number in range(PEOPLE)], kinds=KINDS)
    for person in range(PEOPLE):
        for moment, kind in habits(chance):
            made.users.append(person)
            made.moments.append(moment)
            made.types.append(kind)
    return made


async def test_what_is_learned_beats_the_rules_and_recency_and_comes_true(store: Store, log: Log) -> None:
    findings = await evaluate(store, log, Question(day=20, horizon=10))

    learned, others = findings.models["learned"], (findings.models["rules"], findings.models["recency"])
    assert findings.chosen == "learned"
    assert all(learned["auc"] > each["auc"] + 0.02 for each in others)
    assert learned["calibration_error"] < 0.05
    assert sum(bin["people"] for bin in findings.calibration["learned"]) == findings.people
    assert learned["auc_low"] < learned["auc"] < learned["auc_high"] <= 1
    assert _is_complete(findings)


def _is_complete(findings: Findings) -> bool:
    return (
        findings.signals > 50 and findings.left < findings.people <= PEOPLE and len(findings.importance) == 15
    )


async def test_labels_say_who_left_where_there_are_some(store: Store, log: Log) -> None:
    by_chance = random.Random(1)
    labels = {name: by_chance.random() < 0.4 for name in log.names}

    told = Log(log.names, log.kinds, log.users, log.moments, log.types, labels)
    findings = await evaluate(store, told, Question(day=14))

    # nothing can be learned from labels that mean nothing
    assert (findings.people, findings.left) == (PEOPLE, sum(labels.values()))
    assert findings.models["learned"]["auc_low"] < 0.53


async def test_a_log_that_ends_too_early_is_refused(store: Store, log: Log) -> None:
    with pytest.raises(
        BadLog, match="the log ends on 2026-02-13; to see who leaves within 10 days after day 35"
    ):
        await evaluate(store, log, Question(day=35, horizon=10))


async def test_a_handful_of_people_is_refused(store: Store) -> None:
    few = Log(["a", "b"], ["x"], labels={"a": True, "b": False})
    for person in (0, 1):
        few.users.append(person)
        few.moments.append(START)
        few.types.append(0)

    with pytest.raises(BadLog, match="2 people, of whom 1 left, are too few"):
        await evaluate(store, few, Question(day=1))
