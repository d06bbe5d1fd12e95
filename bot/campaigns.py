"""The duties that carry campaigns: their times become runs, and their runs enrollments, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from bot.waiting import Bell, at_each_ring
from sequences.campaigns import carry_campaign, schedule_campaigns, tidy_campaign
from storage.store import Store

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
        await at_each_ring(bell, stop, partial(self._carry, stop), put_off="campaigns_put_off")

    async def _carry(self, stop: asyncio.Event) -> None:
        await schedule_campaigns(self._store)
        while not stop.is_set() and await carry_campaign(self._store):
            self.ring()
            self._wake()


class CampaignTidying:
    """Beside the other, so that what was resumed waits for no page that is being planned."""

    def __init__(self, store: Store, wake: Callable[[], None]) -> None:
        self.bell = Bell()
        self._store = store
        self._wake = wake

    async def run(self, stop: asyncio.Event) -> None:
        await at_each_ring(self.bell, stop, partial(self._tidy, stop), put_off="campaigns_not_tidied")

    async def _tidy(self, stop: asyncio.Event) -> None:
        while not stop.is_set() and await tidy_campaign(self._store):
            self._wake()
