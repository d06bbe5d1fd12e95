"""Something that can be rung from anywhere in the loop, and that one duty waits for."""

from __future__ import annotations

import asyncio


class Bell:
    """Rings while nobody listens are heard at the next wait; many rings are heard once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def heard_or_stopped(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(self._rung.wait()), asyncio.create_task(stop.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._rung.clear()
