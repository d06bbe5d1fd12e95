"""Who is nurtured with what: starts, holds and ends enrollments, and sees to it that what is due leaves.

The rules themselves (one active enrollment per user, sequence and key; which step is next, and when) are the
database's; a step that ends plans the next one in the same transaction that records its outcome.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engagement.behavior import BehaviorEvent, BehaviorRecorded, record_behavior
from sequences.metrics import DeliveryMetrics
from sequences.pipeline import DeliveryPipeline, Drained
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`created` is False when the user already runs through it under this key: it is that run then."""

    enrollment_id: int
    user_id: str
    created: bool
    first_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrollment:
    id: int
    user_id: str
    sequence: str
    status: str


@dataclass(frozen=True, slots=True)
class ActiveEnrollment:
    """One line of the list of who is under way; `hold_reason` says why its next message waits, if it does."""

    enrollment_id: int
    user_id: str
    user_name: str | None
    sequence: str
    key: str
    status: str
    step: int
    steps: int
    next_due_at: datetime | None
    next_channel: str | None
    hold_reason: str | None
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one pass over all channels did, and how much is due still (held back by a rate budget, mostly)."""

    channels: Mapping[str, Drained]
    still_due: int

    @property
    def claimed(self) -> int:
        return sum(drained.claimed for drained in self.channels.values())


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """What the passing of time brought about, by name: how many messages `fell_back`, how many of them from
    which channel to which (`email>telegram`), and so on.
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_work(self) -> bool:
        return any(self.counts.values())


class NurtureController:
    def __init__(
        self, store: Store, pipelines: Iterable[DeliveryPipeline], *, metrics: DeliveryMetrics | None = None
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._pipelines = {pipeline.channel.name: pipeline for pipeline in pipelines}
        for pipeline in self._pipelines.values():
            pipeline.on_fallback(self.wake)

    def wake(self, channel: str | None = None) -> None:
        """Look for due messages now: on one channel, or on all."""
        if channel is None:
            for pipeline in self._pipelines.values():
                pipeline.wake()
        elif channel in self._pipelines:
            self._pipelines[channel].wake()

    async def trigger(
        self,
        user: str,
        sequence: str,
        *,
        key: str = "",
        context: Mapping[str, Any] | None = None,
        source: str = "api",
    ) -> Enrolled:
        """Enrolls a user, named by id, external id, Telegram id or email address; what is due leaves at once.

        Raises NotFound for an unknown user or sequence, Invalid for a context that the sequence cannot use.
        """
        found = await self._store.call("find_user", reference=user)
        run = await self._store.call(
            "enroll",
            user_id=found["id"],
            sequence=sequence,
            key=key,
            context=dict(context or {}),
            source=source,
        )
        self.wake()
        return Enrolled(run["enrollment_id"], found["id"], run["created"], _moment(run["first_due_at"]))

    async def behaved(self, events: Sequence[BehaviorEvent]) -> BehaviorRecorded:
        """Records what users did; what that triggers leaves at once."""
        recorded = await record_behavior(self._store, events)
        if recorded.enrolled:
            self.wake()
        return recorded

    async def pause(self, enrollment_id: int) -> Enrollment:
        """Holds what is not yet sent; the time until `resume` does not count for the steps that follow."""
        return _enrollment(await self._store.call("pause_enrollment", enrollment_id=enrollment_id))

    async def resume(self, enrollment_id: int) -> Enrollment:
        enrollment = _enrollment(await self._store.call("resume_enrollment", enrollment_id=enrollment_id))
        self.wake()
        return enrollment

    async def cancel(self, enrollment_id: int, reason: str = "by_admin") -> Enrollment:
        """Ends it for good; what is being sent at this moment may still arrive."""
        return _enrollment(
            await self._store.call("cancel_enrollment", enrollment_id=enrollment_id, reason=reason)
        )

    async def active(self, limit: int = 100, after_id: int | None = None) -> list[ActiveEnrollment]:
        """Enrollments under way, newest first; the last one's id is the next page's `after_id`."""
        rows = await self._store.call("list_active_enrollments", limit_to=limit, after_id=after_id)
        return [_active(row) for row in rows]

    async def deliver_due(self, *only: str) -> Delivered:
        """Sends what is due, on all channels or some, until nothing more is, not even by falling back."""
        pipelines = {name: each for name, each in self._pipelines.items() if not only or name in only}
        totals = {name: Drained(0, {}) for name in pipelines}
        while True:
            passed = await asyncio.gather(*(each.drain_once() for each in pipelines.values()))
            for name, drained in zip(pipelines, passed, strict=True):
                totals[name] += drained
            if not any(drained.claimed for drained in passed):
                return Delivered(totals, await self._still_due())

    async def follow_up(self) -> FollowedUp:
        """Lets time take effect: what nobody answered falls back, pauses end. Any number of processes may."""
        total: Counter[str] = Counter()
        while any((counts := await self._store.call("follow_up")).values()):
            total.update(counts)
        self._count_unanswered(total)
        followed = FollowedUp(total)
        if followed.has_work:
            self.wake()
        return followed

    def came_back(self, channel: str, to: str) -> None:
        """A message that was thought to be sent did not arrive, and the other channel takes over."""
        if self._metrics is not None:
            self._metrics.fell_back(channel, to, "came_back")
        self.wake(to)

    def _count_unanswered(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            channel, is_way, to = name.partition(">")
            if is_way and self._metrics is not None:
                self._metrics.fell_back(channel, to, "unanswered", count)

    async def measure_queue(self) -> None:
        """Brings the gauges up to date. Raises StorageError; then nobody knows, and so the gauges say."""
        if self._metrics is not None:
            self._metrics.observe_queue(math.nan, math.nan)
            health = await self._store.call("queue_health")
            self._metrics.observe_queue(health["due"], health["oldest_due_seconds"] or 0.0)

    async def _still_due(self) -> int:
        (work,) = await self._store.call("upcoming_work")
        return int(work["due_now"])


def _enrollment(row: Mapping[str, Any]) -> Enrollment:
    return Enrollment(row["id"], row["user_id"], row["sequence"], row["status"])


def _active(row: Mapping[str, Any]) -> ActiveEnrollment:
    moments = {"next_due_at": _moment(row["next_due_at"]), "enrolled_at": _moment(row["enrolled_at"])}
    return ActiveEnrollment(**{name: row[name] for name in ActiveEnrollment.__slots__} | moments)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
