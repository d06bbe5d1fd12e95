"""The duty that acts on risks: who may leave gets a message, or becomes a task for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.waiting import Bell, at_each_ring
from sequences.interventions import Interventions
from storage.store import Store


class InterventionDuty:
    """Any number of processes may; each minute one of them looks."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake
        self._interventions = Interventions(store)

    async def run(self, stop: asyncio.Event) -> None:
        await at_each_ring(self.bell, stop, self._look, put_off="interventions_put_off")

    async def _look(self) -> None:
        if await self._interventions.once():
            self._wake()
