"""Brings a database to the schema that this program needs: tables by number, functions and rights anew.

Each numbered file of sql/migrations is applied once, and remembered in tendril.migrations with its checksum.
The files of sql/functions are applied together whenever one of them has changed; a function that no file
defines

The same statements can be printed as a script, for a database that only its owner's SQL editor reaches.
"""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from storage.embedded import CannotStart, program
from storage.postgres import connect
from storage.store import CONNECTION_FAILED, Unavailable

SQL = Path(__file__).parent.parent / "sql"
# An arbitrary number that everybody who migrates this schema asks for.
LOCK = 8_364_521
FUNCTIONS = "functions and rights"

# Not `to_regclass`, which may still remember its last answer when another process has just migrated.
_HISTORY_EXISTS = """
select true from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'tendril' and c.relname = 'migrations'
"""

_PROLOGUE = """
set local check_function_bodies = off;
set local lock_timeout = '60s';
set local client_min_messages = warning;
"""

_HISTORY = """
create schema if not exists tendril;
create table if not exists tendril.migrations (
    number int primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
);
"""

# Where the account may not create roles there is nobody to shut out but `public`.
_ROLES = """
do $roles$
declare
    role record;
begin
    for role in
        select * from (
            values ('anon', ''), ('authenticated', ''), ('service_role', 'bypassrls')
        ) as r(name, options)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = role.name) then
            begin
                execute format('create role %I nologin %s', role.name, role.options);
            exception
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then raise notice 'role % cannot be created', role.name;
            end;
        end if;
    end loop;
end $roles$;
"""

# `create or replace` keeps what depends on a function; only another result needs the function dropped before.
_FUNCTION = """
do $apply$
declare
    definition constant text := $definition${definition}$definition$;
    old regprocedure;
begin
    execute definition;
exception when invalid_function_definition then
    for old in
        select oid from pg_catalog.pg_proc
        where pronamespace = 'tendril'::regnamespace and proname = '{name}'
    loop
        execute format('drop function %s', old);
    end loop;
    execute definition;
end $apply$;
"""

_REMEMBER_FUNCTIONS = """
create temporary table functions_before on commit drop as
select oid, xmin::text as version from pg_catalog.pg_proc where pronamespace = 'tendril'::regnamespace;
"""

_DROP_UNTOUCHED = """
do $drop$
declare
    old regprocedure;
begin
    for old in
        select p.oid from pg_catalog.pg_proc p
        join functions_before b on b.oid = p.oid and b.version = p.xmin::text
    loop
        execute format('drop function %s', old);
    end loop;
end $drop$;
"""

_RIGHTS = """
do $rights$
declare
    item record;
    everybody constant text := (
        select string_agg(who, ', ') from (
            select 'public' union all
            select quote_ident(rolname) from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')
        ) as r(who));
begin
    execute format('revoke all on schema tendril from %s', everybody);
    execute format('revoke all on all tables in schema tendril from %s', everybody);
    execute format('revoke all on all sequences in schema tendril from %s', everybody);
    execute format('revoke all on all routines in schema tendril from %s', everybody);
    if exists (select from pg_catalog.pg_roles where rolname = 'service_role') then
        grant usage on schema tendril to service_role;
        grant select, insert, update, delete on all tables in schema tendril to service_role;
        grant usage, select on all sequences in schema tendril to service_role;
        grant execute on all routines in schema tendril to service_role;
    end if;
    for item in
        select c.oid::regclass as name, c.relkind from pg_catalog.pg_class c
        where c.relnamespace = 'tendril'::regnamespace
            and (c.relkind in ('r', 'p') and not c.relrowsecurity
                or c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'], false))
    loop
        if item.relkind = 'v' then
            execute format('alter view %s set (security_invoker = true)', item.name);
        else
            execute format('alter table %s enable row level security', item.name);
        end if;
    end loop;
end $rights$;
notify pgrst, 'reload schema';
"""


