"""The duty that tells subscribers outside what happened."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.waiting import Bell, at_each_ring
from storage.store import Store
from webhooks.callbacks import CallbackCarrier, open_sender
from webhooks.receivers import Receivers

LOOKS_BETWEEN_SETTLING = 60


class CallbackDuty:
    """Any number of processes may."""

    def __init__(self, store: Store, receivers: Receivers) -> None:
        self.bell = Bell()
        self._store = store
        self._receivers = receivers
        self._looks = 0

    async def run(self, stop: asyncio.Event) -> None:
        async with open_sender(self._receivers) as sender:
            carrier = CallbackCarrier(self._store, sender)
            await at_each_ring(
                self.bell, stop, partial(self._look, carrier, stop), put_off="callbacks_put_off"
            )

    async def _look(self, carrier: CallbackCarrier, stop: asyncio.Event) -> None:
        await carrier.carry(stop)
        if self._looks % LOOKS_BETWEEN_SETTLING == 0:
            await self._store.call("settle_callbacks")
        self._looks += 1
