"""What is learned from a population with a known truth beats what it has to beat, and comes true."""

from __future__ import annotations

import random

import pytest
from sklearn.metrics import roc_auc_score

from engagement.risk.evaluation import Findings, Question, evaluate
from engagement.risk.log import BadLog, Log
from storage.store import Store
from tests.engagement.risk.course import START, WINDOW, Course, log_of, made

PEOPLE = 1_600
FEW = 400


@pytest.fixture(scope="module")
def course() -> Course:
    return made(PEOPLE)


@pytest.fixture(scope="module")
def few() -> Course:
    return made(FEW)


async def test_what_is_learned_is_near_the_best_that_can_be_told_and_comes_true(
    store: Store, course: Course
) -> None:
    said: list[str] = []
    findings = await evaluate(store, log_of(course, courses=2), Question(day=WINDOW), said.append)

    learned, others = findings.models["learned"], (findings.models["rules"], findings.models["recency"])
    left = course.left(WINDOW)
    best = float(roc_auc_score(left, course.best(WINDOW)))
    assert findings.chosen == "learned"
    assert all(learned["auc"] > each["auc"] + 0.04 for each in others)
    assert best - 0.035 < learned["auc"]
    assert learned["calibration_error"] < 0.04
    assert learned["auc_low"] < learned["auc"] < learned["auc_high"] <= 1
    assert (findings.people, findings.left) == (PEOPLE, left.sum())
    assert (findings.unseen, findings.others) == (0, 0)
    assert _is_complete(findings)
    assert "learning: 5 of 5 folds" in said


def _is_complete(findings: Findings) -> bool:
    told = sum(each["people"] for each in findings.calibration["learned"])
    return findings.signals > 50 and told == findings.people and len(findings.importance) == 15


async def test_labels_say_who_left_where_there_are_some(store: Store, few: Course) -> None:
    log, by_chance = log_of(few), random.Random(1)
    labels = {name: by_chance.random() < 0.4 for name in log.names}

    told = Log(log.names, log.kinds, log.users, log.moments, log.types, labels)
    findings = await evaluate(store, told, Question(day=14))

    # nothing can be learned from labels that mean nothing
    assert (findings.people, findings.left) == (FEW, sum(labels.values()))
    assert findings.models["learned"]["auc_low"] < 0.53
    assert findings.unseen == (few.first >= 14).sum()


async def test_a_log_that_ends_too_early_is_refused(store: Store, few: Course) -> None:
    with pytest.raises(
        BadLog, match="the log ends on 2026-02-13; to see who leaves within 10 days after day 35"
    ):
        await evaluate(store, log_of(few), Question(day=35, horizon=10))


async def test_a_handful_of_people_is_refused(store: Store) -> None:
    few = Log(["a", "b"], ["x"], labels={"a": True, "b": False})
    for person in (0, 1):
        few.users.append(person)
        few.moments.append(START.timestamp())
        few.types.append(0)

    with pytest.raises(BadLog, match="2 people, of whom 1 left, are too few"):
        await evaluate(store, few, Question(day=1))
