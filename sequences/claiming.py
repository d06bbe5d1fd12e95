"""Takes what is due for a worker, as much as there is room for, and has it delivered.

While claims come back full, several are under way at a time: the database judges one while the last is
rendered, sent and recorded. What was leased to us and is not being delivered is given back.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog

from sequences.claims import Claimed
from sequences.recording import Recorder
from sequences.slots import Hold, Slots
from sequences.worker import Worker
from storage.store import StorageError, Unavailable

log = structlog.get_logger(__name__)

Deliver = Callable[[list[Claimed], Hold, Counter[str]], Coroutine[Any, Any, None]]

# A claim costs about as much for one message as for several: it waits until this share of the slots is free.
WORTH_A_CLAIM = 8
# So many full claims are under way at a time.
CLAIMS_AT_A_TIME = 3
# Seconds between looks for claims of ours whose answer never came: their messages wait for their leases.
LOST_CLAIMS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim under way."""

    size: int
    is_full: bool
    task: asyncio.Task[None]


@dataclass(slots=True)
class Wave:
    """Claims made one after the other and side by side, until one brings less than it asked for."""

    ends_at: float
    launched: list[Claim] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        return time.perf_counter() < self.ends_at

    def add(self, claim: Claim | None) -> None:
        if claim is not None:
            self.launched.append(claim)
        if claim is None or not claim.is_full:
            self.end()

    def end(self) -> None:
        self.ends_at = -math.inf


class Claiming:
    """`deliver` gets what a claim brought, the slots that it holds, and where to count what became of it."""

    def __init__(self, worker: Worker, slots: Slots, recorder: Recorder, deliver: Deliver) -> None:
        self._worker = worker
        self._slots = slots
        self._recorder = recorder
        self._deliver = deliver
        self._looked_for_lost_claims = time.perf_counter()
        # With the lease token of each claim.
        self._under_way: dict[asyncio.Task[None], str] = {}

    async def launch_wave(self, tally: Counter[str]) -> list[Claim]:
        """One claim; where it comes back full, several at a time. When it returns, no claim is unanswered, so
        that it is known which leases are ours.
        """
        wave = Wave(time.perf_counter() + LOST_CLAIMS_SECONDS)
        wave.add(await self._launch(tally))
        if wave.goes_on:
            ended = await asyncio.gather(
                *(self._launch_during(wave, tally) for _ in range(CLAIMS_AT_A_TIME)), return_exceptions=True
            )
            for error in filter(None, ended):
                raise error
        return wave.launched

    async def finish(self, grace_seconds: float) -> None:
        """Lets what is under way end, and cuts it off when that takes too long."""
        if self._under_way:
            _, unfinished = await asyncio.wait(set(self._under_way), timeout=grace_seconds)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    # Giving back

    async def release_leftovers(self) -> None:
        """Of an earlier life of this worker."""
        try:
            await self._worker.patiently(self._release)
        except Unavailable:
            log.info("stopped_before_store_was_there", channel=self._worker.channel.name)

    async def release(self) -> None:
        try:
            await self._release()
        except StorageError as error:
            log.warning("claims_left_to_their_leases", channel=self._worker.channel.name, code=error.code)

    async def give_back_lost(self) -> None:
        """A claim may have been made though its answer got lost on the way, and then nobody delivers it."""
        if time.perf_counter() - self._looked_for_lost_claims < LOST_CLAIMS_SECONDS:
            return
        held = {*self._under_way.values(), *self._recorder.lease_tokens()}
        try:
            await self._release(held=sorted(held))
        except StorageError as error:
            log.debug("lost_claims_not_given_back", channel=self._worker.channel.name, code=error.code)
        else:
            self._looked_for_lost_claims = time.perf_counter()

    def expect_lost(self) -> None:
        """An answer did not come: the next look for lost claims is due at once."""
        self._looked_for_lost_claims = -math.inf

    async def _release(self, **only: Any) -> None:
        await self._worker.store.call("release_deliveries", worker=self._worker.name, **only)

    # One claim

    async def _launch_during(self, wave: Wave, tally: Counter[str]) -> None:
        try:
            while wave.goes_on:
                self._recorder.check()
                wave.add(await self._launch(tally))
        finally:
            wave.end()

    async def _launch(self, tally: Counter[str]) -> Claim | None:
        """Claims what there is room for and begins to deliver it; None if there is nothing to begin."""
        hold = await self._take_room()
        asked = self._worker.channel.messages_per_request if self._worker.is_batched else hold.held
        asked = min(asked, self._worker.claim_size.most)
        try:
            claimed = await self._claim(asked) if hold.held else []
            if not claimed:
                hold.close()
                return None
        except BaseException:
            hold.close()
            raise
        if not self._worker.is_batched:
            hold.give(hold.held - len(claimed))
        task = asyncio.create_task(self._deliver(claimed, hold, tally), name=f"deliver-{self._worker.name}")
        self._under_way[task] = claimed[0].lease_token
        task.add_done_callback(self._delivered)
        return Claim(len(claimed), len(claimed) >= asked, task)

    async def _take_room(self) -> Hold:
        """Slots for one claim; none when we are stopping."""
        stopping = self._worker.stopping
        worthwhile = 1 if self._worker.is_batched else max(1, self._slots.total // WORTH_A_CLAIM)
        while not self._slots.has_room(worthwhile + self._at_stake) and not stopping.is_set():
            await self._slots.change(worthwhile + self._at_stake)
        if stopping.is_set():
            return Hold(self._slots, 0)
        room = 1 if self._worker.is_batched else self._slots.free - self._at_stake
        return Hold(self._slots, min(room, self._worker.claim_size.most))

    @property
    def _at_stake(self) -> int:
        """What is sent and not recorded takes up room, because it would go twice if we died now; under an
        idempotency key it would not.
        """
        return 0 if self._worker.channel.is_idempotent else self._recorder.waiting

    async def _claim(self, asked: int) -> list[Claimed]:
        self._worker.metrics.claims.inc()
        # The moment of asking: what stops the channel meanwhile holds for what the answer brings.
        claimed_at = time.perf_counter()
        try:
            rows = await self._worker.store.call(
                "claim_due_deliveries",
                worker=self._worker.name,
                channel=self._worker.channel.name,
                batch=asked,
                lease_seconds=self._worker.lease_seconds,
            )
        except Unavailable:
            self._worker.claim_size.was_too_much(asked)
            raise
        self._worker.metrics.claimed.inc(len(rows))
        return [Claimed.from_row(row, claimed_at) for row in rows]

    def _delivered(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("claim_left_to_its_lease", channel=self._worker.channel.name, exc_info=error)
