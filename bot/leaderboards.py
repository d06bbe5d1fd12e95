"""The duty that closes and forms leagues, gives achievements, and sums up what the boards count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from bot.waiting import Bell, at_each_ring
from engagement.leaderboards import (
    look_after_leaderboards,
    look_through_achievements,
    sum_up_standings,
)
from storage.store import Store


class LeaderboardDuty:
    """Any number of processes may."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        await at_each_ring(self.bell, stop, partial(self._look, stop), put_off="leaderboards_put_off")

    async def _look(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if await look_after_leaderboards(self._store):
                self._wake()
            await sum_up_standings(self._store)
            if not await look_through_achievements(self._store):
                return
