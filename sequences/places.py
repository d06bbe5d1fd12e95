"""Room among the requests that a provider allows in a second, shared by all workers of a channel.

A claim spends the budget long before its requests leave, and what is held up on the way would arrive
together. So each request takes one of as many places as the provider allows requests in a second, and the
next may take it a second later. Where a provider counts to the last request, that second begins with the
answer: then it cannot count more, whatever happens on the way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from storage.store import StorageError, Store

log = structlog.get_logger(__name__)

# Seconds for which a channel without a limit is not asked again.
UNLIMITED_SECONDS = 5.0
NO_PLACE = 0
"""What a request takes where there is no limit."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Perhaps fewer than were wanted; if none, `wait` says in how many seconds to ask again."""

    places: Sequence[int]
    wait: float


class Places:
    def __init__(self, store: Store, channel: str, worker: str, *, until_answered: bool) -> None:
        self._store = store
        self._until_answered = until_answered
        self._channel = channel
        self._worker = worker
        self._unlimited_until = -math.inf

    async def take(self, wanted: int) -> Taken:
        """Raises StorageError."""
        if time.perf_counter() > self._unlimited_until:
            answer = await self._store.call(
                "take_places",
                worker=self._worker,
                channel=self._channel,
                requests=wanted,
                until_answered=self._until_answered,
            )
            if answer is not None:
                return Taken(answer["places"], answer["wait"])
            self._unlimited_until = time.perf_counter() + UNLIMITED_SECONDS
        return Taken([NO_PLACE] * wanted, 0.0)

    async def leave(self, place: int) -> None:
        """For a place that is held until its request is answered. Where the store is away, it becomes free by
        itself after a while.
        """
        if place == NO_PLACE or not self._until_answered:
            return
        try:
            await self._store.call("leave_place", worker=self._worker, channel=self._channel, place=place)
        except StorageError as error:
            log.debug("place_not_left", channel=self._channel, code=error.code)
