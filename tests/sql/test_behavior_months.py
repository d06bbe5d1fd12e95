"""What people did lies in months, which are made ahead and go when they are old; an id counts once in all."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from storage.migrations import SQL, migrate
from storage.postgres import connect
from storage.store import StorageError
from tests.fixtures.database import Clock
from tests.sql.conftest import World, step

MONTHS = """
    select array_agg(c.relname::text order by c.relname)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'tendril.behavior_events'::regclass"""
WHERE = (
    "select event_id, tableoid::regclass::text as month from tendril.behavior_events order by recorded_at, id"
)
GOAL = """
    with goal as (
        insert into tendril.campaigns
            (name, title, kind, steps, schedule, status, goal, created_by, created_at, changed_at)
        select 'goal', 'Goal', 'drip', '[]', '{}', 'active', '{"event": "bought"}', 'admin', tendril.clock(),
            tendril.clock()
        returning id)
    update tendril.enrollments e set campaign_id = goal.id from goal"""


async def lying(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    return [
        (row["event_id"], row["month"].removeprefix("tendril.behavior_events_"))
        for row in await connection.fetch(WHERE)
    ]


async def counted(connection: asyncpg.Connection, table: str) -> int:
    return int(await connection.fetchval(f"select count(*) from tendril.{table}"))


async def test_months_are_made_ahead_and_once(world: World, connection: asyncpg.Connection) -> None:
    made = [await world.call("make_behavior_months", ahead=2) for _ in range(2)]

    assert made == [3, 0]
    assert await connection.fetchval(MONTHS) == [
        *("behavior_events_2026_03", "behavior_events_2026_04", "behavior_events_2026_05"),
        "behavior_events_other",
    ]


async def test_an_event_lies_in_the_month_in_which_it_was_recorded(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.call("make_behavior_months", ahead=1)

    await world.did(ada, "quiz", event_id="late", occurred_at="2025-11-30T12:00:00Z")
    await world.clock.set("2026-03-31T23:59:59Z")
    await world.did(ada, "quiz", event_id="march")
    await world.clock.set("2026-04-01T00:00:00Z")
    await world.did(ada, "quiz", event_id="april")

    assert await lying(connection) == [("late", "2026_03"), ("march", "2026_03"), ("april", "2026_04")]


async def test_what_nobody_foresaw_moves_to_its_month_when_that_is_made(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "quiz", event_id="march")
    await world.clock.advance("70 days")
    await world.did(ada, "quiz", event_id="may")
    before = await lying(connection)
    ids = await connection.fetch("select id from tendril.behavior_events order by id")

    await world.call("make_behavior_months", ahead=0)

    assert before == [("march", "other"), ("may", "other")]
    assert await lying(connection) == [("march", "2026_03"), ("may", "2026_05")]
    assert await connection.fetch("select id from tendril.behavior_events order by id") == ids


async def test_an_id_counts_once_in_all_months(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    await world.call("make_behavior_months", ahead=3)
    await world.did(ada, "quiz", event_id="same")
    await world.clock.advance("62 days")

    assert (await world.did(ada, "quiz", event_id="same"))["duplicates"] == 1
    assert await lying(connection) == [("same", "2026_03")]


async def test_an_id_told_by_several_at_once_counts_once(world: World) -> None:
    ada = await world.person()
    await world.call("make_behavior_months")

    told = await asyncio.gather(*(world.did(ada, "quiz", event_id="same") for _ in range(8)))

    assert sum(each["recorded"] for each in told) == 1


async def test_old_months_are_forgotten_piece_by_piece_and_then_dropped(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.call("make_behavior_months", ahead=1)
    for event in "abc":
        await world.did(ada, "quiz", event_id=event)
    await world.clock.set("2026-04-15T12:00:00Z")
    await world.did(ada, "quiz", event_id="young")
    await world.clock.set("2026-06-01T00:00:00Z")

    forgotten = [await world.call("forget_behavior", months=2, batch=2) for _ in range(3)]

    assert forgotten == [2, 1, 0]
    assert await lying(connection) == [("young", "2026_04")]
    assert await connection.fetchval(MONTHS) == ["behavior_events_2026_04", "behavior_events_other"]
    assert await connection.fetchval("select array_agg(event_id) from tendril.behavior_keys") == ["young"]


async def test_months_come_and_go_while_everybody_is_busy(
    world: World, connection: asyncpg.Connection
) -> None:
    people = [await world.person() for _ in range(4)]
    await world.call("make_behavior_months")
    busy = True

    async def doing(person: str) -> int:
        recorded = 0
        while busy:
            recorded += (await world.did(person, "quiz"))["recorded"]
        return recorded

    async def turning_over() -> None:
        nonlocal busy
        for year in (2001, 2002, 2003):
            # who would have to wait for long gives up, and is asked again
            with suppress(StorageError):
                await world.call("make_behavior_months", ahead=1, at=f"{year}-01-15T00:00:00Z")
            with suppress(StorageError):
                await world.call("forget_behavior", months=1)
        busy = False

    *recorded, _ = await asyncio.gather(*map(doing, people), turning_over())

    events = await connection.fetchval("select count(*) from tendril.behavior_events where type = 'quiz'")
    assert sum(int(each or 0) for each in recorded) == events > 0


async def test_what_was_counted_of_forgotten_events_stays(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute(GOAL)
    await world.deliver()
    await world.did(ada, "bought")
    sums = ("behavior_days", "conversions")
    before = [await counted(connection, table) for table in sums]
    await world.call("make_behavior_months")
    await world.clock.advance("800 days")

    while await world.call("forget_behavior"):
        pass

    assert await counted(connection, "behavior_events") == 0
    assert [await counted(connection, table) for table in sums] == before == [1, 1]


async def test_nothing_is_forgotten_before_its_time(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    await world.did(ada, "quiz")
    await world.clock.set("2028-04-30T23:00:00Z")

    assert await world.call("forget_behavior", months=25) == 0
    await world.clock.set("2028-05-01T00:00:00Z")
    assert await world.call("forget_behavior", months=25) == 1


async def test_what_did_not_happen_may_happen_later(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    await world.did(ada, "quiz", event_id="slip")

    assert await world.call("take_back_behavior", event_ids=["slip", "unknown"]) == 1
    assert await counted(connection, "behavior_keys") == 0
    assert (await world.did(ada, "quiz", event_id="slip"))["recorded"] == 1


async def test_ids_go_with_their_user(world: World, connection: asyncpg.Connection) -> None:
    ada, bob = await world.person(), await world.person()
    await world.call("make_behavior_months")
    await world.did(ada, "quiz", event_id="hers")
    await world.did(bob, "quiz", event_id="his")

    await world.call("delete_user", user_id=ada, source="page")

    assert "hers" not in [event for event, _ in await lying(connection)]
    assert (
        await connection.fetchval("select count(*) from tendril.behavior_keys where event_id = 'hers'") == 0
    )


async def test_whoever_does_not_own_the_table_makes_no_months_and_forgets_all_the_same(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    ada = await world.person()
    await world.did(ada, "quiz")
    await clock.advance("800 days")
    await connection.execute("set role service_role")

    assert await connection.fetchval("select tendril.make_behavior_months()") == 0
    assert await connection.fetchval("select tendril.forget_behavior()") == 1


@pytest.fixture
def before_months(tmp_path: Path) -> Path:
    """The schema as it was before there were months."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "functions").mkdir()
    for file in (SQL / "migrations").glob("*.sql"):
        if file.name < "0031":
            shutil.copy(file, tmp_path / "migrations")
    for file in (SQL / "functions/analytics").glob("*.sql"):
        if "returns trigger" in file.read_text(encoding="utf-8"):
            shutil.copy(file, tmp_path / "functions")
    return tmp_path


