"""Scale-out: workers and bots on several hosts, one PostgreSQL; hosts are cut off, processes stand still."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

from tests.chaos.arena import Arena, Cohort, arena
from tests.chaos.hosts import Host, hosts
from tests.chaos.meddler import Meddler, meddling
from tests.chaos.networks import slowed_providers
from tests.chaos.oracle import Row
from tests.chaos.processes import Process, until_ready
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import PATIENCE, until

WORKERS = 4
LEASE_SECONDS = 5
# Where nobody is lost, a lease that is too short for a busy machine would only blur the picture.
LONG_LEASE_SECONDS = 60
IN_FLIGHT = 32
ANSWER_SECONDS = 0.05
TELEGRAM_PER_SECOND = 100
EMAIL_REQUESTS_PER_SECOND = 5
# A worker of four that gets less than half of what is its due is starved.
LEAST_SHARE = 0.5 / WORKERS


async def workers(server: Server, setting: Setting) -> AsyncIterator[Row]:
    seconds, times = setting.choose(short=5, long=60), setting.choose(short=1, long=10)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "fleet"))
        await opened.enter_async_context(slowed_providers(place, ANSWER_SECONDS))
        fleet = Fleet(place, await opened.enter_async_context(hosts(place, WORKERS)))
        yield await _share(fleet, seconds)
        # A lease that those lose who are not lost would be counted here, too.
        await fleet.begin(round(LEASE_SECONDS * setting.patience))
        yield await _lose_one(fleet, times, "cut off", _cut_off)
        yield await _lose_one(fleet, times, "SIGSTOP past the lease", _stand_still)


NOTE_CLAIMS = """
create table claims (id bigint, worker text);
create function note_claim() returns trigger language plpgsql as $$
begin
    insert into public.claims values (new.id, new.worker);
    return null;
end $$;
create trigger note_claim after update of worker on tendril.message_deliveries
for each row when (new.worker is not null and new.worker is distinct from old.worker)
execute function note_claim();
"""


def net(hosts: list[Host]) -> str:
    return "network namespaces" if hosts[0].link else "loopback"


class Fleet:
    """A worker on each host."""

    def __init__(self, place: Arena, hosts: list[Host]) -> None:
        self.place = place
        self.hosts = hosts
        self.workers: list[Process] = []
        self.lease_seconds = 0

    @property
    def net(self) -> str:
        return net(self.hosts)

    async def begin(self, lease_seconds: int) -> None:
        for worker in self.workers:
            await worker.stop()
        self.lease_seconds = lease_seconds
        self.workers = [await self._worker(number) for number in range(WORKERS)]
        await until(self._are_looking, "all workers look for work")

    async def _are_looking(self) -> bool:
        """One connection of each, at least: they have asked for work and found none."""
        return bool(
            await self.place.value(
                "select count(*) >= $1 from pg_stat_activity where datname = current_database() "
                "and application_name = 'tendril' and query like '%claim_due_deliveries%'",
                WORKERS,
            )
        )

    async def replace(self, number: int) -> None:
        """By another life under the same name, after the last one has ended by itself."""
        await self.workers[number].stop()
        self.workers[number] = await self._worker(number)

    async def _worker(self, number: int) -> Process:
        with self.hosts[number].here():
            return await self.place.worker(f"w{number}", self.lease_seconds, in_flight=IN_FLIGHT // 2)

    async def note_claims(self) -> None:
        """The ledger forgets who had a message as soon as it is sent."""
        await self.place.connection.execute(NOTE_CLAIMS)

    async def shares(self, channel: str) -> list[float]:
        """Of the workers in what was claimed, the smallest first."""
        rows = await self.place.connection.fetch(
            "select worker, count(*) as n from claims where worker like '%/' || $1 group by 1", channel
        )
        counts = Counter({row["worker"]: row["n"] for row in rows})
        return sorted(counts[f"w{number}/{channel}"] / counts.total() for number in range(WORKERS))


async def _share(fleet: Fleet, seconds: int) -> Row:
    """The providers' budgets are used up by all workers together, and each has its part in that."""
    place, tally = fleet.place, Tally(f"scale-out: {WORKERS} workers share")
    await fleet.begin(LONG_LEASE_SECONDS)
    await fleet.note_claims()
    await place.budget("telegram", TELEGRAM_PER_SECOND, 10)
    await place.budget("email", EMAIL_REQUESTS_PER_SECOND, 1)
    began = time.monotonic()
    cohort = await place.enroll(
        telegram=TELEGRAM_PER_SECOND * seconds, email=100 * EMAIL_REQUESTS_PER_SECOND * seconds
    )
    enrolled = time.monotonic()
    await place.quiet(PATIENCE + seconds)
    least, most = time.monotonic() - enrolled, time.monotonic() - began
    tally.complain_if(most < 0.9 * seconds, f"a budget was exceeded: {most:.1f} s instead of {seconds}")
    told = [f"on {fleet.net}", f"{least / seconds:.2f} × the least possible time"]
    by_channel = {channel: await fleet.shares(channel) for channel in ("telegram", "email")}
    # A mail's claim is a hundred mails: too few claims to judge who gets them.
    least_share = by_channel["telegram"][0]
    tally.complain_if(least_share < LEAST_SHARE, f"a worker was starved: {least_share:.0%}")
    for channel, shares in by_channel.items():
        told.append(f"shares over {channel} {', '.join(f'{share:.0%}' for share in shares)}")
    await tally.count(place, cohort)
    return tally.row("; ".join(told))


