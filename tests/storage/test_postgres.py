"""What only this road can show: connections that break, and poolers."""

import asyncio
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from storage.postgres import PostgresStore, connect
from storage.store import Unavailable


async def _cut_connections(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )


async def test_a_call_survives_the_loss_of_its_connection(
    store: PostgresStore, connection: asyncpg.Connection
) -> None:
    await store.call("clock")

    await _cut_connections(connection)

    assert await store.call("clock")


async def test_an_operation_that_a_migration_changed_meanwhile_answers_at_the_first_call(
    store: PostgresStore, connection: asyncpg.Connection
) -> None:
    """As while one process after the other is exchanged: this one asked before the schema was changed."""
    await connection.execute("create function tendril.try_again(given int) returns text return given::text")
    assert await store.call("try_again", given=4) == "4"

    await connection.execute("drop function tendril.try_again")
    await connection.execute("create function tendril.try_again(given text) returns text return given::text")

    assert await store.call("try_again", given="four") == "four"


async def test_many_calls_at_once_share_few_connections(
    store: PostgresStore, connection: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(*(store.call("clock") for _ in range(100)))

    used = await connection.fetchval(
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert len(answers) == 100
    assert used <= 8


@pytest.mark.parametrize(
    "dsn",
    ["postgresql://nobody@127.0.0.1:1/tendril", "postgresql://nobody@/tendril?host=/nowhere/at/all"],
)
async def test_a_database_that_is_away_is_unavailable_within_seconds(dsn: str) -> None:
    store = PostgresStore(dsn)

    async with asyncio.timeout(60):
        with pytest.raises(Unavailable, match="cannot be reached"):
            await store.call("clock")
    await store.aclose()


async def test_a_database_that_does_not_exist_is_said_so(database_server: str) -> None:
    store = PostgresStore(database_server.replace("/tendril?", "/nothing_here?"))

    with pytest.raises(Exception, match="nothing_here"):
        await store.call("clock")
    await store.aclose()


async def test_a_store_opened_while_the_database_is_away_works_when_it_is_back(
    database_url: str, tmp_path: Path
) -> None:
    """The road to the database is a link that is missing at first."""
    folder, _, _ = database_url.partition("host=")[2].partition("&")
    link = tmp_path / "s"
    store = PostgresStore(database_url.replace(folder, str(link)))
    with pytest.raises(Unavailable):
        await store.call("clock")

    link.symlink_to(folder)

    assert await store.call("clock")
    await store.aclose()


async def test_behind_a_pooler_nothing_is_prepared_under_a_name(
    database_url: str, connection: asyncpg.Connection
) -> None:
    """A transaction pooler hands each statement to any backend: here the names of all are forgotten."""
    store = PostgresStore(f"{database_url}&pooler=true", connections=1)
    for _ in range(3):
        assert await store.call("clock")

    prepared = await store.call("prepared_statements")

    assert prepared == 0
    await store.aclose()


@pytest.fixture(autouse=True)
async def _an_operation_that_looks_at_its_session(database_url: str) -> None:
    connection = await connect(database_url)
    await connection.execute(
        "create function tendril.prepared_statements() returns int language sql as "
        "$$ select count(*)::int from pg_catalog.pg_prepared_statements where name <> '' $$"
    )
    await connection.close()


async def test_elsewhere_each_form_of_a_call_is_prepared_once(database_url: str) -> None:
    store = PostgresStore(database_url, connections=1)
    await store.call("clock")
    before = await store.call("prepared_statements")
    for _ in range(5):
        await store.call("clock")

    assert before > 0
    assert await store.call("prepared_statements") == before
    await store.aclose()


async def test_times_are_utc_whatever_the_server_prefers(
    store: PostgresStore, connection: asyncpg.Connection
) -> None:
    name = await connection.fetchval("select current_database()")
    await connection.execute(f"alter database {name} set timezone = 'Asia/Kathmandu'")

    assert datetime.fromisoformat(await store.call("clock")).utcoffset().total_seconds() == 0


async def test_a_store_may_be_closed_twice(database_url: str) -> None:
    store = PostgresStore(database_url)
    await store.call("clock")

    await store.aclose()
    await store.aclose()

    with pytest.raises(Unavailable, match="shutting down"):
        await store.call("clock")
