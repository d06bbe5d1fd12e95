"""/settings: by buttons, or by words."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.texts import words
from tests.bot.reading import reads
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until


async def preferences(tendril: Tendril, person: Person) -> Any:
    return (await tendril.explain(person))["preferences"]


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
        ("leaderboards off", {"on_leaderboards": False}),
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


# What, how often, until when, in which language


async def opened(person: Person, *buttons: str) -> Any:
    """The page of the settings, after these buttons."""
    await person.writes("/settings")
    page = await person.hears("Your settings")
    for button in buttons:
        await person.taps(page, button)
    return page


def labels(message: Any) -> list[list[str]]:
    return [[button["text"] for button in row] for row in message["buttons"]]


async def test_a_grid_of_ticks_stays_while_kinds_are_switched_off_and_on(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "What")
    page = await reads(ada, page, "What do you want, and where?")
    assert labels(page)[1] == ["News", "✓ Telegram"]

    await ada.taps(page, 3)

    async def unticked() -> bool:
        now = await reads(ada, page, "What do you want")
        return bool(labels(now)[1] == ["News", "✗ Telegram"])

    await until(unticked)
    (point,) = (await tendril.explain(ada))["contact_points"]
    assert (point["opt_in_announcements"], point["opt_in_sequences"]) == (False, True)


async def test_less_often_is_chosen_by_a_button(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "How often")

    await ada.taps(await reads(ada, page, "How many messages"), "At most 3 a week")
    await reads(ada, page, "How often: At most 3 a week")

    assert (await preferences(tendril, ada))["max_per_week"] == 3


async def test_leaderboards_are_left_by_a_button_that_stays(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "✓ Leaderboards")

    page = await reads(ada, page, "Leaderboards: nobody sees you")
    assert (await preferences(tendril, ada))["on_leaderboards"] is False

    await ada.taps(page, "✗ Leaderboards")
    await reads(ada, page, "Leaderboards: others see you")


async def test_the_language_is_chosen_and_answered_in(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "Language")

    await ada.taps(await reads(ada, page, "Which language"), "Deutsch")
    await reads(ada, page, "Sprache: Deutsch")
    await ada.writes("/settings zeit abends")

    await ada.hears("Tageszeit: Abends")


@pytest.mark.parametrize(("typed", "day"), [("2027-02-03", "2027-02-03"), ("3.2.2027", "2027-02-03")])
async def test_a_pause_until_a_day_is_asked_for_and_typed(tendril: Tendril, typed: str, day: str) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "Pause")
    await ada.taps(await reads(ada, page, "For how long"), "Until a day…")
    await reads(ada, page, "On which day")

    await ada.writes(typed)
    await ada.hears("Paused until Wednesday, 3 February")

    assert (await preferences(tendril, ada))["paused_until"].startswith(day)


async def test_a_day_that_is_over_is_asked_for_again_after_a_restart(run_tendril: RunTendril) -> None:
    async with run_tendril() as tendril:
        ada = await tendril.started("Ada")
        page = await opened(ada, "Pause")
        await ada.taps(await reads(ada, page, "For how long"), "Until a day…")
        await reads(ada, page, "On which day")
    async with run_tendril() as tendril:
        await ada.writes("2020-01-01")
        await ada.hears("That day has already begun")

        await ada.writes("2099-01-01")

        await ada.hears("Paused until Thursday, 1 January")


async def test_what_is_no_day_is_understood_as_anything_else(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "Pause")
    await ada.taps(await reads(ada, page, "For how long"), "Until a day…")
    await reads(ada, page, "On which day")

    await ada.writes("/help")

    await ada.hears("This is what I understand")


async def test_the_page_on_the_web_opens_by_the_link(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "On the web")

    html = (await reads(ada, page, "Your settings on the web"))["html"]
    (link,) = re.findall(r'href="([^"]+)"', html)

    async with tendril.http.get(link) as answer:
        assert (answer.status, "Where do you like to hear from us" in await answer.text()) == (200, True)


async def test_everything_is_stopped_and_begun_again_from_the_settings(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await opened(ada, "Stop everything")
    await ada.taps(await reads(ada, page, "Shall I stop"), "Yes, stop")
    await reads(ada, page, "I am silent now")

    await ada.writes("/settings")
    again = await ada.hears("You stopped my messages")
    await ada.taps(again, "Start again")

    async def started() -> bool:
        return (await preferences(tendril, ada))["stopped_at"] is None

    await until(started)
