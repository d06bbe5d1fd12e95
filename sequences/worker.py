"""Who delivers over a channel: under which name, for which store, and until when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from channels.channel import Channel
from sequences.backoff import Backoff
from sequences.metrics import ChannelMetrics
from storage.store import Store, Unavailable

Result = TypeVar("Result")

LARGEST_CLAIM = 500


class ClaimSize:
    """How many messages a claim may ask for, as the line to the database bears it.

    Over a line so slow that leases end before their messages are stored, two workers would take the same ones
    from each other for ever. So after such a claim, or one without an answer, the next is half as large, and
    twice as large after one that was stored in time.
    """

    def __init__(self) -> None:
        self.most = LARGEST_CLAIM

    def was_too_much(self, messages: int) -> None:
        self.most = max(1, min(self.most, messages) // 2)

    def was_borne(self) -> None:
        self.most = min(LARGEST_CLAIM, 2 * self.most)


@dataclass(frozen=True, slots=True)
class Worker:
    """`name` stands on its leases, which last `lease_seconds`; `stopping` is set when it is to end."""

    name: str
    channel: Channel
    store: Store
    metrics: ChannelMetrics
    lease_seconds: int
    claim_size: ClaimSize = field(default_factory=ClaimSize)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_batched(self) -> bool:
        """One claim is one request."""
        return self.channel.is_idempotent or self.channel.messages_per_request > 1

    async def patiently(self, act: Callable[[], Awaitable[Result]]) -> Result:
        """Repeats it while the store is away; raises Unavailable only when the worker stops meanwhile."""
        backoff = Backoff()
        while True:
            try:
                return await act()
            except Unavailable:
                if self.stopping.is_set():
                    raise
                with suppress(TimeoutError):
                    async with asyncio.timeout(backoff.pause()):
                        await self.stopping.wait()
