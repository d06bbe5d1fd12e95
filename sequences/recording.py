"""Writes down what became of messages, and heeds it where it stops the channel.

Outcomes are gathered for a moment and recorded together, by one task. They stay in memory while the store is
away and are recorded when it is back. Every outcome carries the fencing token of its claim: if the lease was
lost meanwhile, the database changes nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from sequences.backoff import Backoff
from sequences.claims import Claimed
from sequences.metrics import ChannelMetrics
from sequences.outcomes import SENT, Outcome, Verdict
from storage.store import StorageError, Store, Unavailable

log = structlog.get_logger(__name__)

NOT_RECORDABLE = Verdict("unknown", "not_recordable")
# So many outcomes are not worth waiting for more: until they are recorded they may go twice.
FEW = 5


class Recorder:
    """Records outcomes at once, as long as there are few. In a stream a call begins only `linger` seconds
    after the last one began, or when `most` are waiting, so that many are recorded together.

    The recording task lives only while there is something to record, so a pipeline that is merely asked for
    one pass needs nothing started beforehand.
    """

    def __init__(
        self,
        store: Store,
        metrics: ChannelMetrics,
        *,
        linger: float = 0.02,
        most: int = 1000,
        recorded: Callable[[], None] = lambda: None,
        falls_behind: Callable[[], None] = lambda: None,
        caught_up: Callable[[], None] = lambda: None,
        fell_back: Callable[[str], None] = lambda channel: None,
    ) -> None:
        self.fell_back = fell_back
        self.store_is_away = False
        self._recorded = recorded
        self._falls_behind = falls_behind
        self._caught_up = caught_up
        self._store = store
        self._metrics = metrics
        self._linger = linger
        self._most = most
        self._waiting: list[Outcome] = []
        self._enough = asyncio.Event()
        self._began = -math.inf
        self._is_streaming = False
        self._recording: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Outcomes that only memory knows."""
        return len(self._waiting)

    def lease_tokens(self) -> set[str]:
        """Of what only memory knows."""
        return {outcome.lease_token for outcome in self._waiting}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        self._waiting.extend(outcomes)
        if len(self._waiting) >= self._most:
            self._enough.set()
        if self._waiting and (self._recording is None or self._recording.done()):
            self._recording = asyncio.create_task(self._record_all(), name=f"record-{self._metrics.channel}")

    def check(self) -> None:
        """Raises what ended the recording task, if anything did: who cannot record must not send."""
        if self._recording is not None and self._recording.done() and not self._recording.cancelled():
            self._recording.result()

    def hurry(self) -> None:
        """Records what there is without waiting for more."""
        self._enough.set()

    async def flushed(self) -> None:
        """Returns when all that was added is recorded."""
        while self._recording is not None and not self._recording.done():
            self.hurry()
            await asyncio.shield(self._recording)

    def abandon(self) -> int:
        """Stops trying; the leases of what was not recorded run out. Returns how many those are."""
        if self._recording is not None:
            self._recording.cancel()
        return len(self._waiting)

    async def _record_all(self) -> None:
        while self._waiting:
            await self._gather()
            batch = self._waiting[: self._most]
            self._began = time.perf_counter()
            self._is_streaming = len(batch) > FEW
            await self._record(batch)
            del self._waiting[: len(batch)]
            self._recorded()
        self._caught_up()

    async def _gather(self) -> None:
        pause = self._began + self._linger - time.perf_counter()
        if self._is_streaming and len(self._waiting) < self._most and pause > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._enough.wait()
        self._enough.clear()

    async def _record(self, batch: Sequence[Outcome]) -> None:
        backoff = Backoff()
        while True:
            try:
                rows = await self._store.call("record_outcomes", outcomes=[each.as_json() for each in batch])
            except Unavailable:
                self.store_is_away = True
                self._falls_behind()
                await asyncio.sleep(backoff.pause())
            except StorageError:
                await self._record_halves(batch)
                return
            else:
                self.store_is_away = False
                self._count(batch, rows)
                return

    async def _record_halves(self, batch: Sequence[Outcome]) -> None:
        """One outcome that the database will not take must not keep the others from being recorded."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._record(batch[:middle])
            await self._record(batch[middle:])
        else:
            log.exception("outcome_not_recordable", delivery_id=batch[0].delivery_id)
            await self._leave_to_a_person(batch[0])

    async def _leave_to_a_person(self, outcome: Outcome) -> None:
        """Left to its lease it would be sent again and again."""
        if outcome.verdict != NOT_RECORDABLE:
            await self._record([replace(outcome, verdict=NOT_RECORDABLE, provider_message_id=None)])

    def _count(self, batch: Sequence[Outcome], rows: Sequence[Mapping[str, Any]]) -> None:
        now = time.perf_counter()
        for outcome in batch:
            self._metrics.claim_to_record.observe(now - outcome.claimed_at)
        for name, count in Counter(outcome.verdict.outcome for outcome in batch).items():
            self._metrics.outcomes[name].inc(count)
        applied = sum(1 for row in rows if row["applied"])
        if applied < len(batch):
            self._metrics.stale.inc(len(batch) - applied)
            log.warning(
                "outcomes_after_lost_lease", channel=self._metrics.channel, count=len(batch) - applied
            )
        for channel, count in Counter(row["fell_back_to"] for row in rows if row["fell_back_to"]).items():
            self._metrics.fell_back(channel, count)
            self.fell_back(channel)


class Results:
    """What a worker's requests came to: recorded, and counted in the tally of who had them sent.

    `channel_stopped_by` is the last verdict that held for the whole channel, and nothing claimed before
    `channel_stopped_at` may be sent any more; `stops` is called when there is such a verdict.
    """

    def __init__(self, recorder: Recorder, stops: Callable[[], None]) -> None:
        self._recorder = recorder
        self._stops = stops
        self.channel_stopped_at = -math.inf
        self.channel_stopped_by = SENT

    def sent(self, request: Sequence[Claimed], ids: Sequence[str], tally: Counter[str]) -> None:
        outcomes = [each.came_to(SENT, provider_id) for each, provider_id in zip(request, ids, strict=True)]
        self._recorder.add(outcomes)
        tally[SENT.outcome] += len(outcomes)

    def came_to(self, verdict: Verdict, messages: Sequence[Claimed], tally: Counter[str]) -> None:
        self._recorder.add([each.came_to(verdict) for each in messages])
        tally[verdict.outcome] += len(messages)
        if verdict.stops_the_channel:
            self.channel_stopped_at, self.channel_stopped_by = time.perf_counter(), verdict
            self._stops()
            self._recorder.hurry()
