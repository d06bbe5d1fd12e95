"""The duties that carry campaigns: their times become runs, and their runs enrollments, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.waiting import Bell
from sequences.campaigns import carry_campaign, schedule_campaigns, tidy_campaign
from storage.store import StorageError, Store

log = structlog.get_logger(__name__)

# Pages at a time; a campaign has no more of them open at once.
AT_ONCE = 2


class CampaignDuty:
    """Any number of processes may.

    Each of those who plan here listens by itself: who found nothing while another divided a run hears of it.
    """

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake
        self._bells = [Bell() for _ in range(AT_ONCE)]

    def ring(self) -> None:
        for bell in self._bells:
            bell.ring()

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.gather(*(self._plan(bell, stop) for bell in self._bells))

    async def _plan(self, bell: Bell, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._carry(stop)
            await bell.heard_or_stopped(stop)

    async def _carry(self, stop: asyncio.Event) -> None:
        try:
            await schedule_campaigns(self._store)
            while not stop.is_set() and await carry_campaign(self._store):
                self.ring()
                self._wake()
        except StorageError as error:
            log.debug("campaigns_put_off", code=error.code)


class CampaignTidying:
    """Beside the other, so that what was resumed waits for no page that is being planned."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                while not stop.is_set() and await tidy_campaign(self._store):
                    self._wake()
            except StorageError as error:
                log.debug("campaigns_not_tidied", code=error.code)
            await self.bell.heard_or_stopped(stop)
