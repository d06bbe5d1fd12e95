"""What turns out not to have happened counts for no day, no score, and as nobody's last activity."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.fixtures.database import Clock
from tests.sql.conftest import World

INACTIVE = {"user.days_inactive": {"$gte": 7}}
DAYS = """
select day::text, type, events, first_at, last_at, half_hours, channels from tendril.behavior_days
where user_id = $1::uuid order by 1, 2
"""


async def days(connection: asyncpg.Connection, user: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(DAYS, user)]


async def last_active(world: World, user: str) -> str | None:
    found: str | None = (await world.call("find_user", reference=user))["last_active_at"]
    return found


async def test_who_only_seemed_to_come_back_is_as_inactive_as_before(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "quiz")
    before = await last_active(world, ada), await days(connection, ada)
    await clock.advance("8 days")
    await world.did(ada, "message_clicked", event_id="slip", source="email")
    meanwhile = await world.call("users_meeting", filter=INACTIVE)

    await world.call("take_back_behavior", event_ids=["slip"])

    assert (await last_active(world, ada), await days(connection, ada)) == before
    found = await world.call("users_meeting", filter=INACTIVE)
    assert (meanwhile, found) == ([], [ada])


async def test_whoever_has_done_nothing_else_was_never_active(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "message_clicked", event_id="slip", source="email")

    await world.call("take_back_behavior", event_ids=["slip"])

    assert (await last_active(world, ada), await days(connection, ada)) == (None, [])


async def test_what_came_later_still_counts(world: World, clock: Clock) -> None:
    ada = await world.person()
    await world.did(ada, "message_clicked", event_id="slip", source="email")
    await clock.advance("1 hour")
    await world.did(ada, "quiz")
    later = await last_active(world, ada)

    await world.call("take_back_behavior", event_ids=["slip"])

    assert await last_active(world, ada) == later


async def test_a_day_keeps_what_did_happen_on_it(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "message_clicked", event_id="real", source="email")
    before = await days(connection, ada)
    await clock.advance("2 hours")
    await world.did(ada, "message_clicked", event_id="slip", source="telegram")
    await world.did(ada, "message_clicked", event_id="another", source="telegram")

    await world.call("take_back_behavior", event_ids=["slip", "another"])

    assert await days(connection, ada) == before


async def test_a_day_whose_events_are_not_all_kept_only_has_fewer(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "quiz", event_id="slip")
    await connection.execute("update tendril.behavior_days set events = 5")
    ((*_, first_at, last_at, half_hours, channels),) = await days(connection, ada)

    await world.call("take_back_behavior", event_ids=["slip"])

    ((_, _, events, *rest),) = await days(connection, ada)
    assert (events, rest) == (4, [first_at, last_at, half_hours, channels])


async def test_scores_fall_to_what_they_would_have_been(world: World, clock: Clock) -> None:
    ada, eve = await world.person(), await world.person()
    for user in (ada, eve):
        await world.did(user, "quiz")
    await clock.advance("8 days")
    await world.did(eve, "message_clicked", event_id="slip", source="email")
    await world.rescore()

    await world.call("take_back_behavior", event_ids=["slip"])
    await world.rescore()

    hers, other = [await world.call("list_scores", users=[user]) for user in (eve, ada)]
    assert [each["score"] for each in hers] == [each["score"] for each in other]


async def test_what_the_clock_noticed_was_no_activity_and_takes_none_away(world: World) -> None:
    ada = await world.person()
    await world.did(ada, "quiz")
    await world.did(ada, "level_up", event_id="slip", source="clock")
    before = await last_active(world, ada)

    await world.call("take_back_behavior", event_ids=["slip"])

    assert await last_active(world, ada) == before
