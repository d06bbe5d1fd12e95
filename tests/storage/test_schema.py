"""What holds for every table and every function, so that nobody has to remember it."""

import re
from pathlib import Path

import asyncpg
import pytest

from storage.migrations import SQL

FUNCTION_FILES = sorted((SQL / "functions").rglob("*.sql"))
MIGRATION_FILES = sorted((SQL / "migrations").glob("*.sql"))
SQL_FILES = [*FUNCTION_FILES, *MIGRATION_FILES]


def _named(file: Path) -> str:
    return str(file.relative_to(SQL))


def _without_comments(file: Path) -> str:
    return re.sub(r"--.*", "", file.read_text(encoding="utf-8"))


def _without_texts(file: Path) -> str:
    return re.sub(r"'[^']*'", "''", _without_comments(file))


def test_there_are_tables_and_functions() -> None:
    assert len(MIGRATION_FILES) > 3
    assert len(FUNCTION_FILES) > 20


@pytest.mark.parametrize("file", FUNCTION_FILES, ids=_named)
def test_a_function_file_begins_with_a_sentence(file: Path) -> None:
    """That says what it does and what it changes."""
    comment = re.match(r"(?:--.*\n)+", file.read_text(encoding="utf-8"))
    sentence = comment.group().replace("--", "").strip() if comment else ""

    assert re.match(r"[A-Z].{20,}", sentence)
    assert sentence.endswith(".")


@pytest.mark.parametrize("file", FUNCTION_FILES, ids=_named)
def test_a_function_file_defines_the_one_function_that_it_is_named_after(file: Path) -> None:
    defined = re.findall(r"create\s+(?:or\s+replace\s+)?function\s+([\w.]+)", _without_comments(file), re.I)

    assert defined == [f"tendril.{file.stem}"]


@pytest.mark.parametrize("file", SQL_FILES, ids=_named)
def test_nothing_but_the_clock_asks_for_the_time(file: Path) -> None:
    asks = re.findall(
        r"\b(?:now\(\)|current_(?:timestamp|date|time)\b|local(?:timestamp|time)\b|"
        r"(?:clock|statement|transaction)_timestamp\(\))",
        _without_texts(file),
        re.I,
    )

    assert asks == [] or file.name == "clock.sql"


@pytest.mark.parametrize("file", SQL_FILES, ids=_named)
def test_nothing_leaves_a_state_in_its_session(file: Path) -> None:
    """It would be another client's next, behind a pooler."""
    state = re.findall(
        r"\blisten\s+\w|create\s+temp|pg_(?:try_)?advisory_(?:lock|unlock)|\bset\s+session\b|set_config\([^)]*false\s*\)",
        _without_comments(file),
        re.I,
    )

    assert state == []


async def test_every_table_has_row_level_security_without_a_policy(connection: asyncpg.Connection) -> None:
    open_tables = await connection.fetch(
        "select oid::regclass::text from pg_catalog.pg_class "
        "where relnamespace = 'tendril'::regnamespace and relkind in ('r', 'p') and not relrowsecurity"
    )
    policies = await connection.fetch(
        "select policyname from pg_catalog.pg_policies where schemaname = 'tendril'"
    )

    assert (open_tables, policies) == ([], [])


async def test_every_view_reads_with_the_rights_of_its_reader(connection: asyncpg.Connection) -> None:
    views = await connection.fetch(
        "select oid::regclass::text from pg_catalog.pg_class where relnamespace = 'tendril'::regnamespace "
        "and relkind = 'v' and not coalesce(reloptions @> array['security_invoker=true'], false)"
    )

    assert views == []


async def test_no_function_trusts_a_search_path_or_lends_rights(connection: asyncpg.Connection) -> None:
    """A body that was parsed when it was created (prosqlbody) asks no search path any more."""
    unsafe = await connection.fetch(
        "select oid::regprocedure::text from pg_catalog.pg_proc where pronamespace = 'tendril'::regnamespace "
        "and (prosecdef or prosqlbody is null and not coalesce('search_path=\"\"' = any (proconfig), false))"
    )

    assert unsafe == []


async def test_whatever_begins_a_run_or_plans_a_message_never_reads_a_whole_table(
    connection: asyncpg.Connection,
) -> None:
    """A connection keeps the plans of foreign keys' checks as they were made first, when tables are small."""
    careless = await connection.fetch(
        "select oid::regprocedure::text from pg_catalog.pg_proc where pronamespace = 'tendril'::regnamespace "
        "and prosrc ~ 'insert into tendril.(enrollments|message_deliveries)' "
        "and not coalesce('enable_seqscan=off' = any (proconfig), false)"
    )

    assert careless == []


async def test_no_function_has_two_forms(connection: asyncpg.Connection) -> None:
    """PostgREST could not tell them apart."""
    doubled = await connection.fetch(
        "select proname from pg_catalog.pg_proc where pronamespace = 'tendril'::regnamespace "
        "group by proname having count(*) > 1"
    )

    assert doubled == []


async def test_only_the_language_and_no_other_extension_is_used(connection: asyncpg.Connection) -> None:
    assert [row["extname"] for row in await connection.fetch("select extname from pg_extension")] == [
        "plpgsql"
    ]
