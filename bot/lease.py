"""A duty that one process at a time has. The database says who, until when, and gives it to the next."""

from __future__ import annotations

import asyncio
import math

from storage.store import Store

# Whoever dies is followed by the next within the lease and one try: eight seconds.
LEASE_SECONDS = 7.0
TRY_SECONDS = 1.0


class Lease:
    """`holder` is a name that no other process has. What it had before a crash is its own again at once."""

    def __init__(self, store: Store, duty: str, holder: str, seconds: float = LEASE_SECONDS) -> None:
        self._store = store
        self._duty = duty
        self._holder = holder
        self._seconds = seconds
        self.ends_at = -math.inf

    async def take(self) -> bool:
        """Whether we have the duty now, until `ends_at` of the loop's clock. Raises StorageError.

        The time counts from before the question, so that it ends here before it ends in the database.
        """
        clock = asyncio.get_running_loop().time
        asked_at, self.ends_at = clock(), -math.inf
        if await self._store.call("take_duty", name=self._duty, holder=self._holder, seconds=self._seconds):
            self.ends_at = asked_at + self._seconds
        return clock() < self.ends_at

    async def release(self) -> None:
        """The next one need not wait. Raises StorageError."""
        self.ends_at = -math.inf
        await self._store.call("release_duty", name=self._duty, holder=self._holder)
