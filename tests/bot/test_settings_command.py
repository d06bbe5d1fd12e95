"""/settings: by buttons, or by words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.texts import words
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until


async def preferences(tendril: Tendril, person: Person) -> Any:
    return (await tendril.explain(person))["preferences"]


async def reads(person: Person, message: Any, words: str) -> Any:
    """The message, once it was rewritten to have these words."""

    async def rewritten() -> Any:
        for each in await person.messages():
            if each["message_id"] == message["message_id"] and words in each["text"]:
                return each
        return None

    return await until(rewritten)


async def test_a_channel_is_chosen_by_buttons_in_one_message(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings")
    page = await ada.hears("Your settings")

    await ada.taps(page, "Where")
    page = await reads(ada, page, "Where shall I write")
    await ada.taps(page, "Telegram")
    await reads(ada, page, "Where: Telegram")

    assert (await preferences(tendril, ada))["preferred_channel"] == "telegram"
    assert len(await ada.messages()) == 2


async def test_a_time_zone_is_chosen_by_a_button(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings")
    page = await ada.hears("Your settings")

    await ada.taps(page, "Time zone")
    page = await reads(ada, page, "Where are you?")
    await ada.taps(page, "Madrid")
    await reads(ada, page, "Time zone: Madrid (Europe/Madrid)")

    assert (await preferences(tendril, ada))["timezone"] == "Europe/Madrid"


async def test_tapping_twice_changes_nothing_more(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings")
    page = await ada.hears("Your settings")
    await ada.taps(page, "Time of day")
    page = await reads(ada, page, "Which part of the day")

    await asyncio.gather(ada.taps(page, "Evening"), ada.taps(page, "Evening"))
    await reads(ada, page, "Time of day: Evening")
    await tendril.settled()

    assert (await preferences(tendril, ada))["preferred_time"] == "evening"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("timezone Europe/Madrid", {"timezone": "Europe/Madrid"}),
        ("timezone new york", {"timezone": "America/New_York"}),
        ("channel telegram", {"preferred_channel": "telegram"}),
        ("channel any", {"preferred_channel": None}),
        ("time afternoon", {"preferred_time": "afternoon"}),
        ("quiet 21:30-07:00", {"quiet_from": "21:30:00", "quiet_until": "07:00:00"}),
        ("quiet 21 to 7", {"quiet_from": "21:00:00", "quiet_until": "07:00:00"}),
        ("quiet off", {"quiet_from": "00:00:00", "quiet_until": "00:00:00"}),
    ],
)
async def test_a_setting_can_be_typed(tendril: Tendril, typed: str, expected: dict[str, Any]) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(f"/settings {typed}")
    await ada.hears("Your settings")

    assert expected.items() <= (await preferences(tendril, ada)).items()


@pytest.mark.parametrize("typed", ["quiet 25:00-07:00", "time midnight", "channel pigeon", "colour blue"])
async def test_nonsense_is_answered_with_what_works(tendril: Tendril, typed: str) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(f"/settings {typed}")

    await ada.hears("These work")


async def test_an_unknown_place_is_answered_with_advice(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/settings timezone Narnia")

    await ada.hears("I do not know the place “Narnia”")


async def test_a_pause_of_a_week_holds_what_would_come(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings pause 1 week")
    await ada.hears("Paused until")
    heard = len(await ada.messages())

    await tendril.advance("3 days")

    assert len(await ada.messages()) == heard
    holds = [hold["reason"] for hold in (await tendril.explain(ada))["holds"]]
    assert "user_paused" in holds


async def test_a_pause_is_ended_by_its_button(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings pause forever")
    page = await ada.hears("Paused until you resume")

    await ada.taps(page, "Resume now")

    async def resumed() -> bool:
        return (await preferences(tendril, ada))["paused_until"] is None

    await until(resumed)


async def test_choosing_email_without_an_address_asks_for_one(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/settings channel email")

    await ada.hears("I need your email address first")


async def test_a_city_that_there_is_twice_is_a_choice(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/settings timezone Portland")
    choice = await ada.hears("more than one Portland")
    await ada.taps(choice, "Portland, Maine, USA")
    await reads(ada, choice, "New York")

    assert (await preferences(tendril, ada))["timezone"] == "America/New_York"


async def test_the_menu_follows_the_chosen_language(tendril: Tendril) -> None:
    ada = await tendril.started("Ada", language_code="en")
    await ada.writes("/settings language Deutsch")

    async def told_in_german() -> bool:
        shown = await ada.control.get(f"/users/{ada.id}/commands")
        return {each["command"]: each["description"] for each in shown} == dict(words("de").commands)

    await until(told_in_german)
