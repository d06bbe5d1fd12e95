"""Every message that a stand-in accepted, in order: the oracle for "nothing lost, nothing twice".

A batch of a hundred emails is a hundred entries with the same `request` number. A request answered from
memory (the same idempotency key again) is not a new acceptance and is not entered.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sandbox.state import State

Entry = dict[str, Any]


def body_hash(body: Any) -> str:
    """SHA-256 of the body, independent of the order of its keys and the spacing of its JSON."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


class Ledger:
    """With a file, `enter` returns when the entries are on the disk; what comes together shares one sync."""

    def __init__(self, state: State, file: int | None = None) -> None:
        self._state = state
        self._file = file
        self._waiting: list[bytes] = []
        self._next_sync: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None

    @property
    def entries(self) -> list[Entry]:
        return self._state.ledger

    def next_request(self) -> int:
        self._state.requests += 1
        return self._state.requests

    async def enter(self, entries: list[Entry]) -> None:
        self._state.ledger.extend(entries)
        self._state.is_changed = True
        if self._file is not None:
            self._waiting.extend(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries)
            await asyncio.shield(self._sync())

    def _sync(self) -> asyncio.Future[None]:
        if self._next_sync is None:
            self._next_sync = asyncio.get_running_loop().create_future()
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write(), name="sandbox-ledger")
        return self._next_sync

    async def _write(self) -> None:
        while self._next_sync is not None:
            lines, self._waiting = self._waiting, []
            sync, self._next_sync = self._next_sync, None
            await asyncio.to_thread(self._append, b"".join(lines))
            sync.set_result(None)

    def _append(self, lines: bytes) -> None:
        assert self._file is not None
        os.write(self._file, lines)
        os.fsync(self._file)


@contextlib.asynccontextmanager
async def open_ledger(state: State, file: Path | None) -> AsyncIterator[Ledger]:
    if file is None:
        yield Ledger(state)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield Ledger(state, descriptor)
    finally:
        os.close(descriptor)
