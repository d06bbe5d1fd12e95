"""docs/scaling.md: its queries run, and delete what they say."""

from __future__ import annotations

import asyncpg
import pytest

from storage.postgres import PostgresStore
from tests.docs.pages import blocks, read
from tests.fixtures.database import Clock

QUERIES = blocks(read("docs/scaling.md"), "sql")
PRUNING = [query for query in QUERIES if query.startswith("--")]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
async def test_the_query_runs(query: str, connection: asyncpg.Connection) -> None:
    await connection.execute(query)


async def test_pruning_leaves_what_is_young_and_takes_what_is_old(
    store: PostgresStore, clock: Clock, connection: asyncpg.Connection
) -> None:
    told = {"event_id": "e1", "source": "resend", "type": "delayed", "details": {}}
    await store.call("record_delivery_events", events=[told])

    async def left_after_pruning() -> int:
        for query in PRUNING:
            await connection.execute(query)
        return int(await connection.fetchval("select count(*) from tendril.delivery_events"))

    assert await left_after_pruning() == 1
    await clock.advance("366 days")
    assert await left_after_pruning() == 0
