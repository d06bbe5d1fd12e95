"""Pods by conversation: made, joined, looked at, left; and who came to a meeting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from bot.texts import words
from tests.bot.reading import labels, reads
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Control, Person, until

OWNER = 7002


@pytest.fixture
async def olga(people: Control) -> Person:
    return await people.person("Olga", id=OWNER, username="olga")


@pytest.fixture
async def tendril(run_tendril: RunTendril, olga: Person) -> AsyncIterator[Tendril]:
    """Olga is an admin, and lives in Berlin."""
    async with run_tendril(admin_telegram_ids=frozenset({OWNER})) as running:
        await olga.writes("/start")
        await olga.receives(1)
        await running.process.store.call(
            "set_preferences", user_id=await user_id(running, olga), changes={"timezone": "Europe/Berlin"}
        )
        yield running


async def user_id(tendril: Tendril, person: Person) -> str:
    return str((await tendril.explain(person))["user"]["id"])


async def pod_of(tendril: Tendril, host: Person, **given: Any) -> Any:
    asked = {"name": "Early birds", "timezone": "Europe/Berlin", "weekday": 2, "local_time": "18:00"} | given
    return await tendril.process.store.call("create_pod", created_by=await user_id(tendril, host), **asked)


async def member(tendril: Tendril, pod: Any, first_name: str, **given: Any) -> Person:
    person = await tendril.started(first_name, **given)
    await tendril.process.store.call(
        "join_pod", code=pod["invitation_code"], user_id=await user_id(tendril, person)
    )
    return person


async def newest(person: Person, text: str, after: Any) -> Any:
    return await person.hears(text, after=after["message_id"])


async def toast(person: Person, message: Any, button: str | int) -> str:
    """What a tap is answered with."""
    return str((await person.taps(message, button))["text"])


# ---- looking ----


async def test_without_a_pod_one_is_told_how_to_join(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/pods")
    answer = await ada.hears("not in a pod yet")

    assert "/newpod" not in answer["text"]


async def test_an_admin_without_a_pod_is_told_how_to_make_one(tendril: Tendril, olga: Person) -> None:
    await olga.writes("/pods")

    answer = await olga.hears("not in a pod yet")

    assert "/newpod" in answer["text"]
    await olga.taps(answer, "All pods")
    await reads(olga, answer, "There is no pod yet")


async def test_the_page_of_a_pod_shows_meeting_members_and_week(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga, name="Early <birds>", join_url="https://meet.example.org/birds")
    ada = await member(tendril, pod, "Ada <b>")

    await ada.writes("/pods")
    page = await ada.hears("Early <birds>")

    assert "Every Tuesday at 18:00 (Berlin)\nHost: Olga" in page["text"]
    assert "You are coming" in page["text"]
    assert "Ada b" in page["text"] and "Olga" in page["text"]
    assert labels(page) == ["✓ I’ll come", "I can’t come", "Invite", "Leave"]


async def test_the_meeting_is_told_in_ones_own_time(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/settings timezone Asia/Kolkata")
    await ada.hears("Kolkata")

    await ada.writes("/pods")

    page = await ada.hears("your time")
    assert any(time in page["text"] for time in ("22:30", "21:30"))  # winter and summer in Berlin


async def test_several_pods_are_a_choice(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await member(tendril, pod, "Ada")
    other = await pod_of(tendril, olga, name="Night owls", local_time="22:00")
    await tendril.process.store.call(
        "join_pod", code=other["invitation_code"], user_id=await user_id(tendril, ada)
    )

    await ada.writes("/pods")
    choice = await ada.hears("in these pods")
    await ada.taps(choice, "Night owls")

    await reads(ada, choice, "Every Tuesday at 22:00")


async def test_coming_and_not_coming_is_one_tap(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/pods")
    page = await ada.hears("You are coming")

    assert await toast(ada, page, "I can’t come") == "Thank you for saying so."
    page = await reads(ada, page, "You are not coming this time")
    assert await toast(ada, page, "✓ I can’t come") == "Thank you for saying so."
    assert await toast(ada, page, "I’ll come") == "See you there!"
    await reads(ada, page, "✓ You are coming")


async def test_an_old_page_catches_up_when_its_meeting_is_over(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await member(tendril, pod, "Ada")
    await ada.writes("/pods")
    page = await ada.hears("You are coming")
    await tendril.advance("8 days")

    assert await toast(ada, page, "I can’t come") == "This meeting is over, or was cancelled."
    await tendril.settled()

    (caught_up,) = [each for each in await ada.messages() if each["message_id"] == page["message_id"]]
    assert caught_up["text"] != page["text"]


async def test_a_pod_of_full_size_fits_into_one_message(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga, capacity=60, name="N" * 60)
    for number in range(58):
        made = await tendril.process.store.call("create_user", first_name=f"{number}<&>" + "x" * 60)
        await tendril.process.store.call("join_pod", code=pod["invitation_code"], user_id=made["user_id"])

    await olga.writes("/pods")

    assert len((await olga.hears("Kept this week"))["text"]) < 4096


# ---- joining and leaving ----


async def test_an_invitation_is_passed_on_and_asks_before_somebody_joins(
    tendril: Tendril, olga: Person
) -> None:
    await pod_of(tendril, olga)
    await olga.writes("/pods")
    page = await olga.hears("Early birds")
    await olga.taps(page, "Invite")
    invitation = await olga.hears("lets somebody join Early birds")
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


async def test_joining_twice_is_joining_once(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await tendril.started("Ada")
    await ada.writes(f"/start pod_{pod['invitation_code']}")
    question = await ada.hears("You are invited")

    await asyncio.gather(ada.taps(question, "Join"), ada.taps(question, "Join"))
    await ada.hears("Kept this week")
    await ada.writes(f"/start pod_{pod['invitation_code']}")

    await ada.hears("in this pod already", after=question["message_id"])
    described = await tendril.process.store.call("describe_pod", pod_id=pod["id"])
    assert len(described["members"]) == 2


async def test_an_invitation_can_be_declined(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await tendril.started("Ada")
    await ada.writes(f"/start pod_{pod['invitation_code']}")
    question = await ada.hears("You are invited")

    await ada.taps(question, "Not now")

    await reads(ada, question, "All right")
    await ada.writes("/pods")
    await ada.hears("not in a pod yet")


async def test_an_invitation_that_leads_nowhere_says_why(
    tendril: Tendril, olga: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    full = await pod_of(tendril, olga, capacity=1)
    old = await pod_of(tendril, olga, name="Old")

    await ada.writes("/start pod_nonsense-1")
    await ada.hears("I do not know this invitation")
    await ada.writes(f"/start pod_{full['invitation_code']}")
    await ada.hears("This pod is full")
    await connection.execute("update tendril.pods set invitation_expires_at = tendril.clock()")
    await ada.writes(f"/start pod_{old['invitation_code']}")
    await ada.hears("too old")


async def test_leaving_asks_once_and_old_buttons_say_so(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
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
    tendril: Tendril, olga: Person
) -> None:
    pod = await pod_of(tendril, olga)
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


async def test_a_reminder_comes_with_the_link(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga, join_url="https://meet.example.org/birds")
    ada = await member(tendril, pod, "Ada")

    await tendril.advance("7 days")

    reminder = await ada.hears("Early birds starts at")
    assert "Join here" in reminder["text"]
    await ada.taps(reminder, "I can’t come")
    await reads(ada, reminder, "Early birds starts at")


async def test_pods_speak_german(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await member(tendril, pod, "Ada", language_code="de")

    await ada.writes("/pods")
    page = await ada.hears("Jeden Dienstag um 18:00 Uhr (Berlin)")
    assert labels(page) == ["✓ Ich komme", "Ich kann nicht", "Einladen", "Verlassen"]
    await ada.writes("/attendance")
    await ada.hears("Noch ist nichts aufgeschrieben")


# ---- making one ----


async def made_by_buttons(olga: Person) -> Any:
    await olga.writes("/newpod")
    name = await olga.hears("What shall the pod be called?")
    await olga.writes("Early <birds>")
    day = await newest(olga, "On which day", name)
    await olga.taps(day, "Tuesday")
    time = await newest(olga, "At what time?", day)
    await olga.writes("6:30 pm")
    zone = await newest(olga, "In which city", time)
    await olga.taps(zone, "Berlin")
    link = await newest(olga, "Where do they meet?", zone)
    await olga.taps(link, "Without a link")
    return day, await newest(olga, "The pod is there", link)


async def test_a_pod_is_made_in_five_questions(
    tendril: Tendril, olga: Person, connection: asyncpg.Connection
) -> None:
    day, page = await made_by_buttons(olga)

    assert "Early <birds>\nEvery Tuesday at 18:30 (Berlin)" in page["text"]
    assert "?start=pod_" in (await newest(olga, "lets somebody join", page))["text"]
    assert await toast(olga, day, "Friday") == "This button no longer works."
    acts = await connection.fetch("select action from tendril.audit_log where action like 'pods.%'")
    assert [row["action"] for row in acts] == ["pods.create"]


async def test_wrong_answers_are_asked_again_in_words(tendril: Tendril, olga: Person) -> None:
    await olga.writes("/newpod")
    last = await olga.hears("What shall the pod be called?")
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
        await olga.writes(said)
        last = await newest(olga, answer, last)

    assert "Every Tuesday at 18:00 (Madrid)" in last["text"]
    assert "Join the call" in last["text"]


async def test_the_questions_survive_a_restart_and_a_command_in_between(
    run_tendril: RunTendril, olga: Person
) -> None:
    settings = {"admin_telegram_ids": frozenset({OWNER})}
    async with run_tendril(**settings):
        await olga.writes("/newpod")
        name = await olga.hears("What shall the pod be called?")
        await olga.writes("Birds")
        await newest(olga, "On which day", name)
    async with run_tendril(**settings):
        await olga.writes("/attendance")
        last = await olga.hears("Nothing is written down")
        await olga.writes("Wednesday")
        await newest(olga, "At what time?", last)


async def test_making_a_pod_can_be_given_up(tendril: Tendril, olga: Person) -> None:
    await olga.writes("/newpod")
    question = await olga.hears("What shall the pod be called?")

    await olga.taps(question, "Cancel")
    await reads(olga, question, "no pod was made")
    await olga.writes("Birds, no pod")

    await olga.hears("I am a bot and only understand")


async def test_an_admin_sees_all_pods_and_archives_one(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
    ada = await member(tendril, pod, "Ada")
    await tendril.process.store.call("leave_pod", pod_id=pod["id"], user_id=await user_id(tendril, olga))
    await olga.writes("/pods")
    page = await olga.hears("not in a pod yet")

    await olga.taps(page, "All pods")
    page = await reads(olga, page, "All pods:")
    await olga.taps(page, "Early birds (1/10)")
    page = await reads(olga, page, "Every Tuesday")
    await olga.taps(page, "New link")
    fresh = await olga.hears("lets somebody join")
    assert pod["invitation_code"] not in fresh["text"]
    await olga.taps(page, "Archive")
    page = await reads(olga, page, "Shall I archive")
    await olga.taps(page, "Yes, archive")
    await reads(olga, page, "Early birds is archived")

    await ada.hears("Early birds has come to an end")


async def test_an_admin_calls_off_the_next_meeting(tendril: Tendril, olga: Person) -> None:
    ada = await member(tendril, await pod_of(tendril, olga), "Ada")
    await olga.writes("/pods")
    page = await olga.hears("Next meeting")
    before = page["text"]

    await olga.taps(page, "Call off the next")
    page = await reads(olga, page, "Shall I call off the meeting of Early birds")
    assert await toast(olga, page, "Yes, call it off") == "It is called off, and they are told."

    assert (await reads(olga, page, "Next meeting"))["text"] != before
    await ada.hears("Early birds is cancelled")


async def test_buttons_of_admins_do_nothing_for_others(tendril: Tendril, olga: Person) -> None:
    pod = await pod_of(tendril, olga)
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


# ---- who came ----


async def held(tendril: Tendril, olga: Person) -> tuple[Person, Person]:
    """Ada and Bo, whose pod has just met."""
    pod = await pod_of(tendril, olga, name="Birds")
    ada = await member(tendril, pod, "Ada", last_name="Lovelace")
    bo = await member(tendril, pod, "Bo", username="bobo")
    await tendril.advance("7 days")
    return ada, bo


async def test_who_came_is_tapped_and_kept_with_done(tendril: Tendril, olga: Person) -> None:
    ada, bo = await held(tendril, olga)
    await olga.writes("/attended")
    page = await olga.hears("Which meeting?")
    await olga.taps(page, 0)
    page = await reads(olga, page, "Tap who came")
    for name in ("▫️ Ada Lovelace", "▫️ Bo", "▫️ Olga"):
        await olga.taps(page, name)
        page = await reads_label(olga, page, name.replace("▫️", "✓"))
    await olga.taps(page, "✓ Bo")
    page = await reads_label(olga, page, "▫️ Bo")

    await olga.taps(page, "Done")
    await reads(olga, page, "2 came, 1 did not")
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


async def test_done_twice_is_written_down_once(tendril: Tendril, olga: Person) -> None:
    await held(tendril, olga)
    await olga.writes("/attended Ada")
    page = await olga.hears("Tap who came")

    await olga.taps(page, "✓ Ada Lovelace")
    page = await reads_label(olga, page, "▫️ Ada Lovelace")

    answers = await asyncio.gather(olga.taps(page, "Done"), olga.taps(page, "Done"))

    assert "That is written down already. /attended corrects it." in [each["text"] for each in answers]


async def test_names_after_the_command_are_ticked(tendril: Tendril, olga: Person) -> None:
    await held(tendril, olga)

    await olga.writes("/attended ada lovelace, @bobo")
    page = await olga.hears("Tap who came")
    assert labels(page)[:3] == ["✓ Ada Lovelace", "✓ Bo", "▫️ Olga"]
    await olga.writes("olga")
    page = await newest(olga, "Tap who came", page)

    assert labels(page)[:3] == ["✓ Ada Lovelace", "✓ Bo", "✓ Olga"]


async def test_who_has_no_button_is_counted(
    tendril: Tendril, olga: Person, connection: asyncpg.Connection[Any]
) -> None:
    await held(tendril, olga)
    store = tendril.process.store
    people = [
        await store.call("register_telegram_user", telegram_id=90000 + number, first_name=f"P{number}")
        for number in range(80)
    ]
    meeting = await connection.fetchval("select id from tendril.events order by starts_at limit 1")
    absent = [{"user_id": each["user_id"], "attended": False} for each in people]
    await store.call("record_attendance", event_id=meeting, attendance=absent, recorded_by="olga")

    await olga.writes("/attended ada lovelace")

    assert "3 more do not fit here" in (await olga.hears("Tap who came"))["text"]


async def test_a_name_that_nobody_has_is_told(tendril: Tendril, olga: Person) -> None:
    await held(tendril, olga)

    await olga.writes("/attended Ada <i>Zed</i>")

    answer = await olga.hears("is called")
    assert "“<i>Zed</i>”" in answer["text"]
    assert "Ada" not in answer["text"]


async def test_without_a_meeting_there_is_nothing_to_write_down(tendril: Tendril, olga: Person) -> None:
    await olga.writes("/attended")

    await olga.hears("There was no meeting")


@pytest.mark.parametrize("command", ["newpod", "attended"])
async def test_others_do_not_know_these_commands(tendril: Tendril, command: str) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(f"/{command}")

    assert (await ada.hears(f"/{command}"))["text"] == words("en").unknown_command(command)
