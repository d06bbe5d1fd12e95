"""P8: scores, signals and risks of everybody, and after a day of some, against DuckDB and against one by one.

    python -m benchmarks.scoring [--people 1000000] [--rounds 3]

For each user there are twenty behavior events, on some days of four months, and what the days say is kept as
in the service. DuckDB has the same days in memory and reckons the same: of the signals by the very statement.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.ground import Ground, ground
from benchmarks.measuring import ROUNDS, Figures, Goal, Side, interleaved, table
from benchmarks.processes import process
from engagement.risk.scoring import BATCH, RiskTeller
from engagement.scores import USERS_AT_ONCE

PEOPLE = 30_000
CONNECTIONS = 4
SIGNALS_AT_ONCE = 5_000
ONE_BY_ONE = 60
ACTIVE = 0.05

SCORES = "everybody's scores, kept, s"
SIGNALS = "everybody's signals, kept, s"
FULL = "everybody's scores and signals, kept, s"
DAY = "those of the 5 % who were active, kept, s"
ALONE = "everybody, one user after the other, s"
DUCK = "DuckDB: everybody's scores and signals, s"
TOLD = "risks told by the rules of all due at once, people/s"
TOLD_ALONE = "risks told one user after the other, people/s"
GOALS = [
    Goal("P8 everybody, kept / DuckDB", FULL, DUCK, 12.0, at_least=False),
    Goal("P8 a day's update / everybody", DAY, FULL, 0.5, at_least=False),
    Goal("P8 one by one / everybody at once", ALONE, FULL, 80.0),
    Goal("P8 risks told at once / one after the other", TOLD, TOLD_ALONE, 8.0),
]

SQL = Path(__file__).parent.parent / "sql" / "functions" / "engagement"
PEER = Path(__file__).parent / "peers" / "duckdb_scoring.py"

PEOPLE_COME = """
with made as (
    -- ids as random as those of the service, and the same in each run
    insert into tendril.users (id, created_at)
    select overlay(overlay(md5(n::text) placing '4' from 13) placing '8' from 17)::uuid, tendril.clock()
    from generate_series(1, $1) n returning id
)
insert into tendril.user_preferences (user_id) select id from made
"""
# Row by row as they come about: one day after the other. Some do something nearly daily, many hardly ever.
DAYS_PASS = """
insert into tendril.behavior_days (user_id, day, type, events, first_at, last_at, half_hours, channels)
select l.id, l.day, l.type, 1 + l.luck % 2, l.at, l.at + interval '20 minutes', 1::bigint << l.half_hour |
    case l.luck % 3 when 0 then 1::bigint << ((l.half_hour + l.luck % 7) % 48) else 0 end, l.luck / 7 % 3
from (
    select p.*, p.day + p.half_hour * interval '30 minutes' as at
    from (
        select u.id, $1::date - 120 + u.g as day, t.type,
            (hashint8extended(u.n * 1000 + u.g, t.k) & 1048575)::int as luck,
            (12 + (hashint8extended(u.n, 77) & 15) + (hashint8extended(u.n * 1000 + u.g, 5 + t.k) & 7))::int
                as half_hour
        from (
            select id, n, g from generate_series(1, 120) g
            cross join (
                select id, n, hashint8extended(n, 4) & 255 as zeal, hashint8extended(n, 6) & 63 as since
                from (select id, row_number() over (order by id) as n from tendril.users) u offset 0) u
            where g > u.since and (hashint8extended(u.n * 1000 + g, 9) & 1023) < u.zeal * u.zeal / 210
            offset 0
        ) u
        cross join (values ('lesson', 1), ('quiz', 2), ('message_received', 3)) as t (type, k)
        where (hashint8extended(u.n * 1000 + u.g, 20 + t.k) & 3) < 2
        offset 0
    ) p
) l
"""
A_DAY_PASSES = """
insert into tendril.behavior_days as d (user_id, day, type, events, first_at, last_at, half_hours, channels)
select u.id, $1::date, 'lesson', 2, $1::date + interval '9 hours', $1::date + interval '10 hours', 786432, 1
from tendril.users u where hashint8extended(hashtext(u.id::text), 11) & 1023 < 1024 * $2::float8
on conflict (user_id, day, type) do update set events = d.events + 2
"""
KEPT = """
insert into bench.signals
select * from tendril.activity_signals($1::uuid[], array_fill($2::date, array[cardinality($1::uuid[])]))
"""
MORNING = "update tendril.drop_off_risks set due_at = tendril.clock() where user_id = any ($1::uuid[])"
SUMS = """
select count(*), sum(tendril.score_of('overall', s.overall, s.calculated_at, $1)),
    sum(tendril.score_of('telegram', s.telegram, s.calculated_at, $1)),
    sum(tendril.score_of('email', s.email, s.calculated_at, $1))
