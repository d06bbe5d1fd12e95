"""How fast messages leave through the pipeline, against how fast PostgreSQL could hand them out here.

    python -m benchmarks.pipeline [--messages 5000]

The limit is claiming and recording rows of a bare table in batches of 1,000 on one connection, in the same
run. The channels answer in the process: measured is the pipeline with its policy gate, renderer and store.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg

from channels.channel import Outgoing
from channels.signing import Signer
from sequences.definition import Content, Step
from sequences.definition import Sequence as SequenceDefinition
from sequences.links import LinkBuilder
from sequences.pipeline import DeliveryPipeline
from sequences.rendering import Brand, Renderer
from storage.embedded import embedded
from storage.migrations import migrate
from storage.postgres import PostgresStore

ROUNDS = 3
SIGNING_SECRET = "a secret for measurements only"
BODY = "Hello {{ user.first_name }}, [come and see](https://example.com/lesson) what is **new** today."


@dataclass
class AnsweringChannel:
    name: str
    messages_per_request: int = 1
    is_idempotent: bool = False
    answers_after: float = 0.0

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None = None) -> list[str]:
        await asyncio.sleep(self.answers_after)
        return [message.tracking_id for message in messages]


class Bench:
    def __init__(self, dsn: str, store: PostgresStore, connection: asyncpg.Connection) -> None:
        self.dsn = dsn
        self.store = store
        self.connection = connection
        self.round = 0

    async def plan(self, channel: str, messages: int) -> None:
        """Enrolls as many new users, all due now, and nothing else."""
        self.round += 1
        name = f"bench_{self.round}"
        step = Step(1, "only", {"default": Content(BODY, "News")}, (channel,), quiet_hours=False)
        await self.store.call(
            "publish_sequence", definition=SequenceDefinition(name, name, (step,)).as_json()
        )
        await self.connection.execute(
            """
            with users as (
                insert into tendril.users (first_name, created_at)
                select 'Ada ' || n, tendril.clock() from generate_series(1, $3) n returning id
            ), reached as (
                insert into tendril.contact_points (user_id, channel, address, state, created_at)
                -- a number is a chat, and all others have their own mailbox
                select
                    id, $2,
                    case $2 when 'telegram' then ((random() * 1e15)::bigint)::text
                    else id || '@example.com' end,
                    'active', tendril.clock()
                from users
            ), enrolled as (
                insert into tendril.enrollments (
                    user_id, sequence, version_id, stepped_at, anchor_at, enrolled_at)
                select users.id, s.name, s.current_version_id, now, now, now
                from users, tendril.sequences s, tendril.clock() now
                where s.name = $1 returning id, user_id, version_id
            )
            insert into tendril.message_deliveries (
                enrollment_id, user_id, version_id, sequence_type, message_step, message_class, channel,
                scheduled_at, next_attempt_at, created_at)
            select id, user_id, version_id, $1, 1, 'sequence', $2, now, now, now
            from enrolled, tendril.clock() now
            """,
            name,
            channel,
            messages,
        )
        await self.connection.execute("vacuum analyze")

    async def budget(self, channel: str, per_second: float | None, burst: float, per_request: int) -> None:
        await self.store.call(
            "configure_budget", channel=channel, per_second=per_second, burst=burst,
            messages_per_request=per_request,
        )  # fmt: skip

    async def unlimited(self) -> None:
        await self.budget("telegram", None, 1, 1)
        await self.budget("email", None, 1, 100)

    def pipeline(self, channel: AnsweringChannel, in_flight: int) -> DeliveryPipeline:
        return DeliveryPipeline(self.store, channel, renderer(), "bench", in_flight=in_flight)


def renderer() -> Renderer:
    links = LinkBuilder("https://links.example", Signer(SIGNING_SECRET))
    return Renderer(Brand("Tendril", "Tendril <hello@example.com>"), links)


async def limit(bench: Bench, rows: int) -> float:
    """Rows per second that one connection claims and records, with nothing in between."""
    await bench.connection.execute(
        "drop table if exists bench_queue; "
        "create table bench_queue (id int primary key, status text, worker text); "
        f"insert into bench_queue select n, 'pending' from generate_series(1, {rows}) n; "
        "create index on bench_queue (id) where status = 'pending'"
    )
    await bench.connection.execute("vacuum analyze bench_queue")
    began = time.perf_counter()
    for _ in range(rows // 1000):
        claimed = await bench.connection.fetch(
            "update bench_queue set status = 'sending', worker = 'w' where id in (select id from bench_queue "
            "where status = 'pending' order by id limit 1000 for update skip locked) returning id"
        )
        await bench.connection.execute(
            "update bench_queue q set status = 'sent' from unnest($1::int[]) as r (id) where q.id = r.id",
            [row["id"] for row in claimed],
        )
    return rows / (time.perf_counter() - began)


async def pipelined(bench: Bench, channel: AnsweringChannel, messages: int, in_flight: int) -> float:
    """Messages per second from a full queue to the last recorded outcome."""
    await bench.plan(channel.name, messages)
    pipeline = bench.pipeline(channel, in_flight)
    began = time.perf_counter()
    drained = await pipeline.drain_once()
    took = time.perf_counter() - began
    assert drained.outcomes == {"sent": messages}, drained
    return messages / took


async def measured(messages: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded(Path(folder)) as dsn:
            await migrate(dsn)
            store = PostgresStore(dsn, connections=8)
            connection = await asyncpg.connect(dsn)
            bench = Bench(dsn, store, connection)
            await bench.unlimited()
            await report(bench, messages)
            await connection.close()
            await store.aclose()


async def report(bench: Bench, messages: int) -> None:
    def telegram(after: float = 0.0) -> AnsweringChannel:
        return AnsweringChannel("telegram", answers_after=after)

    def email() -> AnsweringChannel:
        return AnsweringChannel("email", 100, True)

    ceiling = await median(lambda: limit(bench, 20_000))
    print(f"limit: claim and record, batches of 1,000      {ceiling:10.0f} /s")
    for in_flight in (32, 256, 1000):
        rate = await median(partial(pipelined, bench, telegram(), messages, in_flight))
        print(
            f"telegram, {in_flight:4d} in flight, instant answers   "
            f"{rate:10.0f} /s   {rate / ceiling:.3f} of it"
        )
    rate = await median(lambda: pipelined(bench, email(), messages, 32))
    print(f"email, batches of 100, instant answers         {rate:10.0f} /s   {rate / ceiling:.3f} of it")
    rate = await median(lambda: pipelined(bench, telegram(0.05), 2000, 32))
    print(f"telegram, 32 in flight, answers after 50 ms    {rate:10.0f} /s   {rate / (32 / 0.05):.3f} of 640")


async def median(measure: Callable[[], Awaitable[float]]) -> float:
    return statistics.median([await measure() for _ in range(ROUNDS)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Messages per second through the delivery pipeline.")
    parser.add_argument("--messages", type=int, default=5000)
    asyncio.run(measured(parser.parse_args().messages))


if __name__ == "__main__":
    main()
