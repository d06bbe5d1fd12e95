"""The duty that tells subscribers outside what happened."""

from __future__ import annotations

import asyncio

import structlog

from bot.waiting import Bell
from storage.store import StorageError, Store
from webhooks.callbacks import CallbackCarrier, open_sender
from webhooks.receivers import Receivers

log = structlog.get_logger(__name__)

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
            while not stop.is_set():
                try:
                    await self._once(carrier, stop)
                except StorageError as error:
                    log.debug("callbacks_put_off", code=error.code)
                await self.bell.heard_or_stopped(stop)

    async def _once(self, carrier: CallbackCarrier, stop: asyncio.Event) -> None:
        await carrier.carry(stop)
        if self._looks % LOOKS_BETWEEN_SETTLING == 0:
            await self._store.call("settle_callbacks")
        self._looks += 1
