"""Of several processes one asks Telegram for updates; when it cannot, the next one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest

import sandbox
from bot.build import Part
from bot.context import Shared
from bot.conversation import telegram_application
from bot.lease import LEASE_SECONDS, TRY_SECONDS, Lease
from bot.receiving import ASKING
from bot.updates import POLL_SECONDS, TelegramBot, UpdateFetcher
from channels.signing import Signer
from sequences.links import LinkBuilder
from storage.postgres import PostgresStore
from tests.chaos.proxy import Proxy
from tests.fixtures.database import Clock
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import Control, until

BOT: frozenset[Part] = frozenset({"bot"})
SHORT = 1.2
LONG = 600.0


@dataclass
class Asker:
    """One process's part that asks. `complaints` are what the health page would have said."""

    name: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    complaints: list[str] = field(default_factory=list)
    task: asyncio.Task[None] = field(init=False)

    def say(self, trouble: object) -> None:
        if trouble is not None:
            self.complaints.append(str(trouble))

    async def stops(self) -> None:
        self.stop.set()
        await self.task

    async def dies(self) -> None:
        """Without a word to anybody."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


Asks = Callable[..., Any]


@pytest.fixture
async def asks(box_on_database: sandbox.Box, database_url: str) -> AsyncIterator[Asks]:
    """`await asks("one", seconds)`: another process, with a lease of so many seconds, begins to ask."""
    async with AsyncExitStack() as opened:

        async def begin(name: str, seconds: float = LONG, telegram_url: str | None = None) -> Asker:
            address = telegram_url or box_on_database.telegram_url
            return await opened.enter_async_context(
                asking(name, seconds, address, box_on_database.telegram_token, database_url)
            )

        yield begin


@asynccontextmanager
async def asking(
    name: str, seconds: float, telegram_url: str, token: str, database_url: str
) -> AsyncIterator[Asker]:
    store = PostgresStore(database_url, connections=2)
    links = LinkBuilder("http://127.0.0.1", Signer("a-secret"))
    shared = Shared(store, "Tendril", has_email=False, links=links)
    application = telegram_application(token, telegram_url, shared)
    asker, bot = Asker(name), application.bot
    assert isinstance(bot, TelegramBot)
    await bot.initialize()
    fetcher = UpdateFetcher(bot, store, Lease(store, ASKING, name, seconds), lambda: None, asker.say)
    asker.task = asyncio.create_task(fetcher.run(asker.stop))
    try:
        yield asker
    finally:
        await asker.dies()
        await bot.shutdown()
        await store.aclose()


@dataclass(frozen=True)
class Duty:
    connection: asyncpg.Connection

    async def holder(self) -> str | None:
        return await self.connection.fetchval("select holder from tendril.duties where name = $1", ASKING)

    async def falls_to(self, name: str) -> None:
        async def has_fallen() -> bool:
            return await self.holder() == name

        has_fallen.__doc__ = f"{name} has the duty"
        await until(has_fallen)

    async def is_seized(self, seconds: float = LONG) -> None:
        """By another process, as if the lease of whoever has it had run out."""
        await self.connection.execute(
            "update tendril.duties set holder = 'another', leased_until = "
            "tendril.clock() + make_interval(secs => $2) where name = $1",
            ASKING,
            seconds,
        )

    async def stored(self, count: int) -> None:
        async def are_there() -> bool:
            return await self.connection.fetchval("select count(*) from tendril.telegram_updates") == count

        are_there.__doc__ = f"{count} updates are stored"
        await until(are_there)


@pytest.fixture
def duty(connection: asyncpg.Connection) -> Duty:
    return Duty(connection)


async def unconfirmed(people: Control) -> int:
    return int((await people.get("/bot"))["pending_updates"])


async def test_one_of_several_processes_asks_and_telegram_sees_no_conflict(
    asks: Asks, duty: Duty, people: Control
) -> None:
    askers = [await asks(name, SHORT) for name in ("one", "two", "three")]
    ada = await people.person("Ada")

    for number in range(5):
        await ada.writes(f"Message {number}")
        await duty.stored(number + 1)

    assert [asker.complaints for asker in askers] == [[], [], []]


async def test_when_it_dies_the_next_one_takes_over(asks: Asks, duty: Duty, people: Control) -> None:
    one = await asks("one", SHORT)
    await duty.falls_to("one")
    two = await asks("two", SHORT)
    ada = await people.person("Ada")

    await one.dies()
    await ada.writes("Is anybody there?")

    await duty.stored(1)
    assert await duty.holder() == "two"
    assert two.complaints == []


def test_nobody_waits_ten_seconds_for_a_successor() -> None:
    assert POLL_SECONDS + 2 < LEASE_SECONDS
    assert LEASE_SECONDS + TRY_SECONDS < 9


async def test_one_that_stops_hands_over_without_waiting_for_its_lease(asks: Asks, duty: Duty) -> None:
    one = await asks("one")
    await duty.falls_to("one")
    await asks("two")

    await one.stops()

    await duty.falls_to("two")


async def test_one_that_comes_back_under_its_name_goes_on_at_once(
    asks: Asks, duty: Duty, people: Control
) -> None:
    first_life = await asks("one")
    await duty.falls_to("one")
    await first_life.dies()
    ada = await people.person("Ada")
    await ada.writes("Is anybody there?")

    await asks("one")

    await duty.stored(1)


async def test_one_that_stood_still_confirms_nothing_after_another_took_over(
    asks: Asks, duty: Duty, people: Control
) -> None:
    one = await asks("one")
    await duty.falls_to("one")
    ada = await people.person("Ada")
    await until(lambda: is_connected(people))

    await duty.is_seized()
    await ada.writes("Who hears this?")

    await duty.stored(1)
    await one.stops()
    assert await unconfirmed(people) == 1
    assert await duty.holder() == "another"


async def is_connected(people: Control) -> bool:
    return bool((await people.get("/bot"))["connected"])


async def test_what_was_stored_and_not_confirmed_is_stored_once(
    asks: Asks, duty: Duty, people: Control
) -> None:
    await asks("one")
    await duty.falls_to("one")
    ada = await people.person("Ada")
    await until(lambda: is_connected(people))
    await duty.is_seized(seconds=1)
    await ada.writes("Who hears this?")
    await duty.stored(1)

    await duty.falls_to("one")

    async def all_confirmed() -> bool:
        return await unconfirmed(people) == 0

    await until(all_confirmed)
    await duty.stored(1)


async def test_an_answer_that_comes_after_the_lease_is_not_waited_for(
    asks: Asks, duty: Duty, people: Control
) -> None:
    await people.fail("telegram", "slow", count=1, delay=30, methods=["getUpdates"])
    one = await asks("one", SHORT)
    await duty.falls_to("one")
    ada = await people.person("Ada")

    await ada.writes("Is anybody there?")

    await duty.stored(1)
    (complaint,) = one.complaints
    assert "TimeoutError" in complaint


async def test_one_that_does_not_reach_telegram_lets_another_try(
    asks: Asks, duty: Duty, box_on_database: sandbox.Box, people: Control
) -> None:
    async with Proxy.to_port(urlsplit(box_on_database.url).port or 0) as line:
        one = await asks("one", telegram_url=f"http://127.0.0.1:{line.port}/telegram")
        await duty.falls_to("one")
        await asks("two")
        ada = await people.person("Ada")

        await line.down()
        await ada.writes("Is anybody there?")

        await duty.stored(1)
        assert one.complaints


async def test_somebody_else_with_our_token_is_said(
    asks: Asks, duty: Duty, box_on_database: sandbox.Box
) -> None:
    one = await asks("one")
    await duty.falls_to("one")
    address = f"{box_on_database.telegram_url}/bot{box_on_database.telegram_token}/getUpdates"
    async with aiohttp.ClientSession() as http:

        async def is_said() -> bool:
            async with http.post(address) as response:
                await response.read()
            return any("only one may ask" in complaint for complaint in one.complaints)

        await until(is_said)


async def test_whole_processes_take_turns(run_tendril: RunTendril, duty: Duty, people: Control) -> None:
    ada = await people.person("Ada", started=True)
    async with AsyncExitStack() as one:
        await one.enter_async_context(run_tendril(BOT))
        async with run_tendril(BOT):
            await ada.writes("/help")
            await ada.receives(1)
            await one.aclose()
            await ada.writes("/help")
            await ada.receives(2)

    assert await duty.holder() is None


async def test_with_a_webhook_nobody_asks(run_tendril: RunTendril, duty: Duty) -> None:
    async with run_tendril(telegram_mode="webhook") as tendril:
        ada = await tendril.person("Ada")
        await ada.writes("/start")
        await ada.receives(1)

        assert await duty.holder() is None


async def test_a_duty_is_given_to_one_of_many_who_want_it(store: PostgresStore) -> None:
    taken = await asyncio.gather(
        *(store.call("take_duty", name="a duty", holder=f"h{number}") for number in range(20))
    )

    assert taken.count(True) == 1


async def test_a_duty_is_free_again_when_its_time_is_over(store: PostgresStore, clock: Clock) -> None:
    assert await store.call("take_duty", name="a duty", holder="one", seconds=10)
    assert not await store.call("take_duty", name="a duty", holder="two", seconds=10)

    await clock.advance("10 seconds")

    assert await store.call("take_duty", name="a duty", holder="two", seconds=10)
    assert not await store.call("take_duty", name="a duty", holder="one", seconds=10)


async def test_only_its_holder_can_give_a_duty_back(store: PostgresStore) -> None:
    await store.call("take_duty", name="a duty", holder="one")

    await store.call("release_duty", name="a duty", holder="two")

    assert not await store.call("take_duty", name="a duty", holder="two")
