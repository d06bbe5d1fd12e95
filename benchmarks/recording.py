"""What people do, recorded in batches with all that follows from it, against a copy, DuckDB, and one by one.

DuckDB keeps each event once and counts them by day, and has no XP, boards or triggers.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.ground import Ground
from benchmarks.measuring import Goal, Side
from benchmarks.processes import process
from engagement.game import load_game

PEOPLE = 5_000
EVENTS, AT_ONCE = 10_000, 1_000
ONE_BY_ONE = 500

COPIED = "behavior: copied into a table, events/s"
BATCHES = "behavior: in batches of 1,000, events/s"
WITHOUT_GAME = "behavior: … without a game, events/s"
SINGLE = "behavior: one by one, events/s"
DUCK = "DuckDB: kept and counted by day, events/s"
GOALS = [
    Goal("behavior in batches of 1,000, XP and boards included / one by one", BATCHES, SINGLE, 10),
    Goal("behavior in batches of 1,000, … without a game / DuckDB", WITHOUT_GAME, DUCK, 0.1),
    Goal("behavior in batches of 1,000 / copied into a table", BATCHES, COPIED, 0.05),
]

# Half of it earns XP, as a product that people learn with tells it.
TYPES = {
    "page_viewed": 12,
    "video_played": 5,
    "message_clicked": 3,
    "lesson_complete": 6,
    "exercise_complete": 6,
    "quiz_passed": 3,
    "session_ended": 3,
    "checked_in": 2,
}
PEOPLE_COME = """
insert into tendril.users (id, timezone, created_at)
select id, (array['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo'])[1 + n % 4],
    tendril.clock() - interval '90 days'
from unnest($1::uuid[]) with ordinality as given (id, n)
"""
# With the indexes that the events have with us, and the one that makes each of them count once.
TABLE = """
create table copied (like tendril.behavior_events including indexes, unique (event_id))
"""
COLUMNS = ["id", "event_id", "user_id", "type", "source", "metadata", "occurred_at", "recorded_at"]
SUMS = """
select (select sum(xp) from tendril.xp_ledger) as ledger, (select sum(xp) from tendril.xp_days) as days,
    (select sum(xp) from tendril.xp_totals) as totals,
    (select sum(xp) from tendril.standings where period = 'all_time') as board
"""

PEER = Path(__file__).parent / "peers" / "duckdb_recording.py"
Event = dict[str, Any]


def sides(here: Ground, peers: Path | None) -> list[Side]:
    return [partial(_recorded, here, peers)]


async def _recorded(here: Ground, peers: Path | None) -> Mapping[str, float]:
    store = here.bench.store
    people = [str(uuid.uuid4()) for _ in range(PEOPLE)]
    figures = {COPIED: await _copied(here, _events(people, EVENTS))}
    rules = load_game().as_json()
    nothing: dict[str, Any] = {"actions": []}
    for name, changes in ((WITHOUT_GAME, nothing), (BATCHES, {})):
        await store.call("configure_game", rules=rules | changes)
        await here.connection.execute("truncate tendril.users cascade")
        await here.connection.execute("truncate tendril.behavior_keys")
        await here.connection.execute(PEOPLE_COME, people)
        figures[name] = await _per_second(here, _events(people, EVENTS), AT_ONCE)
    figures[SINGLE] = await _per_second(here, _events(people, ONE_BY_ONE), 1)
    await _check(here)
    if peers is not None:
        figures[DUCK] = await _duck(here, peers, _events(people, EVENTS))
    return figures


async def _per_second(here: Ground, events: Sequence[Event], at_once: int) -> float:
    began = time.perf_counter()
    recorded = 0
    for batch in _batches(events, at_once):
        answer = await here.bench.store.call("track_behavior", events=batch)
        recorded += answer["recorded"]
    took = time.perf_counter() - began
    assert recorded == len(events), recorded
    return len(events) / took


async def _copied(here: Ground, events: Sequence[Event]) -> float:
    connection = here.connection
    await connection.execute("drop table if exists copied")
    await connection.execute(TABLE)
    rows = [
        (n, each["event_id"], each["user"], each["type"], "api", json.dumps(each["metadata"]), now, now)
        for n, each in enumerate(events)
        for now in [datetime.now(UTC)]
    ]
    began = time.perf_counter()
    for batch in _batches(rows, AT_ONCE):
        await connection.copy_records_to_table("copied", records=batch, columns=COLUMNS)
    took = time.perf_counter() - began
    assert await connection.fetchval("select count(*) from copied") == len(events)
    return len(events) / took


async def _duck(here: Ground, peers: Path, events: Sequence[Event]) -> float:
    folder = Path(tempfile.mkdtemp(dir=here.folder))
    for number, batch in enumerate(_batches(events, AT_ONCE)):
        (folder / f"{number}.json").write_text(json.dumps(batch))
    async with process(str(PEER), str(folder), python=str(peers)) as peer:
        found = json.loads(await peer.line())
    assert (found["kept"], found["counted"]) == (len(events), len(events)), found
    return len(events) / float(found["seconds"])


def _batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[place : place + size] for place in range(0, len(items), size))


async def _check(here: Ground) -> None:
    """Nothing was lost, and everything that XP is summed to says the same."""
    kept = await here.connection.fetchval(
        "select count(*) from tendril.behavior_events where source not in ('clock', 'admin')"
    )
    assert kept == EVENTS + ONE_BY_ONE, kept
    sums = await here.connection.fetchrow(SUMS)
    assert len(set(sums.values())) == 1, dict(sums)
    assert sums["ledger"] > 0


def _events(people: Sequence[str], number: int) -> list[Event]:
    """Of the last hour, by anybody."""
    now = datetime.now(UTC)
    types = random.choices(list(TYPES), list(TYPES.values()), k=number)
    return [
        {
            "event_id": str(uuid.uuid4()),
            "user": random.choice(people),
            "type": type_,
            "metadata": {"lesson": random.randrange(40), "perfect": random.random() < 0.3},
            "occurred_at": (now - timedelta(seconds=random.randrange(3600))).isoformat(),
        }
        for type_ in types
    ]
