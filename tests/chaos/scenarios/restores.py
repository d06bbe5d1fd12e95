"""15. A backup of the middle of a run is brought back, and programs meet a schema that is not theirs."""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from storage.embedded import program
from storage.migrations import backup
from storage.postgres import PostgresStore, connect
from tests.chaos.arena import Arena, Cohort, arena
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import until

REFUSAL_SECONDS = 20.0
# Nobody comes back to life here, so that no lease has to run out soon.
LEASE_SECONDS = 60


async def in_the_middle(server: Server, setting: Setting) -> AsyncIterator[Row]:
    times = setting.choose(short=2, long=30)
    tally, marked = Tally("15 a backup brought back"), 0
    for number in range(times):
        async with arena(server, f"restored_{number}") as place:
            marked += await _round(place, server, f"restored_{number}_again", tally)
    yield tally.row(f"{times} times; {marked} may have arrived, and a person is told so")


async def _round(place: Arena, server: Server, name: str, tally: Tally) -> int:
    """Some was sent before the backup, some after it, some was cut off by the end, some is for later."""
    await place.budget("telegram", 150)
    await place.budget("email", 3)
    cohorts = [
        await place.enroll(telegram=50, email=100),
        await place.enroll(telegram=50, email=300, after="2 seconds"),
        await place.enroll(telegram=20, email=50, after="1 hour"),
    ]
    workers = [await place.worker(f"w{number}", LEASE_SECONDS) for number in range(2)]
    await until(lambda: _accepted(place, random.randint(20, 200)), "something was sent")
    file = place.folder / "backup.dump"
    await backup(place.direct_url, file)
    await until(lambda: _accepted(place, random.randint(300, 500)), "more was sent")
    for worker in workers:
        await worker.kill()
    stopped_at = await place.value("select tendril.clock()")
    async with _restored(place, server, name, file):
        left = await place.store.call("after_restore", stopped_at=stopped_at.isoformat())
        await place.worker("after", LEASE_SECONDS)
        await place.store.call("move_clock", by="1 hour")
        await place.quiet()
        await _count(place, cohorts, tally)
        return int(left)


async def _accepted(place: Arena, count: int) -> bool:
    return place.ledger.waiting() >= count


async def _count(place: Arena, cohorts: list[Cohort], tally: Tally) -> None:
    """What did not arrive is left to a person, and what is to come after the stop has come."""
    fresh = place.news()
    excused = frozenset(
        row["address"]
        for row in await place.connection.fetch(
            "select c.address from tendril.message_deliveries d "
            "join tendril.contact_points c on c.user_id = d.user_id and c.channel = d.channel "
            "where d.delivery_status = 'unknown' and d.reason = 'restored'"
        )
    )
    for cohort in cohorts:
        of_cohort = set(cohort.recipients())
        accepted = [each for each in fresh if each.recipient in of_cohort]
        for comparison in await place.judged(cohort, accepted):
            tally.add(comparison, excused)
    later = excused & set(cohorts[-1].recipients())
    tally.complain_if(bool(later), f"{len(later)} that were for later were given up")


@asynccontextmanager
async def _restored(place: Arena, server: Server, name: str, file: Path) -> AsyncIterator[None]:
    """The arena goes on with what the backup knows."""
    connection = await connect(server.address)
    try:
        await connection.execute(f'create database "{name}" template template0')
    finally:
        await connection.close()
    place.database_url = server.address.replace("/tendril?", f"/{name}?")
    command = [str(program("pg_restore")), "--no-owner", f"--dbname={place.database_url}", str(file)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    place.connection.terminate()
    await place.store.aclose()
    place.store = PostgresStore(place.database_url, connections=4)
    place.connection = await asyncpg.create_pool(place.database_url, min_size=0, max_size=4)
    try:
        yield
    finally:
        place.connection.terminate()
        await place.store.aclose()


async def other_versions(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """An older program meets a newer schema and refuses; a newer one brings an older schema up to date."""
    async with arena(server, "versions") as place:
        cohort = await place.enroll(telegram=20, email=20)
        await place.connection.execute(
            "insert into tendril.migrations (number, name, checksum) values (9999, '9999_from_tomorrow', '')"
        )
        refusing = [
            await place.product(f"old_{part}", "run", "--only", part) for part in ("worker", "bot", "web")
        ]
        codes = [await process.ended(REFUSAL_SECONDS * setting.patience) for process in refusing]
        words = [process.log.read_text() for process in refusing]
        unclear = [each[-300:] for each in words if "9999_from_tomorrow" not in each or "newer" not in each]
        sent = len(place.news())
        yield Row(
            "15 an older program and a newer schema",
            n=len(refusing),
            wrong=sum(code == 0 for code in codes) + sent,
            complaints=[f"does not say why: {each}" for each in unclear],
        )
        await place.connection.execute(
            "delete from tendril.migrations where number = 9999; "
            "delete from tendril.migrations where number = 0; "
            "drop function tendril.claim_due_deliveries"
        )
        await place.product("new", "run", "--only", "worker")
        await place.quiet()
        tally = Tally("15 a newer program and an older schema")
        await tally.count(place, cohort)
        yield tally.row()
