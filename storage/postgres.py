"""The road to any PostgreSQL: an asyncpg pool, and one prepared statement for each form of a call."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg
import stamina

from storage.reachability import Reachability
from storage.store import (
    CONNECTION_FAILED,
    StorageError,
    Unavailable,
    as_json,
    closed,
    storage_error,
    unknown_operation,
)

_Key = tuple[str, tuple[str, ...]]

# Shorter than a lease: a call that hangs must not outlive what it claimed by much.
CALL_SECONDS = 60.0
CONNECT_SECONDS = 5.0
RETRY_SECONDS = 2.0
# More than there are operations, so that none is ever prepared twice on a connection.
STATEMENTS = 500

# The internal error is what a connection says that the server is closing at this very moment.
_FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)

_SIGNATURES = """
    select
        p.proname as operation,
        case
            when p.proretset then 'rows'
            when p.prorettype = 'void'::regtype then 'nothing'
            else 'value'
        end as shape,
        array(
            select a.name || ' ' || format_type(a.type, null)
            from unnest(p.proargnames, p.proargmodes, coalesce(p.proallargtypes, p.proargtypes::oid[]))
                as a(name, mode, type)
            where coalesce(a.mode, 'i') = 'i'
        ) as arguments
    from pg_catalog.pg_proc p
    where p.pronamespace = to_regnamespace('tendril') and p.prokind = 'f'
"""

_STATEMENTS = {
    "rows": "select coalesce(json_agg(r), '[]') from {source} tendril.{operation}({passed}) r",
    "value": "select to_json(r) from {source} tendril.{operation}({passed}) r",
    "nothing": "select null from {source} tendril.{operation}({passed}) r",
}


class PostgresStore:
    """Connects at the first call, and again after a loss; repeats what failed for RETRY_SECONDS."""

    def __init__(self, dsn: str, *, connections: int = 10) -> None:
        self._dsn = dsn
        self._connections = connections
        self._pool: asyncpg.Pool | None = None
        self._is_closed = False
        self._opening = asyncio.Lock()
        self._signatures: dict[str, _Signature] = {}
        self._statements: dict[_Key, str] = {}
        self._reachability = Reachability()

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        payload = as_json(arguments) if arguments else None
        key = (operation, tuple(arguments))
        try:
            answer = await self._call_once(key, payload)
        except Unavailable:
            answer = await self._call_again(key, payload)
        self._reachability.answered()
        return answer

    async def aclose(self) -> None:
        self._is_closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            await close_pool(pool)

    async def _call_again(self, key: _Key, payload: str | None) -> Any:
        """Apart from the first attempt, because setting up the retries costs as much as a fast call."""
        try:
            async for attempt in stamina.retry_context(
                on=Unavailable, attempts=4, timeout=RETRY_SECONDS, wait_initial=0.05, wait_max=1.0
            ):
                with attempt:
                    return await self._call_once(key, payload)
        except Unavailable as error:
            if not self._is_closed:
                self._reachability.missed(error)
            raise

    async def _call_once(self, key: _Key, payload: str | None) -> Any:
        try:
            pool = self._pool or await self._open()
            try:
                answer = await self._ask(pool, key, payload)
            except asyncpg.UndefinedFunctionError:
                # Another process may have changed the schema; nothing has run, and the catalog knows it anew.
                self._statements.pop(key, None)
                self._signatures.clear()
                answer = await self._ask(pool, key, payload)
        except _FAILURES as error:
            raise _translated(error) from error
        return None if answer is None else json.loads(answer)

    async def _ask(self, pool: asyncpg.Pool, key: _Key, payload: str | None) -> str | None:
        statement = self._statements.get(key) or await self._prepare(pool, key)
        # `fetch`, not `fetchval`: the latter asks for one row and thereby switches parallel plans off.
        rows = await (pool.fetch(statement, payload) if payload else pool.fetch(statement))
        answer: str | None = rows[0][0]
        return answer

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._is_closed:
                raise closed()
            if self._pool is None:
                self._pool = await create_pool(self._dsn, self._connections)
            return self._pool

    async def _prepare(self, pool: asyncpg.Pool, key: _Key) -> str:
        """Asks the catalog again for what it does not know: a migration may have brought it meanwhile."""
        operation, given = key
        signature = self._signatures.get(operation)
        if signature is None or not signature.takes(given):
            self._signatures = await _read_signatures(pool)
            signature = self._signatures.get(operation)
        if signature is None or not signature.takes(given):
            raise unknown_operation(operation)
        statement = self._statements[key] = signature.statement(operation, given)
        return statement


@dataclass(frozen=True, slots=True)
class _Signature:
    shape: str
    types: dict[str, str]

    def takes(self, given: tuple[str, ...]) -> bool:
        return self.types.keys() >= set(given)

    def statement(self, operation: str, given: tuple[str, ...]) -> str:
        columns = ", ".join(f'"{name}" {self.types[name]}' for name in given)
        passed = ", ".join(f'"{name}" => a."{name}"' for name in given)
        source = f"json_to_record($1::json) as a({columns})," if given else ""
        return _STATEMENTS[self.shape].format(source=source, operation=operation, passed=passed)


async def _read_signatures(pool: asyncpg.Pool) -> dict[str, _Signature]:
    rows = await pool.fetch(_SIGNATURES)
    return {
        row["operation"]: _Signature(row["shape"], dict(each.split(" ", 1) for each in row["arguments"]))
        for row in rows
    }


async def create_pool(dsn: str, connections: int) -> asyncpg.Pool:
    """A pool that connects when first used; port 6543 or `?pooler=true` say that a pooler is in between."""
    address, is_pooled = _read_pooler(dsn)
    return await asyncpg.create_pool(
        address,
        min_size=0,
        max_size=connections,
        timeout=CONNECT_SECONDS,
        command_timeout=CALL_SECONDS,
        # Behind a pooler the next statement may meet another backend, which knows nothing of this one's.
        statement_cache_size=0 if is_pooled else STATEMENTS,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=60.0,
        server_settings={} if is_pooled else {"timezone": "UTC", "application_name": "tendril"},
        # A pooler resets its backends itself, and the operations leave no state in a session.
        reset=_leave_as_it_is,
    )


async def _leave_as_it_is(connection: asyncpg.Connection) -> None: ...


async def connect(dsn: str) -> asyncpg.Connection:
    """One connection of its own, for what is not an operation: migrating, making a database."""
    address, _ = _read_pooler(dsn)
    return await asyncpg.connect(address, timeout=CONNECT_SECONDS, statement_cache_size=0)


async def close_pool(pool: asyncpg.Pool) -> None:
    """Lets running calls end for a moment, then hangs up; may be called twice."""
    try:
        await asyncio.wait_for(pool.close(), timeout=5)
    except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        pool.terminate()


def _read_pooler(dsn: str) -> tuple[str, bool]:
    """The address as PostgreSQL understands it, and whether a transaction pooler listens there."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query, keep_blank_values=True)
    said = query.pop("pooler", None)
    if said is None:
        return dsn, parts.netloc.endswith(":6543")
    address = urlunsplit(parts._replace(query=urlencode(query, doseq=True)))
    return address, said[-1].lower() not in {"false", "0", "no", "off"}


def _translated(error: Exception) -> StorageError:
    if isinstance(error, asyncpg.PostgresError):
        return storage_error(error.sqlstate or "XX000", error.message or str(error), error.hint, error.detail)
    reason = str(error) or type(error).__name__
    return Unavailable(CONNECTION_FAILED, f"the database cannot be reached: {reason}")
