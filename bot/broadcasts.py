"""The duty that plans broadcasts, ends them, and changes what has gone out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.waiting import Bell, pause
from sequences.broadcasting import BroadcastChanges, carry_broadcasts
from storage.store import StorageError, Store

log = structlog.get_logger(__name__)

# The budget of a channel refills continuously: while messages are changed, more may be soon.
STREAM_PAUSE = 0.1
STREAM_LOOKS = 10


class BroadcastDuty:
    """`changes` is None where nothing can be changed: the channel is off. Any number of processes may."""

    def __init__(self, store: Store, wake: Callable[[], None], changes: BroadcastChanges | None) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake
        self._changes = changes

    async def run(self, stop: asyncio.Event) -> None:
        looks = 0
        while not stop.is_set():
            changed = await self._once()
            looks = 0 if changed else looks + 1
            if changed is None or looks > STREAM_LOOKS:
                await self.bell.heard_or_stopped(stop)
            elif not changed:
                await pause(STREAM_PAUSE, stop)

    async def _once(self) -> int | None:
        """How many messages were changed; None when none are to be."""
        try:
            if await carry_broadcasts(self._store):
                self._wake()
            return await self._changes.carry_on() if self._changes is not None else None
        except StorageError as error:
            log.debug("broadcasts_put_off", code=error.code)
            return None
