"""The filter language: what it accepts compiles to SQL, a mistake is refused with its path."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

from sequences.filters import BadFilter, check_filter

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"attributes.plan": "pro"},
    {"attributes.plan": None},
    {"attributes.a.b-c_d": {"$gte": 18, "$lt": 65}},
    {"attributes.plan": {"$in": ["pro", "team", None, 3, True]}},
    {"attributes.plan": {"$nin": ["free"]}},
    {"attributes.plan": {"$ne": "free"}, "attributes.age": {"$not": {"$lt": 18}}},
    {"attributes.plan": {"$exists": False}},
    {"user.locale": {"$eq": "de"}, "user.timezone": "Europe/Berlin"},
    {"user.username": {"$exists": True}, "user.first_name": {"$gt": "M"}},
    {"contact_points.email": "active", "contact_points.telegram": {"$in": ["unverified", "unreachable"]}},
    {"contact_points.email": {"$exists": True}},
    {"sequences.onboarding": "completed", "user.pods": {"$gt": 0}},
    {"behavior.lesson_complete": {"$count": {"$gte": 3}, "$within": "7d"}},
    {"behavior.goal_set": {"$exists": False}},
    {"behavior.goal_set": {"$exists": True, "$within": "36 hours"}},
    {"behavior.goal_set": {"$count": 0}},
    {"context.starts_at": {"$exists": True}, "context.kind": "webinar"},
    {"clicked.welcome": {"$exists": True}, "opened.welcome": {"$exists": False}},
    {"$and": [{"attributes.a": 1}, {"$or": [{"attributes.b": 2}, {"$nor": [{"attributes.c": 3}]}]}]},
    {"$not": {"behavior.goal_set": {"$exists": True}}},
]
REFUSED: list[tuple[Any, str]] = [
    ([], ": a filter is an object, not a list"),
    (None, ": a filter is an object, not null"),
    ({"plan": "pro"}, "plan: a filter cannot ask for 'plan'"),
    ({"attributes": "pro"}, "attributes: a filter cannot ask for 'attributes'"),
    ({"attributes.": 1}, "attributes.: a filter cannot ask for"),
    ({"attributes.a b": 1}, "attributes.a b: a name has letters"),
    ({"attributes.a'; drop": 1}, "attributes.a'; drop: a name has letters"),
    ({"user.email": "x"}, "user.email: user has no 'email' here"),
    ({"contact_points.pigeon": "active"}, "contact_points.pigeon: no contact point on 'pigeon'"),
    ({"sequences.onboarding": "over"}, "sequences.onboarding: 'over' is not a state of a run"),
    ({"contact_points.email": "on"}, "contact_points.email: 'on' is not a state"),
    ({"contact_points.email": {"$in": ["active", "on"]}}, "contact_points.email: 'on' is not a state"),
    ({"behavior.goal_set": True}, 'behavior.goal_set: takes {"$count"'),
    ({"behavior.goal_set": {}}, "behavior.goal_set: takes"),
    ({"behavior.goal_set": {"$within": "7d"}}, "behavior.goal_set: takes"),
    ({"behavior.goal_set": {"$gte": 3}}, "behavior.goal_set: takes"),
    ({"behavior.goal_set": {"$exists": 1}}, "behavior.goal_set.$exists: takes true or false"),
    (
        {"behavior.goal_set": {"$count": "3"}},
        "behavior.goal_set.$count: a count is compared with whole numbers",
    ),
    (
        {"behavior.goal_set": {"$count": {"$gte": 3}, "$within": "1 month"}},
        "behavior.goal_set.$within: months",
    ),
    ({"behavior.goal_set": {"$count": 1, "$within": "-1d"}}, "behavior.goal_set.$within: a time span"),
    ({"behavior.goal_set": {"$count": 1, "$since": 1}}, "behavior.goal_set.$since: no such operator here"),
    ({"behavior.Goal": {"$exists": True}}, "behavior.Goal: an event's name"),
    ({"clicked.welcome": "yes"}, 'clicked.welcome: takes {"$exists": true}'),
    ({"clicked.elsewhere": {"$exists": True}}, "clicked.elsewhere: the sequence has no step 'elsewhere'"),
    ({"context.secret": 1}, "context.secret: the context has no 'secret'"),
    ({"attributes.a": {}}, "attributes.a: says nothing"),
    ({"attributes.a": [1]}, "attributes.a: takes a text, a number"),
    ({"attributes.a": {"$regex": "x"}}, "attributes.a.$regex: no such operator; there are: $eq"),
    ({"attributes.a": {"$gt": None}}, "attributes.a.$gt: takes a number or a text, not null"),
    ({"attributes.a": {"$gt": True}}, "attributes.a.$gt: takes a number or a text, not true or false"),
    ({"attributes.a": {"$in": "x"}}, "attributes.a.$in: takes a list of values"),
    ({"attributes.a": {"$in": []}}, "attributes.a.$in: takes a list of values"),
    ({"attributes.a": {"$in": [{}]}}, "attributes.a.$in[0]: takes a text"),
    ({"attributes.a": {"$not": 3}}, "attributes.a.$not: takes operators"),
    ({"$or": {}}, "$or: takes a list of filters"),
    ({"$or": []}, "$or: takes a list of filters"),
    ({"$or": [{"attributes.a": 1}, 3]}, "$or[1]: a filter is an object, not a number"),
    (
        {"$or": [{"$and": [{"attributes.age": {"$gtr": 3}}]}]},
        "$or[0].$and[0].attributes.age.$gtr: no such operator",
    ),
    ({"$xor": []}, "$xor: no such operator here; there are: $and, $or, $nor, $not"),
    ({f"attributes.a{n}": n for n in range(101)}, "attributes.a100: more than 100 conditions"),
]


@pytest.mark.parametrize("document", ACCEPTED, ids=json.dumps)
def test_the_language_is_accepted(document: dict[str, Any]) -> None:
    check_filter(document, steps={"welcome"}, context={"starts_at", "kind?"})


@pytest.mark.parametrize(("document", "expected"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_mistake_is_named_with_its_path(document: Any, expected: str) -> None:
    with pytest.raises(BadFilter) as caught:
        check_filter(document, steps={"welcome"}, context={"starts_at", "kind?"})
    found = [f"{problem.path}: {problem.message}" for problem in caught.value.problems]
    assert any(line.startswith(expected) for line in found), found


def test_nesting_has_an_end() -> None:
    deep: dict[str, Any] = {"attributes.a": 1}
    for _ in range(10_000):
        deep = {"$not": deep}
    with pytest.raises(BadFilter, match="nested more than 8 deep"):
        check_filter(deep)


def test_all_mistakes_are_named() -> None:
    with pytest.raises(BadFilter) as caught:
        check_filter({"plan": 1, "attributes.a": {"$x": 1, "$y": 2}})
    assert len(caught.value.problems) == 3


async def test_what_is_accepted_compiles_to_a_condition_that_runs(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for document in ACCEPTED:
            condition = await connection.fetchval(
                "select tendril.compile_filter($1::jsonb)", json.dumps(document)
            )
            await connection.fetch(
                "select 1 from tendril.users u left join tendril.enrollments e on e.user_id = u.id"
                f" where {condition}"
            )
    finally:
        await connection.close()
