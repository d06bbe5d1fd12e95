"""Room among the requests of a second, as the workers of a channel share it."""

from __future__ import annotations

import asyncio

import asyncpg

from sequences.places import LATE_SECONDS, Places
from storage.store import Store
from tests.fixtures.sandbox import until

WAITS_SO_LONG = """
select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0) > $1 from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def taken_after_a_stall(
    places: Places, connection: asyncpg.Connection, watching: asyncpg.Connection
) -> list[int]:
    async with connection.transaction():
        await connection.execute("lock table tendril.send_budgets in access exclusive mode")
        taking = asyncio.create_task(places.take(2))

        async def has_waited() -> bool:
            return bool(await watching.fetchval(WAITS_SO_LONG, 3 * LATE_SECONDS))

        await until(has_waited)
    return list((await taking).places)


async def test_places_that_came_late_are_not_used_but_taken_anew(
    store: Store, connection: asyncpg.Connection, database_url: str
) -> None:
    await store.call("configure_budget", channel="telegram", per_second=25, burst=5)
    places = Places(store, "telegram", "one", until_answered=False)
    await places.take(2)
    watching = await asyncpg.connect(database_url)

    late = await taken_after_a_stall(places, connection, watching)
    anew = await places.take(2)
    await watching.close()

    assert (late, len(anew.places)) == ([], 2)


async def test_a_place_that_is_held_until_the_answer_never_comes_late(
    store: Store, connection: asyncpg.Connection, database_url: str
) -> None:
    await store.call("configure_budget", channel="email", per_second=10, burst=1)
    places = Places(store, "email", "one", until_answered=True)
    watching = await asyncpg.connect(database_url)

    taken = await taken_after_a_stall(places, connection, watching)
    await watching.close()

    assert len(taken) == 2
