"""The way of a message out of the house: claim, render, store, send, record.

One pipeline serves one channel in one process; any number of processes may run one for the same channel,
because the database leases each delivery to one of them. The steps overlap: the next claim is made while
the last one is being sent, and outcomes are recorded by a task of their own.

What is sent has been stored before, so that a retry sends the same bytes. A channel with idempotency keys
(email) takes one claim as one request, and a claim that brings a stored batch is sent again unchanged under
its key. A channel without (Telegram) takes one message per request, and stores each only when it can be sent
at once.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from channels.channel import Channel
from channels.errors import DeliveryError, Misconfigured, Refused
from sequences.claims import Claimed, PublishedSteps
from sequences.definition import Step
from sequences.metrics import DeliveryMetrics
from sequences.outcomes import Backoff, Recorder, Verdict, nobody_knows, verdict_on
from sequences.pages import Page, Pages
from sequences.places import Places
from sequences.rendering import Unrenderable
from sequences.slots import Hold, Slots
from storage.store import StorageError, Store, Unavailable

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

SENT = Verdict("sent")

# Batches sent at a time: more gain nothing, and make httpx search a larger pool for each request.
MOST_BATCHES_IN_FLIGHT = 8
# A claim costs about as much for one message as for several: it waits until this share of the slots is free.
WORTH_A_CLAIM = 8
# While claims come back full, so many are under way at a time, none larger than this: the database judges one
# while the last is rendered, sent and recorded.
CLAIMS_AT_A_TIME = 3
LARGEST_CLAIM = 500
# Seconds. A rate budget refills continuously: while there is a stream of messages, a claim that came back
# empty is soon followed by another.
STREAM_PAUSE = 0.05
STREAM_ENDS = 1.0
# Seconds between looks for claims of ours whose answer never came: their messages wait for their leases.
LOST_CLAIMS_SECONDS = 5.0
# Seconds of rendering without letting the conversation and the web have their turn.
LONGEST_TURN = 0.01
# Seconds that a stop waits for a store that is away, after what is in flight has had its own grace time.
RECORDING_GRACE = 5.0


class Renders(Protocol):
    """Makes what will be stored and sent out of a step and a claimed row; raises Unrenderable."""

    def render(self, definition_step: Step, channel: str, row: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def page(self, definition_step: Step, channel: str, row: Mapping[str, Any]) -> Page:
        """What all messages of that step share, if that is worth anything."""
        ...


@dataclass(frozen=True, slots=True)
class Drained:
    """What one pass did: deliveries claimed, and how many came to which outcome."""

    claimed: int
    outcomes: Mapping[str, int]

    def __add__(self, other: Drained) -> Drained:
        return Drained(self.claimed + other.claimed, Counter(self.outcomes) + Counter(other.outcomes))


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


@dataclass(frozen=True, slots=True)
class Request:
    """What goes to the provider at once, under a key if the channel has such."""

    messages: list[Claimed]
    batch_key: str | None


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
        self.worker = f"{worker}/{channel.name}"
        self._store = store
        self._renderer = renderer
        self._lease_seconds = lease_seconds
        self._tick_seconds = tick_seconds
        self._grace_seconds = grace_seconds
        self._is_batched = channel.is_idempotent or channel.messages_per_request > 1
        # What is claimed may wait for its turn to be sent, so that the next claim overlaps with sending.
        self._slots = Slots(min(in_flight, MOST_BATCHES_IN_FLIGHT) if self._is_batched else 2 * in_flight)
        self._lanes = Slots(in_flight)
        self._halted = (-math.inf, SENT)
        self._metrics = (metrics or DeliveryMetrics()).of(channel.name)
        self._steps = PublishedSteps(store)
        self._pages = Pages(store)
        self._places = Places(store, channel.name, self.worker, until_answered=self._is_batched)
        # Nothing is claimed while outcomes wait for the store: their leases may have run out, and the claim
        # would bring back what has been sent.
        self._recorder = Recorder(
            store,
            self._metrics,
            recorded=self._slots.look_again,
            falls_behind=self._slots.shut,
            caught_up=self._slots.open,
        )
        self._claim_failed = False
        self._looked_for_lost_claims = time.perf_counter()
        # With the lease token of each claim.
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._awake = asyncio.Event()
        self._stopping = asyncio.Event()

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
        self._stopping.clear()
        watching = asyncio.create_task(self._heed(stop), name=f"stop-{self.worker}")
        try:
            await self._release_leftovers()
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

    # Starting and stopping

    async def _heed(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stop_claiming()

    def _stop_claiming(self) -> None:
        self._stopping.set()
        self._awake.set()
        self._slots.look_again()
        self._lanes.look_again()

    async def _release_leftovers(self) -> None:
        try:
            await self._patiently(lambda: self._store.call("release_deliveries", worker=self.worker))
        except Unavailable:
            log.info("stopped_before_store_was_there", channel=self.channel.name)

    async def _wind_up(self) -> None:
        self._stop_claiming()
        await self._finish_in_flight()
        await self._finish_recording()
        try:
            await self._store.call("release_deliveries", worker=self.worker)
        except StorageError as error:
            log.warning("claims_left_to_their_leases", channel=self.channel.name, code=error.code)

    async def _finish_in_flight(self) -> None:
        if self._under_way:
            _, unfinished = await asyncio.wait(set(self._under_way), timeout=self._grace_seconds)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

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
        while not self._stopping.is_set():
            self._recorder.check()
            self._awake.clear()
            await self._give_back_lost_claims()
            if await self._try_to_launch():
                brought_at = time.perf_counter()
            else:
                await self._rest(self._pause(time.perf_counter() - brought_at))

    async def _give_back_lost_claims(self) -> None:
        """A claim may have been made though its answer got lost on the way, and then nobody delivers it."""
        if time.perf_counter() - self._looked_for_lost_claims < LOST_CLAIMS_SECONDS:
            return
        held = {*self._under_way.values(), *self._recorder.lease_tokens()}
        try:
            await self._store.call("release_deliveries", worker=self.worker, held=sorted(held))
        except StorageError as error:
            log.debug("lost_claims_not_given_back", channel=self.channel.name, code=error.code)
        else:
            self._looked_for_lost_claims = time.perf_counter()

    def _pause(self, quiet_for: float) -> float:
        if self.store_is_away:
            return self._tick_seconds * random.uniform(0.5, 1.5)
        return min(STREAM_PAUSE, self._tick_seconds) if quiet_for < STREAM_ENDS else self._tick_seconds

    async def _try_to_launch(self) -> bool:
        try:
            launched = await self._launch_wave(Counter())
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
            self._looked_for_lost_claims = -math.inf
        if is_away != self._claim_failed:
            log.debug("store_is_away" if is_away else "store_is_back", channel=self.channel.name)
            self._claim_failed = is_away
        if error is not None and not is_away:
            log.error("claim_failed", channel=self.channel.name, code=error.code, message=error.message)

    async def _launch_all_due(self, tally: Counter[str]) -> int:
        """Claims until a claim comes back empty, and sees what was claimed through to its record."""
        launched: list[Claim] = []
        while wave := await self._launch_wave(tally):
            launched += wave
        if launched:
            await asyncio.wait([claim.task for claim in launched])
        await self._recorder.flushed()
        return sum(claim.size for claim in launched)

    async def _launch_wave(self, tally: Counter[str]) -> list[Claim]:
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
        asked = self.channel.messages_per_request if self._is_batched else hold.held
        try:
            claimed = await self._claim(asked) if hold.held else []
            if not claimed:
                hold.close()
                return None
        except BaseException:
            hold.close()
            raise
        if not self._is_batched:
            hold.give(hold.held - len(claimed))
        task = asyncio.create_task(self._deliver(claimed, hold, tally), name=f"deliver-{self.worker}")
        self._under_way[task] = claimed[0].lease_token
        task.add_done_callback(self._delivered)
        return Claim(len(claimed), len(claimed) >= asked, task)

    async def _take_room(self) -> Hold:
        """Slots for one claim; none when we are stopping."""
        worthwhile = 1 if self._is_batched else max(1, self._slots.total // WORTH_A_CLAIM)
        while not self._slots.has_room(worthwhile + self._at_stake) and not self._stopping.is_set():
            await self._slots.change(worthwhile + self._at_stake)
        if self._stopping.is_set():
            return Hold(self._slots, 0)
        room = 1 if self._is_batched else self._slots.free - self._at_stake
        return Hold(self._slots, min(room, LARGEST_CLAIM))

    @property
    def _at_stake(self) -> int:
        """What is sent and not recorded takes up room, because it would go twice if we died now; under an
        idempotency key it would not.
        """
        return 0 if self.channel.is_idempotent else self._recorder.waiting

    async def _claim(self, asked: int) -> list[Claimed]:
        self._metrics.claims.inc()
        # The moment of asking: what stops the channel meanwhile holds for what the answer brings.
        claimed_at = time.perf_counter()
        rows = await self._store.call(
            "claim_due_deliveries",
            worker=self.worker,
            channel=self.channel.name,
            batch=asked,
            lease_seconds=self._lease_seconds,
        )
        self._metrics.claimed.inc(len(rows))
        return [Claimed.from_row(row, claimed_at) for row in rows]

    # One claim

    async def _deliver(self, claimed: list[Claimed], hold: Hold, tally: Counter[str]) -> None:
        try:
            claimed = await self._patiently(partial(self._unpacked, claimed))
            batch_key = claimed[0].batch_key
            if batch_key is not None:
                await self._send_batch(claimed, batch_key, tally)
            else:
                ready = await self._rendered(claimed, tally)
                await (self._send_together if self._is_batched else self._send_singly)(ready, hold, tally)
        finally:
            hold.close()

    def _delivered(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("claim_left_to_its_lease", channel=self.channel.name, exc_info=error)

    async def _unpacked(self, claimed: list[Claimed]) -> list[Claimed]:
        return [
            each if each.content is None else each.saying(*await self._pages.unpacked(each.content))
            for each in claimed
        ]

    async def _rendered(self, claimed: list[Claimed], tally: Counter[str]) -> list[Claimed]:
        """The claim with its contents, without what cannot be rendered."""
        await self._patiently(lambda: self._steps.learn(each.version_id for each in claimed))
        began = turn = time.perf_counter()
        ready: list[Claimed] = []
        for each in claimed:
            try:
                ready.append(each if each.content is not None else self._render(each))
            except Unrenderable as error:
                self._record([each], Verdict("unrenderable", error.reason), tally)
            if time.perf_counter() - turn > LONGEST_TURN:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        self._metrics.render.observe((time.perf_counter() - began) / len(claimed))
        return ready

    def _render(self, claimed: Claimed) -> Claimed:
        try:
            step = self._steps.step(claimed.version_id, claimed.position)
            content = self._renderer.render(step, self.channel.name, claimed.row)
            return claimed.saying(content, self._renderer.page(step, self.channel.name, claimed.row))
        except Unrenderable:
            raise
        except Exception as error:
            log.exception("rendering_failed", channel=self.channel.name, delivery_id=claimed.id)
            raise Unrenderable("rendering_failed") from error

    async def _send_together(self, ready: list[Claimed], hold: Hold, tally: Counter[str]) -> None:
        for request in await self._stored(ready, tally):
            await self._send_batch(request.messages, request.batch_key, tally)

    async def _send_batch(
        self, request: Sequence[Claimed], batch_key: str | None, tally: Counter[str]
    ) -> None:
        for place in await self._take_places(1):
            await self._send(request, batch_key, tally)
            await self._places.leave(place)

    async def _send_singly(self, ready: list[Claimed], hold: Hold, tally: Counter[str]) -> None:
        """Each is stored when it can be sent at once: what is not stored has surely not been sent."""
        async with asyncio.TaskGroup() as sends:
            while ready:
                lanes = await self._take_lanes(ready)
                places = await self._take_places(lanes.held, unless=partial(self._must_not_begin, ready))
                lanes.give(lanes.held - len(places))
                now, ready = ready[: len(places)], ready[len(places) :]
                if not now:
                    self._give_up(ready, tally)
                    return
                for each in await self._stored_singles(now, lanes, tally):
                    sending = sends.create_task(self._send([each], None, tally))
                    sending.add_done_callback(partial(_free, lanes, hold))

    async def _take_lanes(self, ready: list[Claimed]) -> Hold:
        """Lanes to send some of these at once; none if they must not be sent any more."""
        worthwhile = min(len(ready), max(1, self._lanes.total // WORTH_A_CLAIM))
        while not self._lanes.has_room(worthwhile) and not self._must_not_begin(ready):
            await self._lanes.change(worthwhile)
        return Hold(self._lanes, 0 if self._must_not_begin(ready) else min(len(ready), self._lanes.free))

    def _must_not_begin(self, ready: list[Claimed]) -> bool:
        return self._stopping.is_set() or ready[0].claimed_at < self._halted[0]

    def _give_up(self, ready: list[Claimed], tally: Counter[str]) -> None:
        """What stopped the channel holds for those that wait too; what a stop leaves is released then."""
        if not self._stopping.is_set():
            self._record(ready, self._halted[1], tally)

    async def _stored_singles(self, now: list[Claimed], lanes: Hold, tally: Counter[str]) -> list[Claimed]:
        """Those of the messages that may be sent; the lanes of the others are free again."""
        stored: list[Claimed] = []
        try:
            stored = [each for request in await self._stored(now, tally) for each in request.messages]
        finally:
            lanes.give(lanes.held - len(stored))
        return stored

    async def _stored(self, ready: list[Claimed], tally: Counter[str]) -> list[Request]:
        """What may be sent, as requests; usually all of it in one."""
        if not ready:
            return []
        request = Request(ready, uuid.uuid4().hex if self.channel.is_idempotent else None)
        try:
            is_ours = await self._patiently(partial(self._is_stored, request))
        except Unavailable:
            log.warning("claim_left_to_its_lease", channel=self.channel.name, messages=len(ready))
            return []
        except Exception:
            return await self._stored_in_halves(ready, tally)
        if not is_ours:
            # Fenced like every outcome: it only brings back those that nobody else has taken meanwhile.
            self._record(ready, Verdict("busy", "lease_lost"), tally)
        return [request] if is_ours else []

    async def _stored_in_halves(self, ready: list[Claimed], tally: Counter[str]) -> list[Request]:
        """One content that the database will not take must not keep the others from leaving."""
        if len(ready) > 1:
            middle = len(ready) // 2
            return await self._stored(ready[:middle], tally) + await self._stored(ready[middle:], tally)
        log.exception("content_not_storable", channel=self.channel.name, delivery_id=ready[0].id)
        self._record(ready, Verdict("unrenderable", "not_storable"), tally)
        return []

    async def _is_stored(self, request: Request) -> bool:
        """Stores the contents; False if another worker has taken some of the messages over."""
        ready = request.messages
        contents = [await self._pages.packed(each.content or {}, each.page) for each in ready]
        stored = await self._store.call(
            "store_rendered",
            lease_token=ready[0].lease_token,
            batch_key=request.batch_key,
            lease_seconds=self._lease_seconds,
            rendered=[
                {"id": each.id, "content": content} for each, content in zip(ready, contents, strict=True)
            ],
        )
        return bool(stored == len(ready))

    async def _take_places(self, wanted: int, *, unless: Callable[[], bool] = lambda: False) -> Sequence[int]:
        """At least one, as soon as there is; none if they are not wanted, or cannot be had before the end."""
        while wanted and not unless():
            try:
                taken = await self._patiently(partial(self._places.take, wanted))
            except Unavailable:
                log.warning("claim_left_to_its_lease", channel=self.channel.name, requests=wanted)
                break
            if taken.places:
                return taken.places
            await asyncio.sleep(taken.wait)
        return ()

    async def _send(self, request: Sequence[Claimed], batch_key: str | None, tally: Counter[str]) -> None:
        self._metrics.sends.inc()
        began = time.perf_counter()
        try:
            ids = await self.channel.send([each.outgoing() for each in request], batch_key)
            self._record_sent(request, ids, tally)
        except asyncio.CancelledError:
            self._record(request, self._nobody_knows("stopped"), tally)
            raise
        except DeliveryError as error:
            self._record(request, self._verdict_on(error, request), tally)
        except Exception:
            log.exception("channel_failed", channel=self.channel.name, messages=len(request))
            self._record(request, self._nobody_knows("channel_failed"), tally)
        self._metrics.send.observe(time.perf_counter() - began)

    def _verdict_on(self, error: DeliveryError, request: Sequence[Claimed]) -> Verdict:
        if isinstance(error, Misconfigured):
            log.error("channel_misconfigured", channel=self.channel.name, reason=error.reason)
        elif isinstance(error, Refused):
            log.warning("refused", channel=self.channel.name, reason=error.reason, messages=len(request))
        return verdict_on(error, is_idempotent=self.channel.is_idempotent, is_single=len(request) == 1)

    def _nobody_knows(self, reason: str) -> Verdict:
        return nobody_knows(reason, is_idempotent=self.channel.is_idempotent)

    def _record_sent(self, request: Sequence[Claimed], ids: Sequence[str], tally: Counter[str]) -> None:
        outcomes = [each.came_to(SENT, provider_id) for each, provider_id in zip(request, ids, strict=True)]
        self._recorder.add(outcomes)
        tally[SENT.outcome] += len(outcomes)

    def _record(self, messages: Sequence[Claimed], verdict: Verdict, tally: Counter[str]) -> None:
        self._recorder.add([each.came_to(verdict) for each in messages])
        tally[verdict.outcome] += len(messages)
        if verdict.stops_the_channel:
            self._halted = (time.perf_counter(), verdict)
            self._slots.shut()
            self._lanes.look_again()
            self._recorder.hurry()

    async def _patiently(self, act: Callable[[], Awaitable[Result]]) -> Result:
        """Repeats it while the store is away; raises Unavailable only when the pipeline stops meanwhile."""
        backoff = Backoff()
        while True:
            try:
                return await act()
            except Unavailable:
                if self._stopping.is_set():
                    raise
                with suppress(TimeoutError):
                    async with asyncio.timeout(backoff.pause()):
                        await self._stopping.wait()


def _free(lanes: Hold, hold: Hold, _: asyncio.Task[None]) -> None:
    lanes.give(1)
    hold.give(1)
