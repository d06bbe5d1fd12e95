"""The duty that closes and forms leagues, gives achievements, and sums up what the boards count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.waiting import Bell
from engagement.leaderboards import (
    look_after_leaderboards,
    look_through_achievements,
    sum_up_standings,
)
from storage.store import StorageError, Store

log = structlog.get_logger(__name__)


class LeaderboardDuty:
    """Any number of processes may."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await look_after_leaderboards(self._store):
                    self._wake()
                await sum_up_standings(self._store)
                if await look_through_achievements(self._store):
                    continue
            except StorageError as error:
                log.debug("leaderboards_put_off", code=error.code)
            await self.bell.heard_or_stopped(stop)
