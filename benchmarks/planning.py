"""P7: a campaign is planned as the process does it; the limit is COPY of what it wrote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from pathlib import Path

import asyncpg

from benchmarks.ground import Ground
from benchmarks.measuring import Goal, Side
from bot.campaigns import AT_ONCE, CampaignDuty
from storage.postgres import PostgresStore

PEOPLE = 60_000
LIMIT = "COPY into the same tables, people/s"
PLANNED = "campaign planned, people/s"
GOALS = [Goal("P7 a campaign planned / COPY into the same tables", PLANNED, LIMIT, 0.8)]

# In the order in which they refer to each other.
TABLES = ("enrollments", "message_deliveries")
EMPTY = "truncate tendril.enrollments cascade"
SEQUENCE = {
    "name": "campaign_news",
    "title": "News",
    "message_class": "announcement",
    "steps": [
        {
            "position": 1,
            "name": "news",
            "after": "0 seconds",
            "anchor": "previous",
            "channels": ["telegram", "email"],
            "fallback": "on_failure",
            "content": {"default": {"subject": "News", "body": "News"}},
        }
    ],
}
CAMPAIGN = {
    "name": "news",
    "title": "News",
    "kind": "one_time",
    "steps": [{"name": "news"}],
    "schedule": {"at": "2099-01-01T09:00"},
    "timezone": "UTC",
}


def sides(here: Ground, peers: Path | None) -> Sequence[Side]:
    return [partial(planned, here)]


async def planned(here: Ground) -> Mapping[str, float]:
    """Both, one after the other: what is copied is what was planned."""
    await here.connection.execute("truncate tendril.users cascade")
    await here.connection.execute("delete from tendril.campaigns")
    await _people(here.connection)
    await _begin(here)
    store = PostgresStore(here.dsn, connections=AT_ONCE)
    try:
        planning = await _timed(_plan(here, store))
    finally:
        await store.aclose()
    await _check(here.connection)
    files = {table: here.folder / f"{table}.copy" for table in TABLES}
    for table, file in files.items():
        await here.connection.copy_from_table(table, schema_name="tendril", output=str(file), format="binary")
    await here.connection.execute(EMPTY)
    copying = await _timed(_copy(here.connection, files))
    await _check(here.connection)
    return {LIMIT: PEOPLE / copying, PLANNED: PEOPLE / planning}


async def _people(connection: asyncpg.Connection) -> None:
    """With a chat and a proved address each."""
    await connection.execute(
        """
        with users as (
            insert into tendril.users (first_name, created_at)
            select 'Ada ' || n, tendril.clock() from generate_series(1, $1) n returning id
        ), preferring as (
            insert into tendril.user_preferences (user_id) select id from users
        )
        insert into tendril.contact_points (user_id, channel, address, state, created_at)
        select id, channel, id || case channel when 'email' then '@example.com' else '' end, 'active',
            tendril.clock()
        from users, unnest(array['telegram', 'email']) channel
        """,
        PEOPLE,
    )
    await connection.execute("vacuum analyze")


async def _begin(here: Ground) -> None:
    """A campaign whose time has come."""
    drafted = await here.bench.store.call("draft_campaign", campaign=CAMPAIGN, created_by="bench")
    await here.bench.store.call(
        "activate_campaign", campaign_id=drafted["id"], filter={}, definition=SEQUENCE, is_rule_over=True
    )
    await here.connection.execute(
        """
        insert into tendril.campaign_runs (campaign_id, occurrence, due_at)
        values ($1, 'now', tendril.clock())
        """,
        drafted["id"],
    )


async def _plan(here: Ground, store: PostgresStore) -> None:
    """By the duty of the process, until the run is over."""
    stop, carried = asyncio.Event(), asyncio.Event()
    planning = asyncio.create_task(CampaignDuty(store, carried.set).run(stop))
    while await here.connection.fetchval("select status from tendril.campaign_runs") != "done":
        await carried.wait()
        carried.clear()
    stop.set()
    await planning


async def _copy(connection: asyncpg.Connection, files: Mapping[str, Path]) -> None:
    for table, file in files.items():
        await connection.copy_to_table(table, schema_name="tendril", source=str(file), format="binary")


async def _timed(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _check(connection: asyncpg.Connection) -> None:
    for table in TABLES:
        found = await connection.fetchval(f"select count(*) from tendril.{table}")
        assert found == PEOPLE, f"{found} rows in {table} instead of {PEOPLE}"
