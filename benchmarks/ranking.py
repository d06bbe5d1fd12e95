"""P9: where somebody is among all, against one row by its key, against counting, and against DuckDB.

    python -m benchmarks.ranking [--people 1000000] [--rounds 3]

Some thousand people have earned something before each round, and nobody has summed that up yet. DuckDB has
the same standings in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import asyncpg

from benchmarks.ground import Ground, ground
from benchmarks.measuring import ROUNDS, Figures, Goal, Side, interleaved, table
from benchmarks.processes import process

PEOPLE = 60_000
EARNING = 5_000  # before each round, so many at once as a batch of events has people
AT_ONCE = 500
ASKED = 400
COUNTED = 10  # slow, so fewer

LOOKUP = "one row by its key, ms"
RANK = "rank of somebody, ms"
COUNTING = "rank by count(*), ms"
WINDOW = "rank by a window function, ms"
PAGE = "leaderboard with one's neighbors, ms"
DUCK = "DuckDB: rank of somebody, ms"
DUCK_PAGE = "DuckDB: their rank and the first ten, ms"
EARNED = "earning XP with all boards, people/s"
BARE = "the same rows without boards, people/s"
GOALS = [
    Goal("P9 rank / one row by its key", RANK, LOOKUP, 4.0, at_least=False),
    Goal("P9 rank / DuckDB's", RANK, DUCK, 1.0, at_least=False),
    Goal("P9 leaderboard with one's neighbors / DuckDB's first ten", PAGE, DUCK_PAGE, 1.0, at_least=False),
    Goal("P9 leaderboard with one's neighbors, ms", PAGE, None, 20.0, at_least=False),
]

PEOPLE_COME = """
with made as (
    insert into tendril.users (first_name, created_at)
    select 'Ada ' || n, tendril.clock() from generate_series(1, $1) n returning id
), preferring as (
    insert into tendril.user_preferences (user_id) select id from made
)
insert into tendril.xp_days (user_id, day, xp)
-- many have little and few have much
select id, tendril.clock()::date, 5 + 5 * (random() ^ 3 * 6000)::int from made
"""
MINE = "from tendril.standings s where s.user_id = $1 and s.period = 'all_time' and s.since = '-infinity'"
ON_BOARD = "s.period = 'all_time' and s.since = '-infinity' and s.is_listed and s.xp > 0"
QUERIES = {
    LOOKUP: f"select s.xp {MINE}",
    RANK: f"select s.xp, tendril.rank_of(s.period, s.since, s.xp) as rank {MINE}",
    COUNTING: f"""select s.xp, (
        select 1 + count(*) from tendril.standings o
        where o.period = s.period and o.since = s.since and o.is_listed and o.xp > s.xp) as rank {MINE}""",
    WINDOW: f"""select r.xp, r.rank from (
        select s.user_id, s.xp, rank() over (order by s.xp desc) as rank
        from tendril.standings s where {ON_BOARD}) r where r.user_id = $1""",
}
PEER = Path(__file__).parent / "peers" / "duckdb_ranking.py"
STANDINGS = f"select s.user_id, s.xp from tendril.standings s where {ON_BOARD}"
EARN = """
with held as materialized (select id from tendril.users where id = any ($1) order by id for no key update)
insert into tendril.xp_days as d (user_id, day, xp) select id, tendril.clock()::date, 10 from held
on conflict (user_id, day) do update set xp = d.xp + excluded.xp
"""
BARE_EARN = """
with held as materialized (select id from tendril.users where id = any ($1) order by id for no key update)
insert into bare_days as d (user_id, day, xp) select id, tendril.clock()::date, 10 from held
on conflict (user_id, day) do update set xp = d.xp + excluded.xp
"""


class Population:
    """Comes at the first side of the first round, and stays."""

    def __init__(self, here: Ground, people: int) -> None:
        self.here = here
        self.people = people
        self.ids: list[str] = []

    async def present(self) -> list[str]:
        connection = self.here.connection
        if not self.ids or await connection.fetchval("select not exists (select from tendril.xp_days)"):
            await connection.execute("truncate tendril.users cascade")
            await connection.execute(PEOPLE_COME, self.people)
            await self.here.bench.store.call("fold_standings")
            await connection.execute("drop table if exists bare_days")
            await connection.execute("create table bare_days as select user_id, day, xp from tendril.xp_days")
            await connection.execute("alter table bare_days add primary key (user_id, day)")
            await connection.execute("vacuum analyze")
            rows = await connection.fetch("select id from tendril.users")
            self.ids = [row["id"] for row in rows]
        return self.ids


def sides(here: Ground, peers: Path | None, people: int = PEOPLE) -> Sequence[Side]:
    return [partial(ranked, Population(here, people), peers)]


async def ranked(population: Population, peers: Path | None) -> Mapping[str, float]:
    ids = await population.present()
    connection = population.here.connection
    earning = random.sample(ids, EARNING)
    figures = {
        BARE: EARNING / await _timed(_earn(connection, BARE_EARN, earning)),
        EARNED: EARNING / await _timed(_earn(connection, EARN, earning)),
    }
    asked = random.sample(ids, ASKED)
    await _check(connection, asked[:COUNTED])
    for name, query in QUERIES.items():
        some = asked[:COUNTED] if name in (COUNTING, WINDOW) else asked
        figures[name] = await _median(some, partial(connection.fetch, query))
    board = partial(_board, population)
    figures[PAGE] = await _median(asked, board)
    if peers is not None:
        figures |= await _duck(population.here, peers, asked)
    await population.here.bench.store.call("fold_standings")
    return figures


async def _earn(connection: asyncpg.Connection, statement: str, ids: Sequence[str]) -> None:
    for place in range(0, len(ids), AT_ONCE):
        await connection.execute(statement, ids[place : place + AT_ONCE])


async def _board(population: Population, user_id: str) -> None:
    await population.here.bench.store.call("leaderboard", period="all_time", user_id=str(user_id))


async def _median(asked: Sequence[str], ask: Callable[[str], Awaitable[object]]) -> float:
    """In milliseconds, one after the other."""
    return statistics.median([1000 * await _timed(ask(user_id)) for user_id in asked])


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _duck(here: Ground, peers: Path, asked: Sequence[str]) -> dict[str, float]:
    """Its times, once it has found the same ranks."""
    (here.folder / "asked.json").write_text(json.dumps([str(user_id) for user_id in asked]))
    target = str(here.folder / "standings.csv")
    await here.connection.copy_from_query(STANDINGS, output=target, format="csv", header=True)
    async with process(str(PEER), str(here.folder), python=str(peers)) as peer:
        found = json.loads(await peer.line())
    for user_id, there in zip(asked[:COUNTED], found["ranks"], strict=False):
        ours = list(await here.connection.fetchrow(QUERIES[RANK], user_id))
        assert ours == there, f"ranks differ: {ours} here, {there} there"
    return {DUCK: found["rank"], DUCK_PAGE: found["page"]}


async def _check(connection: asyncpg.Connection, asked: Sequence[str]) -> None:
    for user_id in asked:
        answers = {
            tuple(await connection.fetchrow(QUERIES[name], user_id)) for name in (RANK, COUNTING, WINDOW)
        }
        assert len(answers) == 1, f"ranks differ: {answers}"


async def _alone(people: int, rounds: int, peers: Path | None) -> None:
    figures: dict[str, Figures] = {}
    async with ground() as here:
        await interleaved(sides(here, peers, people), figures, rounds)
    for name, each in figures.items():
        print(f"  {name:52s} {each}")
    print(f"\n{table(GOALS, figures)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    known = Path(__file__).parent.parent / ".tools" / "peers" / "bin" / "python"
    asyncio.run(_alone(given.people, given.rounds, known if known.exists() else None))
