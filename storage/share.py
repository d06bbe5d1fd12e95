"""A part of a store's connections, so that nobody who works through a million rows takes them all."""

import asyncio
from typing import Any

from storage.store import Store


class Share:
    """The same store with so many calls under way at a time; the others wait for their turn, in order.

    Whoever is answered at once has the store itself: what the shares leave of its connections is theirs.
    """

    def __init__(self, store: Store, calls: int) -> None:
        self._store = store
        self._turns = asyncio.Semaphore(calls)

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        async with self._turns:
            return await self._store.call(operation, **arguments)

    async def aclose(self) -> None:
        """Nothing: the store belongs to who opened it."""
