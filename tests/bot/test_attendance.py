"""Who came to a meeting of a pod, written down by who holds it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from bot.texts import words
from tests.bot.pods import led_from_berlin, member, newest, pod_of
from tests.bot.reading import labels, reads
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with led_from_berlin(run_tendril, owner) as running:
        yield running


async def held(tendril: Tendril, owner: Person) -> tuple[Person, Person]:
    """Ada and Bo, whose pod has just met."""
    pod = await pod_of(tendril, owner, name="Birds")
    ada = await member(tendril, pod, "Ada", last_name="Lovelace")
    bo = await member(tendril, pod, "Bo", username="bobo")
    await tendril.advance("7 days")
    return ada, bo


async def test_who_came_is_tapped_and_kept_with_done(tendril: Tendril, owner: Person) -> None:
    ada, bo = await held(tendril, owner)
    await owner.writes("/attended")
    page = await owner.hears("Which meeting?")
    await owner.taps(page, 0)
    page = await reads(owner, page, "Tap who came")
    for name in ("▫️ Ada Lovelace", "▫️ Bo", "▫️ Olga"):
        await owner.taps(page, name)
        page = await reads_label(owner, page, name.replace("▫️", "✓"))
    await owner.taps(page, "✓ Bo")
    page = await reads_label(owner, page, "▫️ Bo")

    await owner.taps(page, "Done")
    await reads(owner, page, "2 came, 1 did not")
    await ada.writes("/attendance")
    assert "✓" in (await ada.hears("You came to 1 of 1 meeting (100 %)"))["text"]
    await bo.writes("/attendance")
    await bo.hears("You came to 0 of 1 meeting (0 %)")


async def reads_label(person: Person, message: Any, label: str) -> Any:
    """The message, once it was rewritten to have this button."""

    async def rewritten() -> Any:
        same = [each for each in await person.messages() if each["message_id"] == message["message_id"]]
        return next((each for each in same if label in labels(each)), None)

    return await until(rewritten)


async def test_done_twice_is_written_down_once(tendril: Tendril, owner: Person) -> None:
    await held(tendril, owner)
    await owner.writes("/attended Ada")
    page = await owner.hears("Tap who came")

    await owner.taps(page, "✓ Ada Lovelace")
    page = await reads_label(owner, page, "▫️ Ada Lovelace")

    answers = await asyncio.gather(owner.taps(page, "Done"), owner.taps(page, "Done"))

    assert "That is written down already. /attended corrects it." in [each["text"] for each in answers]


async def test_names_after_the_command_are_ticked(tendril: Tendril, owner: Person) -> None:
    await held(tendril, owner)

    await owner.writes("/attended ada lovelace, @bobo")
    page = await owner.hears("Tap who came")
    assert labels(page)[:3] == ["✓ Ada Lovelace", "✓ Bo", "▫️ Olga"]
    await owner.writes("olga")
    page = await newest(owner, "Tap who came", page)

    assert labels(page)[:3] == ["✓ Ada Lovelace", "✓ Bo", "✓ Olga"]


async def test_who_has_no_button_is_counted(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection[Any]
) -> None:
    await held(tendril, owner)
    store = tendril.process.store
    people = [
        await store.call("register_telegram_user", telegram_id=90000 + number, first_name=f"P{number}")
        for number in range(80)
    ]
    meeting = await connection.fetchval("select id from tendril.events order by starts_at limit 1")
    absent = [{"user_id": each["user_id"], "attended": False} for each in people]
    await store.call("record_attendance", event_id=meeting, attendance=absent, recorded_by="olga")

    await owner.writes("/attended ada lovelace")

    assert "3 more do not fit here" in (await owner.hears("Tap who came"))["text"]


async def test_a_name_that_nobody_has_is_told(tendril: Tendril, owner: Person) -> None:
    await held(tendril, owner)

    await owner.writes("/attended Ada <i>Zed</i>")

    answer = await owner.hears("is called")
    assert "“<i>Zed</i>”" in answer["text"]
    assert "Ada" not in answer["text"]


async def test_without_a_meeting_there_is_nothing_to_write_down(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/attended")

    await owner.hears("There was no meeting")


@pytest.mark.parametrize("command", ["newpod", "attended"])
async def test_others_do_not_know_these_commands(tendril: Tendril, command: str) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(f"/{command}")

    assert (await ada.hears(f"/{command}"))["text"] == words("en").unknown_command(command)
