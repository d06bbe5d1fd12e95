"""What became of a message, and the one task that writes it down.

Outcomes are gathered for a moment and recorded together. They stay in memory while the store is away and
are recorded when it is back. Every outcome carries the fencing token of its claim: if the lease was lost
meanwhile, the database changes nothing.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog

from channels.errors import Busy, DeliveryError, Misconfigured, Moved, Refused, Unknown, Unreachable
from sequences.metrics import ChannelMetrics
from storage.store import StorageError, Store, Unavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one request came to; it holds for each message in it."""

    outcome: str
    reason: str | None = None
    retry_after: float | None = None
    whole_channel: bool = False
    address: str | None = None

    @property
    def stops_the_channel(self) -> bool:
        """Nothing more may be claimed until the database knows of this."""
        return self.whole_channel or self.outcome == "misconfigured"

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"outcome": self.outcome}
        if self.reason is not None:
            answer["reason"] = self.reason
        if self.retry_after is not None:
            answer["retry_after"] = self.retry_after
        if self.whole_channel:
            answer["whole_channel"] = True
        if self.address is not None:
            answer["address"] = self.address
        return answer


NOT_RECORDABLE = Verdict("unknown", "not_recordable")


def verdict_on(error: DeliveryError, *, is_idempotent: bool, is_single: bool) -> Verdict:
    """Translates a provider's answer.

    A batch is answered as a whole: what is wrong with one message is not known to be wrong with the others,
    so each is tried alone. A request with an idempotency key whose end nobody saw goes again under the same
    key.
    """
    match error:
        case Busy():
            return Verdict("busy", error.reason, error.retry_after, error.whole_channel)
        case Misconfigured():
            return Verdict("misconfigured", error.reason)
        case Refused() | Unreachable() | Moved() if not is_single:
            return Verdict("alone", error.reason)
        case Refused():
            return Verdict("refused", error.reason)
        case Unreachable():
            return Verdict("unreachable", error.reason)
        case Moved():
            return Verdict("moved", error.reason, address=error.address)
        case Unknown() if not error.may_repeat:
            return Verdict("unknown", error.reason)
        case _:
            return nobody_knows(error.reason, is_idempotent=is_idempotent)


def nobody_knows(reason: str, *, is_idempotent: bool) -> Verdict:
    """The request may have arrived: where repeating is harmless it is repeated, else a person decides."""
    return Verdict("busy" if is_idempotent else "unknown", reason)


@dataclass(frozen=True, slots=True)
class Outcome:
    delivery_id: int
    lease_token: str
    claimed_at: float
    verdict: Verdict
    provider_message_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        row = self.verdict.as_json()
        row["id"] = self.delivery_id
        row["lease_token"] = self.lease_token
        if self.provider_message_id is not None:
            row["provider_message_id"] = self.provider_message_id
        return row


class Backoff:
    """Growing, jittered pauses, in seconds."""

    def __init__(self, first: float = 0.05, most: float = 2.0) -> None:
        self._next = first
        self._most = most

    def pause(self) -> float:
        pause, self._next = self._next, min(self._next * 2, self._most)
        return pause * random.uniform(0.5, 1.0)


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
