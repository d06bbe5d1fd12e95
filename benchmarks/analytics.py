"""P9: what became of ten million messages to a million people, asked over HTTP, folded and counted anew.

    python -m benchmarks.analytics [--messages 10000000] [--rounds 1] [--folder /var/tmp]

The ledger lies in rows (benchmarks/analytics_ledger.py), its sums are made by the service's own functions,
and are compared with it before anything is asked. A question is asked once on a fresh connection, which is
called cold, and then ten times. Beside other measurements (`python -m benchmarks`) it is a small ledger, so
that a round takes some seconds: what a question costs depends on the number of sums, which grows with days
and sequences.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import asyncpg
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from benchmarks.analytics_ledger import fill
from benchmarks.ground import Ground, ground
from benchmarks.measuring import ROUNDS, Figures, Goal, Side, interleaved, table
from channels.signing import Signer
from sequences.analytics import FOLDED_AT_ONCE
from sequences.controller import NurtureController
from storage.migrations import migrate
from storage.postgres import PostgresStore
from webhooks.app import build_app
from webhooks.options import ProcessHealth, WebOptions

MESSAGES = 40_000
ASKED = 10
FOLDED = 50_000
KEY = "a key for measurements only"

REBUILT = "analytics: everything counted anew, messages/s"
FOLD = "analytics: marks folded, messages/s"
DASHBOARD = "analytics: slowest dashboard of 30 days, ms"
SLOWEST = "analytics: slowest question, ms"
GOALS = [
    Goal("P9 dashboards of 30 days, ms", DASHBOARD, None, 20.0, at_least=False),
    Goal("P9 any question, ms", SLOWEST, None, 1000.0, at_least=False),
]

ANALYTICS = "/api/engagement/analytics"
# What a dashboard shows when it is opened.
DASHBOARDS = (
    f"{ANALYTICS}?group_by=channel",
    f"{ANALYTICS}?group_by=type",
    f"{ANALYTICS}?group_by=mail_provider",
    f"{ANALYTICS}?group_by=campaign",
    f"{ANALYTICS}/series?format=json",
    f"{ANALYTICS}/deliverability?",
    f"{ANALYTICS}/times?",
    f"{ANALYTICS}/funnel?sequence=course_3",
    "/admin/api/email/stats?",
    "/admin/api/nurture/analytics?sequence=course_3",
)
OTHERS = (
    *(
        f"{ANALYTICS}?group_by={name}"
        for name in ("sequence", "version", "step", "template", "variant", "reason")
    ),
    f"{ANALYTICS}?group_by=step&sequence=course_3",
    f"{ANALYTICS}?group_by=step&mail_provider=gmail",
    f"{ANALYTICS}?group_by=mail_provider&sequence=course_3",
    f"{ANALYTICS}/series?mail_provider=gmail&step=step_2",
    f"{ANALYTICS}/series?sequence=course_3",
    f"{ANALYTICS}/times?sequence=course_3",
    "/admin/api/nurture/analytics?",
)
WITHOUT_DAYS = (
    f"{ANALYTICS}/cohorts?weeks=12",
    f"{ANALYTICS}/cohorts?weeks=52",
    "/admin/api/metrics",
    "/api/engagement/metrics?days=30",
    "/api/engagement/at-risk?limit=10",
)

# Each grain beside the ledger itself: nothing may differ.
DIFFERENCES = """
with told as (
    select d.channel, (coalesce(d.sent_at, d.failed_at, d.scheduled_at) at time zone 'UTC')::date as day,
        d.sent_at is not null as is_sent, d.clicked_at, d.opened_at, d.delivery_status,
        d.sent_at is not null and (d.delivery_status = 'complained' or d.delivery_status in ('sent',
            'delivered', 'opened', 'clicked')
            and (d.channel <> 'email' or d.delivered_at is not null)) as arrived
    from tendril.message_deliveries d
    where d.sent_at is not null or d.delivery_status not in ('pending', 'sending')
), ledger as (
    select date_trunc('month', day)::date as month, channel, count(*) as deliveries,
        count(*) filter (where is_sent) as sent,
        count(*) filter (where arrived) as delivered, count(coalesce(opened_at,
            clicked_at)) filter (where arrived) as opened,
        count(clicked_at) filter (where arrived) as clicked,
            count(*) filter (where delivery_status = 'complained') as complained
    from told group by 1, 2
), sums as (
    select grain, date_trunc('month', day)::date as month, channel, sum(deliveries) as deliveries,
        sum(sent) as sent,
        sum(delivered) as delivered, sum(opened) as opened, sum(clicked) as clicked,
            sum(complained) as complained
    from (
        select grain, day, channel, deliveries, sent, delivered, opened, clicked, complained
            from tendril.delivery_sums
        union all
        select 'cells', day, channel, deliveries, sent, delivered, opened, clicked, complained
            from tendril.delivery_cells
    ) s
    group by 1, 2, 3
)
select g.grain, l.month, l.channel from ledger l
cross join (select grain from tendril.analytics_grains() union select 'cells') g
left join sums s on s.grain = g.grain and s.month = l.month and s.channel = l.channel
where (s.deliveries, s.sent, s.delivered, s.opened, s.clicked, s.complained)
    is distinct from (l.deliveries, l.sent, l.delivered, l.opened, l.clicked, l.complained)
