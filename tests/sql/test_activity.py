"""What people did, by day, and what it says about them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.conftest import World

MONDAY = "2026-03-02"
PAGE = (Path(__file__).parents[2] / "docs" / "risk.md").read_text(encoding="utf-8")
MOMENTS = st.datetimes(min_value=datetime(2026, 2, 20), max_value=datetime(2026, 3, 2))  # noqa: DTZ001


async def days(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    rows = await connection.fetch(
        "select user_id, day::text, type, events, first_at, last_at, half_hours "
        "from tendril.behavior_days order by 1, 2, 3"
    )
    return [tuple(row) for row in rows]


async def signals(world: World, user: str, day: str = MONDAY) -> dict[str, Any]:
    (found,) = await world.call("activity_signals", users=[user], days=[day])
    return dict(found)


async def test_a_day_is_counted_on_the_calendar_of_whoever_lived_it(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.call("set_preferences", user_id=ada, changes={"timezone": "Pacific/Auckland"})
    await world.did(ada, "lesson", occurred_at="2026-03-01T23:10:00+00:00")
    await world.did(ada, "lesson", occurred_at="2026-03-02T01:45:00+00:00")

    # 12:10 and 14:45 there, on the next day
    assert [(*row[1:4], row[6]) for row in await days(connection)] == [
        ("2026-03-02", "lesson", 2, 1 << 24 | 1 << 29)
    ]


async def test_an_event_that_comes_again_counts_once(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    for _ in range(2):
        await world.did(ada, "lesson", event_id="the same")

    assert [row[3] for row in await days(connection)] == [1]


async def test_what_the_clock_notices_is_nothing_that_somebody_did(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "inactive_7_days", source="clock")

    assert await days(connection) == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=st.lists(MOMENTS, min_size=1, max_size=12, unique=True), chance=st.randoms())
async def test_the_order_in_which_events_arrive_makes_no_difference(
    world: World, connection: asyncpg.Connection, moments: list[Any], chance: Any
) -> None:
    async def rolled_up(order: list[Any]) -> list[tuple[Any, ...]]:
        user = await world.person()
        for moment in order:
            await world.did(user, "lesson", occurred_at=f"{moment.isoformat()}+00:00")
        return [row[1:] for row in await days(connection) if str(row[0]) == user]

    shuffled = [*moments]
    chance.shuffle(shuffled)
    assert await rolled_up(moments) == await rolled_up(shuffled)


async def test_two_users_who_become_one_share_a_history(world: World, connection: asyncpg.Connection) -> None:
    ada, same = await world.person(), await world.person()
    await world.did(ada, "lesson", occurred_at="2026-03-01T09:10:00+00:00")
    await world.did(same, "lesson", occurred_at="2026-03-01T15:10:00+00:00")
    await world.did(same, "quiz", occurred_at="2026-02-28T15:10:00+00:00")

    await world.call("merge_users", from_user=same, into_user=ada)

    assert [row[1:4] for row in await days(connection)] == [
        ("2026-02-28", "quiz", 1),
        ("2026-03-01", "lesson", 2),
    ]


async def test_signals_say_how_long_ago_how_often_and_in_how_many_visits(world: World) -> None:
    ada = await world.person()
    for moment in ("02-16T09:05", "02-18T09:05", "02-27T09:05", "02-27T09:40", "02-27T20:15", "02-28T09:05"):
        await world.did(ada, "lesson", occurred_at=f"2026-{moment}:00+00:00")

    known = await signals(world, ada)

    assert (known["days_since_active"], known["days_since_active_before"], known["tenure_days"]) == (2, 3, 14)
    assert (known["active_days_3"], known["active_days_7"], known["active_days_14"]) == (1, 2, 3)
    assert (known["events_7"], known["events_week_2"], known["events_30"]) == (4, 1, 6)
    assert (known["visits_7"], known["minutes_7"], known["minutes_per_visit_7"]) == (3, 120, 40)
    assert (known["gap_mean"], known["gap_longest"], known["overdue"]) == (4, 9, 0.5)
    assert (known["streak_days"], known["longest_streak"], known["types_all"]) == (0, 2, 1)


async def test_of_somebody_who_was_never_there_nothing_is_made_up(world: World) -> None:
    known = await signals(world, await world.person())

    assert known["days_since_active"] is known["gap_mean"] is known["hour_entropy"] is None
    assert known["events_30"] == known["active_days_7"] == known["streak_days"] == 0


async def test_what_comes_after_the_day_is_not_known_on_it(world: World) -> None:
    ada = await world.person()
    await world.did(ada, "lesson", occurred_at="2026-02-20T09:05:00+00:00")
    before = await signals(world, ada, "2026-02-25")
    await world.did(ada, "quiz", occurred_at="2026-02-26T09:05:00+00:00")

    assert await signals(world, ada, "2026-02-25") == before


async def test_every_signal_is_explained_and_there_are_at_least_fifty(world: World) -> None:
    known = await signals(world, await world.person())
    explained = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))

    assert explained >= known.keys() - {"user_id"}
    assert len(explained) >= 50


async def test_a_log_of_others_is_rolled_up_as_what_our_users_did(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "lesson", occurred_at="2026-03-01T09:10:00+00:00")
    await world.did(ada, "quiz", occurred_at="2026-03-01T10:40:00+00:00")
    ours = [row[1:] for row in await days(connection)]

    someone = "00000000-0000-4000-8000-000000000001"
    await world.call(
        "import_activity",
        users=[someone],
        types=["lesson", "quiz"],
        people=[0, 0],
        moments=[1_772_356_200.0, 1_772_361_600.0],
        kinds=[0, 1],
    )

    assert [row[1:] for row in await days(connection) if str(row[0]) == someone] == ours


async def test_types_are_counted_in_the_order_in_which_they_are_asked_for(world: World) -> None:
    ada = await world.person()
    await world.did(ada, "quiz", occurred_at="2026-02-10T09:05:00+00:00")
    await world.did(ada, "lesson", occurred_at="2026-03-01T09:05:00+00:00")

    (found,) = await world.call(
        "activity_by_type", users=[ada], days=[MONDAY], types=["wiki", "quiz", "lesson"]
    )

    assert (found["last_week"], found["ever"]) == ([0, 0, 1], [0, 1, 1])
