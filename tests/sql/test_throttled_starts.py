"""Of those whom a behavior event brings to a campaign, no minute has more begin than its limit."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import asyncpg

from tests.sql.conftest import MONDAY_NOON, World, step
from tests.sql.simulating import begin, campaign

NOON = datetime.fromisoformat(MONDAY_NOON)


async def singing(world: World, per_minute: int | None, people: int) -> list[str]:
    """An active campaign for whoever sings, and people who did not yet."""
    await world.publish(step(stale_after="1 hour"))
    drafted = await campaign(
        world, kind="triggered", schedule={"event": "sang"}, filter={}, per_minute=per_minute
    )
    await begin(world, drafted["id"], NOON)
    return [await world.person() for _ in range(people)]


async def sing(world: World, users: list[str], at: datetime) -> None:
    events = [{"event_id": user, "user_id": user, "type": "sang"} for user in users]
    await world.call("record_behavior_events", events=events, at=at)


async def minutes(connection: asyncpg.Connection) -> list[float]:
    """When each message is due, in minutes from noon."""
    rows = await connection.fetch("select next_attempt_at as at from tendril.message_deliveries order by 1")
    return [(row["at"] - NOON) / timedelta(minutes=1) for row in rows]


async def test_whoever_comes_beyond_the_limit_begins_in_a_later_minute(
    world: World, connection: asyncpg.Connection
) -> None:
    users = await singing(world, 2, 8)

    await sing(world, users[:5], NOON)
    await sing(world, users[5:7], NOON + timedelta(seconds=30))
    await sing(world, users[7:], NOON + timedelta(minutes=9))

    assert await minutes(connection) == [0, 0, 1, 1, 2, 2, 3, 9]
    begun = await connection.fetch("select distinct enrolled_at from tendril.enrollments order by 1")
    assert [row["enrolled_at"] - NOON for row in begun] == [
        timedelta(0), timedelta(seconds=30), timedelta(minutes=9),
    ]  # fmt: skip


async def test_without_a_limit_all_begin_at_once(world: World, connection: asyncpg.Connection) -> None:
    users = await singing(world, None, 5)

    await sing(world, users, NOON)

    assert await minutes(connection) == [0] * 5


async def test_those_who_are_recorded_at_once_share_the_minutes(
    world: World, connection: asyncpg.Connection
) -> None:
    users = await singing(world, 3, 12)

    await asyncio.gather(*(sing(world, users[place : place + 2], NOON) for place in range(0, 12, 2)))

    assert await minutes(connection) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
