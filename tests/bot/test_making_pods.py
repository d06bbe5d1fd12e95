"""Pods made by conversation, and what their admins do with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.bot.conftest import OWNER
from tests.bot.pods import led_from_berlin, member, newest, pod_of, toast, user_id
from tests.bot.reading import labels, reads
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with led_from_berlin(run_tendril, owner) as running:
        yield running


async def made_by_buttons(owner: Person) -> Any:
    await owner.writes("/newpod")
    name = await owner.hears("What shall the pod be called?")
    await owner.writes("Early <birds>")
    day = await newest(owner, "On which day", name)
    await owner.taps(day, "Tuesday")
    time = await newest(owner, "At what time?", day)
    await owner.writes("6:30 pm")
    zone = await newest(owner, "In which city", time)
    await owner.taps(zone, "Berlin")
    link = await newest(owner, "Where do they meet?", zone)
    await owner.taps(link, "Without a link")
    return day, await newest(owner, "The pod is there", link)


async def test_a_pod_is_made_in_five_questions(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    day, page = await made_by_buttons(owner)

    assert "Early <birds>\nEvery Tuesday at 18:30 (Berlin)" in page["text"]
    assert "?start=pod_" in (await newest(owner, "lets somebody join", page))["text"]
    assert await toast(owner, day, "Friday") == "This button no longer works."
    acts = await connection.fetch("select action from tendril.audit_log where action like 'pods.%'")
    assert [row["action"] for row in acts] == ["pods.create"]


async def test_wrong_answers_are_asked_again_in_words(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/newpod")
    last = await owner.hears("What shall the pod be called?")
    for said, answer in [
        ("N" * 61, "A name has 1 to 60 characters"),
        ("Birds", "On which day"),
        ("someday", "I did not get the day"),
        ("tue", "At what time?"),
        ("25:00", "I did not get the time"),
        ("18", "In which city"),
        ("Nowhereville <b>", "I do not know the place “Nowhereville <b>”"),
        ("Madrid", "Where do they meet?"),
        ("meet me", "That is not a link"),
        ("https://meet.example.org/birds", "The pod is there"),
    ]:
        await owner.writes(said)
        last = await newest(owner, answer, last)

    assert "Every Tuesday at 18:00 (Madrid)" in last["text"]
    assert "Join the call" in last["text"]


async def test_the_questions_survive_a_restart_and_a_command_in_between(
    run_tendril: RunTendril, owner: Person
) -> None:
    settings = {"admin_telegram_ids": frozenset({OWNER})}
    async with run_tendril(**settings):
        await owner.writes("/newpod")
        name = await owner.hears("What shall the pod be called?")
        await owner.writes("Birds")
        await newest(owner, "On which day", name)
    async with run_tendril(**settings):
        await owner.writes("/attendance")
        last = await owner.hears("Nothing is written down")
        await owner.writes("Wednesday")
        await newest(owner, "At what time?", last)


async def test_making_a_pod_can_be_given_up(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/newpod")
    question = await owner.hears("What shall the pod be called?")

    await owner.taps(question, "Cancel")
    await reads(owner, question, "no pod was made")
    await owner.writes("Birds, no pod")

    await owner.hears("I am a bot and only understand")


async def test_an_admin_sees_all_pods_and_archives_one(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    await tendril.process.store.call("leave_pod", pod_id=pod["id"], user_id=await user_id(tendril, owner))
    await owner.writes("/pods")
    page = await owner.hears("not in a pod yet")

    await owner.taps(page, "All pods")
    page = await reads(owner, page, "All pods:")
    await owner.taps(page, "Early birds (1/10)")
    page = await reads(owner, page, "Every Tuesday")
    await owner.taps(page, "New link")
    fresh = await owner.hears("lets somebody join")
    assert pod["invitation_code"] not in fresh["text"]
    await owner.taps(page, "Archive")
    page = await reads(owner, page, "Shall I archive")
    await owner.taps(page, "Yes, archive")
    await reads(owner, page, "Early birds is archived")

    await ada.hears("Early birds has come to an end")


async def test_an_admin_calls_off_the_next_meeting(tendril: Tendril, owner: Person) -> None:
    ada = await member(tendril, await pod_of(tendril, owner), "Ada")
    await owner.writes("/pods")
    page = await owner.hears("Next meeting")
    before = page["text"]

    await owner.taps(page, "Call off the next")
    page = await reads(owner, page, "Shall I call off the meeting of Early birds")
    assert await toast(owner, page, "Yes, call it off") == "It is called off, and they are told."

    assert (await reads(owner, page, "Next meeting"))["text"] != before
    await ada.hears("Early birds is cancelled")


async def test_buttons_of_admins_do_nothing_for_others(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    vera = await member(tendril, pod, "Vera")
    await role(tendril, vera, "admin")
    await vera.writes("/pods")
    page = await vera.hears("Early birds")
    assert "Archive" in labels(page)

    await role(tendril, vera, "viewer")

    assert await toast(vera, page, "Archive") == "This button no longer works."
    await vera.writes("/pods")
    assert "Archive" not in labels(await newest(vera, "Early birds", page))


async def role(tendril: Tendril, person: Person, name: str) -> None:
    await tendril.process.store.call(
        "set_roles", user_id=await user_id(tendril, person), roles=[name], actor="ADMIN_TELEGRAM_IDS"
    )
