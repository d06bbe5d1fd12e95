"""3. Workers are restarted one after the other, under load, as a deployment does it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

from tests.chaos.arena import Arena, Cohort, arena
from tests.chaos.oracle import Row
from tests.chaos.processes import Process, until_ready
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally

GRACE_SECONDS = 25.0
# Less than the product's lease: what was held is given back, and nobody has to wait for a lease to run out.
MOST_SECONDS_TO_FINISH = 30.0


async def rolling(server: Server, setting: Setting) -> AsyncIterator[Row]:
    times = setting.choose(short=4, long=100)
    async with arena(server, "restarts") as place:
        tally, slowest = Tally("3 SIGTERM under load"), 0.0
        workers = [await _worker(place, f"w{number}") for number in range(2)]
        for number in range(times):
            cohort = await place.enroll(telegram=100, email=400)
            # Its successor is not there yet, so the other one works alone meanwhile.
            slowest = max(slowest, await _restart(place, workers, number % 2, tally, setting))
            await _finish(place, tally, cohort)
        yield tally.row(f"{times} restarts, drained within {slowest:.1f} s")


async def _worker(place: Arena, name: str) -> Process:
    worker = await place.product(name, "run", "--only", "worker", TELEGRAM_PER_SECOND="100")
    await until_ready(worker)
    return worker


async def _restart(place: Arena, workers: list[Process], which: int, tally: Tally, setting: Setting) -> float:
    """Seconds until it had ended."""
    await asyncio.sleep(random.uniform(0.1, 1.0))
    most = GRACE_SECONDS * setting.patience
    code, seconds = await workers[which].stop(2 * most)
    tally.complain_if(code != 0, f"a worker ended with {code}")
    tally.complain_if(seconds > most, f"a worker took {seconds:.1f} s to stop")
    workers[which] = await _worker(place, f"w{which}")
    return seconds


async def _finish(place: Arena, tally: Tally, cohort: Cohort) -> None:
    await place.quiet(MOST_SECONDS_TO_FINISH)
    marked = await place.value("select count(*) from tendril.message_deliveries where possibly_duplicate")
    tally.complain_if(marked > 0, f"{marked} messages were given up in the middle of being sent")
    await tally.count(place, cohort)
