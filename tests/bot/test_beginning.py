"""The first conversation: asked one by one, kept at once, left and resumed."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until

LAGOS = {"latitude": 6.524, "longitude": 3.379}


async def introducing(tendril: Tendril, **given: Any) -> tuple[Person, Any]:
    """Somebody who tapped the button under the greeting, and the first question."""
    ada = await tendril.started("Ada", **given)
    (greeting,) = await ada.messages()
    await ada.taps(greeting, "Introduce myself")
    return ada, (await ada.receives(2))[-1]


async def asked(person: Person, words: str, after: Any) -> Any:
    return await person.hears(words, after=after["message_id"])


async def shares(person: Person, location: dict[str, float]) -> None:
    await person.control.post(f"/users/{person.id}/messages", location=location)


async def user(tendril: Tendril, person: Person) -> Any:
    return (await tendril.explain(person))["user"]


async def open_questions(tendril: Tendril, person: Person) -> list[str]:
    id_of_user = (await user(tendril, person))["id"]
    known = await tendril.process.store.call("describe_introduction", user_id=id_of_user)
    return list(known["open"])


async def test_the_whole_conversation_ends_with_what_was_noted(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Ada")
    zone = await asked(ada, "Where do you live?", name)
    await ada.writes("Munich")
    time = await asked(ada, "When do you like to hear from me?", zone)
    await ada.taps(time, "Evening")
    email = await asked(ada, "what is your email address?", time)
    await ada.writes("ada@example.com")

    summary = await asked(ada, "That is all I wanted to know, Ada", email)
    assert "Berlin (Europe/Berlin)" in summary["text"]
    assert "Evening" in summary["text"]
    assert "ada@example.com, once I have the code" in summary["text"]
    assert "/commit" in summary["text"]
    preferences = (await tendril.explain(ada))["preferences"]
    assert (preferences["timezone"], preferences["preferred_time"]) == ("Europe/Berlin", "evening")
    assert await open_questions(tendril, ada) == []


async def test_another_name_is_typed_and_stays(tendril: Tendril) -> None:
    ada, _ = await introducing(tendril)

    await ada.writes("Lady <b>Lovelace</b>")
    said = await ada.hears("Nice to meet you, Lady <b>Lovelace</b>!")
    await ada.writes("/start")
    await asked(ada, "Where do you live?", said)

    assert (await user(tendril, ada))["first_name"] == "Lady <b>Lovelace</b>"


async def test_a_name_that_is_too_long_is_asked_for_again(tendril: Tendril) -> None:
    ada, _ = await introducing(tendril)

    await ada.writes("A" * 4096)

    await ada.hears("Which name of up to 64 letters")
    assert "name" in await open_questions(tendril, ada)


async def test_a_location_is_a_time_zone_and_the_keys_go(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    zone = await asked(ada, "Where do you live?", name)
    assert [key["text"] for row in zone["keys"] for key in row] == ["📍 Share where I am", "Skip", "Later"]

    await shares(ada, LAGOS)

    said = await asked(ada, "In Lagos it is", zone)
    assert said["removes_keyboard"]
    assert (await user(tendril, ada))["timezone"] == "Africa/Lagos"


async def test_namesakes_are_a_choice_and_the_second_tap_changes_nothing(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    zone = await asked(ada, "Where do you live?", name)
    await ada.writes("Portland")
    choice = await asked(ada, "more than one Portland", zone)

    await ada.taps(choice, "Portland, Maine, USA")
    said = await asked(ada, "In Portland it is", choice)
    again = await ada.taps(choice, "Portland, Oregon, USA")

    assert said["removes_keyboard"]
    assert again["text"] == "I have that already."
    assert (await user(tendril, ada))["timezone"] == "America/New_York"


async def test_a_place_that_nobody_knows_is_asked_for_again(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    zone = await asked(ada, "Where do you live?", name)

    await ada.writes("<i>Narnia</i>")
    await asked(ada, "I cannot find “<i>Narnia</i>” on my map", zone)
    await ada.writes("Lisbon")

    await asked(ada, "In Lisbon it is", zone)


async def test_a_time_of_day_that_is_none_is_asked_for_again(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    await ada.hears("Where do you live?")
    await ada.writes("Skip")
    await ada.hears("When do you like")

    await ada.writes("at noon")
    again = await ada.hears("I only know three times of day")
    await ada.taps(again, "Evening")

    await ada.hears("what is your email address?")


async def test_everything_can_be_skipped(tendril: Tendril) -> None:
    ada, question = await introducing(tendril)
    for words in ("Where do you live?", "When do you like", "what is your email", "That is all I wanted"):
        if question["keys"]:
            await ada.writes("skip")
        else:
            await ada.taps(question, "Skip")
        question = await asked(ada, words, question)

    assert await open_questions(tendril, ada) == []
    await ada.writes("/start")
    await ada.hears("You are all set")


async def test_it_can_be_left_and_resumed_by_its_button(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)

    await ada.taps(name, "Later")
    left = await ada.hears("No hurry")
    await ada.writes("What is this?")
    await ada.hears("only understand a few things")
    await ada.taps(left, "Go on")

    await asked(ada, "What may I call you?", left)


async def test_it_can_be_left_by_a_key_and_resumed_by_start(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Ada")
    zone = await asked(ada, "Where do you live?", name)

    await ada.writes("Later")
    left = await asked(ada, "No hurry", zone)
    assert left["removes_keyboard"]
    await ada.writes("/start")

    await asked(ada, "Where do you live?", left)


async def test_a_command_in_between_just_works(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)

    await ada.writes("/help")
    helped = await ada.hears("This is what I understand")
    await ada.writes("Countess")

    await asked(ada, "Nice to meet you, Countess!", helped)
    assert name["buttons"]


async def test_a_restart_in_the_middle_loses_nothing(run_tendril: RunTendril) -> None:
    async with run_tendril() as before:
        ada, name = await introducing(before)
        await ada.taps(name, "Ada")
        zone = await asked(ada, "Where do you live?", name)

    async with run_tendril() as after:
        await ada.writes("Tokyo")
        await asked(ada, "When do you like to hear from me?", zone)
        assert (await user(after, ada))["timezone"] == "Asia/Tokyo"


async def test_a_wrong_address_is_explained_and_asked_for_again(tendril: Tendril) -> None:
    ada, question = await introducing(tendril)
    for answer, words in (("Ada", "Where do you live?"), ("Rome", "When do you"), ("morning", "your email")):
        await ada.writes(answer)
        question = await asked(ada, words, question)

    await ada.writes("ada.example.com")
    await asked(ada, "does not look like an email address", question)
    await ada.writes("ada@example.com")

    await asked(ada, "six-digit code", question)
    await asked(ada, "That is all", question)


async def test_without_email_nobody_is_asked_for_an_address(run_tendril: RunTendril) -> None:
    async with run_tendril(resend_api_key=None) as tendril:
        ada, question = await introducing(tendril)
        for answer, words in (("Ada", "Where do you"), ("Rome", "When do you"), ("evening", "That is all")):
            await ada.writes(answer)
            question = await asked(ada, words, question)

        assert "Email:" not in question["text"]


async def test_a_double_tap_asks_once(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    greeting, *_ = await ada.messages()

    await ada.taps(greeting, "✓ Introduce myself")
    await ada.taps(name, "Ada")
    await asked(ada, "Where do you live?", name)
    answer = await ada.taps(name, 0) if (await ada.messages())[1]["buttons"] else None

    assert answer is None  # the question has become what was noted
    texts = [each["text"] for each in await ada.messages()]
    assert [each.startswith("What may I call you?") for each in texts].count(True) == 0
    assert [each.startswith("Where do you live?") for each in texts].count(True) == 1


async def test_what_was_answered_is_a_behavior_event(
    tendril: Tendril, connection: asyncpg.Connection
) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    await asked(ada, "Where do you live?", name)

    async def kept() -> Any:
        return await connection.fetchval(
            "select metadata from tendril.behavior_events where type = 'introduction_answered'"
        )

    assert '"skipped": true' in await until(kept)


@pytest.mark.parametrize(
    ("typed", "said"), [("/name Countess", "All right, Countess"), ("/name", "Just send me")]
)
async def test_the_name_can_be_changed_later(tendril: Tendril, typed: str, said: str) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(typed)
    await ada.hears(said)
    await ada.writes("Augusta" if typed == "/name" else "/help")

    await ada.hears("All right, Augusta" if typed == "/name" else "This is what I understand")


async def test_a_shared_location_needs_no_question(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await shares(ada, LAGOS)
    question = await ada.hears("Shall I set your time zone to Lagos")
    await ada.taps(question, "Yes, Lagos")

    async def set_to_lagos() -> bool:
        return bool((await user(tendril, ada))["timezone"] == "Africa/Lagos")

    await until(set_to_lagos)


async def test_in_german_everything_is_asked_in_german(tendril: Tendril) -> None:
    ada, name = await introducing(tendril, language_code="de")
    await ada.taps(name, "Überspringen")
    zone = await asked(ada, "Wo wohnst du?", name)
    await ada.writes("überspringen")
    time = await asked(ada, "Wann hörst du gern von mir?", zone)
    await ada.taps(time, "Später")

    await asked(ada, "Keine Eile", zone)


async def test_a_chosen_language_wins_over_that_of_telegram(tendril: Tendril) -> None:
    ada = await tendril.started("Ada", language_code="en")
    person = await user(tendril, ada)
    await tendril.process.store.call("set_preferences", user_id=person["id"], changes={"locale": "de"})

    await ada.writes("/start")

    await ada.hears("Wie darf ich dich nennen?")


async def test_an_unknown_language_is_asked_in_english(tendril: Tendril) -> None:
    _, name = await introducing(tendril, language_code="tlh")

    assert name["text"].startswith("What may I call you?")


async def test_the_longest_answers_are_read_and_answered(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    zone = await asked(ada, "Where do you live?", name)

    await ada.writes("<" * 4096)
    await asked(ada, "I cannot find “<<<", zone)
    await ada.writes("Rome")
    time = await asked(ada, "When do you like", zone)
    await ada.taps(time, "Skip")
    email = await asked(ada, "your email address?", time)
    await ada.writes("&" * 4096)

    await asked(ada, "does not look like an email address", email)


async def test_a_location_is_no_name(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)

    await shares(ada, LAGOS)
    await asked(ada, "Shall I set your time zone to Lagos", name)

    assert "name" in await open_questions(tendril, ada)


async def test_somebody_at_sea_has_a_zone_as_well(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    await ada.taps(name, "Skip")
    zone = await asked(ada, "Where do you live?", name)

    await shares(ada, {"latitude": 0.0, "longitude": -30.0})

    await asked(ada, "In UTC-2 it is", zone)
    assert (await user(tendril, ada))["timezone"] == "Etc/GMT+2"


async def test_a_crash_between_an_answer_and_the_next_question_stops_nothing(tendril: Tendril) -> None:
    ada, name = await introducing(tendril)
    answered = {
        "event_id": "before the crash",
        "user_id": (await user(tendril, ada))["id"],
        "type": "introduction_answered",
        "metadata": {"question": "name"},
    }
    await tendril.process.store.call("record_behavior_events", events=[answered])

    await ada.taps(name, "Ada")

    await asked(ada, "Where do you live?", name)