async def _cut_off(fleet: Fleet, number: int) -> None:
    await fleet.hosts[number].cut()


async def _stand_still(fleet: Fleet, number: int) -> None:
    fleet.workers[number].signal(signal.SIGSTOP)


async def _return(fleet: Fleet, number: int) -> None:
    """It finishes what it thinks is its own, late."""
    fleet.workers[number].signal(signal.SIGCONT)
    await fleet.hosts[number].join()
    await fleet.replace(number)


async def _lose_one(fleet: Fleet, times: int, how: str, lose: Callable[[Fleet, int], Awaitable[None]]) -> Row:
    place, slowest = fleet.place, 0.0
    tally = Tally(f"scale-out: one of {WORKERS} {how}", times * IN_FLIGHT)
    for _ in range(times):
        # All become due in one moment: else those over Telegram are gone before the last mail is planned.
        await place.store.call("pause_everything")
        cohort = await place.enroll(telegram=400, email=4000)
        await place.store.call("resume_everything")
        lost = int(await until(lambda: _one_that_sends(place), "a worker was sending"))
        await lose(fleet, lost)
        slowest = max(slowest, await _taken_over(fleet, lost))
        await place.quiet()
        await _return(fleet, lost)
        await _finish(place, tally, cohort)
    return tally.row(f"{times} times on {fleet.net}, its work taken over within {slowest:.1f} s")


async def _one_that_sends(place: Arena) -> str | None:
    """Its number."""
    found: str | None = await place.value(
        "select substr(split_part(worker, '/', 1), 2) from tendril.message_deliveries "
        "where channel = 'telegram' and delivery_status = 'sending' and message_content is not null "
        "order by random() limit 1"
    )
    return found


async def _taken_over(fleet: Fleet, number: int) -> float:
    """Seconds until nothing is in its hands any more."""
    began = time.monotonic()

    async def has_nothing() -> bool:
        return not await fleet.place.value(
            "select exists (select from tendril.message_deliveries "
            "where delivery_status = 'sending' and worker like $1)",
            f"w{number}/%",
        )

    await until(has_nothing, "its work was taken over", 2 * fleet.lease_seconds)
    return time.monotonic() - began


async def _finish(place: Arena, tally: Tally, cohort: Cohort) -> None:
    await place.quiet()
    await tally.count(place, cohort)


# Who asks Telegram

BOTS = 3
MOST_SECONDS = 10.0


