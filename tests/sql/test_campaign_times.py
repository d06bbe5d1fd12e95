"""When a campaign comes: each time once, on the right clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.sql.campaigning import PRO, begun, carried, runs, settle, subscribe
from tests.sql.conftest import World


async def test_a_time_that_has_come_enrolls_everybody_once(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(5)]
    campaign = await begun(world, "2026-03-02T13:00")
    await carried(world)
    assert await runs(world, campaign) == []
    await clock.advance("1 hour")

    await carried(world, batch=2)
    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [1] * 5
    (run,) = await runs(world, campaign)
    assert (run["status"], run["seen"], run["enrolled"]) == ("done", 5, 5)


@pytest.mark.parametrize(
    ("zone", "time", "instant"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"),  # skipped
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # comes twice
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # by half an hour
        ("Pacific/Kiritimati", "2026-03-29T09:00", "2026-03-28T19:00"),
        ("Pacific/Midway", "2026-03-29T09:00", "2026-03-29T20:00"),
    ],
)
async def test_a_local_time_comes_once_where_clocks_change(
    world: World, clock: Clock, zone: str, time: str, instant: str
) -> None:
    user = await world.person()
    await settle(world, user, zone)
    await clock.set(datetime.fromisoformat(instant) - timedelta(hours=30))
    campaign = await begun(world, time, timezone=None, schedule={"at": time}, stale_after="1 hour")

    for _ in range(60):
        await clock.advance("1 hour")
        await carried(world)

    (run,) = await runs(world, campaign)
    assert run["due_at"].startswith(instant)
    assert (run["zone"], run["status"], run["enrolled"]) == (zone, "done", 1)
    assert len(await world.deliveries(user)) == 1


async def test_each_zone_has_its_turn_and_its_audience_of_that_moment(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    tokyo, berlin = await world.person(), await world.person()
    await settle(world, tokyo, "Asia/Tokyo")
    await settle(world, berlin, "Europe/Berlin")
    campaign = await begun(
        world, "2026-03-03T09:00", timezone=None, schedule={"at": "2026-03-03T09:00"}, filter=PRO
    )
    await clock.set("2026-03-03T00:10")  # ten past nine in Tokyo, where nobody is meant yet
    await carried(world)

    await subscribe(connection, berlin)
    await clock.set("2026-03-03T08:10")
    await carried(world)

    found = [(run["zone"], run["seen"]) for run in await runs(world, campaign)]
    assert found == [("Asia/Tokyo", 0), ("Europe/Berlin", 1)]
    assert len(await world.deliveries(berlin)) == 1
    assert await world.deliveries(tokyo) == []


async def test_a_zone_whose_time_was_over_at_the_activation_is_left_out(world: World, clock: Clock) -> None:
    tokyo, new_york = await world.person(), await world.person()
    await settle(world, tokyo, "Asia/Tokyo")
    await settle(world, new_york, "America/New_York")
    campaign = await begun(world, "2026-03-02T09:00", timezone=None, schedule={"at": "2026-03-02T09:00"})

    await clock.set("2026-03-02T14:30")
    await carried(world)

    assert [run["zone"] for run in await runs(world, campaign)] == ["America/New_York"]


async def test_what_could_not_begin_in_time_is_stale_and_says_so(world: World, clock: Clock) -> None:
    user = await world.person()
    campaign = await begun(
        world, "2026-03-02T13:00", "2026-03-03T13:00", kind="recurring",
        schedule={"every": "day", "at": "13:00"}, stale_after="2 hours",
    )  # fmt: skip
    await clock.set("2026-03-03T14:00")

    await carried(world)

    assert [run["status"] for run in await runs(world, campaign)] == ["stale", "done"]
    assert len(await world.deliveries(user)) == 1


async def test_a_rule_is_asked_for_more_when_few_times_are_left(world: World, clock: Clock) -> None:
    await world.person()
    campaign = await begun(
        world, "2026-03-02T13:00", kind="recurring", schedule={"every": "day", "at": "13:00"}, over=False
    )
    (wanted,) = await world.call("campaigns_to_schedule")
    assert (wanted["campaign_id"], wanted["after"]) == (campaign, "2026-03-02T13:00:00")
    times = {"upcoming": ["2026-03-03T13:00"], "is_rule_over": True}

    added = [
        await world.call("schedule_campaign", campaign_id=campaign, after=wanted["after"], **times)
        for _ in range(2)
    ]
    await clock.set("2026-03-03T13:01")
    await carried(world)

    assert added == [True, False]
    assert [run["occurrence"] for run in await runs(world, campaign)] == [
        "2026-03-02T13:00",
        "2026-03-03T13:00",
    ]
