"""Whom a campaign has not enrolled yet, because a minute has a limit, can be told why and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from bot.page import Page
from bot.stories.deliveries import delivery_story
from bot.stories.users import user_story
from tests.fixtures.database import Clock
from tests.sql.campaigning import ANCHORED, PRO, begun, carried, settle, subscribe
from tests.sql.conftest import MONDAY_NOON, Row, World

NOON = datetime.fromisoformat(MONDAY_NOON)
DECLINE = "insert into tendril.sequence_opt_outs (user_id, sequence, at) values ($1, 'campaign_news', now())"
ONE, SECOND = NOON + timedelta(hours=1), timedelta(seconds=1)


async def explained(world: World, user: str) -> tuple[Row, str]:
    story = await world.call("explain_user", reference=user)
    return story, "\n".join(user_story(story, Page(is_colored=False)))


async def people(world: World, count: int) -> list[str]:
    """In the order in which a campaign comes to them."""
    return sorted([await world.person() for _ in range(count)])


def held(story: Row) -> list[tuple[Any, ...]]:
    keys = ("campaign", "reason", "per_minute", "occurrence")
    moments = ("since", "again_at")
    return [
        (*(each[key] for key in keys), *(each[key] and datetime.fromisoformat(each[key]) for key in moments))
        for each in story["held_back"]
    ]


async def test_who_stands_behind_others_is_told_the_campaign_the_limit_and_the_next_try(
    world: World, clock: Clock
) -> None:
    first, _, last = await people(world, 3)
    await begun(world, "2026-03-02T13:00", per_minute=2)
    await clock.set(ONE + SECOND)
    await carried(world, at=ONE + SECOND)

    story, words = await explained(world, last)

    again_at = ONE + SECOND + timedelta(minutes=1)
    assert held(story) == [("news", "throttled", 2, "2026-03-02T13:00", ONE, again_at)]
    assert "campaign news  since Mon 02 Mar 2026 13:00" in words
    assert "others come first (at most 2); it goes on Mon 02 Mar 2026 13:01" in words
    assert held((await explained(world, first))[0]) == []

    await clock.set(again_at)
    await carried(world)
    assert held((await explained(world, last))[0]) == []


async def test_only_whom_the_campaign_is_for_is_held_back(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    first, other, declined, wanted = await people(world, 4)
    for user in (first, declined, wanted):
        await subscribe(connection, user)
    await begun(world, "2026-03-02T13:00", per_minute=1, filter=PRO)
    await connection.execute(DECLINE, declined)
    await clock.set(ONE)
    await carried(world)

    told = [(await explained(world, user))[0]["held_back"] for user in (first, other, declined, wanted)]

    assert list(map(len, told)) == [0, 0, 0, 1]


async def test_who_enters_and_who_has_a_date_is_held_back_alike(world: World, clock: Clock) -> None:
    await begun(
        world,
        name="entering",
        kind="triggered",
        schedule={"entered": True, "include_present": True},
        per_minute=1,
    )
    await begun(
        world,
        name="dripping",
        kind="drip",
        schedule={"anchor": "user.created_at", "include_existing": True},
        messages=ANCHORED,
        per_minute=1,
    )
    first, last = await people(world, 2)
    await clock.advance("1 second")
    await carried(world)

    story, _ = await explained(world, last)

    assert sorted(each["campaign"] for each in story["held_back"]) == ["dripping", "entering"]
    assert held((await explained(world, first))[0]) == []


async def test_whom_an_event_brought_is_told_when_they_begin_and_why_so_late(
    world: World, clock: Clock
) -> None:
    first, last = await people(world, 2)
    await begun(world, kind="triggered", schedule={"event": "sang"}, per_minute=1)
    for user in (first, last):
        await world.did(user, "sang")

    _, words = await explained(world, last)
    (message,) = await world.deliveries(last)
    story = await world.call("explain_delivery", delivery_id=message["delivery_id"])

    late = "to begin Mon 02 Mar 2026 12:01: its campaign enrolls only so many people in a minute"
    assert late in words
    assert late in "\n".join(delivery_story(story, "UTC", Page(is_colored=False)))
    assert "to begin" not in (await explained(world, first))[1]


async def test_who_waited_until_it_was_too_late_is_told_so(world: World, clock: Clock) -> None:
    users = await people(world, 3)
    for user, zone in zip(users, ("Europe/Berlin", "Europe/Berlin", "UTC"), strict=True):
        await settle(world, user, zone)
    await begun(world, "2026-03-02T14:00", timezone=None, per_minute=1, stale_after="1 minute")
    await clock.set(NOON + timedelta(hours=1))
    await carried(world)
    await clock.set(NOON + timedelta(hours=2, minutes=5))
    await carried(world)

    story, words = await explained(world, users[2])

    due_at = NOON + timedelta(hours=2)
    assert held(story) == [("news", "stale", 1, "2026-03-02T14:00", due_at, None)]
    assert "since Mon 02 Mar 2026 14:00  it had become too old to be of use" in words