async def test_a_database_that_has_events_keeps_all_of_them(
    empty_database_url: str, before_months: Path
) -> None:
    await migrate(empty_database_url, before_months)
    connection = await connect(empty_database_url)
    await connection.execute(
        "insert into tendril.users (id, created_at) values (gen_random_uuid(), '2024-01-01')"
    )
    moments = [datetime(2024, 12, 31, 23, 59, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]
    moments.append(datetime(2026, 7, 4, tzinfo=UTC))
    events: list[Any] = [(f"e{place}", moment) for place, moment in enumerate(moments)]
    # Today's triggers know of tables that were not there then.
    await connection.execute("set session_replication_role = replica")
    await connection.executemany(
        "insert into tendril.behavior_events (event_id, user_id, type, metadata, occurred_at, recorded_at) "
        """select $1, id, 'quiz', '{"grade": 2}', $2, $2 from tendril.users""",
        events,
    )
    await connection.execute("reset session_replication_role")

    await migrate(empty_database_url)

    assert await lying(connection) == [("e0", "2024_12"), ("e1", "2025_01"), ("e2", "2026_07")]
    again = """select tendril.record_behavior_events(jsonb_agg(jsonb_build_object(
        'event_id', e, 'user_id', u.id, 'type', 'quiz'))) ->> 'recorded'
        from tendril.users u, unnest(array['e1', 'e3']) e"""
    assert await connection.fetchval(again) == "1"
    assert await connection.fetchval(
        "select count(distinct id) = 4 and count(*) = 4 from tendril.behavior_events"
    )
    await connection.close()
