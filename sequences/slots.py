"""Room for a bounded number of things at a time, taken several at once."""

from __future__ import annotations

import asyncio
import math


class Slots:
    """Places; none are free while shut."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.free = total
        self._is_shut = False
        self._changed = asyncio.Event()
        # The least that anybody waits for: a single free place must not wake all of them in vain.
        self._wanted: float = math.inf

    def has_room(self, count: int) -> bool:
        return self.free >= count and not self._is_shut

    def shut(self) -> None:
        self._is_shut = True

    def open(self) -> None:
        self._is_shut = False
        self.look_again()

    def look_again(self) -> None:
        """Whoever waits for room has something else to consider."""
        self._wanted = math.inf
        self._changed.set()

    def take(self, count: int) -> None:
        self.free -= count

    def give(self, count: int) -> None:
        self.free += count
        if self.free >= self._wanted:
            self.look_again()

    async def change(self, wanted: int) -> None:
        """Until so many are free, or there is something else to consider."""
        self._wanted = min(self._wanted, wanted)
        self._changed.clear()
        await self._changed.wait()


class Hold:
    """Places taken together; what is not given back on the way goes back at the end."""

    def __init__(self, slots: Slots, count: int) -> None:
        self.held = count
        self._slots = slots
        self._slots.take(count)

    def give(self, count: int) -> None:
        self.held -= count
        self._slots.give(count)

    def close(self) -> None:
        self.give(self.held)