from tendril.user_scores s
"""

# What tendril.score_evidence_of and tendril.score_of do with days, for DuckDB.
DUCK_SCORES = """
create or replace table scores as
with by_day as (
    select user_id, day, max(last_at) as last_at, max(last_at) filter (where channels & 1 > 0) as telegram_at,
        max(last_at) filter (where channels & 2 > 0) as email_at,
        (bit_or(half_hours) | (bit_or(half_hours) >> 1)) & 93824992236885 as hours
    from behavior_days where day > asked_day() - 180 group by user_id, day
), active as (
    select user_id, max(last_at) as last_at, max(telegram_at) as telegram_at, max(email_at) as email_at,
        sum(faded(last_at, 14)) as days, sum(faded(telegram_at, 14)) as telegram_days,
        sum(faded(email_at, 14)) as email_days,
        list_value({hours}) as hours
    from by_day group by user_id
)
select u.id as user_id, score(a.last_at, a.days) as overall,
    score(a.telegram_at, a.telegram_days) as telegram, score(a.email_at, a.email_days) as email, a.hours
from users u left join active a on a.user_id = u.id
""".format(
    hours=", ".join(
        f"sum(hours >> {bit} & 1) filter (where day > asked_day() - 90)" for bit in range(0, 48, 2)
    )
)
MACROS = """
create or replace macro asked_day() as date '{day}';
create or replace macro faded(since, half_life) as
    power(0.5, epoch(greatest(timestamptz '{at}', since) - since) / 86400 / half_life);
create or replace macro score(last_at, days) as coalesce(round(10 * (50 * faded(last_at, 7)
    + 25 * (1 - exp(-days / 6)) + 25 * faded(last_at, 7) / 4)) / 10, 0);
