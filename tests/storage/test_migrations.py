import asyncio
import stat
import subprocess
from pathlib import Path

import pytest

from storage.embedded import program
from storage.migrations import FUNCTIONS, MigrationError, as_sql, backup, migrate, pending
from storage.postgres import PostgresStore, connect
from storage.store import StorageError

ANSWER = """-- Says what it was told to say.
create or replace function tendril.answer(at timestamptz default tendril.moment()) returns {type} language sql
set search_path = '' as $$ select {value} $$;
"""
# Sorts after `answer`, which needs it in its signature.
MOMENT = """-- Says when it is.
create or replace function tendril.moment() returns timestamptz language sql set search_path = ''
as $$ select pg_catalog.now() $$;
"""


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """A small schema of its own, to be changed by the tests."""
    for folder in ("migrations", "functions/answers"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "migrations/0001_things.sql").write_text("create table tendril.things (name text);\n")
    (tmp_path / "functions/answers/answer.sql").write_text(ANSWER.format(type="int", value=1))
    (tmp_path / "functions/answers/moment.sql").write_text(MOMENT)
    return tmp_path


async def _ask(dsn: str, query: str) -> object:
    connection = await connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def _schema(dsn: str) -> str:
    """Everything that pg_dump knows about the schema, without the random word that protects its output."""
    command = [program("pg_dump"), "--schema-only", "--schema=tendril", f"--dbname={dsn}"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))


def _restore(file: Path, dsn: str) -> None:
    subprocess.run([program("pg_restore"), f"--dbname={dsn}", file], check=True)


async def test_a_second_migration_changes_nothing(empty_database_url: str) -> None:
    first = await migrate(empty_database_url)
    schema = _schema(empty_database_url)

    assert first[-1] == FUNCTIONS
    assert await pending(empty_database_url) == []
    assert await migrate(empty_database_url) == []
    assert _schema(empty_database_url) == schema


async def test_an_empty_database_lacks_everything(empty_database_url: str, sql: Path) -> None:
    assert await pending(empty_database_url, sql) == ["0001_things", FUNCTIONS]


async def test_several_processes_may_migrate_at_once(empty_database_url: str, sql: Path) -> None:
    applied = await asyncio.gather(*(migrate(empty_database_url, sql) for _ in range(4)))

    assert sorted(map(len, applied)) == [0, 0, 0, 2]


async def test_only_what_is_new_is_applied(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "migrations/0002_more.sql").write_text("alter table tendril.things add column weight int;")

    assert await migrate(empty_database_url, sql) == ["0002_more"]


async def test_new_tables_are_closed_to_outsiders_too(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "migrations/0002_more.sql").write_text("create table tendril.secrets (word text);")

    await migrate(empty_database_url, sql)

    secured = "select relrowsecurity from pg_class where oid = 'tendril.secrets'::regclass"
    assert await _ask(empty_database_url, secured) is True


async def test_a_changed_function_is_replaced(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "functions/answers/answer.sql").write_text(ANSWER.format(type="int", value=42))

    assert await migrate(empty_database_url, sql) == [FUNCTIONS]
    assert await _ask(empty_database_url, "select tendril.answer()") == 42


async def test_a_function_may_change_its_result(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "functions/answers/answer.sql").write_text(ANSWER.format(type="text", value="'forty-two'"))

    await migrate(empty_database_url, sql)

    assert await _ask(empty_database_url, "select tendril.answer()") == "forty-two"


async def test_a_function_may_change_its_arguments_and_keeps_one_form(
    empty_database_url: str, sql: Path
) -> None:
    await migrate(empty_database_url, sql)
    file = sql / "functions/answers/answer.sql"
    file.write_text(file.read_text().replace("answer(at", "answer(n int, at"))

    await migrate(empty_database_url, sql)

    forms = "select array_agg(oid::regprocedure::text) from pg_proc where proname = 'answer'"
    assert await _ask(empty_database_url, forms) == ["tendril.answer(integer,timestamp with time zone)"]


async def test_a_store_in_use_finds_the_new_form(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    store = PostgresStore(empty_database_url)
    assert await store.call("answer") == 1
    file = sql / "functions/answers/answer.sql"
    file.write_text(file.read_text().replace("answer(at", "answer(n int default 5, at").replace("1", "n"))
    await migrate(empty_database_url, sql)

    assert await store.call("answer", n=3) == 3
    assert await store.call("answer") == 5
    await store.aclose()


async def test_a_function_without_a_file_is_dropped(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "functions/answers/answer.sql").unlink()

    await migrate(empty_database_url, sql)

    assert await _ask(empty_database_url, "select to_regproc('tendril.answer')") is None


async def test_a_failure_names_the_place_and_changes_nothing(empty_database_url: str, sql: Path) -> None:
    (sql / "migrations/0002_more.sql").write_text(
        "-- a comment\nselect 1;\nalter table tendril.thing add a int;"
    )

    with pytest.raises(MigrationError, match=r"0002_more\.sql.*thing"):
        await migrate(empty_database_url, sql)
    assert await _ask(empty_database_url, "select to_regnamespace('tendril')") is None


async def test_a_syntax_error_is_found_by_its_line(empty_database_url: str, sql: Path) -> None:
    file = sql / "functions/answers/answer.sql"
    file.write_text(file.read_text().replace("language sql\n", "langwidge sql\n"))

    with pytest.raises(MigrationError, match=r"answer\.sql:2: .*langwidge"):
        await migrate(empty_database_url, sql)


async def test_an_applied_file_that_was_changed_is_an_error(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "migrations/0001_things.sql").write_text("create table tendril.thinks (name text);\n")

    with pytest.raises(MigrationError, match=r"0001_things\.sql has changed since it was applied"):
        await pending(empty_database_url, sql)


async def test_a_database_of_a_newer_program_is_left_alone(empty_database_url: str, sql: Path) -> None:
    await migrate(empty_database_url, sql)
    (sql / "migrations/0001_things.sql").rename(sql / "migrations/0002_things.sql")

    with pytest.raises(MigrationError, match="newer"):
        await migrate(empty_database_url, sql)


async def test_the_printed_script_does_the_same_and_may_be_run_again(
    empty_database_url: str, migrated_database_url: str
) -> None:
    connection = await connect(empty_database_url)
    for _ in range(2):
        await connection.execute(as_sql())
    await connection.close()

    assert await pending(empty_database_url) == []
    assert _schema(empty_database_url) == _schema(migrated_database_url)


async def test_a_backup_brings_everything_back(
    migrated_database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    added = "insert into tendril.audit_log (actor, action, at) values ('a', 'b', now())"
    await _ask(migrated_database_url, added)
    file = tmp_path / "backup"

    await backup(migrated_database_url, file)
    _restore(file, empty_database_url)

    assert await _ask(empty_database_url, "select count(*) from tendril.audit_log") == 1
    assert await pending(empty_database_url) == []


@pytest.mark.parametrize("is_there_already", [False, True])
async def test_only_its_owner_can_read_a_backup(
    database_url: str, tmp_path: Path, is_there_already: bool
) -> None:
    file = tmp_path / "backup"
    if is_there_already:
        file.touch(0o644)

    await backup(database_url, file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_backup_that_fails_says_why(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"no backup was written: .*No such file"):
        await backup(database_url, tmp_path / "missing" / "backup")


async def test_before_the_first_migration_every_call_says_what_to_do(empty_database_url: str) -> None:
    store = PostgresStore(empty_database_url)

    with pytest.raises(StorageError) as caught:
        await store.call("clock")
    await store.aclose()

    assert "python -m bot migrate" in (caught.value.hint or "")
