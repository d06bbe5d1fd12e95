"""Where a scenario takes place: a durable PostgreSQL, the stand-ins with their ledger, workers, people."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from storage.postgres import PostgresStore
from tests.chaos.oracle import Accepted, Comparison, LedgerFile, compare
from tests.chaos.processes import Process
from tests.chaos.server import Server
from tests.chaos.waiting import PATIENCE, NeverHappened, until

TOKEN = "123456:placeholder"
API_KEY = "re_placeholder"
BODY = "Number {{ user.first_name }}, [come and see](https://example.com/lesson) what is **new**."

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is to get a message: numbers of users, by channel."""

    telegram: range
    email: range

    def recipients(self) -> list[str]:
        return [str(number) for number in self.telegram] + [address(number) for number in self.email]

    def __len__(self) -> int:
        return len(self.telegram) + len(self.email)


def address(number: int) -> str:
    return f"u{number}@example.com"


@dataclass
class Arena:
    """`database_url`, `telegram_url` and `resend_url` are what workers get: a proxy may take their place."""

    name: str
    folder: Path
    server: Server
    direct_url: str
    store: PostgresStore
    connection: asyncpg.Pool
    standins: Process
    url: str
    webhook_secret: str
    http: aiohttp.ClientSession
    ledger: LedgerFile
    database_url: str = ""
    telegram_url: str = ""
    resend_url: str = ""
    # What commands begin with that are to run on another host.
    enter: Sequence[str] = ()
    workers: list[Process] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    rounds: int = 0
    last_number: int = 1000

    # Asking

    async def control(self, method: str, path: str, **body: Any) -> Any:
        given: Row = {"json": body} if method == "POST" else {"params": body}
        async with self.http.request(method, f"{self.url}/control{path}", **given) as response:
            answer = await response.json()
            if response.status != 200:
                raise RuntimeError(f"{method} {path}: {response.status} {answer}")
            return answer

    async def value(self, query: str, *arguments: Any) -> Any:
        return await self.connection.fetchval(query, *arguments)

    async def statuses(self) -> dict[str, int]:
        rows = await self.connection.fetch(
            "select delivery_status, count(*) as n from tendril.message_deliveries group by 1"
        )
        return {row["delivery_status"]: row["n"] for row in rows}

    def news(self) -> list[Accepted]:
        """What providers have accepted since asked last."""
        fresh = self.ledger.news()
        self.accepted += fresh
        return fresh

    # Planning

    async def budget(self, channel: str, per_second: float | None, burst: int = 1) -> None:
        await self.store.call(
            "configure_budget",
            channel=channel,
            per_second=per_second,
            burst=burst,
            messages_per_request=100 if channel == "email" else 1,
        )

    async def enroll(self, telegram: int, email: int, **changes: Any) -> Cohort:
        """So many new people, each with one message due now."""
        cohort = await self.people(telegram, email)
        for channel, numbers in (("telegram", cohort.telegram), ("email", cohort.email)):
            if numbers:
                await self.plan(channel, numbers, **changes)
        return cohort

    async def people(self, telegram: int, email: int) -> Cohort:
        first = self.last_number + 1
        cohort = Cohort(range(first, first + telegram), range(first + telegram, first + telegram + email))
        self.last_number = cohort.email.stop - 1
        await asyncio.gather(*(self._arrives(number) for number in cohort.telegram))
        await self.meet("telegram", cohort.telegram)
        await self.meet("email", cohort.email)
        return cohort

    async def strangers(self, count: int) -> range:
        """Who can be written to, and whom we do not know yet."""
        first = self.last_number + 1
        self.last_number += count
        for number in (numbers := range(first, first + count)):
            await self._arrives(number)
        return numbers

    async def _arrives(self, number: int) -> None:
        await self.control("POST", "/users", id=number, first_name=f"N{number}", started=True)

    async def meet(self, channel: str, numbers: range) -> None:
        await self.connection.execute(
            """
            with users as (
                insert into tendril.users (external_id, first_name, created_at)
                select n::text, 'N' || n, tendril.clock() from generate_series($2::int, $3::int) n
                returning id, external_id
            ), preferring as (
                insert into tendril.user_preferences (user_id) select id from users
            )
            insert into tendril.contact_points (user_id, channel, address, state, created_at)
            select id, $1,
                case $1 when 'email' then format('u%s@example.com', external_id) else external_id end,
                'active', tendril.clock()
            from users
            """,
            channel,
            numbers.start,
            numbers.stop - 1,
        )

    async def plan(self, channel: str, numbers: range, **changes: Any) -> str:
        self.rounds += 1
        name = f"round_{self.rounds}"
        await self.publish(name, {"channels": [channel]} | changes)
        await self.connection.execute(
            """
            with enrolled as (
                insert into tendril.enrollments (
                    user_id, sequence, version_id, stepped_at, anchor_at, enrolled_at)
                select u.id, s.name, s.current_version_id, now, now, now
                from generate_series($2::int, $3::int) n, tendril.users u, tendril.sequences s,
                    tendril.clock() now
                where s.name = $1 and u.external_id = n::text
                returning id
            )
            select tendril.plan_next_steps((select array_agg(id) from enrolled))
            """,
            name,
            numbers.start,
            numbers.stop - 1,
        )
        # What has just been inserted in one go is not where the statistics think it is.
        await self.connection.execute("vacuum analyze tendril.message_deliveries")
        return name

    async def publish(self, name: str, changes: Row) -> None:
        step: Row = {
            "position": 1,
            "name": "only",
            "after": "0 seconds",
            "anchor": "previous",
            "fallback": "none",
            "quiet_hours": False,
            "content": {"default": {"subject": "Number {{ user.first_name }}", "body": BODY}},
        } | changes
        definition = {"name": name, "title": name, "message_class": "sequence", "steps": [step]}
        await self.store.call("publish_sequence", definition=definition)

    # Working

    async def worker(
        self,
        name: str,
        lease_seconds: int = 5,
        dies: Sequence[Any] = (),
        in_flight: int = 32,
        clock_off_by: float = 0,
    ) -> Process:
        options = {
            "name": name,
            "database_url": self.database_url,
            "lease_seconds": lease_seconds,
            "in_flight": in_flight,
            "dies": list(dies),
            "clock_off_by": clock_off_by,
            "channels": {
                "telegram": {"token": TOKEN, "api_url": self.telegram_url, "connections": in_flight},
                "email": {"api_key": API_KEY, "api_url": self.resend_url},
            },
        }
        return await self._begin(name, "tests.chaos.worker", json.dumps(options))

    async def product(self, name: str, *arguments: str, **environment: str) -> Process:
        """`python -m bot …`, as anybody would run it."""
        settings = {
            "DATABASE_URL": self.database_url,
            "DATA_DIR": str(self.folder / name),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.telegram_url,
            "TELEGRAM_PER_SECOND": "1000",
            "RESEND_API_KEY": API_KEY,
            "RESEND_API_URL": self.resend_url,
            "RESEND_REQUESTS_PER_SECOND": "1000",
            "RESEND_WEBHOOK_SECRET": self.webhook_secret,
            "EMAIL_FROM": "Tendril <hello@example.com>",
            "LINK_SECRET": "only-for-this-one-run",
            "ADMIN_API_KEY": "only for this one run",
            "TICK_SECONDS": "0.2",
            "LOG_FORMAT": "json",
            "PORT": "0",
        }
        return await self._begin(name, "bot", *arguments, environment=settings | environment)

    async def _begin(self, name: str, module: str, *arguments: str, **more: Any) -> Process:
        process = await Process.begun(
            self.folder / f"{name}.log", *self.enter, sys.executable, "-m", module, *arguments, **more
        )
        self.workers.append(process)
        return process

    async def quiet(self, seconds: float = PATIENCE) -> None:
        """Nothing is due within the hour and nothing is under way."""

        async def nothing_left() -> bool:
            return not await self.value(
                "select exists (select from tendril.message_deliveries "
                "where delivery_status in ('pending', 'sending') "
                "and least(next_attempt_at, leased_until) < tendril.clock() + interval '1 hour')"
            )

        try:
            await until(nothing_left, "everything was delivered", seconds)
        except NeverHappened as failure:
            raise NeverHappened(f"{failure}; {await self.statuses()}") from None

    async def judged(self, cohort: Cohort, fresh: Sequence[Accepted]) -> tuple[Comparison, Comparison]:
        """For Telegram and for email: what was accepted against what was planned, words included."""
        telegram = compare(map(str, cohort.telegram), [each for each in fresh if each.provider == "telegram"])
        email = compare(map(address, cohort.email), [each for each in fresh if each.provider == "resend"])
        return telegram, email

    async def misdirected(self, cohort: Cohort) -> list[str]:
        """Who got words that are meant for somebody else."""
        wrong = [
            mail["to"][0]
            for mail in await self.control("GET", "/inbox")
            if f"u{mail['subject'].removeprefix('Number N')}@example.com" != mail["to"][0]
        ]
        chats = await asyncio.gather(
            *(self.control("GET", f"/users/{number}/messages") for number in cohort.telegram)
        )
        for number, messages in zip(cohort.telegram, chats, strict=True):
            wrong += [str(number) for each in messages if not each["text"].startswith(f"Number N{number},")]
        return wrong

    async def forget(self) -> None:
        """The stand-ins' memory; their file keeps everything."""
        await self.control("DELETE", "/state")

    async def marked(self, recipients: Iterable[str]) -> set[str]:
        """Those of the recipients whose delivery says that it may have gone twice."""
        rows = await self.connection.fetch(
            "select recipient_address from tendril.message_deliveries "
            "where possibly_duplicate and recipient_address = any ($1::text[])",
            list(recipients),
        )
        return {row["recipient_address"] for row in rows}


