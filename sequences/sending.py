"""Hands messages to the provider, as many requests at a time as there are lanes, each in its place.

A channel with idempotency keys (email) takes one claim as one request. A channel without (Telegram) takes one
message per request, and stores each only when it can be sent at once: what is not stored has surely not been
sent.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from channels.errors import DeliveryError, Misconfigured, Refused
from sequences.claims import Claimed
from sequences.contents import Contents
from sequences.outcomes import Verdict, nobody_knows, verdict_on
from sequences.places import Places
from sequences.recording import Results
from sequences.slots import Hold, Slots
from sequences.worker import Worker
from storage.store import Unavailable

log = structlog.get_logger(__name__)

# Single messages wait for each other until this share of the lanes is free: they are stored together.
WORTH_STORING = 8


class Sending:
    def __init__(self, worker: Worker, contents: Contents, results: Results, lanes: Slots) -> None:
        self._channel = worker.channel
        self._worker = worker
        self._contents = contents
        self._results = results
        self._lanes = lanes
        self._places = Places(
            worker.store, worker.channel.name, worker.name, until_answered=worker.is_batched
        )

    async def send(self, ready: list[Claimed], hold: Hold, tally: Counter[str]) -> None:
        """Stores and sends rendered messages; those sent one by one give back what `hold` has for them."""
        if not self._worker.is_batched:
            await self._send_singly(ready, hold, tally)
            return
        for request in await self._contents.stored(ready, tally):
            await self.send_batch(request.messages, request.batch_key, tally)

    async def send_batch(
        self, request: Sequence[Claimed], batch_key: str | None, tally: Counter[str]
    ) -> None:
        """A stored request, for the first time or again."""
        for place in await self._take_places(1):
            await self._send(request, batch_key, tally)
            await self._places.leave(place)

    async def _take_places(self, wanted: int, *, unless: Callable[[], bool] = lambda: False) -> Sequence[int]:
        """At least one, as soon as there is; none if they are not wanted, or cannot be had before the end."""
        while wanted and not unless():
            try:
                taken = await self._worker.patiently(partial(self._places.take, wanted))
            except Unavailable:
                log.warning("claim_left_to_its_lease", channel=self._channel.name, requests=wanted)
                break
            if taken.places:
                return taken.places
            await asyncio.sleep(taken.wait)
        return ()

    # One message per request

    async def _send_singly(self, ready: list[Claimed], hold: Hold, tally: Counter[str]) -> None:
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
        worthwhile = min(len(ready), max(1, self._lanes.total // WORTH_STORING))
        while not self._lanes.has_room(worthwhile) and not self._must_not_begin(ready):
            await self._lanes.change(worthwhile)
        return Hold(self._lanes, 0 if self._must_not_begin(ready) else min(len(ready), self._lanes.free))

    def _must_not_begin(self, ready: list[Claimed]) -> bool:
        return self._worker.stopping.is_set() or ready[0].claimed_at < self._results.channel_stopped_at

    def _give_up(self, ready: list[Claimed], tally: Counter[str]) -> None:
        """What stopped the channel holds for those that wait too; what a stop leaves is released then."""
        if not self._worker.stopping.is_set():
            self._results.came_to(self._results.channel_stopped_by, ready, tally)

    async def _stored_singles(self, now: list[Claimed], lanes: Hold, tally: Counter[str]) -> list[Claimed]:
        """Those of the messages that may be sent; the lanes of the others are free again."""
        stored: list[Claimed] = []
        try:
            stored = [
                each for request in await self._contents.stored(now, tally) for each in request.messages
            ]
        finally:
            lanes.give(lanes.held - len(stored))
        return stored

    # One request

    async def _send(self, request: Sequence[Claimed], batch_key: str | None, tally: Counter[str]) -> None:
        self._worker.metrics.sends.inc()
        began = time.perf_counter()
        try:
            ids = await self._channel.send([each.outgoing() for each in request], batch_key)
            self._results.sent(request, ids, tally)
        except asyncio.CancelledError:
            self._results.came_to(self._nobody_knows("stopped"), request, tally)
            raise
        except DeliveryError as error:
            self._results.came_to(self._verdict_on(error, request), request, tally)
        except Exception:
            log.exception("channel_failed", channel=self._channel.name, messages=len(request))
            self._results.came_to(self._nobody_knows("channel_failed"), request, tally)
        self._worker.metrics.send.observe(time.perf_counter() - began)

    def _verdict_on(self, error: DeliveryError, request: Sequence[Claimed]) -> Verdict:
        if isinstance(error, Misconfigured):
            log.error("channel_misconfigured", channel=self._channel.name, reason=error.reason)
        elif isinstance(error, Refused):
            log.warning("refused", channel=self._channel.name, reason=error.reason, messages=len(request))
        return verdict_on(error, is_idempotent=self._channel.is_idempotent, is_single=len(request) == 1)

    def _nobody_knows(self, reason: str) -> Verdict:
        return nobody_knows(reason, is_idempotent=self._channel.is_idempotent)


def _free(lanes: Hold, hold: Hold, _: asyncio.Task[None]) -> None:
    lanes.give(1)
    hold.give(1)