create or replace macro times_logarithm(n) as case when n > 0 then n * ln(n) else 0 end
"""


class Population:
    """Comes at the first side of the first round, and stays; each round adds a day to it."""

    def __init__(self, here: Ground, people: int) -> None:
        self.here = here
        self.people = people
        self.today = datetime.now(UTC).date()
        self.ids: list[str] = []

    async def present(self) -> list[str]:
        connection = self.here.connection
        if not self.ids or await connection.fetchval("select not exists (select from tendril.behavior_days)"):
            await connection.execute("truncate tendril.users cascade")
            await connection.execute("create schema if not exists bench")
            await connection.execute(PEOPLE_COME, self.people)
            # nobody is looked up, and nothing follows from it
            await connection.execute("set session_replication_role = replica")
            await connection.execute(DAYS_PASS, self.today)
            await connection.execute("reset session_replication_role")
            await connection.execute("vacuum analyze")
            rows = await connection.fetch("select id from tendril.users order by id")
            self.ids = [row["id"] for row in rows]
        return self.ids


def sides(here: Ground, peers: Path | None, people: int = PEOPLE) -> Sequence[Side]:
    return [partial(scored, Population(here, people), peers)]


async def scored(population: Population, peers: Path | None) -> Mapping[str, float]:
    ids = await population.present()
    async with _connections(population.here.dsn) as connections:
        await connections[0].execute("select tendril.rescore_everybody()")
        scores = await _timed(_rescore(connections))
        signals = await _timed(_signals(connections, ids, population.today))
        figures = {SCORES: scores, SIGNALS: signals, FULL: scores + signals}
        figures[ALONE] = await _alone(connections[0], ids, population.today)
        figures |= await _risks(population, ids)
        if peers is not None:
            figures[DUCK] = await _duck(population, peers, connections[0])
        await connections[0].execute(A_DAY_PASSES, population.today, ACTIVE)
        marked = await connections[0].fetch("select distinct user_id from tendril.score_marks order by 1")
        active = [row["user_id"] for row in marked]
        figures[DAY] = await _timed(_rescore(connections))
        figures[DAY] += await _timed(_signals(connections, active, population.today))
    return figures


@asynccontextmanager
async def _connections(dsn: str) -> AsyncIterator[list[asyncpg.Connection]]:
    opened = [await asyncpg.connect(dsn) for _ in range(CONNECTIONS)]
    try:
        yield opened
    finally:
        for connection in opened:
            await connection.close()


async def _rescore(connections: Sequence[asyncpg.Connection]) -> None:
    """As the upkeep of so many processes."""

    async def until_nothing_is_left(connection: asyncpg.Connection) -> None:
        while await connection.fetchval("select tendril.rescore_changed($1)", USERS_AT_ONCE) is not None:
            pass

    await asyncio.gather(*map(until_nothing_is_left, connections))


async def _signals(connections: Sequence[asyncpg.Connection], ids: Sequence[str], day: date) -> None:
    await connections[0].execute("drop table if exists bench.signals")
    await connections[0].execute(
        "create table bench.signals as select * from tendril.activity_signals('{}', '{}') limit 0"
    )
    pages = [ids[place : place + SIGNALS_AT_ONCE] for place in range(0, len(ids), SIGNALS_AT_ONCE)]

    async def until_all_are_taken(connection: asyncpg.Connection) -> None:
        while pages:
            await connection.execute(KEPT, pages.pop(), day)

    await asyncio.gather(*map(until_all_are_taken, connections))
    kept = await connections[0].fetchval("select count(*) from bench.signals")
    assert kept == len(ids), f"signals of {kept} people instead of {len(ids)}"


async def _alone(connection: asyncpg.Connection, ids: Sequence[str], day: date) -> float:
    """The seconds that all would take, by some of them."""
    some = ids[:: max(1, len(ids) // ONE_BY_ONE)]

    async def one_after_the_other() -> None:
        for each in some:
            await connection.execute("select tendril.calculate_engagement_scores(array[$1::uuid])", each)
            await connection.execute("begin")
            await connection.execute(KEPT, [each], day)
            await connection.execute("rollback")

    return await _timed(one_after_the_other()) / len(some) * len(ids)


async def _risks(population: Population, ids: Sequence[str]) -> dict[str, float]:
    """A morning on which all are due, and one of some, as the service tells their risks."""
    here = population.here
    figures = {}
    some = ids[:: max(1, len(ids) // ONE_BY_ONE)]
    for name, due, page in ((TOLD, ids, BATCH), (TOLD_ALONE, some, 1)):
        teller = RiskTeller(here.bench.store, here.folder, page)
        await teller.tell_due()  # who is not known yet
        await here.connection.execute(MORNING, due)
        began = time.perf_counter()
        told = await teller.tell_due()
        figures[name] = len(due) / (time.perf_counter() - began)
        assert told == len(due), f"risks of {told} people instead of {len(due)}"
    return figures


async def _duck(population: Population, peers: Path, connection: asyncpg.Connection) -> float:
    """Its seconds, once all that it found is what we found."""
    at = await connection.fetchval("select tendril.clock()")
    macros = MACROS.format(day=population.today, at=at.isoformat())
    asked = {"macros": macros, "scores": DUCK_SCORES, "signals": _as_duckdb_writes_it()}
    (population.here.folder / "asked.json").write_text(json.dumps(asked))
    for name, columns in {"behavior_days": "*", "users": "id"}.items():
        target = str(population.here.folder / f"{name}.csv")
        query = f"select {columns} from tendril.{name}"
        await connection.copy_from_query(query, output=target, format="csv", header=True)
    async with process(str(PEER), str(population.here.folder), python=str(peers)) as peer:
        found = json.loads(await peer.line())
    await _check(connection, at, found)
    return float(found["seconds"])


def _as_duckdb_writes_it() -> str:
    """The statement of tendril.activity_signals, with its names for the results."""
    text = (SQL / "activity_signals.sql").read_text(encoding="utf-8")
    names = re.findall(r"(\w+) float8", text[: text.index("language sql")])
    body = text[text.index("as $$") + 5 : text.rindex("$$;")].strip().rstrip(";")
    body = re.sub(r"x'([0-9A-F]+)'::bigint", lambda found: str(int(found[1], 16)), body)
    for ours, theirs in {
        "unnest(activity_signals.users, activity_signals.days) as a (user_id, day)": "(select id as user_id, "
        "asked_day() as day from users) as a",
        "::bit(64)": "",
        # it looks at what a filter leaves out, too
        "<< t.ago": "<< least(t.ago, 62)",
        "tendril.": "",
    }.items():
        body = body.replace(ours, theirs)
    return f"create or replace table signals as select * from ({body}) as s (user_id, {', '.join(names)})"


async def _check(connection: asyncpg.Connection, at: datetime, found: Mapping[str, Any]) -> None:
    ours = list(await connection.fetchrow(SUMS, at))
    assert _are_alike(ours, found["scores"]), f"scores: {ours} here, {found['scores']} there"
    columns = ", ".join(f"sum({name})" for name in found["names"])
    ours = list(await connection.fetchrow(f"select {columns} from bench.signals"))
    differing = [
        (name, here, there)
        for name, here, there in zip(found["names"], ours, found["signals"], strict=True)
        if not _are_alike([here], [there])
    ]
    assert not differing, f"signals: {differing}"


def _are_alike(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return all(
        abs(float(here) - float(there)) <= 1e-6 * max(1, abs(float(here)))
        for here, there in zip(ours, theirs, strict=True)
    )


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _alone_here(people: int, rounds: int, peers: Path | None) -> None:
    figures: dict[str, Figures] = {}
    async with ground() as here:
        await interleaved(sides(here, peers, people), figures, rounds)
    for name, each in figures.items():
        print(f"  {name:52s} {each}")
    print(table(GOALS, figures))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description="P8 by itself.")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    peers = Path(__file__).parent.parent / ".tools" / "peers" / "bin" / "python"
    asyncio.run(_alone_here(given.people, given.rounds, peers if peers.exists() else None))


if __name__ == "__main__":
    main()
