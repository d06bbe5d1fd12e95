"""Group commit: what queued while commits were under way is the next statement.

Two kinds of events wait here. A provider's callback is answered after its commit, and with an error if the
commit fails, because the provider sends it again. A person's open or click has nobody to send it again: while
the database is away it keeps its place in the queue and the person is let through.

Known imperfection: events of people still queued when the process ends with the database away are lost. Their
number is logged and counted, though nobody may come to scrape the count any more; a spool on disk would cost
more than a click is worth.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from storage.store import Invalid, StorageError, Store, Unavailable
from webhooks.metrics import WebhookMetrics

log = structlog.get_logger(__name__)

EVENTS_PER_COMMIT = 1_000
COMMITS_AT_ONCE = 2  # the next is prepared and computed while the last waits for the disk
COMMIT_SECONDS = 10.0  # Svix gives us 15 seconds for an answer
PATIENCE_SECONDS = 1.0  # how long a person waits for a commit before being let through
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an event: applied, duplicate, unmatched, stored, or postponed (still queued)."""

    verdict: str
    delivery_id: int | None = None
    user_id: str | None = None
    fell_back_to: str | None = None


POSTPONED = Recorded("postponed")


@dataclass(slots=True, eq=False)  # frozen would cost three times as much, once per request
class Waiting:
    event: Mapping[str, Any]
    answer: asyncio.Future[Recorded]
    may_wait: bool

    @property
    def event_id(self) -> str:
        return str(self.event["event_id"])

    def resolve(self, recorded: Recorded) -> None:
        if not self.answer.done():
            self.answer.set_result(recorded)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class EventWriter:
    def __init__(self, store: Store, metrics: WebhookMetrics, *, capacity: int) -> None:
        self._store = store
        self._metrics = metrics
        self._capacity = capacity
        self._queue: deque[Waiting] = deque()
        self._in_hand: dict[int, Sequence[Waiting]] = {}  # by the writer that holds them
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_away = False
        self._is_closing = False
        metrics.waiting.set_function(lambda: len(self._queue))

    @property
    def waiting(self) -> int:
        return len(self._queue)

    async def record(self, event: Mapping[str, Any]) -> Recorded:
        """Returns after the commit; raises what the store raised, or Unavailable if the queue is full."""
        return await self._enqueue(event, may_wait=False).answer

    async def record_or_postpone(self, event: Mapping[str, Any]) -> Recorded:
        """Never fails: an event that cannot be written now stays queued, or is counted as lost."""
        try:
            waiting = self._enqueue(event, may_wait=True)
        except StorageError as error:
            self._lose(error)
            return POSTPONED
        if self._is_away:
            return POSTPONED
        # A timer costs less than `asyncio.timeout`, which would cancel the answer too.
        impatience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, waiting.resolve, POSTPONED)
        try:
            return await waiting.answer
        finally:
            impatience.cancel()

    def _enqueue(self, event: Mapping[str, Any], *, may_wait: bool) -> Waiting:
        if len(self._queue) >= self._capacity or self._is_closing:
            raise Unavailable("queue_full", "Too many events are waiting for the database.")
        waiting = Waiting(event, asyncio.get_running_loop().create_future(), may_wait)
        self._queue.append(waiting)
        self._idle.clear()
        self._arrived.set()
        return waiting

    async def run(self) -> None:
        """Writes until canceled."""
        async with asyncio.TaskGroup() as writers:
            for number in range(COMMITS_AT_ONCE):
                writers.create_task(self._write_on(number))

    async def _write_on(self, number: int) -> None:
        """A batch that fails never ends the loop."""
        pause = FIRST_PAUSE
        while True:
            await self._arrived.wait()
            batch = self._in_hand[number] = self._take()
            try:
                await self._write(batch)
                pause, self._is_away = FIRST_PAUSE, False
                self._put_down(number)
            except Unavailable as away:
                self._keep(batch, away)
                self._put_down(number)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _put_down(self, number: int) -> None:
        self._in_hand.pop(number, None)
        if not self._queue and not self._in_hand:
            self._idle.set()

    async def finish(self, seconds: float) -> None:
        """Takes nothing new and writes what is queued, for at most `seconds`."""
        self._is_closing = True
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            self._abandon([*itertools.chain(*self._in_hand.values()), *self._queue])

    def _abandon(self, left: Sequence[Waiting]) -> None:
        """Providers send theirs again; nobody does so for opens and clicks."""
        self._queue.clear()
        self._in_hand.clear()
        self._idle.set()
        lost = sum(waiting.may_wait for waiting in left)
        self._metrics.lost_links.inc(lost)
        log.error("events_lost_at_stop", count=lost)

    def _take(self) -> list[Waiting]:
        """Empty where the other writer was quicker."""
        size = min(len(self._queue), EVENTS_PER_COMMIT)
        batch = [self._queue.popleft() for _ in range(size)]
        if not self._queue:
            self._arrived.clear()
        return batch

    async def _write(self, batch: Sequence[Waiting]) -> None:
        """Raises only Unavailable; any other error is the answer of those that caused it."""
        if not batch:
            return
        try:
            recorded = await self._commit(batch)
        except Unavailable:
            raise
        except Invalid as error:
            await self._isolate(batch, error)
        except Exception as error:
            self._refuse(batch, error)
        else:
            _answer(batch, recorded)

    async def _commit(self, batch: Sequence[Waiting]) -> dict[str, Recorded]:
        unique = {waiting.event_id: waiting.event for waiting in batch}
        events = list(unique.values())
        started = time.perf_counter()
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                rows = await self._store.call("record_delivery_events", events=events)
        except TimeoutError as error:
            raise Unavailable("timeout", "The database did not answer in time.") from error
        self._metrics.commit_seconds.observe(time.perf_counter() - started)
        self._metrics.commit_size.observe(len(events))
        return {row["event_id"]: _recorded(row) for row in rows}

    async def _isolate(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Halves a refused batch until the one event that the database cannot take stands alone."""
        if len(batch) == 1:
            self._refuse(batch, error)
            return
        middle = len(batch) // 2
        await self._write_half(batch[:middle])
        await self._write_half(batch[middle:])

    async def _write_half(self, half: Sequence[Waiting]) -> None:
        try:
            await self._write(half)
        except Unavailable as away:
            self._keep(half, away)

    def _keep(self, batch: Sequence[Waiting], away: Unavailable) -> None:
        self._is_away = True
        patient = [waiting for waiting in batch if waiting.may_wait]
        self._queue.extendleft(reversed(patient))
        if patient:
            self._arrived.set()
        for waiting in patient:
            waiting.resolve(POSTPONED)
        for waiting in batch:
            waiting.fail(away)

    def _refuse(self, batch: Sequence[Waiting], error: Exception) -> None:
        log.error("events_refused", count=len(batch), error=type(error).__name__)
        for waiting in batch:
            if waiting.may_wait:
                self._lose(error)
                waiting.resolve(POSTPONED)
            waiting.fail(error)

    def _lose(self, error: Exception) -> None:
        self._metrics.lost_links.inc()
        log.warning("link_event_lost", error=type(error).__name__)


def _recorded(row: Mapping[str, Any]) -> Recorded:
    return Recorded(row["verdict"], row.get("delivery_id"), row.get("user_id"), row.get("fell_back_to"))


def _answer(batch: Sequence[Waiting], recorded: Mapping[str, Recorded]) -> None:
    """The same event twice in one batch was written once: the second asker is told that it is a duplicate."""
    seen: set[str] = set()
    for waiting in batch:
        result = recorded.get(waiting.event_id, Recorded("stored"))
        if waiting.event_id in seen:
            result = Recorded("duplicate", result.delivery_id, result.user_id)
        seen.add(waiting.event_id)
        waiting.resolve(result)