@asynccontextmanager
async def arena(
    server: Server, name: str, *, limits: bool = False, webhook_url: str | None = None
) -> AsyncIterator[Arena]:
    folder = server.folder / name
    folder.mkdir()
    async with AsyncExitStack() as opened:
        direct_url = await server.database(name)
        store = PostgresStore(direct_url, connections=4)
        opened.push_async_callback(store.aclose)
        pool = await opened.enter_async_context(asyncpg.create_pool(direct_url, min_size=0, max_size=4))
        # A pool waits for ever on connections that PostgreSQL dropped; a scenario ends nevertheless.
        opened.callback(pool.terminate)
        http = await opened.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=32))
        )
        options = {
            "ledger": str(folder / "ledger.jsonl"),
            "database_url": direct_url,
            "webhook_url": webhook_url,
            "limits": limits,
        }
        standins = await Process.begun(
            folder / "standins.log",
            *(sys.executable, "-m", "tests.chaos.standins", json.dumps(options)),
            out=asyncio.subprocess.PIPE,
        )
        opened.push_async_callback(standins.kill)
        told = json.loads(await standins.line())
        place = Arena(
            name=name,
            folder=folder,
            server=server,
            direct_url=direct_url,
            store=store,
            connection=pool,
            standins=standins,
            url=told["url"],
            webhook_secret=told["webhook_secret"],
            http=http,
            ledger=LedgerFile(folder / "ledger.jsonl"),
            database_url=direct_url,
            telegram_url=told["url"] + "/telegram",
            resend_url=told["url"] + "/resend",
        )
        opened.push_async_callback(_kill_all, place)
        for channel in ("telegram", "email"):
            await place.budget(channel, None)
        yield place


async def _kill_all(place: Arena) -> None:
    for worker in place.workers:
        if worker.is_running:
            await worker.kill()


@asynccontextmanager
async def temporary_folder() -> AsyncIterator[Path]:
    """Kept when `CHAOS_KEEP` is set, to look at logs and ledgers."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        yield folder
    finally:
        if "CHAOS_KEEP" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
