"""4. The database goes away, comes back, and is far away, in the middle of a run."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg

from storage.postgres import connect
from tests.chaos.arena import Arena, Cohort, arena
from tests.chaos.networks import before_database
from tests.chaos.oracle import Row
from tests.chaos.proxy import Proxy, Toxics, toxic
from tests.chaos.server import Server, serving
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import until

LEASE_SECONDS = 20
# A claim of a hundred mails, or storing them, takes longer than such a lease over such a line.
SHORT_LEASE_SECONDS = 3
NARROW = 40_000.0
MOST_SECONDS_TO_RESUME = 10.0

Fault = Callable[[Arena, Proxy], Awaitable[None]]


async def _restart(place: Arena, proxy: Proxy) -> None:
    await place.server.crash_and_restart()


async def _terminate(place: Arena, proxy: Proxy) -> None:
    connection = await connect(place.direct_url)
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    await connection.close()


async def _exhaust(place: Arena, proxy: Proxy) -> None:
    """Nobody gets a connection any more, and who had one loses it."""
    held = []
    proxy.reset_all()
    try:
        while True:
            held.append(await asyncpg.connect(place.direct_url))
    except asyncpg.PostgresError:
        await asyncio.sleep(random.uniform(0.5, 1.0))
    for connection in held:
        connection.terminate()


async def _reset(place: Arena, proxy: Proxy) -> None:
    for _ in range(10):
        proxy.reset_all()
        await asyncio.sleep(random.uniform(0.05, 0.2))


async def _down(place: Arena, proxy: Proxy) -> None:
    await proxy.down()
    await asyncio.sleep(random.uniform(1.0, 3.0))
    await proxy.up()


def _suffer(toxics: Toxics) -> Fault:
    async def fault(place: Arena, proxy: Proxy) -> None:
        async with toxic(proxy, toxics):
            await place.quiet()

    return fault


FAULTS: dict[str, tuple[Fault, int, int]] = {
    "PostgreSQL -m immediate restart": (_restart, 2, 20),
    "all backends terminated": (_terminate, 2, 20),
    "connections exhausted": (_exhaust, 1, 10),
    "connections reset": (_reset, 1, 10),
    "database unreachable": (_down, 1, 10),
    "latency 200 ± 100 ms": (_suffer(Toxics(latency=0.1, jitter=0.05)), 1, 10),
    "answers in slices": (_suffer(Toxics(slice_size=200, slice_delay=0.0005)), 1, 10),
}


async def faults(shared: Server, setting: Setting) -> AsyncIterator[Row]:
    """With a server of its own, since others need theirs."""
    async with AsyncExitStack() as opened:
        server = await opened.enter_async_context(serving(shared.folder / "own"))
        place = await opened.enter_async_context(arena(server, "databases"))
        proxy = await opened.enter_async_context(before_database(place))
        await place.budget("telegram", 100, 20)
        await place.budget("email", 5, 1)
        for number in range(2):
            await place.worker(f"w{number}", LEASE_SECONDS)
        for what, (fault, few, many) in FAULTS.items():
            times = setting.choose(short=few, long=many)
            tally = Tally(f"4 {what}")
            runs = [await _run(place, proxy, fault, tally) for _ in range(times)]
            resumed, finished = (max(each) for each in zip(*runs, strict=True))
            tally.complain_if(
                resumed > MOST_SECONDS_TO_RESUME * setting.patience, f"resumed after {resumed:.1f} s only"
            )
            yield tally.row(
                f"{times} times, resumed within {resumed:.1f} s, finished within {finished:.1f} s"
            )


async def narrow(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """Two workers must not take the same mails from each other for ever."""
    async with arena(server, "narrow") as place, before_database(place) as proxy:
        proxy.toxics = Toxics(bandwidth=NARROW)
        for number in range(2):
            await place.worker(f"w{number}", SHORT_LEASE_SECONDS)
        tally = Tally("4 a line too narrow for a whole claim")
        cohort = await place.enroll(telegram=0, email=setting.choose(short=200, long=1000))
        await place.quiet()
        await tally.count(place, cohort)
        yield tally.row()


async def _run(place: Arena, proxy: Proxy, fault: Fault, tally: Tally) -> tuple[float, float]:
    """Seconds from the end of the fault until messages moved again, and until all of them were sent."""
    cohort = await place.enroll(telegram=100, email=400)
    await asyncio.sleep(random.uniform(0.0, 0.5))
    await fault(place, proxy)
    ended = time.monotonic()
    resumed = await _resumed(place, cohort)
    await place.quiet()
    finished = time.monotonic() - ended
    await tally.count(place, cohort)
    return resumed, finished


async def _resumed(place: Arena, cohort: Cohort) -> float:
    began, before = time.monotonic(), place.ledger.waiting()

    async def is_moving() -> bool:
        return place.ledger.waiting() > before or before >= len(cohort)

    await until(is_moving, "messages moved again")
    return time.monotonic() - began
