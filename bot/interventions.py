"""The duty that acts on risks: who may leave gets a message, or becomes a task for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.waiting import Bell
from sequences.interventions import Interventions
from storage.store import StorageError, Store

log = structlog.get_logger(__name__)


class InterventionDuty:
    """Any number of processes may; each minute one of them looks."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake
        self._interventions = Interventions(store)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                if await self._interventions.once():
                    self._wake()
            except StorageError as error:
                log.debug("interventions_put_off", code=error.code)
            await self.bell.heard_or_stopped(stop)
