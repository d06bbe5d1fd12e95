"""The duties that tell how likely each user is to drop off, and learn it anew each week."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.lease import Lease
from bot.waiting import Bell, at_each_ring
from engagement.risk.history import ProgramFailed, TooLittleHistory, train
from engagement.risk.scoring import RiskTeller
from storage.store import StorageError, Store

log = structlog.get_logger(__name__)

LOOKS_FOR_ACTIVITY = 15
"""Whoever's time has come is told at once, whoever did something a few looks later."""
LOOKS_AT_EVERYBODY = 3_600
LEASE_SECONDS = 120.0
TRAINING_LEASE_SECONDS = 3_600.0
LEARNS_EVERY = timedelta(days=7)


class RiskDuty:
    """Any number of processes may; one at a time does."""

    def __init__(self, store: Store, worker: str, folder: Path) -> None:
        self.bell = Bell()
        self._store = store
        self._teller = RiskTeller(store, folder)
        self._lease = Lease(store, "risks", worker, LEASE_SECONDS)
        self._looks = 0

    async def run(self, stop: asyncio.Event) -> None:
        await at_each_ring(self.bell, stop, self._look, put_off="risks_put_off")

    async def _look(self) -> None:
        if await self._has_work():
            await self._tell()

    async def _has_work(self) -> bool:
        looks, self._looks = self._looks, self._looks + 1
        if looks % LOOKS_AT_EVERYBODY == 0:
            self._teller.look_at_everybody()
        return looks % LOOKS_FOR_ACTIVITY == 0 or await self._store.call("risks_are_due")

    async def _tell(self) -> None:
        if not await self._lease.take():
            return
        try:
            # All of a large zone may take longer than the lease is for.
            if told := await self._teller.tell_due(self._lease.take):
                log.debug("risks_told", people=told)
        finally:
            with suppress(StorageError):
                await self._lease.release()


class RiskTraining:
    """Learns when the last training is a week old. Any number of processes may; one at a time does."""

    def __init__(self, store: Store, worker: str) -> None:
        self.bell = Bell()
        self._store = store
        self._lease = Lease(store, "risk-training", worker, TRAINING_LEASE_SECONDS)

    async def run(self, stop: asyncio.Event) -> None:
        await self.bell.heard_or_stopped(stop)  # whoever has just started has other things to do
        await at_each_ring(self.bell, stop, self._look, put_off="risk_training_put_off")

    async def _look(self) -> None:
        if await self._is_due() and await self._lease.take():
            await self._train()

    async def _is_due(self) -> bool:
        last = await self._store.call("last_risk_model")
        now = datetime.fromisoformat(await self._store.call("clock"))
        return last is None or now - datetime.fromisoformat(last["trained_at"]) >= LEARNS_EVERY

    async def _train(self) -> None:
        try:
            training = await train(self._store)
            log.info("risk_model_trained", model=training.model, is_taken=training.is_taken)
        except TooLittleHistory as wait:
            log.debug("risk_training_put_off", why=str(wait))
        except ProgramFailed as failed:
            log.error("risk_training_failed", problem=str(failed))
        finally:
            with suppress(StorageError):
                await self._lease.release()
