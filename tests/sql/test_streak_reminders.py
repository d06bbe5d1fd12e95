"""A streak that is in danger is noticed 23.5 hours after it was kept: once, and while its user is awake."""

from __future__ import annotations

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World

AUCKLAND, NEW_YORK = "Pacific/Auckland", "America/New_York"


async def keeps_a_streak(world: World, at: str, **preferences: str) -> str:
    """Somebody who does, at that moment, something that keeps a streak."""
    await world.clock.set(at)
    await world.call("notice_time")
    ada = await world.person(**preferences)
    await world.did(ada, "lesson_complete", occurred_at=at)
    return ada


async def noticed(world: World) -> int:
    return int((await world.call("notice_time")).get("streaks_in_danger", 0))


async def noticed_after(world: World, clock: Clock, *durations: str) -> list[int]:
    """How many streaks in danger are noticed after each of these times, one after another."""
    found = []
    for duration in durations:
        await clock.advance(duration)
        found.append(await noticed(world))
    return found


async def dangers(connection: asyncpg.Connection) -> list[Row]:
    rows = await connection.fetch(
        "select metadata from tendril.behavior_events where type = 'streak_in_danger'"
    )
    return [row["metadata"] for row in rows]


async def test_a_streak_is_in_danger_half_an_hour_before_a_day_has_passed(world: World, clock: Clock) -> None:
    await keeps_a_streak(world, "2026-03-02T17:00:00Z")

    assert await noticed_after(world, clock, "23 hours 29 minutes", "1 minute", "1 minute") == [0, 1, 0]


async def test_what_is_told_are_the_days_the_freezes_and_the_next_milestone(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    ada = await keeps_a_streak(world, "2026-03-02T17:00:00Z")
    await clock.advance("23 hours")
    await world.did(ada, "lesson_complete")

    assert await noticed_after(world, clock, "23 hours", "30 minutes") == [0, 1]
    assert await dangers(connection) == ['{"days": 2, "freezes": 2, "to_milestone": 5}']


async def test_whoever_has_kept_it_on_the_new_day_is_left_in_peace(world: World, clock: Clock) -> None:
    ada = await keeps_a_streak(world, "2026-03-02T17:00:00Z")

    await clock.advance("20 hours")
    await world.did(ada, "lesson_complete")

    assert await noticed_after(world, clock, "4 hours", "8 hours") == [0, 0]


async def test_what_keeps_no_streak_puts_the_reminder_off_by_nothing(world: World, clock: Clock) -> None:
    ada = await keeps_a_streak(world, "2026-03-02T17:00:00Z")

    await clock.advance("20 hours")
    await world.did(ada, "command_used")

    assert await noticed_after(world, clock, "4 hours") == [1]


async def test_a_day_that_ends_in_ones_sleep_brings_no_reminder(world: World, clock: Clock) -> None:
    await keeps_a_streak(world, "2026-03-02T22:30:00Z")

    assert await noticed_after(world, clock, "23 hours 30 minutes", "1 minute", "10 hours") == [0, 0, 0]


async def test_in_the_early_morning_it_is_noticed_because_the_day_is_still_long(
    world: World, clock: Clock
) -> None:
    await keeps_a_streak(world, "2026-03-02T06:00:00Z")

    assert await noticed_after(world, clock, "23 hours 30 minutes") == [1]


async def test_whoever_has_no_quiet_hours_is_reminded_late_too(world: World, clock: Clock) -> None:
    await keeps_a_streak(world, "2026-03-02T23:00:00Z", quiet_from="00:00", quiet_until="00:00")

    assert await noticed_after(world, clock, "23 hours 30 minutes") == [1]


@pytest.mark.parametrize(("zone", "count"), [(AUCKLAND, 1), (NEW_YORK, 1), ("Asia/Tokyo", 0)])
async def test_the_calendar_is_that_of_the_user(world: World, clock: Clock, zone: str, count: int) -> None:
    """At 14:00 UTC it is 03:00 in Auckland, 09:00 in New York and 23:00 in Tokyo."""
    await keeps_a_streak(world, "2026-03-02T14:00:00Z", timezone=zone)

    assert await noticed_after(world, clock, "23 hours 30 minutes") == [count]


async def test_a_streak_is_reminded_of_once_however_long_it_is_silent(world: World, clock: Clock) -> None:
    await keeps_a_streak(world, "2026-03-02T17:00:00Z")

    counts = await noticed_after(world, clock, "23 hours 30 minutes", "1 day", "1 day", "1 day")

    assert counts == [1, 0, 0, 0]


async def test_a_day_that_went_by_while_nobody_looked_is_not_spoken_of(world: World, clock: Clock) -> None:
    await keeps_a_streak(world, "2026-03-02T17:00:00Z")

    assert await noticed_after(world, clock, "1 day 15 hours") == [0]


async def test_whom_the_night_has_reached_meanwhile_is_left_in_peace(world: World, clock: Clock) -> None:
    await keeps_a_streak(world, "2026-03-02T20:00:00Z")

    assert await noticed_after(world, clock, "1 day 3 hours") == [0]


async def test_it_is_said_when_there_is_a_streak_to_be_noticed(world: World) -> None:
    await keeps_a_streak(world, "2026-03-02T17:00:00Z")

    assert await world.call("next_notice") == "2026-03-03T16:30:00+00:00"
