"""What has to be looked after now and then, whatever else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.waiting import Bell, at_each_ring
from engagement.behavior import look_after_behavior
from engagement.game import settle_streaks
from engagement.profile import look_after_profiles
from engagement.scores import rescore
from insights.patterns import discover_patterns
from sequences.analytics import fold_all
from sequences.controller import NurtureController
from sequences.experiments.experiments import look_after_experiments
from storage.store import Store

log = structlog.get_logger(__name__)


class Upkeep:
    """Lets time take effect, empties queues of channels that are off, forgets what is over, alerts admins.

    Any number of processes may.
    """

    def __init__(
        self,
        controller: NurtureController,
        store: Store,
        worker: str,
        channels_off: Sequence[str],
        behavior_retention: int,
    ) -> None:
        self.bell = Bell()
        self._controller = controller
        self._store = store
        self._worker = worker
        self._channels_off = channels_off
        self._behavior_retention = behavior_retention

    async def run(self, stop: asyncio.Event) -> None:
        await at_each_ring(self.bell, stop, self.once, put_off="upkeep_put_off")

    async def once(self) -> None:
        await self._controller.follow_up()
        await self._store.call("notice_time")
        await settle_streaks(self._store)
        for channel in self._channels_off:
            await self._reroute(channel)
        await self._store.call("forget_old")
        await fold_all(self._store)
        await rescore(self._store)
        if await self._store.call("raise_alerts"):
            self._controller.wake()
        await look_after_experiments(self._store)
        await look_after_behavior(self._store, self._behavior_retention)
        await look_after_profiles(self._store)
        await discover_patterns(self._store, always=False)

    async def _reroute(self, channel: str) -> None:
        """Nobody delivers there, so we ask the policy gate which other way those messages can take."""
        await self._store.call(
            "claim_due_deliveries", worker=f"{self._worker}/{channel}", channel=channel, batch=100
        )
        self._controller.wake()
