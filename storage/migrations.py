"""Brings a database to the schema that this program needs: tables by number, functions and rights anew.

Each numbered file of sql/migrations is applied once, and remembered in tendril.migrations with its checksum.
The files of sql/functions are applied together whenever one of them has changed; a function that no file defines
any more is dropped. Last come the rights: nothing for anybody but `service_role`. All of it is one transaction,
so a migration that fails changes nothing, and a lock of that transaction lets several processes migrate at once.

The same statements can be printed as a script, for a database that only its owner's SQL editor reaches.
"""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from storage.embedded import program
from storage.postgres import connect

SQL = Path(__file__).parent.parent / "sql"
# An arbitrary number that everybody who migrates this schema asks for.
LOCK = 8_364_521
FUNCTIONS = "functions and rights"

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
        select * from (values ('anon', ''), ('authenticated', ''), ('service_role', 'bypassrls')) as r(name, options)
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


@dataclass(frozen=True)
class _Table:
    """A numbered change of tables: applied once."""

    number: int
    file: Path

    @cached_property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class _Plan:
    tables: list[_Table]
    functions: list[Path]
    functions_checksum: str

    @property
    def steps(self) -> list[str]:
        names = [table.name for table in self.tables]
        return [*names, FUNCTIONS] if self.functions_checksum else names


async def migrate(dsn: str) -> list[str]:
    """What was applied, in order; nothing if the database is up to date."""
    connection = await connect(dsn)
    try:
        if not (await _missing(connection)).steps:
            return []
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
            plan = await _missing(connection)
            for source, statement in _statements(plan):
                await _execute(connection, source, statement)
        return plan.steps
    finally:
        await connection.close()


async def pending(dsn: str) -> list[str]:
    """What `migrate` would apply."""
    connection = await connect(dsn)
    try:
        return (await _missing(connection)).steps
    finally:
        await connection.close()


def as_sql() -> str:
    """Everything as one script, which skips what has been applied: to be run as often as one likes."""
    parts = ["begin;", _PROLOGUE, f"select pg_advisory_xact_lock({LOCK});", _HISTORY, _ROLES]
    parts += [_once(table) for table in _tables()]
    parts += [statement for _, statement in _function_statements(_function_files(), _functions_checksum())]
    return "\n".join([*parts, "commit;", ""])


async def backup(dsn: str, file: Path) -> None:
    """The schema `tendril` with its data; `pg_restore --dbname=ADDRESS FILE` brings it back."""
    parts = urlsplit(dsn)
    account, _, host = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    # Not on the command line, which every account of the machine can read.
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": unquote(password)}
    address = urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
    process = await asyncio.create_subprocess_exec(
        *(_pg_dump(), "--format=custom", "--schema=tendril", f"--file={file}", f"--dbname={address}"),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        raise MigrationError(f"no backup was written: {complaint.decode(errors='replace').strip()}")


def _pg_dump() -> str:
    """The wheel's own first: pg_dump reads older servers, not newer ones."""
    own = program("pg_dump")
    found = str(own) if own.exists() else shutil.which("pg_dump")
    if found is None:
        raise MigrationError("no backup was written: install pg_dump (Debian: apt install postgresql-client)")
    return found


async def _missing(connection: asyncpg.Connection) -> _Plan:
    applied = await _applied(connection)
    tables = _tables()
    _compare(applied, tables)
    checksum = _functions_checksum()
    is_current = applied.get(0, ("", ""))[1] == checksum
    return _Plan(
        [table for table in tables if table.number not in applied],
        _function_files(),
        "" if is_current else checksum,
    )


async def _applied(connection: asyncpg.Connection) -> dict[int, tuple[str, str]]:
    if await connection.fetchval("select to_regclass('tendril.migrations')") is None:
        return {}
    rows = await connection.fetch("select number, name, checksum from tendril.migrations")
    return {row["number"]: (row["name"], row["checksum"]) for row in rows}


def _compare(applied: dict[int, tuple[str, str]], tables: list[_Table]) -> None:
    known = {table.number: table for table in tables}
    for number, (name, checksum) in sorted(applied.items()):
        if number == 0:
            continue
        if number not in known:
            raise MigrationError(
                f"the database has migration {name}, which this program does not know: it is newer"
            )
        if known[number].checksum != checksum:
            raise MigrationError(
                f"{known[number].file.name} has changed since it was applied: "
                f"put it back as it was, and write the change as a new migration"
            )


def _statements(plan: _Plan) -> Iterator[tuple[str, str]]:
    """Each with the file that it comes from."""
    yield "preparing", _PROLOGUE + _HISTORY + _ROLES
    for table in plan.tables:
        yield table.file.name, table.text
        yield table.file.name, _record(table.number, table.name, table.checksum)
    if plan.functions_checksum:
        yield from _function_statements(plan.functions, plan.functions_checksum)


def _function_statements(files: list[Path], checksum: str) -> Iterator[tuple[str, str]]:
    yield FUNCTIONS, _REMEMBER_FUNCTIONS
    for file in files:
        yield file.name, _FUNCTION.format(definition=file.read_text(encoding="utf-8"), name=file.stem)
    yield "functions that no file defines", _DROP_UNTOUCHED
    yield "rights", _RIGHTS
    yield FUNCTIONS, _record(0, FUNCTIONS, checksum)


def _record(number: int, name: str, checksum: str) -> str:
    return (
        f"insert into tendril.migrations (number, name, checksum) values ({number}, '{name}', '{checksum}') "
        "on conflict (number) do update set checksum = excluded.checksum, applied_at = excluded.applied_at;"
    )


def _once(table: _Table) -> str:
    return f"""
do $once$
begin
    if not exists (select from tendril.migrations where number = {table.number}) then
        execute $migration${table.text}$migration$;
        {_record(table.number, table.name, table.checksum)}
    end if;
end $once$;
"""


async def _execute(connection: asyncpg.Connection, source: str, statement: str) -> None:
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        place = f"{source}:{_line(statement, error)}" if error.position else source
        raise MigrationError(
            f"{place}: {error.message}" + (f" ({error.hint})" if error.hint else "")
        ) from error


def _line(statement: str, error: asyncpg.PostgresError) -> int:
    return statement.count("\n", 0, int(error.position)) + 1


def _tables() -> list[_Table]:
    files = sorted((SQL / "migrations").glob("[0-9]*_*.sql"))
    return [_Table(int(file.name.split("_", 1)[0]), file) for file in files]


def _functions_checksum() -> str:
    """Of the rights too: they belong to what is applied together."""
    digest = hashlib.sha256((_FUNCTION + _DROP_UNTOUCHED + _RIGHTS + _ROLES).encode())
    for file in _function_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _function_files() -> list[Path]:
    """In an order in which each file finds the functions that its signature names, such as `clock()`."""
    files = {file.stem: file for file in sorted((SQL / "functions").rglob("*.sql"))}
    named = {name: _named_in_signature(file) & files.keys() - {name} for name, file in files.items()}
    ordered: dict[str, Path] = {}
    while named:
        ready = [name for name, needed in named.items() if needed <= ordered.keys()]
        if not ready:
            raise MigrationError(
                f"the signatures of these functions need each other: {', '.join(sorted(named))}"
            )
        for name in ready:
            del named[name]
            ordered[name] = files[name]
    return list(ordered.values())


def _named_in_signature(file: Path) -> set[str]:
    signature, _, _ = file.read_text(encoding="utf-8").partition("$$")
    return set(re.findall(r"\btendril\.(\w+)\s*\(", signature))
