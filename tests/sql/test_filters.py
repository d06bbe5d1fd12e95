"""Filters as SQL: what they match, and that nothing in them is ever run."""

from contextlib import suppress
from typing import Any

import asyncpg
import pytest

from sequences.filters import check_filter
from storage.store import Invalid
from tests.sql.conftest import World, step

ADA = {
    "plan": "pro",
    "age": 30,
    "tags": ["a", 2],
    "version": "v1.10.0",
    "orders": [{"sku": "x", "net": {"eur": 9}}],
    "address": {"city": "Madrid"},
    "gone": None,
}

MATCHES: list[dict[str, Any]] = [
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
    {"attributes.tags": {"$in": ["a"]}},
    {"attributes.tags": {"$nin": ["b", None]}},
    {"attributes.tags": {"$all": ["a", 2]}},
    {"attributes.tags": {"$size": 2}},
    {"attributes.tags": {"$size": {"$gt": 1}}},
    {"attributes.tags": {"$elemMatch": {"$gt": 1}}},
    {"attributes.tags": {"$elemMatch": {"$type": "string", "$regex": "^a$"}}},
    {"attributes.orders": {"$elemMatch": {"sku": "x", "net.eur": {"$lt": 10}}}},
    {"attributes.orders": {"$elemMatch": {"$not": {"$elemMatch": {"$eq": 1}}}}},
    {"attributes.tags": {"$type": "array"}, "attributes.age": {"$type": "number"}},
    {"attributes.missing": {"$type": "null"}, "attributes.gone": {"$type": "null"}},
    {"attributes.missing": {"$in": [None]}},
    {"attributes.missing": {"$nin": ["x"]}},
    {"attributes.missing": {"$not": {"$regex": "x"}}},
    {"attributes.plan": {"$regex": "(?i)^P(r|R)o$"}},
    {"attributes.version": {"$vgt": "1.9.0", "$vgte": "1.10.0", "$vlt": "1.10.1"}},
    {"attributes.version": {"$vgt": "1.10.0-rc.1"}},
    {"user.created_at": {"$gte": "2026-03-02", "$lt": "2026-03-02T13:00:00Z", "$within": "1d"}},
    {"user.created_at": {"$not": {"$lt": "2026-03-02"}}, "user.last_active_at": {"$exists": True}},
    {"contact_points.email.opted_in": True, "contact_points.email.unsubscribed": False},
    {"contact_points.telegram.opted_in": None, "contact_points.telegram.unsubscribed": {"$ne": True}},
    {"preferences.paused": False, "preferences.stopped": False, "preferences.preferred_channel": None},
    {"preferences.max_per_day": {"$gte": 3}, "preferences.preferred_time": "morning"},
    {"score.overall": {"$gt": 10, "$lt": 90}},
    {"streak.days": 0, "streak.kept_today": False, "streak.freezes": {"$gt": 1}},
    {"xp.total": 0, "xp.level": {"$lt": 2}, "xp.today": 0, "xp.week": {"$not": {"$gt": 0}}},
    {"enrollments.course": None, "sequences.course": {"$exists": False}},
    {"deliveries": {"$exists": False}, "deliveries.course": {"$count": 0, "$within": "7d"}},
    {"behavior.lesson": {"$last": {"$younger": "2d"}}},
    {"behavior.lesson": {"$last": {"$older": "23h", "$younger": "2d"}}},
    {"behavior.lesson": {"$count": {"$not": {"$in": [0, 1]}}}},
    {"commitments.open": {"$exists": False}, "commitments.missed": {"$count": {"$lt": 1}}},
    {"pods.member": False},
]
MISSES: list[dict[str, Any]] = [
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
    {"attributes.tags": {"$in": ["b"]}},
    {"attributes.tags": {"$nin": ["a"]}},
    {"attributes.tags": {"$all": ["a", 3]}},
    {"attributes.plan": {"$all": ["pro"]}},
    {"attributes.plan": {"$size": {"$gte": 0}}},
    {"attributes.missing": {"$size": 0}},
    {"attributes.tags": {"$elemMatch": {"$gt": 2}}},
    {"attributes.plan": {"$elemMatch": {"$eq": "pro"}}},
    {"attributes.orders": {"$elemMatch": {"sku": "x", "net.eur": {"$gt": 10}}}},
    {"attributes.age": {"$regex": "30"}},
    {"attributes.missing": {"$regex": ".*"}},
    {"attributes.gone": {"$type": "string"}},
    {"attributes.version": {"$vlt": "1.9.0"}},
    {"attributes.age": {"$vgt": "1.0.0"}},
    {"user.created_at": {"$lt": "2026-03-02T12:00:00+00:00"}},
    {"user.last_active_at": {"$not": {"$exists": True}}},
    {"contact_points.telegram.opted_in": True},
    {"contact_points.telegram.unsubscribed": False},
    {"preferences.stopped": True},
    {"score.email": {"$gte": 90}},
    {"enrollments.course": "active"},
    {"deliveries": {"$status": "clicked", "$exists": True}},
    {"behavior.lesson": {"$last": {"$older": "7d"}}},
    {"behavior.never": {"$last": {"$older": "1d"}}},
    {"pods.member": True},
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


# The database is more lenient: an empty list of filters holds for nobody, and it knows channels to come.
LENIENT: list[dict[str, Any]] = [{"$or": []}, {"contact_points.sms": {"$exists": False}}]


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
    await world.rescore()
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


@pytest.mark.parametrize("filter", [each for each in MATCHES + MISSES if each not in LENIENT], ids=str)
def test_what_the_database_answers_is_accepted_from_authors(filter: dict[str, Any]) -> None:
    check_filter(filter)


async def test_messages_and_runs_are_asked_for_by_what_became_of_them(
    world: World, connection: asyncpg.Connection, ada: str
) -> None:
    await world.publish(step(channels=["email"]))
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.tell(row, "opened")

    for filter in (
        {"enrollments.course": "completed"},
        {"deliveries": {"$count": 1, "$within": "1 hour"}},
        {"deliveries.course": {"$status": "opened", "$exists": True}},
        {"deliveries.course": {"$status": "clicked", "$exists": False}},
        {"deliveries": {"$last": {"$younger": "1 minute"}}},
        {"deliveries.other": {"$exists": False}},
    ):
        assert await matches(world, connection, filter), filter


@pytest.mark.parametrize(
    "filter",
    [
        {"behavior.lesson": {"$exists": True, "$within": "7d"}},
        {"behavior.lesson": {"$exists": False}},
        {"behavior.lesson": {"$last": {"$older": "7d"}}},
        {"contact_points.email": {"$exists": True}, "contact_points.telegram": {"$exists": False}},
        {"preferences.paused": True},
        {"deliveries.course": {"$status": "clicked", "$exists": False, "$within": "30d"}},
        {"pods.member": False},
    ],
    ids=str,
)
async def test_an_audience_is_joined_at_once_and_not_asked_user_by_user(
    world: World, connection: asyncpg.Connection, filter: dict[str, Any]
) -> None:
    compiled = await world.call("compile_filter", filter=filter)
    plan = await connection.fetch(f"explain select from tendril.users u where {compiled}")
    assert "SubPlan" not in "\n".join(line[0] for line in plan)
