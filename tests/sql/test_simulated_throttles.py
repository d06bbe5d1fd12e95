"""A limit per minute is simulated as it then holds people back."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
import pytest

from tests.sql.conftest import Row, World, step
from tests.sql.living import BEGIN, Looks, carried_through, lived, sent_at
from tests.sql.simulating import begin, campaign, foretold_sends, simulated

THROTTLED = {"kind": "one_time", "schedule": {"at": "2026-03-04T09:00"}, "filter": {}, "per_minute": 2}


async def throttled(world: World, zone: str | None, people: int = 7) -> tuple[int, list[str]]:
    """An active campaign of two a minute, and its people; with each one's own clock in two zones."""
    await world.publish(step())
    drafted = await campaign(world, **THROTTLED, timezone=zone)
    users = [
        await world.person(timezone=("Asia/Tokyo", "Europe/Berlin")[number % 2]) for number in range(people)
    ]
    await world.clock.set(BEGIN)
    await world.call("activate_campaign", campaign_id=drafted["id"], filter={}, upcoming=["2026-03-04T09:00"])
    return drafted["id"], users


@pytest.mark.parametrize("zone", ["UTC", None])
@pytest.mark.parametrize("named", [slice(None), slice(4, 7), slice(0, 1)])
async def test_whom_a_throttle_holds_back_is_sent_it_in_the_minute_in_which_they_then_are(
    world: World, connection: asyncpg.Connection, zone: str | None, named: slice
) -> None:
    campaign_id, people = await throttled(world, zone)
    users = people[named]

    report = await simulated(world, *users, campaign_id=campaign_id, times=["2026-03-04T09:00"], clock=zone)
    await carried_through(world, until=BEGIN + timedelta(days=4))

    happened_at = [await sent_at(connection, user) for user in users]
    assert [foretold_sends(user) for user in report["users"]] == happened_at
    assert all(len(moments) == 1 for moments in happened_at)


async def test_the_rest_of_a_run_that_a_throttle_holds_back_is_simulated_from_where_it_is(
    world: World, connection: asyncpg.Connection
) -> None:
    campaign_id, users = await throttled(world, "UTC")
    now = datetime.fromisoformat("2026-03-04T09:01:30+00:00")
    await carried_through(world, until=now)
    await world.clock.set(now)

    given = {"campaign_id": campaign_id, "users": users, "days": 2, "times": [], "clock": "UTC"}
    report = await world.call("simulate", simulation=given, at=now)
    begun = [await sent_at(connection, user) for user in users]
    await carried_through(world, begins=now, until=BEGIN + timedelta(days=4))

    happened_at = [await sent_at(connection, user) for user in users]
    assert sum(map(len, begun)) == 4
    assert [
        sent or foretold_sends(user) for sent, user in zip(begun, report["users"], strict=True)
    ] == happened_at


async def test_who_comes_after_the_end_of_a_simulation_is_told_of_the_throttle(world: World) -> None:
    await world.publish(step())
    drafted = await campaign(world, **THROTTLED | {"per_minute": 1}, timezone="UTC")
    people = [{"label": f"person {number}"} for number in range(3)]
    begins = datetime.fromisoformat("2026-03-03T09:01:30+00:00")

    given = {"campaign_id": drafted["id"], "invented": people, "days": 1, "clock": "UTC"}
    report = await world.call(
        "simulate", simulation=given | {"times": ["2026-03-04T09:00"], "from": begins.isoformat()}, at=begins
    )

    assert sorted(str(user["why_not"]) for user in report["users"]) == ["None", "None", "throttled"]


@pytest.mark.parametrize("named", [slice(None), slice(4, 7), slice(0, 1), slice(6, 7)])
@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "drip", "schedule": {"anchor": "user.created_at", "include_existing": True}},
        {"kind": "triggered", "schedule": {"entered": True, "include_present": True}},
    ],
)
async def test_whom_a_round_comes_to_late_enters_in_the_minute_in_which_they_then_do(
    world: World, connection: asyncpg.Connection, kind: Row, named: slice
) -> None:
    await world.publish(step())
    drafted = await campaign(world, **kind, filter={}, per_minute=2)
    await world.clock.set(BEGIN - timedelta(hours=1))
    users = sorted([await world.person() for _ in range(7)])
    await world.clock.set(BEGIN)

    report = await simulated(world, *users[named], campaign_id=drafted["id"], days=2)
    await begin(world, drafted["id"], BEGIN)
    await lived(world, days=2, looks=Looks(connection, BEGIN))

    happened_at = [await sent_at(connection, user) for user in users[named]]
    assert [foretold_sends(user) for user in report["users"]] == happened_at
    minutes = [BEGIN + timedelta(minutes=number // 2) for number in range(7)][named]
    assert happened_at == [[minute] for minute in minutes]


async def test_the_rest_of_a_round_that_is_under_way_is_simulated_from_where_it_is(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    schedule = {"entered": True, "include_present": True}
    drafted = await campaign(world, kind="triggered", schedule=schedule, filter={}, per_minute=2)
    users = sorted([await world.person() for _ in range(7)])
    await begin(world, drafted["id"], BEGIN)
    now = BEGIN + timedelta(seconds=90)
    await carried_through(world, until=now)
    begun = [await sent_at(connection, user) for user in users]
    await world.clock.set(now)

    given = {"campaign_id": drafted["id"], "users": users, "days": 2}
    report = await world.call("simulate", simulation=given, at=now)
    await carried_through(world, begins=now, until=now + timedelta(minutes=4))

    assert sum(map(len, begun)) == 4
    assert [sent or foretold_sends(user) for sent, user in zip(begun, report["users"], strict=True)] == [
        await sent_at(connection, user) for user in users
    ]


SUNG = {"behavior.sang": {"$exists": True}}


@pytest.mark.parametrize(
    ("schedule", "filter_", "minutes"),
    [({"entered": True, "include_present": True}, SUNG, 7), ({"event": "sang"}, {}, 4.5)],
)
async def test_whoever_does_not_begin_before_the_end_is_told_of_the_throttle(
    world: World, schedule: Row, filter_: Row, minutes: float
) -> None:
    """One a minute, and time for five of them."""
    await world.publish(step())
    drafted = await campaign(world, kind="triggered", schedule=schedule, filter=filter_, per_minute=1)
    people = [{"label": f"person {number}"} for number in range(6)]
    sang = [{"type": "sang", "after": f"{24 * 60 - minutes} minutes"}]

    report = await simulated(world, campaign_id=drafted["id"], invented=people, days=1, behavior=sang)

    assert sorted(str(user["why_not"]) for user in report["users"]) == [*["None"] * 5, "throttled"]
