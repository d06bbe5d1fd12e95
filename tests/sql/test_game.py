"""The game: what is earned once and within its caps, levels, and streaks with what saves or ends them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from engagement.game import load_game
from storage.store import Conflict, NotFound, Store
from tests.sql.conftest import Row, World
from tests.sql.test_commitments import keep
from tests.sql.test_many_at_once import WAITS_FOR_US

NOON = "T12:00:00+00:00"


async def learned(world: World, user_id: str, *days: int, type_: str = "lesson_complete") -> None:
    """On these days of March, at noon, as it is told at each of them."""
    for day in days:
        await world.clock.set(f"2026-03-{day:02}{NOON}")
        await world.did(user_id, type_)


async def streak(world: World, user_id: str, **more: Any) -> Row:
    found: Row = await world.call("streak_of", user_id=user_id, **more)
    return found


async def told(connection: asyncpg.Connection, type_: str) -> list[str]:
    rows = await connection.fetch(
        "select metadata::text from tendril.behavior_events where type = $1 order by id", type_
    )
    return [row[0] for row in rows]


async def total(world: World, user_id: str) -> int:
    xp: int = (await world.call("describe_game", user_id=user_id))["xp"]["total"]
    return xp


# XP


async def test_an_event_may_earn_several_actions(world: World) -> None:
    ada = await world.person()

    await world.did(ada, "quiz_passed", metadata={"perfect": True})
    await world.did(ada, "quiz_passed", metadata={"perfect": False})

    assert await total(world, ada) == 15 + 10 + 15


async def test_what_has_no_action_earns_nothing(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()

    await world.did(ada, "sneezed")

    assert await connection.fetchval("select count(*) from tendril.xp_ledger") == 0
    assert (await streak(world, ada))["days"] == 0


async def test_a_cap_is_that_of_the_day_on_the_users_calendar(world: World) -> None:
    ada = await world.person(timezone="America/New_York")

    for moment in ("2026-03-02T03:00", "2026-03-02T04:59", "2026-03-02T05:01", "2026-03-02T06:00"):
        await world.did(ada, "checked_in", occurred_at=f"{moment}:00+00:00")  # midnight there is at five

    assert await total(world, ada) == 2 * 5


async def test_caps_hold_in_a_batch_that_two_processes_tell_at_once(world: World, store: Store) -> None:
    ada, bob = await world.person(), await world.person()
    batches = [
        [
            {"event_id": f"{half}:{number}", "user_id": user, "type": "lesson_complete"}
            for number in range(20)
            for user in (ada, bob)
        ]
        for half in range(4)
    ]

    await asyncio.gather(*(store.call("record_behavior_events", events=batch) for batch in batches))

    assert [await total(world, user) for user in (ada, bob)] == [100, 100]


async def test_a_repeated_event_earns_once_however_it_is_repeated(world: World, store: Store) -> None:
    ada = await world.person()
    event = {"event_id": "same", "user_id": ada, "type": "lesson_complete"}

    await asyncio.gather(*(store.call("record_behavior_events", events=[event, event]) for _ in range(4)))

    assert await total(world, ada) == 10


async def test_late_events_earn_on_the_day_on_which_they_happened(world: World) -> None:
    ada = await world.person()

    await world.did(ada, "lesson_complete", occurred_at=f"2026-02-26{NOON}")
    game = await world.call("describe_game", user_id=ada)

    assert game["xp"] == {"total": 10, "today": 0, "week": 0}


async def test_somebody_who_is_deleted_earns_nothing(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    await world.did(ada, "lesson_complete")

    await world.call("delete_user", user_id=ada, source="page")
    await world.did(ada, "lesson_complete")

    for table in ("xp_ledger", "xp_totals", "xp_days", "streaks", "streak_days"):
        assert await connection.fetchval(f"select count(*) from tendril.{table}") == 0
    with pytest.raises(NotFound):
        await world.call("award_xp", user_id=ada, action="bonus", award_key="1")


async def test_an_award_is_nothing_that_the_user_did(world: World) -> None:
    ada = await world.person()

    answer = await world.call("award_xp", user_id=ada, action="lesson", award_key="1")

    assert (answer["xp"], answer["total"]) == (10, 10)
    assert (await streak(world, ada))["days"] == 0


async def test_a_commitment_that_was_not_kept_after_all_earns_nothing(world: World) -> None:
    ada = await world.person()
    done = await keep(world, ada, "2026-03-02")
    assert (await streak(world, ada))["days"] == 1

    await world.call("reopen_commitment", user_id=ada, commitment_id=done["id"])
    assert (await total(world, ada), (await streak(world, ada))["days"]) == (5, 0)  # it was made

    await world.call("complete_commitment", user_id=ada, commitment_id=done["id"])
    assert (await total(world, ada), (await streak(world, ada))["days"]) == (25, 1)


# Levels


async def test_a_level_is_told_once_with_what_it_gives(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    for number in range(46):
        await world.call("award_xp", user_id=ada, action="course", award_key=str(number), at=_day(number))
    game = await world.call("describe_game", user_id=ada)

    assert (game["xp"]["total"], game["level"]["name"]) == (9200, "Mentor")
    levels = await connection.fetch(
        "select (metadata ->> 'level')::int from tendril.behavior_events where type = 'level_up' order by id"
    )
    assert [row[0] for row in levels] == [2, 3, 4, 5, 6, 7, 8]
    attributes = await connection.fetchval(
        "select attributes::text from tendril.users where id = $1::uuid", ada
    )
    assert attributes == '{"mentor": true}'


def _day(number: int) -> str:
    return f"{date(2026, 1, 1) + timedelta(days=number)}{NOON}"


async def test_of_levels_that_are_passed_at_once_only_the_highest_is_told(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    events = [
        {"event_id": str(number), "user_id": ada, "type": "course_complete", "occurred_at": _day(number)}
        for number in range(4)
    ]

    await world.call("record_behavior_events", events=events)

    (up,) = await told(connection, "level_up")
    assert '"name": "Practitioner"' in up
    assert await connection.fetchval("select count(*) from tendril.streak_gifts") == 2


async def test_names_of_levels_are_in_the_language_of_the_user(world: World) -> None:
    ada = (await world.call("create_user", first_name="Ada", locale="de-AT"))["user_id"]

    level = (await world.call("describe_game", user_id=ada))["level"]

    assert (level["name"], level["next_name"]) == ("Neuling", "Lehrling")


async def test_levels_follow_when_the_rules_change_and_xp_does_not(world: World) -> None:
    ada = await world.person()
    await world.did(ada, "lesson_complete")
    rules = load_game().as_json()
    rules["levels"][1]["xp"] = 10
    rules["actions"] = [action for action in rules["actions"] if action["action"] != "lesson"]

    changed = [await world.call("configure_game", rules=rules) for _ in range(2)]
    game = await world.call("describe_game", user_id=ada)

    assert changed == [{"changed": True}, {"changed": False}]
    assert (game["xp"]["total"], game["level"]["number"]) == (10, 2)


# Streaks


async def test_a_missed_day_is_saved_by_a_freeze_at_midnight_and_told(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person(timezone="Europe/Berlin")
    await learned(world, ada, 2, 3)

    await world.clock.set("2026-03-04T22:59:00+00:00")
    assert await world.call("settle_due_streaks") == 0
    await world.clock.set("2026-03-04T23:01:00+00:00")
    assert [await world.call("settle_due_streaks") for _ in range(2)] == [1, 0]

    assert await told(connection, "streak_frozen") == ['{"days": 2, "freezes": 1}']
    week = (await world.call("describe_game", user_id=ada))["streak"]["week"]
    assert [day["kind"] for day in week] == [None, None, None, "active", "active", "frozen", None]


async def test_a_streak_that_nothing_saves_is_lost_and_told_with_the_time_to_repair_it(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await learned(world, ada, 2, 3)

    for day in (4, 5, 6, 7):
        await world.clock.set(f"2026-03-{day:02}T00:00:30+00:00")
        await world.call("settle_due_streaks")

    assert len(await told(connection, "streak_frozen")) == 2
    assert await told(connection, "streak_lost") == [
        '{"days": 2, "repair_until": "2026-03-09T00:00:00+00:00"}'
    ]
    assert await streak(world, ada) == {"days": 0, "longest": 2, "freezes": 2, "kept_today": False}


async def test_a_process_that_was_away_tells_the_end_and_not_each_day(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, bob = await world.person(), await world.person()
    await learned(world, ada, 2)
    await learned(world, bob, 5)

    await world.clock.set(f"2026-03-07{NOON}")
    await world.call("settle_due_streaks")

    assert len(await told(connection, "streak_lost")) == 1
    assert await told(connection, "streak_frozen") == ['{"days": 1, "freezes": 1}']


async def test_what_is_told_late_repairs_what_the_clock_had_ended(world: World) -> None:
    ada = await world.person()
    await learned(world, ada, 2, 3)
    await world.clock.set(f"2026-03-07{NOON}")
    await world.call("settle_due_streaks")
    assert (await streak(world, ada))["days"] == 0

    await world.did(ada, "lesson_complete", occurred_at=f"2026-03-05{NOON}")

    assert await streak(world, ada) == {"days": 3, "longest": 3, "freezes": 0, "kept_today": False}


async def test_a_milestone_gives_a_freeze_back_and_is_told_once(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()

    await learned(world, ada, 2, 3, 4, 6, 7, 8)
    assert (await streak(world, ada))["freezes"] == 1
    await learned(world, ada, 9, 9)

    assert await streak(world, ada) == {"days": 7, "longest": 7, "freezes": 2, "kept_today": True}
    assert await told(connection, "streak_milestone") == ['{"days": 7}']
    assert 25 in [row["xp"] for row in await world.call("list_xp", user_id=ada)]


async def test_a_repair_bridges_all_that_was_missed(world: World) -> None:
    ada = await world.person()
    await learned(world, ada, 2, 3)
    await learned(world, ada, 8)  # the sixth and the seventh were missed
    repair = (await world.call("describe_game", user_id=ada))["streak"]["repair"]
    await learned(world, ada, 8)

    after = await world.call("repair_streak", user_id=ada)

    assert repair == {"days": 2, "until": "2026-03-09T00:00:00+00:00", "needs": 1}
    assert after == {"days": 3, "longest": 3, "freezes": 0, "kept_today": True}
    week = (await world.call("describe_game", user_id=ada))["streak"]["week"]
    assert [day["kind"] for day in week] == ["active"] * 2 + ["frozen"] * 2 + ["repaired"] * 2 + ["active"]


async def test_after_two_days_a_streak_cannot_be_repaired_any_longer(world: World) -> None:
    ada = await world.person()
    await learned(world, ada, 2, 9, 9)  # lost when the fifth was over

    with pytest.raises(Conflict):
        await world.call("repair_streak", user_id=ada)


async def test_who_flies_east_takes_the_day_along(world: World) -> None:
    ada = await world.person(timezone="Pacific/Honolulu")
    await world.clock.set("2026-03-03T06:00:00+00:00")  # Monday evening there, Tuesday evening in Auckland
    await world.did(ada, "lesson_complete")

    await world.call("set_preferences", user_id=ada, changes={"timezone": "Pacific/Auckland"})
    assert (await streak(world, ada))["kept_today"]
    await world.clock.set("2026-03-04T00:00:00+00:00")
    await world.did(ada, "lesson_complete")

    assert await streak(world, ada) == {"days": 2, "longest": 2, "freezes": 2, "kept_today": True}


async def test_who_flies_west_has_kept_the_day_that_comes_again(world: World) -> None:
    ada = await world.person(timezone="Pacific/Auckland")
    await learned(world, ada, 2, 3)

    await world.call("set_preferences", user_id=ada, changes={"timezone": "Pacific/Honolulu"})
    assert await world.call("settle_due_streaks") == 1

    assert await streak(world, ada) == {"days": 2, "longest": 2, "freezes": 2, "kept_today": True}


async def test_the_night_in_which_clocks_change_is_one_midnight(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person(timezone="America/Los_Angeles")
    await learned(world, ada, 7)

    due = await connection.fetchval("select due_at from tendril.streaks")

    assert due.isoformat() == "2026-03-09T07:00:00+00:00"  # the day of the change has 23 hours


async def test_two_who_become_one_keep_what_both_earned(world: World, connection: asyncpg.Connection) -> None:
    ada, chat = await world.person(), await world.person()
    await learned(world, ada, 2, 4)
    await learned(world, chat, 2, 3)
    await world.clock.set(f"2026-03-04{NOON}")
    for number in range(4):
        await world.call("award_xp", user_id=chat, action="bonus", award_key=str(number))

    await world.call("merge_users", from_user=chat, into_user=ada)

    game = await world.call("describe_game", user_id=ada)
    assert (game["xp"]["total"], game["level"]["number"]) == (140, 2)
    assert (game["streak"]["days"], game["streak"]["freezes"]) == (3, 2)
    assert await connection.fetchval("select count(distinct user_id) from tendril.xp_ledger") == 1


async def test_many_midnights_are_settled_in_one_call(world: World, connection: asyncpg.Connection) -> None:
    people = [await world.person(email=False) for _ in range(12)]
    events = [{"event_id": each, "user_id": each, "type": "lesson_complete"} for each in people]
    await world.call("record_behavior_events", events=events)

    await world.clock.set(f"2026-03-04{NOON}")
    settled = await asyncio.gather(*(world.call("settle_due_streaks", batch=5) for _ in range(6)))
    settled.append(await world.call("settle_due_streaks"))  # whom others had locked

    assert sum(settled) == 12
    assert len(await told(connection, "streak_frozen")) == 12


async def test_streaks_from_before_the_game_began_are_counted_and_not_told(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await connection.execute(
        "insert into tendril.streak_days (user_id, day, kind, acts) "
        "select $1::uuid, '2026-02-20'::date + n, 'active', 1 from generate_series(0, 9) n",
        ada,
    )
    await connection.execute(
        "insert into tendril.streaks (user_id, freezes, due_at, is_stale) "
        "values ($1::uuid, 2, '-infinity', true)",
        ada,
    )

    assert (await streak(world, ada))["days"] == 10
    await world.call("settle_due_streaks")

    assert (await streak(world, ada))["days"] == 10
    assert await told(connection, "streak_milestone") == []


async def test_filters_ask_for_xp_and_streaks(world: World, store: Store) -> None:
    ada, bob = await world.person(), await world.person()
    await learned(world, ada, 1, 2)
    await learned(world, bob, 2)

    for asked, expected in {
        ("xp.total", 20): {ada},
        ("xp.today", 10): {ada, bob},
        ("xp.week", 10): {ada, bob},
        ("xp.level", 1): {ada, bob},
        ("streak.days", 2): {ada},
        ("streak.kept_today", True): {ada, bob},
    }.items():
        found = await store.call("preview_audience", filter=dict([asked]))
        assert {row["user_id"] for row in found["sample"]} == expected, asked


# What no foreign key holds on to

WITHOUT_A_KEY = (
    "behavior_events",
    "behavior_days",
    "score_marks",
    "xp_ledger",
    "xp_days",
    "streak_days",
    "standings",
)


async def left_of(connection: asyncpg.Connection, user_id: str) -> set[str]:
    return {
        table
        for table in WITHOUT_A_KEY
        if await connection.fetchval(
            f"select exists (select from tendril.{table} where user_id = $1::uuid)", user_id
        )
    }


async def test_who_is_deleted_while_they_earn_leaves_nothing(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    async with asyncio.timeout(60), connection.transaction():
        await connection.execute(
            "select tendril.record_behavior_events(jsonb_build_array(jsonb_build_object("
            "'event_id', 'late', 'user_id', $1::text, 'type', 'lesson_complete', 'source', 'api')))",
            ada,
        )
        assert await left_of(connection, ada) == set(WITHOUT_A_KEY)
        deleting = asyncio.create_task(world.call("delete_user", user_id=ada, source="telegram"))
        while not await connection.fetchval(WAITS_FOR_US):
            continue
    await deleting

    assert await left_of(connection, ada) == set()
    assert (await world.did(ada, "lesson_complete"))["recorded"] == 0
    assert await left_of(connection, ada) == set()


async def test_where_everybody_is_cleared_away_nothing_of_theirs_stays(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await learned(world, ada, 1)

    await connection.execute("truncate tendril.users cascade")

    assert await left_of(connection, ada) == set()
