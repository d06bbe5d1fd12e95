"""Pods by conversation: joined, looked at and left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.bot.pods import led_from_berlin, member, newest, pod_of, toast, user_id
from tests.bot.reading import labels, reads
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with led_from_berlin(run_tendril, owner) as running:
        yield running


async def test_without_a_pod_one_is_told_how_to_join(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/pods")
    answer = await ada.hears("not in a pod yet")

    assert "/newpod" not in answer["text"]


async def test_an_admin_without_a_pod_is_told_how_to_make_one(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/pods")

    answer = await owner.hears("not in a pod yet")

    assert "/newpod" in answer["text"]
    await owner.taps(answer, "All pods")
    await reads(owner, answer, "There is no pod yet")


async def test_the_page_of_a_pod_shows_meeting_members_and_week(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner, name="Early <birds>", join_url="https://meet.example.org/birds")
    ada = await member(tendril, pod, "Ada <b>")

    await ada.writes("/pods")
    page = await ada.hears("Early <birds>")

    assert "Every Tuesday at 18:00 (Berlin)\nHost: Olga" in page["text"]
    assert "You are coming" in page["text"]
    assert "Ada b" in page["text"] and "Olga" in page["text"]
    assert labels(page) == ["✓ I’ll come", "I can’t come", "Invite", "Leave"]


async def test_the_meeting_is_told_in_ones_own_time(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/settings timezone Asia/Kolkata")
    await ada.hears("Kolkata")

    await ada.writes("/pods")

    page = await ada.hears("your time")
    assert any(time in page["text"] for time in ("22:30", "21:30"))  # winter and summer in Berlin


async def test_several_pods_are_a_choice(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    other = await pod_of(tendril, owner, name="Night owls", local_time="22:00")
    await tendril.process.store.call(
        "join_pod", code=other["invitation_code"], user_id=await user_id(tendril, ada)
    )

    await ada.writes("/pods")
    choice = await ada.hears("in these pods")
    await ada.taps(choice, "Night owls")

    await reads(ada, choice, "Every Tuesday at 22:00")


async def test_coming_and_not_coming_is_one_tap(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/pods")
    page = await ada.hears("You are coming")

    assert await toast(ada, page, "I can’t come") == "Thank you for saying so."
    page = await reads(ada, page, "You are not coming this time")
    assert await toast(ada, page, "✓ I can’t come") == "Thank you for saying so."
    assert await toast(ada, page, "I’ll come") == "See you there!"
    await reads(ada, page, "✓ You are coming")


async def test_an_old_page_catches_up_when_its_meeting_is_over(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/pods")
    page = await ada.hears("You are coming")
    await tendril.advance("8 days")

    assert await toast(ada, page, "I can’t come") == "This meeting is over, or was cancelled."
    await tendril.settled()

    (caught_up,) = [each for each in await ada.messages() if each["message_id"] == page["message_id"]]
    assert caught_up["text"] != page["text"]


async def test_a_pod_of_full_size_fits_into_one_message(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner, capacity=60, name="N" * 60)
    for number in range(58):
        made = await tendril.process.store.call("create_user", first_name=f"{number}<&>" + "x" * 60)
        await tendril.process.store.call("join_pod", code=pod["invitation_code"], user_id=made["user_id"])

    await owner.writes("/pods")

    assert len((await owner.hears("Kept this week"))["text"]) < 4096


async def test_an_invitation_is_passed_on_and_asks_before_somebody_joins(
    tendril: Tendril, owner: Person
) -> None:
    await pod_of(tendril, owner)
    await owner.writes("/pods")
    page = await owner.hears("Early birds")
    await owner.taps(page, "Invite")
    invitation = await owner.hears("lets somebody join Early birds")
    link = next(word for word in invitation["text"].split() if word.startswith("https://t.me/"))
    ada = await tendril.person("Ada")

    await ada.writes(f"/start {link.partition('?start=')[2]}")
    question = await ada.hears("You are invited to the pod Early birds")
    assert "One person is in it" in question["text"]
    await ada.taps(question, "Join")

    welcome = await reads(ada, question, "Welcome to Early birds")
    assert "your clocks are those of Berlin" in welcome["text"]
    page = (await ada.hears("You are coming"))["text"]
    assert "Ada" in page and "18:00, your time" in page
    assert (await tendril.explain(ada))["user"]["source"] == "pod"


async def test_joining_twice_is_joining_once(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await tendril.started("Ada")
    await ada.writes(f"/start pod_{pod['invitation_code']}")
    question = await ada.hears("You are invited")

    await asyncio.gather(ada.taps(question, "Join"), ada.taps(question, "Join"))
    await ada.hears("Kept this week")
    await ada.writes(f"/start pod_{pod['invitation_code']}")

    await ada.hears("in this pod already", after=question["message_id"])
    described = await tendril.process.store.call("describe_pod", pod_id=pod["id"])
    assert len(described["members"]) == 2


async def test_an_invitation_can_be_declined(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await tendril.started("Ada")
    await ada.writes(f"/start pod_{pod['invitation_code']}")
    question = await ada.hears("You are invited")

    await ada.taps(question, "Not now")

    await reads(ada, question, "All right")
    await ada.writes("/pods")
    await ada.hears("not in a pod yet")


async def test_an_invitation_that_leads_nowhere_says_why(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    full = await pod_of(tendril, owner, capacity=1)
    old = await pod_of(tendril, owner, name="Old")

    await ada.writes("/start pod_nonsense-1")
    await ada.hears("I do not know this invitation")
    await ada.writes(f"/start pod_{full['invitation_code']}")
    await ada.hears("This pod is full")
    await connection.execute("update tendril.pods set invitation_expires_at = tendril.clock()")
    await ada.writes(f"/start pod_{old['invitation_code']}")
    await ada.hears("too old")


async def test_leaving_asks_once_and_old_buttons_say_so(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/pods")
    page = await ada.hears("Early birds")
    await ada.writes("/pods")
    second = await newest(ada, "Early birds", page)

    await ada.taps(page, "Leave")
    page = await reads(ada, page, "Shall I take you out")
    await ada.taps(page, "Yes, leave")
    await reads(ada, page, "You have left Early birds")

    for old_button in ("I can’t come", "Invite"):
        assert await toast(ada, second, old_button) == "You are no longer in this pod."


async def test_the_button_under_a_message_leads_to_the_question_about_leaving(
    tendril: Tendril, owner: Person
) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada")
    await tendril.advance("8 days")
    silence = {
        "event_id": "silent",
        "user_id": await user_id(tendril, ada),
        "type": "pod_member_inactive",
        "metadata": {"pod_id": pod["id"], "pod": "Early birds"},
        "source": "clock",
    }
    await tendril.process.store.call("record_behavior_events", events=[silence])
    await tendril.advance("5 days")

    await ada.taps(await ada.hears("Coming back is two lines long"), "I’m leaving the pod")
    question = await ada.hears("Shall I take you out of Early birds?")
    await ada.taps(question, "Yes, leave")

    await reads(ada, question, "You have left Early birds")


async def test_a_reminder_comes_with_the_link(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner, join_url="https://meet.example.org/birds")
    ada = await member(tendril, pod, "Ada")

    await tendril.advance("7 days")

    reminder = await ada.hears("Early birds starts at")
    assert "Join here" in reminder["text"]
    await ada.taps(reminder, "I can’t come")
    await reads(ada, reminder, "Early birds starts at")


async def test_pods_speak_german(tendril: Tendril, owner: Person) -> None:
    pod = await pod_of(tendril, owner)
    ada = await member(tendril, pod, "Ada", language_code="de")

    await ada.writes("/pods")
    page = await ada.hears("Jeden Dienstag um 18:00 Uhr (Berlin)")
    assert labels(page) == ["✓ Ich komme", "Ich kann nicht", "Einladen", "Verlassen"]
    await ada.writes("/attendance")
    await ada.hears("Noch ist nichts aufgeschrieben")
