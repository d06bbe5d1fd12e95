"""Waiting for what is away, with growing pauses, or for a bell; cut short when the process is to stop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from storage.store import StorageError

log = structlog.get_logger(__name__)

T = TypeVar("T")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0


class Stopped(Exception):
    """The process was asked to stop while it was waiting."""


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Sleeps, and returns at once when the process is to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass


def next_pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row; jittered, so that many do not return together."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 16), LONGEST_PAUSE) * random.uniform(0.6, 1.0)


async def patiently(
    attempt: Callable[[], Awaitable[T]],
    *,
    until: tuple[type[Exception], ...],
    stop: asyncio.Event,
    on_failure: Callable[[Exception, float], None],
) -> T:
    """Repeats `attempt` while it raises one of `until`. Raises Stopped when the process is to stop first."""
    failures = 0
    while not stop.is_set():
        try:
            return await attempt()
        except until as failure:
            failures += 1
            seconds = next_pause(failures)
            on_failure(failure, seconds)
            await pause(seconds, stop)
    raise Stopped


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


async def at_each_ring(
    bell: Bell, stop: asyncio.Event, look: Callable[[], Awaitable[None]], *, put_off: str
) -> None:
    """Looks now and whenever it rings. What the store cannot do then is logged as `put_off`."""
    while not stop.is_set():
        try:
            await look()
        except StorageError as error:
            log.debug(put_off, code=error.code)
        await bell.heard_or_stopped(stop)