class MigrationError(Exception):
    """The schema cannot be brought to what the program needs; the message names the file and says why."""


async def migrate(dsn: str, sql: Path = SQL) -> list[str]:
    """What was applied, in order; nothing if the database is up to date."""
    files = _Files(sql)
    connection = await _connected(dsn)
    try:
        if not (await _plan(connection, files)).steps:
            return []
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
            plan = await _plan(connection, files)
            for source, statement in _statements(plan):
                await _execute(connection, source, statement)
        return plan.steps
    finally:
        await connection.close()


async def pending(dsn: str, sql: Path = SQL) -> list[str]:
    """What `migrate` would apply."""
    connection = await _connected(dsn)
    try:
        return (await _plan(connection, _Files(sql))).steps
    finally:
        await connection.close()


def newest(sql: Path = SQL) -> int:
    """The number of the last change of tables that this program knows; `queue_health` says the database's."""
    return max(change.number for change in _Files(sql).changes)


def as_sql(sql: Path = SQL) -> str:
    """Everything as one script, which skips the tables that are there: to be run as often as one likes."""
    files = _Files(sql)
    parts = ["begin;", f"select pg_advisory_xact_lock({LOCK});", _PROLOGUE, _HISTORY, _ROLES]
    parts += [_once(change) for change in files.changes]
    parts += [statement for _, statement in _function_statements(files)]
    return "\n".join([*parts, "commit;", ""])


async def _connected(dsn: str) -> asyncpg.Connection:
    try:
        return await connect(dsn)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(
            CONNECTION_FAILED, f"the database cannot be reached: {reason}", "Check DATABASE_URL."
        ) from error


