"""Callbacks whose signature did not fit. Anybody can send those, so the database is only told a count."""

import asyncio
from collections import Counter

from storage.store import StorageError, Store

PAUSE_SECONDS = 10.0


class RefusedCallbacks:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts: Counter[str] = Counter()
        self._rung = asyncio.Event()

    def count(self, provider: str) -> None:
        self._counts[provider] += 1
        self._rung.set()

    async def run(self) -> None:
        """The first is told at once, what follows together."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            await self._tell()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _tell(self) -> None:
        counts, self._counts = self._counts, Counter()
        for provider, refused in counts.items():
            try:
                await self._store.call("count_refused_callbacks", provider=provider, refused=refused)
            except StorageError:
                self._counts[provider] += refused
                self._rung.set()