"""
# As when what was sent last is told delivered; it counts as before, so nothing but folding is measured.
MARKED = """
insert into tendril.delivery_marks (delivery_id)
select d.id from tendril.message_deliveries d where d.sent_at is not null order by d.id desc limit $1
"""


class Ledger:
    """In a database of its own, made at the first side of the first round; it stays."""

    def __init__(self, here: Ground, messages: int) -> None:
        self.here = here
        self.messages = messages
        self.dsn = ""

    async def present(self) -> str:
        if not self.dsn:
            await self.here.connection.execute("create database analytics")
            self.dsn = self.here.dsn.replace("/tendril?", "/analytics?")
            await migrate(self.dsn)
            store = PostgresStore(self.dsn)
            await fill(self.dsn, store, self.messages)
            await store.aclose()
        return self.dsn


def sides(here: Ground, peers: Path | None, messages: int = MESSAGES) -> Sequence[Side]:
    return [partial(counted, Ledger(here, messages))]


async def counted(ledger: Ledger) -> Mapping[str, float]:
    connection = await asyncpg.connect(await ledger.present())
    took = await _timed(connection, "select tendril.rebuild_analytics()")
    while await connection.fetchval("select tendril.count_active_people(366)"):
        pass
    await connection.execute("vacuum analyze")
    figures = {REBUILT: ledger.messages / took, FOLD: await _folded(connection, ledger.messages)}
    assert not (different := await connection.fetch(DIFFERENCES)), different[:3]
    asked = await questions(ledger.dsn)
    await connection.close()
    figures[DASHBOARD] = max(asked[each].median for each in DASHBOARDS)
    figures[SLOWEST] = max(each.median for each in asked.values())
    return figures


async def _folded(connection: asyncpg.Connection, messages: int) -> float:
    """Messages a second, once it has begun."""
    count = min(FOLDED, messages // 4)
    await connection.execute("delete from tendril.delivery_marks")
    await connection.execute(MARKED, count + FOLDED_AT_ONCE)
    await connection.execute(f"select tendril.fold_deliveries({FOLDED_AT_ONCE})")
    took = 0.0
    for _ in range(count // FOLDED_AT_ONCE):
        took += await _timed(connection, f"select tendril.fold_deliveries({FOLDED_AT_ONCE})")
    return count / took


async def _timed(connection: asyncpg.Connection, statement: str) -> float:
    began = time.perf_counter()
    await connection.execute(statement)
    return time.perf_counter() - began


class Answers:
    """Of one question, in milliseconds."""

    def __init__(self, cold: float, warm: Sequence[float]) -> None:
        self.cold = cold
        self.median = statistics.median(warm)
        self.worst = max(warm)


async def questions(dsn: str) -> dict[str, Answers]:
    """By path: those of 30 days as they are, those of a year with the days that they are about."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    today = datetime.now(UTC).date()
    year = f"&from={today - timedelta(days=364)}&until={today}"
    paths = [*DASHBOARDS, *OTHERS, *WITHOUT_DAYS, *(path + year for path in (*DASHBOARDS, *OTHERS))]
    found = {}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        for path in paths:
            async with _served(dsn) as address:
                found[path] = await _answers(path, partial(_asked, session, address + path))
    for days in (7, 30, 365):
        store = PostgresStore(dsn, connections=1)
        # what /stats in the chat asks
        ask = partial(store.call, "statistics", days=days, zone="Europe/Berlin")
        found[f"/stats {days}"] = await _answers(f"/stats {days}", ask)
        await store.aclose()
    return found


async def _answers(name: str, ask: Callable[[], Awaitable[object]]) -> Answers:
    cold, *warm = [await _milliseconds(ask) for _ in range(1 + ASKED)]
    answers = Answers(cold, warm)
    print(f"  {name:98s} cold {cold:7.1f}  median {answers.median:7.1f}  worst {answers.worst:7.1f} ms")
    return answers


async def _milliseconds(ask: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await ask()
    return 1000 * (time.perf_counter() - began)


async def _asked(session: aiohttp.ClientSession, address: str) -> None:
    async with session.get(address) as response:
        body = await response.text()
        assert response.status == 200, body


@asynccontextmanager
async def _served(dsn: str) -> AsyncIterator[str]:
    store = PostgresStore(dsn, connections=1)
    app = build_app(
        WebOptions(admin_api_key=KEY),
        store,
        Signer("a secret for measurements only"),
        NurtureController(store, {}),
        None,
        CollectorRegistry(),
        lambda: ProcessHealth("bench"),
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await store.aclose()


async def _alone(messages: int, rounds: int) -> None:
    figures: dict[str, Figures] = {}
    print(f"load {os.getloadavg()}")
    async with ground() as here:
        await interleaved(sides(here, None, messages), figures, rounds)
    print(f"load {os.getloadavg()}")
    for name, each in figures.items():
        print(f"  {name:52s} {each}")
    print(f"\n{table(GOALS, figures)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analytics")
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", help="where the database lies: ten million messages take 10 GB")
    given = parser.parse_args()
    tempfile.tempdir = given.folder
    asyncio.run(_alone(given.messages, given.rounds))
