"""Broadcasts among three hundred people: whoever is meant gets it once, and what is asked for reaches all."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.build import Part
from bot.settings import Settings
from tests.fixtures.database import Clock
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Control, Person, until
from tests.journeys.conftest import Journey

ROOT = Path(__file__).parents[2]
WORKER: frozenset[Part] = frozenset({"worker"})
NO_WORKER: frozenset[Part] = frozenset({"bot", "web"})
PEOPLE = 300
NEWS = {"default": {"subject": "News", "body": "We moved."}}
STAYED = {"default": {"subject": "News", "body": "We stayed."}}


async def crowd(journey: Journey, count: int = PEOPLE) -> list[Person]:
    return list(
        await asyncio.gather(*(journey.member(f"Member{number}", email=False) for number in range(count)))
    )


async def begun(journey: Journey) -> int:
    draft = await journey.call("draft_broadcast", audience="everybody", filter={}, content=NEWS)
    await journey.call("start_broadcast", broadcast_id=draft["id"])
    return int(draft["id"])


async def described(journey: Journey, broadcast: int) -> Any:
    return await journey.call("describe_broadcast", broadcast_id=broadcast)


async def reaches(journey: Journey, broadcast: int, **figures: Any) -> Any:
    """The broadcast, once it is described so."""

    async def is_so() -> Any:
        now = await described(journey, broadcast)
        return now if all(now[name] == value for name, value in figures.items()) else None

    is_so.__doc__ = f"the broadcast is {figures}"
    return await until(is_so)


async def some_are_sent(journey: Journey, broadcast: int, least: int) -> None:
    async def enough() -> bool:
        return bool((await described(journey, broadcast))["sent"] >= least)

    await until(enough)


async def received(control: Control) -> Counter[str]:
    return Counter(each["recipient"] for each in await control.ledger())


async def texts(people: list[Person]) -> Counter[str]:
    chats = await asyncio.gather(*(person.messages() for person in people))
    return Counter(message["text"] for chat in chats for message in chat)


async def test_everybody_gets_it_once_whichever_worker_ends_in_the_middle(run_tendril: RunTendril) -> None:
    async with run_tendril(NO_WORKER) as web:
        journey = Journey(web)
        people = await crowd(journey)
        async with run_tendril(WORKER, telegram_per_second=60):
            broadcast = await begun(journey)
            await some_are_sent(journey, broadcast, 40)
        before = await described(journey, broadcast)
        async with run_tendril(WORKER, telegram_per_second=1000), run_tendril(WORKER):
            await reaches(journey, broadcast, status="sent")

        assert before["sent"] < PEOPLE
        assert await received(web.control) == {str(person.id): 1 for person in people}


@asynccontextmanager
async def worker_to_kill(settings: Settings, **changes: Any) -> AsyncIterator[Process]:
    """A worker as a process of its own, which does not survive the block, and has no time to tidy up."""
    given = settings.model_dump(exclude_none=True, mode="python") | changes
    environment = {name.upper(): _written(value) for name, value in given.items() if _written(value)}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run", "--only", "worker"),
        env={**kept, **environment, "PYTHONPATH": str(ROOT)},
        cwd=settings.data_dir.parent,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _written(value: Any) -> str:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return str(plain) if isinstance(plain, str | int | float | Path) else ""


async def test_a_worker_that_is_killed_loses_nothing(
    run_tendril: RunTendril, settings: Settings, clock: Clock
) -> None:
    """What was being sent in that moment may have arrived: it is sent once more, and says so."""
    async with run_tendril(NO_WORKER) as web:
        journey = Journey(web)
        people = await crowd(journey)
        broadcast = await begun(journey)
        async with worker_to_kill(settings, telegram_per_second=60):
            await some_are_sent(journey, broadcast, 40)
        before = await described(journey, broadcast)
        await clock.advance("2 minutes")
        async with run_tendril(WORKER, telegram_per_second=1000):
            await reaches(journey, broadcast, status="sent")

        got = await received(web.control)
        marked = [await journey.deliveries(person) for person in people if got[str(person.id)] > 1]
        assert before["sent"] < PEOPLE
        assert set(got) == {str(person.id) for person in people}
        assert all(each["possibly_duplicate"] for (each,) in marked)


async def test_nothing_leaves_after_a_stop_but_what_was_in_flight(run_tendril: RunTendril) -> None:
    async with run_tendril(telegram_per_second=60) as tendril:
        journey = Journey(tendril)
        people = await crowd(journey)
        broadcast = await begun(journey)
        await some_are_sent(journey, broadcast, 20)

        stopped = await journey.call("stop_broadcast", broadcast_id=broadcast)
        ended = await reaches(journey, broadcast, waiting=0)
        await tendril.settled()

        in_flight = stopped["waiting"]
        arrived = sum((await received(tendril.control)).values())
        assert arrived == ended["sent"] <= stopped["sent"] + in_flight < PEOPLE
        assert ended["sent"] + ended["left_out"] == PEOPLE == len(people)
        assert ended["reasons"] == {"broadcast_stopped": ended["left_out"]}


async def test_an_edit_and_a_deletion_reach_exactly_those_who_got_it(run_tendril: RunTendril) -> None:
    async with run_tendril(telegram_per_second=1000) as tendril:
        journey = Journey(tendril)
        people = await crowd(journey)
        others = [await tendril.control.person("Later", started=True)]
        broadcast = await begun(journey)
        await some_are_sent(journey, broadcast, 50)

        await journey.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
        await reaches(journey, broadcast, status="sent")
        edited = await reaches_end_of_change(journey, broadcast)

        assert await texts(people) == {"We stayed.": PEOPLE}
        assert await received(tendril.control) == {str(person.id): 1 for person in people}
        assert set(edited["changes"]) == {"done"}

        await journey.call("delete_broadcast", broadcast_id=broadcast)
        deleted = await reaches_end_of_change(journey, broadcast)
        assert await texts([*people, *others]) == {}
        assert deleted["changes"] == {"done": PEOPLE}


async def reaches_end_of_change(journey: Journey, broadcast: int) -> Any:
    async def is_over() -> Any:
        now = await described(journey, broadcast)
        return now if now["change_ended_at"] else None

    return await until(is_over)


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "reset"])
async def test_a_deletion_goes_on_where_telegram_stumbled(tendril: Tendril, fault: str) -> None:
    journey = Journey(tendril)
    people = await crowd(journey, 12)
    broadcast = await begun(journey)
    await reaches(journey, broadcast, status="sent")
    await tendril.control.fail(
        "telegram", fault, count=2, retry_after=1, delay=0.1, methods=["deleteMessage"]
    )

    await journey.call("delete_broadcast", broadcast_id=broadcast)
    deleted = await reaches_end_of_change(journey, broadcast)

    assert await texts(people) == {}
    assert sum(deleted["changes"].values()) == 12


async def test_a_worker_that_ends_in_the_middle_of_an_edit_is_continued(run_tendril: RunTendril) -> None:
    async with run_tendril(NO_WORKER) as web:
        journey = Journey(web)
        people = await crowd(journey, 60)
        async with run_tendril(WORKER, telegram_per_second=1000):
            broadcast = await begun(journey)
            await reaches(journey, broadcast, status="sent")
        await journey.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
        async with run_tendril(WORKER, telegram_per_second=40):
            await until(lambda: some_say(people, "We stayed."))
        async with run_tendril(WORKER, telegram_per_second=1000):
            await reaches_end_of_change(journey, broadcast)

        assert await texts(people) == {"We stayed.": 60}


async def some_say(people: list[Person], words: str) -> bool:
    return (await texts(people))[words] > 0


async def test_whoever_blocked_the_bot_gets_the_mail_if_there_is_an_address(journey: Journey) -> None:
    ada, bob = await journey.member("Ada"), await journey.member("Bob", email=False)
    await journey.tendril.control.fail("telegram", "forbidden", methods=["sendMessage"])

    broadcast = await begun(journey)
    now = await reaches(journey, broadcast, status="sent")

    assert [mail["subject"] for mail in await journey.mails(ada)] == ["News"]
    assert await journey.accepted(bob) == []
    assert now["channels"] == {"email": 1}


async def test_whoever_wants_no_announcements_is_left_out_and_counted(journey: Journey) -> None:
    ada, bob = await journey.member("Ada", email=False), await journey.member("Bob", email=False)
    user = await journey.call("find_user", reference=str(ada.id))
    await journey.call("stop_everything", user_id=user["id"], source="telegram")

    preview = await journey.call("preview_audience", filter={})
    broadcast = await begun(journey)
    now = await reaches(journey, broadcast, status="sent")

    assert (preview["reachable"], preview["excluded"]) == (1, {"user_stopped": 1})
    assert await journey.accepted(ada) == []
    assert len(await journey.accepted(bob)) == 1
    assert now["reasons"] == {"user_stopped": 1}
