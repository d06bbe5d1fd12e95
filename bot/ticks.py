"""APScheduler as a clock that rings bells. A tick does no work, so none can be missed or overlap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler


@dataclass(frozen=True, slots=True)
class Tick:
    every_seconds: float
    ring: Callable[[], None]


@asynccontextmanager
async def ticking(ticks: Mapping[str, Tick]) -> AsyncIterator[None]:
    # misfire_grace_time=None: a tick that comes late, because the loop was busy, still rings.
    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = AsyncIOScheduler(job_defaults=defaults, timezone=UTC)
    for name, tick in ticks.items():
        scheduler.add_job(_rung, "interval", args=[tick.ring], seconds=tick.every_seconds, id=name)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def _rung(ring: Callable[[], None]) -> None:
    """A coroutine, so that the scheduler runs it in the loop and not in a thread."""
    ring()
