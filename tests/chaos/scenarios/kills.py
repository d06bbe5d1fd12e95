"""1. A worker is killed: at a random instant, and at each named point of a delivery."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator

from tests.chaos.arena import Arena, arena
from tests.chaos.oracle import Row
from tests.chaos.processes import Process
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import until
from tests.chaos.worker import POINTS

# What a worker has claimed and not recorded, over a channel without idempotency keys: at most.
IN_FLIGHT = 32
LEASE_SECONDS = 5
MOST_RECOVERY_SECONDS = LEASE_SECONDS + 5
# How often a point comes at least, however the work is bundled.
SURELY_REACHED = {
    "after_claim": 2,
    "after_store": 2,
    "after_answer": 3,
    "before_commit": 1,
    "after_commit": 1,
}
# Of all messages. How many a death repeats depends on how long a machine needs from an answer to its commit:
# only the long form judges that. The promise, deaths times what was in flight, holds on any machine.
MOST_TWICE = 0.001
# Telegram's own pace; email's is ten requests a second.
TELEGRAM_PER_SECOND = 25


async def random_instants(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """Two workers; one of them dies in the middle of each round, and comes back under its name or not."""
    kills = setting.choose(short=10, long=200)
    async with arena(server, "kills") as place:
        await place.budget("telegram", TELEGRAM_PER_SECOND, 5)
        await place.budget("email", 10, 2)
        tally, recoveries = Tally("1 kill -9 at random", kills * IN_FLIGHT), []
        workers = [await _worker(place, f"w{number}") for number in range(2)]
        for number in range(kills):
            cohort = await place.enroll(telegram=100, email=400)
            await asyncio.sleep(random.uniform(0.0, 100 / TELEGRAM_PER_SECOND))
            victim = number % 2
            recoveries.append(await _kill_and_recover(place, workers, victim, comes_back=number % 4 < 2))
            await place.quiet()
            if not workers[victim].is_running:
                workers[victim] = await _worker(place, f"w{victim}")
            await tally.count(place, cohort)
        share = tally.duplicates / tally.n
        tally.complain_if(
            not setting.is_short and share > MOST_TWICE, f"{share:.2%} of all messages went twice"
        )
        tally.complain_if(
            max(recoveries) > MOST_RECOVERY_SECONDS * setting.patience,
            f"recovered after {max(recoveries):.1f} s only",
        )
        yield tally.row(f"{kills} kills, recovered within {max(recoveries):.1f} s, {share:.2%} twice")


async def _worker(place: Arena, name: str) -> Process:
    return await place.worker(name, LEASE_SECONDS, in_flight=IN_FLIGHT // 2)


async def _kill_and_recover(place: Arena, workers: list[Process], victim: int, comes_back: bool) -> float:
    """Seconds until somebody else has what the victim held."""
    await workers[victim].kill()
    tokens = await place.connection.fetch(
        "select distinct lease_token from tendril.message_deliveries "
        "where delivery_status = 'sending' and worker like $1",
        f"w{victim}/%",
    )
    held, began = [row["lease_token"] for row in tokens], time.monotonic()
    if comes_back:
        workers[victim] = await _worker(place, f"w{victim}")

    async def is_taken_over() -> bool:
        return not await place.value(
            "select exists (select from tendril.message_deliveries where lease_token = any ($1::uuid[]))",
            held,
        )

    await until(is_taken_over, "the work of a killed worker was taken over")
    return time.monotonic() - began


async def named_points(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """The first worker dies at the point; another one, or itself in its next life, finishes."""
    times = setting.choose(short=2, long=50)
    async with arena(server, "points") as place:
        for point in POINTS:
            tally = Tally(f"1 kill -9 {point.replace('_', ' ')}", times * IN_FLIGHT)
            for number in range(times):
                await _die_at(place, point, number, tally)
            yield tally.row(f"{times} kills")


async def _die_at(place: Arena, point: str, number: int, tally: Tally) -> None:
    channel = ("telegram", "email")[number % 2]
    cohort = await place.enroll(telegram=60, email=340)
    dies = (point, channel, random.randint(1, SURELY_REACHED[point]))
    victim = await place.worker("victim", LEASE_SECONDS, dies=dies, in_flight=IN_FLIGHT // 2)
    tally.complain_if(await victim.ended() != -9, f"the worker did not die {point} on {channel}")
    heir = await _worker(place, "victim" if number % 4 < 2 else "heir")
    await place.quiet()
    await heir.stop()
    await tally.count(place, cohort)
