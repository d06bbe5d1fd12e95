"""The one clock that everybody shares: the database's `tendril.clock()`, or without one an offset of our own.

Advancing is a time-lapse. It goes from one due time to the next and lets everything settle there, so that
each message is sent on its own day.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from sandbox.state import State

PATIENCE_SECONDS = 10.0
SHORT_PATIENCE_SECONDS = 1.0
POLL_SECONDS = 0.03
FRESH_SECONDS = 0.25
LONGEST_REFRESH = 0.2
RETRY_SECONDS = 1.0
MOST_HOPS = 10_000

_UNITS = {
    "second": timedelta(seconds=1),
    "sec": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_TERM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?(?![a-z])[\s,]*", re.IGNORECASE)


class Unreachable(Exception):
    """The database that holds the clock does not answer."""


class OnlyForward(Exception):
    """A database whose time went backward would send things twice."""


def parse_duration(text: str) -> timedelta:
    """`1 day`, `2 hours 30 minutes`: as PostgreSQL reads intervals. Without months, whose length varies."""
    position, total = 0, timedelta()
    while position < len(text) or position == 0:
        term = _TERM.match(text, position)
        if term is None or term[2].lower() not in _UNITS:
            raise ValueError(f"{text!r} is not a duration such as '1 day' or '90 minutes'")
        total += float(term[1]) * _UNITS[term[2].lower()]
        position = term.end()
    return total


@dataclass(frozen=True, slots=True)
class Moved:
    now: datetime
    offset_seconds: float
    hops: int
    is_drained: bool


def embedded_server(data_dir: Path) -> dict[str, Any] | None:
    """How to reach the project's embedded PostgreSQL over its socket, if it runs; its pid file says where."""
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), 0)
        return {"host": lines[4].strip(), "port": int(lines[3]), "user": "postgres", "database": "tendril"}
    except (OSError, ValueError, IndexError):
        return None


class DatabaseClock:
    """One connection, opened when needed and again when it broke."""

    def __init__(self, url: str | None, data_dir: Path | None) -> None:
        self._url = url
        self._data_dir = data_dir
        self._connection: Any = None
        self._lock = asyncio.Lock()
        self._closed_until = 0.0

    @property
    def is_expected(self) -> bool:
        return self._target() is not None

    def _target(self) -> dict[str, Any] | None:
        if self._url:
            return {"dsn": self._url}
        return embedded_server(self._data_dir) if self._data_dir else None

    async def offset(self) -> float:
        return float((await self._ask("select extract(epoch from tendril.clock() - now())"))[0])

    async def move(self, seconds: float) -> None:
        await self._ask("select tendril.move_clock($1::interval)", timedelta(seconds=seconds))

    async def upcoming(self) -> tuple[int, datetime | None]:
        row = await self._ask("select due_now, next_at from tendril.upcoming_work()")
        return int(row[0] or 0), row[1]

    async def _ask(self, query: str, *arguments: object) -> Any:
        async with self._lock:
            if time.monotonic() < self._closed_until:
                raise Unreachable("the database did not answer a moment ago")
            try:
                connection = await self._connected()
                return await connection.fetchrow(query, *arguments, timeout=10)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
                self._closed_until = time.monotonic() + RETRY_SECONDS
                await self._close()
                raise Unreachable(f"{type(problem).__name__}: {problem}") from problem

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            target = self._target()
            if target is None:
                raise OSError("no database")
            self._connection = await asyncpg.connect(**target, timeout=5, statement_cache_size=0)
        return self._connection

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def aclose(self) -> None:
        async with self._lock:
            await self._close()


