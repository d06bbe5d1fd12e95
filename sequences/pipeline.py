"""The way of a message out of the house: claim, render, store, send, record.

One pipeline serves one channel in one process; any number of processes may run one for the same channel,
because the database leases each delivery to one of them. The steps overlap: the next claim is made while
the last one is being sent, and outcomes are recorded by a task of their own.

Each step has its room: `claiming`, `contents` (render and store), `sending` and `recording`. Here is the life
of the whole: it starts, delivers what is due until it is told to stop, and finishes what is in flight.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog

from channels.channel import Channel
from sequences.claiming import Claim, Claiming
from sequences.claims import Claimed
from sequences.contents import Contents, Renders
from sequences.metrics import DeliveryMetrics
from sequences.recording import Recorder, Results
from sequences.sending import Sending
from sequences.slots import Hold, Slots
from sequences.worker import Worker
from storage.store import StorageError, Store, Unavailable

log = structlog.get_logger(__name__)

# Batches sent at a time: more gain nothing, and make httpx search a larger pool for each request.
MOST_BATCHES_IN_FLIGHT = 8
# Seconds. A rate budget refills continuously: while there is a stream of messages, a claim that came back
# empty is soon followed by another.
STREAM_PAUSE = 0.05
STREAM_ENDS = 1.0
# Seconds that a stop waits for a store that is away, after what is in flight has had its own grace time.
RECORDING_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass did: deliveries claimed, and how many came to which outcome."""

    claimed: int
    outcomes: Mapping[str, int]

    def __add__(self, other: Drained) -> Drained:
        return Drained(self.claimed + other.claimed, Counter(self.outcomes) + Counter(other.outcomes))


