"""Waiting for what a scenario brings about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

POLL_SECONDS = 0.05
# For giving up only: nothing is judged by it.
PATIENCE = 240.0


class NeverHappened(Exception):
    """What a scenario waited for did not come."""


async def until(condition: Callable[[], Awaitable[Any]], what: str, seconds: float = PATIENCE) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        if result := await condition():
            return result
        if time.monotonic() > deadline:
            raise NeverHappened(f"{what}: not within {seconds:.0f} s")
        await asyncio.sleep(POLL_SECONDS)
