"""5. Many claimers at one queue, and many identical enrollments at once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

from storage.postgres import PostgresStore
from tests.chaos.arena import Arena, arena
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting

CLAIMERS = 16
AT_ONCE = 200


async def once_each(server: Server, setting: Setting) -> AsyncIterator[Row]:
    messages = setting.choose(short=5_000, long=50_000)
    async with arena(server, "claimers") as place:
        numbers = range(100_000, 100_000 + messages)
        await place.meet("email", numbers)
        await place.plan("email", numbers)
        claimed: Counter[int] = Counter()
        began = time.monotonic()
        await asyncio.gather(*(_claim_all(place, f"c{number}", claimed) for number in range(CLAIMERS)))
        deadlocks = await _deadlocks(place)
        yield Row(
            f"5 {CLAIMERS} claimers",
            n=messages,
            lost=messages - len(claimed),
            duplicates=claimed.total() - len(claimed),
            notes=f"{deadlocks} deadlocks, {messages / (time.monotonic() - began):,.0f} messages/s",
            complaints=[f"{deadlocks} deadlocks"] if deadlocks else (),
        )


async def _claim_all(place: Arena, name: str, claimed: Counter[int]) -> None:
    """Claims, stores and records until an empty claim says that nothing is left."""
    store = PostgresStore(place.direct_url, connections=1)
    while rows := await store.call("claim_due_deliveries", worker=name, channel="email", batch=100):
        claimed.update(row["id"] for row in rows)
        token, key = rows[0]["lease_token"], f"{name}-{rows[0]['id']}"
        contents = [{"id": row["id"], "content": {"text": "Hello"}} for row in rows]
        await store.call("store_rendered", lease_token=token, rendered=contents, batch_key=key)
        outcomes = [{"id": row["id"], "lease_token": token, "outcome": "sent"} for row in rows]
        await store.call("record_outcomes", outcomes=outcomes)
    await store.aclose()


async def _deadlocks(place: Arena) -> int:
    await place.connection.execute("select pg_stat_force_next_flush()")
    return int(await place.value("select deadlocks from pg_stat_database where datname = current_database()"))


async def one_enrollment(server: Server, setting: Setting) -> AsyncIterator[Row]:
    times = setting.choose(short=10, long=500)
    async with arena(server, "enrollments") as place:
        await place.publish("course", {"channels": ["email"]})
        numbers = range(1, times + 1)
        await place.meet("email", numbers)
        store = PostgresStore(place.direct_url, connections=50)
        created = [await _enroll_at_once(place, store, number) for number in numbers]
        await store.aclose()
        runs = await place.value("select count(*) from tendril.enrollments")
        planned = await place.value("select count(*) from tendril.message_deliveries")
        deadlocks = await _deadlocks(place)
        yield Row(
            f"5 {AT_ONCE} identical enrollments at once",
            n=times * AT_ONCE,
            lost=max(0, times - runs),
            duplicates=max(runs, planned) - times,
            wrong=sum(1 for count in created if count != 1),
            notes=f"{times} times",
            complaints=[f"{deadlocks} deadlocks"] if deadlocks else (),
        )


async def _enroll_at_once(place: Arena, store: PostgresStore, number: int) -> int:
    """How many of them say that it was they who made it."""
    user = await place.value("select id from tendril.users where external_id = $1", str(number))
    runs = await asyncio.gather(
        *(store.call("enroll", user_id=str(user), sequence="course") for _ in range(AT_ONCE))
    )
    return sum(run["created"] for run in runs)