async def backup(dsn: str, file: Path) -> None:
    """The schema `tendril` with its data, readable by its owner only: people's addresses are in it.

    `pg_restore --dbname=ADDRESS FILE` brings it back.
    """
    parts = urlsplit(dsn)
    account, _, host = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    # Not on the command line, which every account of the machine can read.
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": unquote(password)}
    address = urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
    if file.is_file():
        file.chmod(0o600)
    process = await asyncio.create_subprocess_exec(
        *(_pg_dump(), "--format=custom", "--schema=tendril", f"--file={file}", f"--dbname={address}"),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
        umask=0o077,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        raise MigrationError(f"no backup was written: {complaint.decode(errors='replace').strip()}")


def _pg_dump() -> str:
    """The wheel's own first: pg_dump reads older servers, not newer ones."""
    with suppress(CannotStart):
        return str(program("pg_dump"))
    found = shutil.which("pg_dump")
    if found is None:
        raise MigrationError("no backup was written: install pg_dump (Debian: apt install postgresql-client)")
    return found


@dataclass(frozen=True)
class _Change:
    """One numbered file: a change of tables, applied once."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class _Files:
    folder: Path

    @cached_property
    def changes(self) -> list[_Change]:
        return [
            _Change(int(file.name.split("_", 1)[0]), file.stem, file.read_text(encoding="utf-8"))
            for file in sorted((self.folder / "migrations").glob("[0-9]*_*.sql"))
        ]

    @cached_property
    def functions(self) -> dict[str, str]:
        """By name, in an order in which each file finds the functions that its signature names."""
        files = sorted((self.folder / "functions").rglob("*.sql"), key=lambda file: file.stem)
        return _in_order({file.stem: file.read_text(encoding="utf-8") for file in files})

    @cached_property
    def functions_checksum(self) -> str:
        """Of the rights too: they are applied together."""
        parts = [_ROLES, _FUNCTION, _DROP_UNTOUCHED, _RIGHTS, *self.functions.values()]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _in_order(texts: dict[str, str]) -> dict[str, str]:
    waiting = {name: _named_in_signature(text) & texts.keys() - {name} for name, text in texts.items()}
    ordered: dict[str, str] = {}
    while waiting:
        ready = [name for name, needed in waiting.items() if needed <= ordered.keys()]
        if not ready:
            raise MigrationError(f"these functions need each other in their signatures: {sorted(waiting)}")
        for name in ready:
            del waiting[name]
            ordered[name] = texts[name]
    return ordered


def _named_in_signature(text: str) -> set[str]:
    """Such as `clock()` as a default; what a body names is looked up when it runs."""
    signature, _, _ = text.partition("$$")
    return set(re.findall(r"\btendril\.(\w+)\s*\(", signature))


@dataclass(frozen=True)
class _Plan:
    """`changes` that are missing, and whether the functions and rights are those of the files."""

    files: _Files
    changes: list[_Change]
    has_functions: bool

    @property
    def steps(self) -> list[str]:
        names = [change.name for change in self.changes]
        return names if self.has_functions else [*names, FUNCTIONS]


async def _plan(connection: asyncpg.Connection, files: _Files) -> _Plan:
    applied = await _applied(connection)
    functions = applied.pop(0, None)
    _compare(applied, {change.number: change for change in files.changes})
    return _Plan(
        files,
        [change for change in files.changes if change.number not in applied],
        functions == (FUNCTIONS, files.functions_checksum),
    )


async def _applied(connection: asyncpg.Connection) -> dict[int, tuple[str, str]]:
    if not await connection.fetchval(_HISTORY_EXISTS):
        return {}
    rows = await connection.fetch("select number, name, checksum from tendril.migrations")
    return {row["number"]: (row["name"], row["checksum"]) for row in rows}


def _compare(applied: dict[int, tuple[str, str]], known: dict[int, _Change]) -> None:
    for number, (name, checksum) in sorted(applied.items()):
        if number not in known:
            raise MigrationError(f"the database has {name}, which this program does not know: it is newer")
        if known[number].checksum != checksum:
            raise MigrationError(
                f"{known[number].name}.sql has changed since it was applied: "
                f"put it back as it was, and write the change as a new migration"
            )


def _statements(plan: _Plan) -> Iterator[tuple[str, str]]:
    """Each with the name of what it comes from."""
    yield "preparing", _PROLOGUE + _HISTORY + _ROLES
    for change in plan.changes:
        yield change.name, change.text
        yield change.name, _record(change.number, change.name, change.checksum)
    # Also for new tables alone: their rights are still those of a new table.
    yield from _function_statements(plan.files)


def _function_statements(files: _Files) -> Iterator[tuple[str, str]]:
    yield FUNCTIONS, _REMEMBER_FUNCTIONS
    for name, text in files.functions.items():
        yield name, _FUNCTION.replace("{name}", name).replace("{definition}", text)
    yield "functions that no file defines", _DROP_UNTOUCHED
    yield "rights", _RIGHTS
    yield FUNCTIONS, _record(0, FUNCTIONS, files.functions_checksum)


def _record(number: int, name: str, checksum: str) -> str:
    return (
        f"insert into tendril.migrations (number, name, checksum) values ({number}, '{name}', '{checksum}') "
        "on conflict (number) do update set checksum = excluded.checksum, applied_at = excluded.applied_at;"
    )


def _once(change: _Change) -> str:
    return f"""
do $once$
begin
    if not exists (select from tendril.migrations where number = {change.number}) then
        execute $migration${change.text}$migration$;
        {_record(change.number, change.name, change.checksum)}
    end if;
end $once$;
"""


async def _execute(connection: asyncpg.Connection, source: str, statement: str) -> None:
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        hint = f" ({error.hint})" if error.hint else ""
        raise MigrationError(f"{source}.sql{_line(statement, error)}: {error.message}{hint}") from error


def _line(statement: str, error: asyncpg.PostgresError) -> str:
    """Where in the file, if the server says so; a function's position counts from its own first character."""
    position = error.internal_position or error.position
    if not position:
        return ""
    text = error.internal_query or statement
    return f":{text.count(chr(10), 0, int(position)) + 1}"
