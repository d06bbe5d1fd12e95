"""Filters as SQL: what they match, and that nothing in them is ever run."""

from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from storage.store import Invalid
from tests.sql.conftest import World

ADA = {"plan": "pro", "age": 30, "tags": ["a"], "address": {"city": "Madrid"}, "gone": None}

MATCHES = [
    {},
    {"attributes.plan": "pro"},
    {"attributes.plan": {"$ne": "free"}},
    {"attributes.missing": {"$ne": "free"}},
    {"attributes.age": {"$gt": 29, "$lte": 30}},
    {"attributes.plan": {"$in": ["free", "pro"]}},
    {"attributes.plan": {"$nin": ["free"]}},
    {"attributes.address.city": "Madrid"},
    {"attributes.plan": {"$exists": True}},
    {"attributes.gone": {"$exists": False}},
    {"attributes.missing": None},
    {"user.locale": "es"},
    {"user.timezone": "Europe/Madrid"},
    {"user.days_inactive": {"$lt": 30}},
    {"contact_points.email": "active"},
    {"user.pods": 0},
    {"contact_points.email": {"$exists": True}},
    {"contact_points.sms": {"$exists": False}},
    {"contact_points.telegram": {"$in": ["unreachable", None]}},
    {"behavior.lesson": {"$count": {"$gte": 2}}},
    {"behavior.lesson": {"$count": {"$eq": 1}, "$within": "7d"}},
    {"behavior.lesson": {"$exists": True, "$within": "7 days"}},
    {"behavior.never": {"$exists": False}},
    {"context.code": 7},
    {"$and": [{"attributes.plan": "pro"}, {"attributes.age": 30}]},
    {"$or": [{"attributes.plan": "free"}, {"attributes.age": 30}]},
    {"$nor": [{"attributes.plan": "free"}, {"attributes.age": 31}]},
    {"$not": {"attributes.missing": {"$gt": 5}}},
    {"attributes.plan": {"$not": {"$eq": "free"}}},
    {"clicked.hello": {"$exists": False}},
]
MISSES = [
    {"attributes.plan": "free"},
    {"attributes.plan": {"$gt": 5}},
    {"attributes.age": {"$gt": "29"}},
    {"attributes.missing": {"$exists": True}},
    {"attributes.missing": {"$lt": 5}},
    {"attributes.plan": {"$nin": ["pro"]}},
    {"contact_points.telegram": {"$exists": True}},
    {"behavior.lesson": {"$count": {"$gte": 3}}},
    {"behavior.never": {"$exists": True}},
    {"$or": []},
    {"$nor": [{"attributes.plan": "pro"}]},
    {"opened.hello": {"$exists": True}},
    {"user.days_inactive": {"$gte": 300}},
]
HOSTILE = [
    "'; drop table tendril.users; --",
    "%s",
    "$1",
    "\\'",
    'a"b',
    "x') or true --",
    "é",
]


async def matches(world: World, connection: asyncpg.Connection, filter: Any) -> bool:
    compiled = await world.call("compile_filter", filter=filter)
    found: bool = await connection.fetchval(
        "select exists (select from tendril.users u "
        "cross join (select 0::bigint as id, '{\"code\": 7}'::jsonb as context) e "
        f"where u.external_id = 'ada' and {compiled})"
    )
    return found


@pytest.fixture
async def ada(world: World) -> str:
    created = await world.call(
        "create_user",
        external_id="ada",
        locale="es",
        timezone="Europe/Madrid",
        email_address="ada@example.org",
        attributes=ADA,
    )
    await world.did(created["user_id"], "lesson", occurred_at="2026-02-01T12:00:00Z")
    await world.did(created["user_id"], "lesson", occurred_at="2026-03-01T12:00:00Z")
    user_id: str = created["user_id"]
    return user_id


async def test_filters_match_whom_they_mean(world: World, connection: asyncpg.Connection, ada: str) -> None:
    assert [each for each in MATCHES if not await matches(world, connection, each)] == []


async def test_filters_miss_whom_they_do_not_mean(
    world: World, connection: asyncpg.Connection, ada: str
) -> None:
    assert [each for each in MISSES if await matches(world, connection, each)] == []


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_names_and_values_stay_names_and_values(
    world: World, connection: asyncpg.Connection, ada: str, text: str
) -> None:
    for hostile in (
        {f"attributes.{text}": text},
        {f"behavior.{text}": {"$count": {"$gt": 0}}},
        {f"contact_points.{text}": text},
        {f"clicked.{text}": True},
        {"attributes.plan": {"$in": [text]}},
        {f"context.{text}": {"$ne": None}},
    ):
        with suppress(Invalid):
            assert await matches(world, connection, hostile) is False
    assert await connection.fetchval("select count(*) from tendril.users") == 1


@pytest.mark.parametrize(
    ("filter", "told"),
    [
        ({"nonsense.x": 1}, "nonsense.x"),
        ({"attributes.x": {"$regexx": 1}}, "$regexx"),
        ({"$and": {"a": 1}}, "list"),
        ({"behavior.x": 5}, "behavior.x"),
        ([1], "object"),
        ({"user.password": "x"}, "user.password"),
    ],
)
async def test_a_filter_that_says_nothing_is_refused_with_its_path(
    world: World, filter: Any, told: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await world.call("compile_filter", filter=filter)
    assert told in str(refusal.value)
