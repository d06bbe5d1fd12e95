"""Who works through many rows leaves connections to the others."""

import asyncio
from functools import partial

import asyncpg

from storage.postgres import PostgresStore
from storage.share import Share
from tests.fixtures.sandbox import until

WAITING = """select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'"""


async def test_a_share_has_no_more_calls_under_way_than_are_its_own(
    store: PostgresStore, connection: asyncpg.Connection
) -> None:
    share = Share(store, 2)
    await store.call("configure_budget", channel="telegram", per_second=1)
    async with connection.transaction():
        await connection.execute("select from tendril.send_budgets for update")
        calls = [
            asyncio.create_task(share.call("configure_budget", channel="telegram", per_second=n + 1))
            for n in range(8)
        ]
        await until(partial(_waiting, connection))

        assert await store.call("clock")
        assert await _waiting(connection) == 2
    await asyncio.gather(*calls)


async def _waiting(connection: asyncpg.Connection) -> int:
    """How many calls wait, once two do; in a transaction one look at the others is kept for the next."""
    await connection.execute("select pg_stat_clear_snapshot()")
    waiting = int(await connection.fetchval(WAITING))
    return waiting if waiting >= 2 else 0