async def askers(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """One of several bots asks Telegram for updates; it dies, stands still, or loses the network."""
    times = setting.choose(short=1, long=10)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "askers"))
        meddler = await opened.enter_async_context(meddling(place))
        bots = Bots(place, meddler, await opened.enter_async_context(hosts(place, BOTS)))
        await bots.begin()
        tally, slowest = Tally(f"scale-out: one of {BOTS} bots asks Telegram"), 0.0
        for _ in range(times):
            for lose in (_die, _bot_stands_still, _bot_is_cut_off):
                slowest = max(slowest, await bots.lose_the_one_that_asks(lose))
        tally.n, tally.lost, tally.duplicates = await bots.answers()
        conflicts = sum(status == 409 for _, status in meddler.statuses)
        tally.complain_if(
            slowest > MOST_SECONDS * setting.patience, f"the next one asked after {slowest:.1f} s only"
        )
        tally.complain_if(conflicts > 0, f"{conflicts} times two asked at once")
        yield tally.row(
            f"{3 * times} times on {bots.net} the next one asked within {slowest:.1f} s; "
            f"{conflicts} conflicts among {len(meddler.seen)} requests"
        )


class Bots:
    """Processes with the part `bot`, one on each host, and somebody who writes to them."""

    def __init__(self, place: Arena, meddler: Meddler, hosts: list[Host]) -> None:
        self.place = place
        self.meddler = meddler
        self.hosts = hosts
        self.bots: list[Process] = []
        self.writers: list[int] = []

    @property
    def net(self) -> str:
        return net(self.hosts)

    async def begin(self) -> None:
        self.bots = [await self._bot(number) for number in range(BOTS)]
        self.meddler.begin(lambda request: None)

    async def _bot(self, number: int) -> Process:
        with self.hosts[number].here():
            bot = await self.place.product(f"b{number}", "run", "--only", "bot", TICK_SECONDS="0.5")
        await until_ready(bot)
        return bot

    async def lose_the_one_that_asks(self, lose: Callable[[Bots, int], Awaitable[None]]) -> float:
        """Seconds until what somebody writes from then on has been heard."""
        await self._hear()
        number = self._asking()
        await lose(self, number)
        began = time.monotonic()
        await self._hear()
        seconds = time.monotonic() - began
        await self._bring_back(number)
        await self._hear()
        return seconds

    def _asking(self) -> int:
        """Whose log said last that it asks."""
        said = {
            row["timestamp"]: number
            for number, bot in enumerate(self.bots)
            for row in bot.logged("asking_telegram")
        }
        return said[max(said)]

    async def _hear(self) -> None:
        """Somebody new writes, and is heard and answered."""
        (person,) = await self.place.strangers(1)
        self.writers.append(person)
        await self.place.control("POST", f"/users/{person}/messages", text="/help")

        async def is_handled() -> bool:
            return bool(
                await self.place.value(
                    "select exists (select from tendril.telegram_updates "
                    "where telegram_id = $1 and handled_at is not null)",
                    person,
                )
            )

        await until(is_handled, "somebody was heard", 3 * MOST_SECONDS)

    async def _bring_back(self, number: int) -> None:
        self.bots[number].signal(signal.SIGCONT)
        await self.hosts[number].join()
        if not self.bots[number].is_running:
            self.bots[number] = await self._bot(number)

    async def answers(self) -> tuple[int, int, int]:
        """How many wrote, how many of them got no answer, and how many answers were too many."""
        chats = [await self.place.control("GET", f"/users/{person}/messages") for person in self.writers]
        missing = sum(not chat for chat in chats)
        return len(chats), missing, sum(map(len, chats)) - len(chats) + missing


async def _die(bots: Bots, number: int) -> None:
    await bots.bots[number].kill()


async def _bot_stands_still(bots: Bots, number: int) -> None:
    bots.bots[number].signal(signal.SIGSTOP)


async def _bot_is_cut_off(bots: Bots, number: int) -> None:
    await bots.hosts[number].cut()
