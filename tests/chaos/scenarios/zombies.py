"""2. A worker that everybody takes for dead comes back to life and goes on where it was."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from tests.chaos.arena import Arena, arena
from tests.chaos.networks import slowed_providers
from tests.chaos.oracle import Row
from tests.chaos.processes import Process
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import until

LEASE_SECONDS = 3
IN_FLIGHT = 32
# So that something is under way whenever the worker stops.
ANSWER_SECONDS = 0.1


async def stopped_and_continued(server: Server, setting: Setting) -> AsyncIterator[Row]:
    times = setting.choose(short=2, long=40)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "zombies"))
        await opened.enter_async_context(slowed_providers(place, ANSWER_SECONDS))
        tally, refused = Tally("2 SIGSTOP past the lease, SIGCONT", times * IN_FLIGHT), 0
        for _ in range(times):
            refused += await _die_and_return(place, tally)
        tally.complain_if(refused == 0, "no zombie tried to write, so nothing is proven")
        yield tally.row(f"{times} zombies, {refused} late writes refused")


async def _die_and_return(place: Arena, tally: Tally) -> int:
    """How many late writes were refused."""
    cohort = await place.enroll(telegram=100, email=300)
    zombie = await _worker(place, "zombie")

    async def is_busy() -> bool:
        return bool(
            await place.value(
                "select count(distinct channel) = 2 from tendril.message_deliveries "
                "where delivery_status = 'sending' and message_content is not null and worker like 'zombie/%'"
            )
        )

    await until(is_busy, "the worker was sending")
    zombie.signal(signal.SIGSTOP)
    heir = await _worker(place, "heir")
    await place.quiet()
    before, already = await _state(place), _late_writes(zombie)
    zombie.signal(signal.SIGCONT)
    await zombie.stop()
    tally.complain_if(await _state(place) != before, "a zombie changed what others had recorded")
    await heir.stop()
    await tally.count(place, cohort)
    return _late_writes(zombie) - already


async def _worker(place: Arena, name: str) -> Process:
    return await place.worker(name, LEASE_SECONDS, in_flight=IN_FLIGHT // 2)


async def _state(place: Arena) -> str:
    """Everything that the ledger says, in a few characters."""
    return str(
        await place.value("select md5(string_agg(d::text, '' order by id)) from tendril.message_deliveries d")
    )


def _late_writes(process: Process) -> int:
    return sum(row["count"] for row in process.logged("outcomes_after_lost_lease"))
