"""What only this road can show: keys, and answers that get lost."""

import asyncio
import socket

import asyncpg
import pytest

from storage.postgres import connect
from storage.store import StorageError, Unavailable
from storage.supabase import SupabaseStore
from tests.fixtures.postgrest import Supabase


async def test_an_answer_that_got_lost_is_asked_for_again(
    supabase: Supabase, supabase_store: SupabaseStore
) -> None:
    supabase.gateway.answers_to_lose = 2

    assert await supabase_store.call("clock")
    assert supabase.gateway.requests == 3


async def test_a_project_that_does_not_answer_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        store = SupabaseStore(f"http://127.0.0.1:{unused.getsockname()[1]}", "sb_secret_placeholder")

        async with asyncio.timeout(60):
            with pytest.raises(Unavailable, match="Supabase cannot be reached"):
                await store.call("clock")
    await store.aclose()


async def test_a_wrong_key_is_an_error_and_not_a_time_to_wait(supabase: Supabase) -> None:
    store = SupabaseStore(supabase.url, "sb_secret_guessed")

    with pytest.raises(StorageError, match="Invalid API key") as caught:
        await store.call("clock")
    await store.aclose()

    assert not isinstance(caught.value, Unavailable)


async def test_the_key_that_is_no_token_goes_into_its_own_header_alone(
    supabase: Supabase, supabase_store: SupabaseStore
) -> None:
    """The gateway refuses an Authorization that is no token."""
    assert await supabase_store.call("clock")
    assert supabase.gateway.last_headers["apikey"] == supabase.secret_key
    assert "Authorization" not in supabase.gateway.last_headers


async def test_a_database_away_behind_postgrest_is_unavailable(
    supabase_store: SupabaseStore, connection: asyncpg.Connection, database_server: str
) -> None:
    await supabase_store.call("clock")
    name = await connection.fetchval("select current_database()")
    server = await connect(database_server)
    await server.execute(f"alter database {name} allow_connections false")
    await server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
    await server.close()

    with pytest.raises(Unavailable):
        await supabase_store.call("clock")


async def test_a_store_may_be_closed_twice_or_without_use(supabase: Supabase) -> None:
    store = SupabaseStore(supabase.url, supabase.secret_key)

    await store.aclose()
    await store.aclose()

    with pytest.raises(Unavailable, match="shutting down"):
        await store.call("clock")


async def test_operations_that_answer_nothing_take_no_connection_with_them(supabase: Supabase) -> None:
    store = SupabaseStore(supabase.url, supabase.secret_key, connections=1)

    async with asyncio.timeout(60):
        for _ in range(3):
            assert await store.call("configure_budget", channel="sms") is None
    await store.aclose()