class DeliveryPipeline:
    """`run` until told to stop, or `drain_once`; both may be under way at a time and share what is in flight.

    `in_flight` counts requests. `worker` is a name that stays the same over restarts: what an earlier life
    of it had claimed and not begun to send is released at once instead of waiting for the lease to run out.
    """

    def __init__(
        self,
        store: Store,
        channel: Channel,
        renderer: Renders,
        worker: str,
        *,
        in_flight: int = 32,
        lease_seconds: int = 60,
        tick_seconds: float = 1.0,
        grace_seconds: float = 15.0,
        metrics: DeliveryMetrics | None = None,
    ) -> None:
        self.channel = channel
        counters = (metrics or DeliveryMetrics()).of(channel.name)
        self._worker = Worker(f"{worker}/{channel.name}", channel, store, counters, lease_seconds)
        self._tick_seconds = tick_seconds
        self._grace_seconds = grace_seconds
        # What is claimed may wait for its turn to be sent, so that the next claim overlaps with sending.
        is_batched = self._worker.is_batched
        self._slots = Slots(min(in_flight, MOST_BATCHES_IN_FLIGHT) if is_batched else 2 * in_flight)
        self._lanes = Slots(in_flight)
        # Nothing is claimed while outcomes wait for the store: their leases may have run out, and the claim
        # would bring back what has been sent.
        self._recorder = Recorder(
            store,
            counters,
            recorded=self._slots.look_again,
            falls_behind=self._slots.shut,
            caught_up=self._slots.open,
        )
        results = Results(self._recorder, stops=self._stop_the_channel)
        self._contents = Contents(self._worker, renderer, results)
        self._sending = Sending(self._worker, self._contents, results, self._lanes)
        self._claiming = Claiming(self._worker, self._slots, self._recorder, self._deliver)
        self._claim_failed = False
        self._awake = asyncio.Event()

    @property
    def store_is_away(self) -> bool:
        return self._claim_failed or self._recorder.store_is_away

    @property
    def unrecorded(self) -> int:
        """Outcomes that the store does not know yet."""
        return self._recorder.waiting

    def on_fallback(self, told: Callable[[str], None]) -> None:
        """`told` gets the name of each channel that was given something to do by an outcome of this one."""
        self._recorder.fell_back = told

    def wake(self) -> None:
        """Something may be due: look now instead of at the next tick."""
        self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers what is due until `stop`, then finishes what is in flight and releases the rest."""
        self._worker.stopping.clear()
        watching = asyncio.create_task(self._heed(stop), name=f"stop-{self._worker.name}")
        try:
            await self._claiming.release_leftovers()
            await self._deliver_until_stopped()
        finally:
            watching.cancel()
            await self._wind_up()

    async def drain_once(self) -> Drained:
        """Delivers until nothing more is due; returns when the outcomes are recorded. Raises Unavailable."""
        tally: Counter[str] = Counter()
        claimed = 0
        while brought := await self._launch_all_due(tally):
            claimed += brought
        return Drained(claimed, dict(tally))

    # Stopping

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stop_claiming()

    def _stop_claiming(self) -> None:
        self._worker.stopping.set()
        self._awake.set()
        self._slots.look_again()
        self._lanes.look_again()

    def _stop_the_channel(self) -> None:
        """Until what stops it is recorded: then the database says when to go on."""
        self._slots.shut()
        self._lanes.look_again()

    async def _wind_up(self) -> None:
        self._stop_claiming()
        await self._claiming.finish(self._grace_seconds)
        await self._finish_recording()
        await self._claiming.release()

    async def _finish_recording(self) -> None:
        try:
            async with asyncio.timeout(min(self._grace_seconds, RECORDING_GRACE)):
                await self._recorder.flushed()
        except TimeoutError:
            log.error(
                "outcomes_left_to_their_leases", channel=self.channel.name, count=self._recorder.abandon()
            )

    # The loop

    async def _deliver_until_stopped(self) -> None:
        """Never ends because of what the store or a provider answers."""
        brought_at = -math.inf
        while not self._worker.stopping.is_set():
            self._recorder.check()
            self._awake.clear()
            await self._claiming.give_back_lost()
            if await self._try_to_launch():
                brought_at = time.perf_counter()
            else:
                await self._rest(self._pause(time.perf_counter() - brought_at))

    def _pause(self, quiet_for: float) -> float:
        if self.store_is_away:
            return self._tick_seconds * random.uniform(0.5, 1.5)
        return min(STREAM_PAUSE, self._tick_seconds) if quiet_for < STREAM_ENDS else self._tick_seconds

    async def _try_to_launch(self) -> bool:
        try:
            launched = await self._claiming.launch_wave(Counter())
        except StorageError as error:
            self._note_store(error)
            return False
        self._note_store(None)
        return bool(launched)

    async def _rest(self, seconds: float) -> None:
        """Until woken, told to stop, or so many seconds later."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    def _note_store(self, error: StorageError | None) -> None:
        is_away = isinstance(error, Unavailable)
        if error is not None:
            self._claiming.expect_lost()
        if is_away != self._claim_failed:
            log.debug("store_is_away" if is_away else "store_is_back", channel=self.channel.name)
            self._claim_failed = is_away
        if error is not None and not is_away:
            log.error("claim_failed", channel=self.channel.name, code=error.code, message=error.message)

    async def _launch_all_due(self, tally: Counter[str]) -> int:
        """Claims until a claim comes back empty, and sees what was claimed through to its record."""
        launched: list[Claim] = []
        while wave := await self._claiming.launch_wave(tally):
            launched += wave
        if launched:
            await asyncio.wait([claim.task for claim in launched])
        await self._recorder.flushed()
        return sum(claim.size for claim in launched)

    # One claim

    async def _deliver(self, claimed: list[Claimed], hold: Hold, tally: Counter[str]) -> None:
        """A claim that brings a stored batch is sent again unchanged under its key."""
        try:
            claimed = await self._contents.unpacked(claimed)
            batch_key = claimed[0].batch_key
            if batch_key is not None:
                await self._sending.send_batch(claimed, batch_key, tally)
            else:
                await self._sending.send(await self._contents.rendered(claimed, tally), hold, tally)
        finally:
            hold.close()
