"""A process's life: startup, main loop, shutdown.

What opens is an `async with` of bot.build, so shutdown is leaving it: in reverse order, the database
server last.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import structlog

from bot.database import LateStore
from bot.ticks import Tick, ticking
from bot.waiting import Stopped, patiently
from storage.store import Unavailable

log = structlog.get_logger(__name__)

Duty = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then ends by itself; may take its time to finish what it holds."""

GRACE_SECONDS = 25.0  # a send may take twenty seconds to be answered


class Process:
    """`url` is where it answers, None if it does not."""

    def __init__(
        self,
        *,
        store: LateStore,
        prepare: Sequence[Callable[[], Awaitable[None]]],
        duties: Mapping[str, Duty],
        ticks: Mapping[str, Tick],
        url: str | None,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.store = store
        self.url = url
        self.is_ready = asyncio.Event()
        self._prepare = prepare
        self._duties = duties
        self._ticks = ticks
        self._grace_seconds = grace_seconds
        self._ticking = AsyncExitStack()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises what a duty died of, after the others have finished."""
        try:
            await self._startup(stop)
            await self._main_loop(stop)
        except Stopped:
            log.info("stopped_before_ready")

    async def _startup(self, stop: asyncio.Event) -> None:
        await patiently(
            self._reach_database, until=(Unavailable,), stop=stop, on_failure=_tell_when_it_is_tried_again
        )

    async def _reach_database(self) -> None:
        await self.store.connect()
        for step in self._prepare:
            await step()

    async def _main_loop(self, stop: asyncio.Event) -> None:
        async with ticking(self._ticks):
            self.is_ready.set()
            log.info("ready", duties=sorted(self._duties))
            await supervise(self._duties, stop, self._grace_seconds)


def _tell_when_it_is_tried_again(failure: Exception, seconds: float) -> None:
    """The store has said that the database is away."""
    log.info("database_is_tried_again", in_seconds=round(seconds, 1))


async def supervise(duties: Mapping[str, Duty], stop: asyncio.Event, grace_seconds: float) -> None:
    """Runs the duties as named tasks. One that dies stops the others gracefully and is raised then."""
    died: list[Exception] = []

    async def attended(name: str, duty: Duty) -> None:
        try:
            await duty(stop)
            if not stop.is_set():
                raise RuntimeError(f"{name} ended although nobody asked it to")
        except Exception as failure:
            log.critical("duty_died", duty=name, exc_info=failure)
            died.append(failure)
            stop.set()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(attended(name, duty), name=name) for name, duty in duties.items()]
        await stop.wait()
        log.info("stopping")
        await _let_finish(tasks, grace_seconds)
    if died:
        raise ExceptionGroup("the process stopped because a part of it died", died)


async def _let_finish(tasks: Sequence[asyncio.Task[None]], grace_seconds: float) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=grace_seconds)
    for task in late:
        log.error("duty_did_not_finish_in_time", duty=task.get_name(), grace_seconds=grace_seconds)
        task.cancel()


def spare_what_stays() -> None:
    """Once all is built: to look through it again and again holds everybody up for 50 ms each time."""
    gc.collect()
    gc.freeze()


# Ctrl-C reaches a process twice when what started it passes it on; that is not somebody losing patience.
SAME_SIGNAL_SECONDS = 1.0


@contextmanager
def stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop gracefully; a later one does not wait for what is under way."""
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    first: list[float] = []

    def told() -> None:
        if not first:
            first.append(loop.time())
            stop.set()
        elif loop.time() - first[0] > SAME_SIGNAL_SECONDS and running is not None:
            running.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, told)
    try:
        yield
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)


@asynccontextmanager
async def in_background(process: Process) -> AsyncIterator[Process]:
    """The process, ready and running while the block lasts. Raises what it died of."""
    stop = asyncio.Event()
    life = asyncio.create_task(process.run(stop), name="process")
    ready = asyncio.create_task(process.is_ready.wait())
    try:
        await asyncio.wait([life, ready], return_when=asyncio.FIRST_COMPLETED)
        if process.is_ready.is_set():
            yield process
    finally:
        ready.cancel()
        stop.set()
        await life