class Clock:
    """`now()` is cheap; `refresh()` asks the database only when the offset is a quarter of a second old.

    `is_quiet` says whether our own deliveries (webhooks, updates) are done, `announce` tells of a hop.
    """

    def __init__(self, state: State, database: DatabaseClock) -> None:
        self._state = state
        self._database = database
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._moving = asyncio.Lock()
        self.is_shared = False
        self.is_quiet: Callable[[], bool] = lambda: True
        self.announce: Callable[[], None] = lambda: None
        self.on_move: Callable[[], Awaitable[None]] | None = None

    async def aclose(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._database.aclose()

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._state.offset_seconds)

    def iso(self) -> str:
        return as_iso(self.now())

    def unix(self) -> int:
        return int(time.time() + self._state.offset_seconds)

    @property
    def offset_seconds(self) -> float:
        return round(self._state.offset_seconds, 3)

    def as_json(self) -> dict[str, Any]:
        return {
            "now": self.iso(),
            "offset_seconds": self.offset_seconds,
            "source": "database" if self.is_shared else "sandbox",
        }

    async def refresh(self) -> None:
        """Takes over where the database's clock is, unless it was asked just now.

        A database that hangs holds nobody up for long: the answer is used when it comes.
        """
        if self._reading is None or self._reading.done():
            if time.monotonic() - self._read_at < FRESH_SECONDS:
                return
            self._read_at = time.monotonic()
            self._reading = asyncio.create_task(self._read(), name="sandbox-clock")
        await asyncio.wait((self._reading,), timeout=LONGEST_REFRESH)

    async def next_at(self) -> str | None:
        """When something is due next; None if nothing is, or nobody knows."""
        if not self.is_shared:
            return None
        try:
            _, moment = await self._database.upcoming()
        except Unreachable:
            return None
        return None if moment is None else as_iso(moment)

    async def _read(self) -> None:
        if not self._database.is_expected:
            self.is_shared = False
            return
        try:
            self._set_offset(await self._database.offset())
            self.is_shared = True
        except Unreachable:  # it starts later than we do, and may be away; the last known offset stays
            self.is_shared = False

    def _set_offset(self, offset: float) -> None:
        if abs(offset - self._state.offset_seconds) > 0.01:
            self._state.offset_seconds = offset
            self._state.is_changed = True

    async def advance(self, by: timedelta) -> Moved:
        """Counted from when what is due now is done: what follows on it a day later comes within a day."""
        async with self._moving:
            await self._read_again()
            is_drained = await self._drained(PATIENCE_SECONDS)
            return await self._travel(self.now() + by, is_drained)

    async def set(self, target: datetime) -> Moved:
        async with self._moving:
            await self._read_again()
            if target < self.now():
                raise OnlyForward(f"it is {self.iso()} already, and the clock only moves forward")
            is_drained = await self._drained(PATIENCE_SECONDS)
            return await self._travel(target, is_drained)

    async def _read_again(self) -> None:
        await self._read()
        if self._database.is_expected and not self.is_shared:
            raise Unreachable("the database that holds the clock does not answer")

    async def _travel(self, target: datetime, is_drained: bool) -> Moved:
        hops = 0
        while True:
            stop = await self._next_stop(target)
            await self._jump_to(stop)
            hops += 1
            patience = PATIENCE_SECONDS if is_drained else SHORT_PATIENCE_SECONDS
            is_drained = await self._drained(patience) and is_drained
            if stop >= target or hops >= MOST_HOPS:
                return self._arrived(hops, is_drained)

    async def _next_stop(self, target: datetime) -> datetime:
        if not self.is_shared:
            return target
        with contextlib.suppress(Unreachable):
            _, next_at = await self._database.upcoming()
            if next_at is not None and next_at < target:
                # Work that is "next" but already past would hold us here for ever: creep over it.
                return max(next_at, self.now() + timedelta(seconds=1))
        return target

    async def _jump_to(self, moment: datetime) -> None:
        seconds = max(0.0, (moment - self.now()).total_seconds())
        if self.is_shared:
            await self._database.move(seconds)
            self._set_offset(await self._database.offset())
        else:
            self._set_offset(self._state.offset_seconds + seconds)
        self.announce()
        if self.on_move is not None:
            await self.on_move()

    async def _drained(self, patience: float) -> bool:
        """Whether everything that is due was done within `patience` real seconds.

        Quiet twice in a row: between two steps of the same work nothing is due for a moment.
        """
        deadline, quiet_in_a_row = time.monotonic() + patience, 0
        while time.monotonic() < deadline:
            is_quiet = self.is_quiet() and await self._is_nothing_due()
            quiet_in_a_row = quiet_in_a_row + 1 if is_quiet else 0
            if quiet_in_a_row == 2:
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    async def _is_nothing_due(self) -> bool:
        if not self.is_shared:
            return True
        try:
            return (await self._database.upcoming())[0] == 0
        except Unreachable:
            return False

    def _arrived(self, hops: int, is_drained: bool) -> Moved:
        return Moved(self.now(), self.offset_seconds, hops, is_drained)


def as_iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
