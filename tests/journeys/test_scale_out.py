"""Any number of processes of each part: they start at once, and what has to happen happens once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg
from pydantic import SecretStr

from bot.build import Part
from bot.receiving import ASKING
from storage.postgres import connect
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import Control
from tests.journeys.conftest import Journey, first, lesson

BOT: frozenset[Part] = frozenset({"bot"})
WORKER: frozenset[Part] = frozenset({"worker"})
BOT_AND_WEB: frozenset[Part] = frozenset({"bot", "web"})
MANY = 6


async def test_many_processes_start_at_once_on_an_empty_database(
    run_tendril: RunTendril, empty_database_url: str, people: Control
) -> None:
    address = SecretStr(empty_database_url)
    async with AsyncExitStack() as opened:
        await asyncio.gather(
            *(opened.enter_async_context(run_tendril(database_url=address)) for _ in range(MANY))
        )
        connection = await connect(empty_database_url)
        try:
            versions = await connection.fetch(
                "select sequence, count(*) as n from tendril.sequence_versions group by 1"
            )
            duties = [row["name"] for row in await connection.fetch("select name from tendril.duties")]
        finally:
            await connection.close()

        assert {row["n"] for row in versions} == {1}
        assert duties.count(ASKING) == 1
        assert len((await people.get("/bot"))["commands"]) > 3


async def test_with_webhooks_any_number_of_processes_handles_what_comes_in(
    run_tendril: RunTendril, people: Control
) -> None:
    ada = await people.person("Ada", started=True)
    async with (
        run_tendril(BOT_AND_WEB, telegram_mode="webhook") as web,
        run_tendril(BOT, telegram_mode="webhook", public_url=web.url),
    ):
        for count in range(1, 6):
            await ada.writes("/help")
            await ada.receives(count)

    assert len(await ada.messages()) == 5


async def test_follow_ups_of_several_processes_happen_once(
    run_tendril: RunTendril, connection: asyncpg.Connection
) -> None:
    async with AsyncExitStack() as opened:
        web = await opened.enter_async_context(run_tendril(BOT_AND_WEB))
        for _ in range(4):
            await opened.enter_async_context(run_tendril(WORKER))
        journey = Journey(web)
        await journey.publish(
            first(),
            lesson("two", channels=["telegram", "email"], fallback="no_engagement", fallback_after="6 hours"),
        )
        people = [await journey.member(f"Member{number}") for number in range(8)]
        for person in people:
            await journey.enroll(person)
        await web.advance("2 days")

        twice = await connection.fetchval(
            "select count(*) from (select recipient_address from tendril.message_deliveries "
            "where channel = 'email' group by 1 having count(*) > 1) t"
        )
        assert [len(await journey.mails(person)) for person in people] == [1] * len(people)
        assert twice == 0
