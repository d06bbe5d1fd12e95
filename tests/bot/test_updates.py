"""What people do in Telegram is stored first, confirmed second and handled once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

import sandbox
from bot.context import Shared
from bot.conversation import telegram_application
from bot.ticks import Tick, ticking
from bot.updates import (
    LEASE_SECONDS,
    Telegram,
    TelegramBot,
    UpdateWorker,
    is_worth_repeating,
    trouble,
    wait_after,
)
from channels.signing import Signer
from sequences.links import LinkBuilder
from storage.postgres import PostgresStore
from storage.store import Store, Unavailable
from tests.fixtures.process import RunTendril, Settings, Tendril
from tests.fixtures.sandbox import Control, until

SOONER_THAN_A_LEASE = LEASE_SECONDS - 15


def message(update_id: int, user: int, text: str, chat_type: str = "private") -> dict[str, Any]:
    """An update as Telegram sends it."""
    command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
    return {
        "update_id": update_id,
        "message": {
            "message_id": update_id,
            "date": 1_700_000_000,
            "chat": {"id": user, "type": chat_type, "first_name": "Ada", "title": "A group"},
            "from": {"id": user, "is_bot": False, "first_name": "Ada", "language_code": "en"},
            "text": text,
            "entities": [command] if text.startswith("/") else [],
        },
    }


async def unhandled(connection: asyncpg.Connection) -> int:
    return int(
        await connection.fetchval("select count(*) from tendril.telegram_updates where handled_at is null")
    )


async def test_an_update_that_comes_twice_is_handled_once(
    tendril: Tendril, store: PostgresStore, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    update = message(900_000_001, ada.id, "/help")

    await store.call("receive_updates", updates=[update])
    await ada.hears("This is what I understand")
    await store.call("receive_updates", updates=[update])
    await until(lambda: nothing_waits(connection))
    await tendril.settled()

    assert sum("This is what I understand" in each["text"] for each in await ada.messages()) == 1


async def test_a_crash_between_taking_and_finishing_loses_nothing(
    run_tendril: RunTendril, store: PostgresStore, people: Control
) -> None:
    ada = await people.person("Ada", started=True)
    await store.call("receive_updates", updates=[message(900_000_001, ada.id, "/help")])
    await store.call("take_updates", worker="a process that crashed", lease_seconds=1)

    async with run_tendril():
        await ada.hears("This is what I understand")


async def test_what_was_stored_is_handled_after_a_restart(
    run_tendril: RunTendril, store: PostgresStore, people: Control
) -> None:
    ada = await people.person("Ada", started=True)
    await store.call("receive_updates", updates=[message(900_000_001, ada.id, "/start")])

    async with run_tendril():
        await ada.receives(1)


async def test_an_update_that_nobody_can_read_does_not_hold_up_the_next(
    tendril: Tendril, store: PostgresStore, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    broken = {"update_id": 900_000_001, "message": {"from": {"id": ada.id}, "date": "yesterday"}}

    await store.call("receive_updates", updates=[broken, message(900_000_002, ada.id, "/help")])

    await ada.hears("This is what I understand")
    await until(lambda: nothing_waits(connection))
    assert [each["kind"] for each in await store.call("alert_causes")] == ["updates_failed"]


async def test_groups_are_politely_ignored(
    tendril: Tendril, store: PostgresStore, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    await tendril.settled()
    heard = len(await ada.messages())

    await store.call("receive_updates", updates=[message(900_000_001, ada.id, "/help", "group")])
    await until(lambda: nothing_waits(connection))

    assert len(await ada.messages()) == heard


async def nothing_waits(connection: asyncpg.Connection) -> bool:
    return await unhandled(connection) == 0


async def test_one_person_is_answered_in_order_while_others_do_not_wait(
    settings: Settings, box_on_database: sandbox.Box, store: PostgresStore
) -> None:
    handled: list[int] = []
    let_ada_finish = asyncio.Event()
    worker = worker_that(store, box_on_database, handled, {1: let_ada_finish})
    stop = asyncio.Event()
    updates = [message(1, 11, "slow"), message(2, 11, "second"), message(3, 12, "quick")]
    await store.call("receive_updates", updates=updates)

    running = asyncio.create_task(worker.run(stop))
    await until(lambda: is_true(handled == [3]))
    let_ada_finish.set()
    await until(lambda: is_true(handled == [3, 1, 2]))
    stop.set()
    await running


async def test_stopping_finishes_what_is_being_handled(
    box_on_database: sandbox.Box, store: PostgresStore, connection: asyncpg.Connection
) -> None:
    handled: list[int] = []
    let_finish = asyncio.Event()
    worker = worker_that(store, box_on_database, handled, {1: let_finish})
    stop = asyncio.Event()
    await store.call("receive_updates", updates=[message(1, 11, "slow"), message(2, 11, "later")])

    running = asyncio.create_task(worker.run(stop))
    await until(lambda: has_begun(connection))
    stop.set()
    let_finish.set()
    await running

    assert handled == [1]
    assert await unhandled(connection) == 1


async def has_begun(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("select bool_or(worker is not null) from tendril.telegram_updates"))


async def is_true(fact: bool) -> bool:
    return fact


@dataclass
class LossyStore:
    """The store over a line on which calls of one operation get lost for a while, or only their answers."""

    store: Store
    operation: str
    losses: int
    is_done: bool

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        is_lost = operation == self.operation and self.losses > 0
        answer = None if is_lost and not self.is_done else await self.store.call(operation, **arguments)
        if is_lost and answer != []:
            self.losses -= 1
            raise Unavailable("08006", "the connection was closed in the middle of operation")
        return answer

    async def aclose(self) -> None: ...


@asynccontextmanager
async def at_work(worker: UpdateWorker) -> AsyncIterator[None]:
    """With a clock that rings its bell."""
    stop = asyncio.Event()
    async with (
        asyncio.TaskGroup() as group,
        ticking({"updates": Tick(0.05, worker.bell.ring)}),
    ):
        group.create_task(worker.run(stop))
        yield
        stop.set()


async def test_what_was_taken_in_an_answer_that_got_lost_does_not_wait_for_its_lease(
    box_on_database: sandbox.Box, store: PostgresStore
) -> None:
    handled: list[int] = []
    lossy = LossyStore(store, "take_updates", losses=2, is_done=True)
    await store.call("receive_updates", updates=[message(1, 11, "hello")])

    async with at_work(worker_that(lossy, box_on_database, handled, {})):
        await until(lambda: is_true(handled == [1]), SOONER_THAN_A_LEASE)


async def test_who_was_answered_before_the_database_went_away_is_not_answered_again_and_nobody_waits(
    box_on_database: sandbox.Box, store: PostgresStore
) -> None:
    handled: list[int] = []
    lossy = LossyStore(store, "finish_update", losses=3, is_done=False)
    await store.call("receive_updates", updates=[message(1, 11, "hello"), message(2, 11, "again")])

    async with at_work(worker_that(lossy, box_on_database, handled, {})):
        await until(lambda: is_true(len(handled) > 1), SOONER_THAN_A_LEASE)

    assert handled == [1, 2]


async def test_a_request_that_is_given_up_at_any_moment_leaves_its_place_to_the_next(
    box_on_database: sandbox.Box, store: PostgresStore
) -> None:
    bot = application_of(store, box_on_database).bot
    assert isinstance(bot, TelegramBot)
    await bot.initialize()

    for turns_of_the_loop in range(60):
        asking = asyncio.create_task(bot.fetch(None, 0))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])

    assert await bot.fetch(None, 0) == []
    await bot.shutdown()


def application_of(store: Store, box: sandbox.Box) -> Telegram:
    links = LinkBuilder("http://127.0.0.1", Signer("a-secret"))
    shared = Shared(store, "Tendril", has_email=True, links=links)
    return telegram_application(box.telegram_token, box.telegram_url, shared)


def worker_that(
    store: Store, box: sandbox.Box, handled: list[int], waits: Mapping[int, asyncio.Event]
) -> UpdateWorker:
    """A worker whose conversation only notes which updates it had, some of them when it is let."""
    application = application_of(store, box)

    async def note(update: Any) -> None:
        if update.update_id in waits:
            await waits[update.update_id].wait()
        handled.append(update.update_id)

    application.process_update = note  # type: ignore[method-assign]
    return UpdateWorker(application, store, "worker", lambda: None)


async def test_somebody_else_with_our_token_is_said_in_health(
    tendril: Tendril, box_on_database: sandbox.Box
) -> None:
    address = f"{box_on_database.telegram_url}/bot{box_on_database.telegram_token}/getUpdates"

    async def is_said() -> bool:
        async with tendril.http.post(address) as response:
            await response.read()
        _, health = await tendril.api("GET", "/")
        return "only one may ask" in str(health)

    await until(is_said)


async def test_updates_wait_while_telegram_is_away(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await tendril.control.fail("telegram", "server_error", count=2, methods=["getUpdates"])

    await ada.writes("/help")

    await ada.hears("This is what I understand")


async def test_an_answer_that_telegram_did_not_take_is_given_again(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await tendril.settled()
    await tendril.control.fail("telegram", "server_error", count=1, methods=["sendMessage"])

    await ada.writes("/help")

    await ada.hears("This is what I understand")


async def test_with_a_webhook_telegram_calls_us(run_tendril: RunTendril) -> None:
    async with run_tendril(telegram_mode="webhook") as tendril:
        ada = await tendril.person("Ada")

        await ada.writes("/start")

        await ada.receives(1)
        assert (await tendril.control.get("/bot"))["mode"] == "webhook"


async def test_the_webhook_is_taken_away_when_we_poll_again(run_tendril: RunTendril) -> None:
    async with run_tendril(telegram_mode="webhook"):
        pass
    async with run_tendril(telegram_mode="polling") as tendril:
        ada = await tendril.person("Ada")

        await ada.writes("/start")

        await ada.receives(1)


@pytest.mark.parametrize(
    ("failure", "is_passing"),
    [
        (TimedOut(), True),
        (NetworkError("reset"), True),
        (RetryAfter(3), True),
        (Unavailable("08006", "away"), True),
        (BadRequest("can't parse entities"), False),
        (Forbidden("bot was blocked by the user"), False),
        (ValueError("our mistake"), False),
    ],
)
def test_only_what_may_pass_is_repeated(failure: Exception, is_passing: bool) -> None:
    assert is_worth_repeating(failure) is is_passing


def test_telegram_says_how_long_to_wait() -> None:
    assert wait_after(RetryAfter(7), failures=1) == 7


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Conflict("terminated by other getUpdates request"), "only one may ask"),
        (InvalidToken(), "TELEGRAM_BOT_TOKEN"),
        (Unavailable("08006", "away"), "cannot be stored"),
        (TimedOut(), "cannot be asked"),
    ],
)
def test_a_problem_with_the_line_is_put_in_words(failure: Exception, words: str) -> None:
    assert words in str(trouble(failure))
