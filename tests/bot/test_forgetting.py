"""What Telegram told us is deleted a week after it was handled."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from storage.postgres import PostgresStore
from tests.fixtures.database import Clock
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import until


@pytest.fixture
async def handled(store: PostgresStore) -> None:
    """Updates 1 to 30 are handled, 31 is not."""
    await store.call("receive_updates", updates=[{"update_id": number} for number in range(1, 32)])
    for number in range(1, 31):
        await store.call("finish_update", update_id=number)


async def kept(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("select count(*) from tendril.telegram_updates"))


@pytest.mark.usefixtures("handled")
async def test_what_was_handled_in_the_last_week_is_kept(
    store: PostgresStore, clock: Clock, connection: asyncpg.Connection
) -> None:
    await clock.advance("6 days 23 hours")

    assert await store.call("forget_old") == 0
    assert await kept(connection) == 31


@pytest.mark.usefixtures("handled")
async def test_only_what_was_handled_is_forgotten(
    store: PostgresStore, clock: Clock, connection: asyncpg.Connection
) -> None:
    await clock.advance("8 days")

    assert await store.call("forget_old") == 30
    assert await kept(connection) == 1


@pytest.mark.usefixtures("handled")
async def test_it_can_be_kept_for_longer(store: PostgresStore, clock: Clock) -> None:
    await clock.advance("8 days")

    assert await store.call("forget_old", updates_after="10 days") == 0


@pytest.mark.usefixtures("handled")
async def test_several_forget_at_once_and_each_something_else(store: PostgresStore, clock: Clock) -> None:
    await clock.advance("8 days")

    forgotten = await asyncio.gather(*(store.call("forget_old", batch=10) for _ in range(6)))
    forgotten.append(await store.call("forget_old"))

    assert sum(forgotten) == 30


@pytest.mark.usefixtures("handled")
async def test_the_running_process_forgets(
    run_tendril: RunTendril, clock: Clock, connection: asyncpg.Connection
) -> None:
    await clock.advance("8 days")
    async with run_tendril(frozenset({"worker"})):

        async def nothing_old_is_left() -> bool:
            return await kept(connection) == 1

        await until(nothing_old_is_left)
