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


@dataclass(frozen=True, slots=True)
class Worker:
    """`name` stands on its leases, which last `lease_seconds`; `stopping` is set when it is to end."""

    name: str
    channel: Channel
    store: Store
    metrics: ChannelMetrics
    lease_seconds: int
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
