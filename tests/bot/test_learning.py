"""/profile: what the bot works out of how somebody learns, and what they say themselves, by buttons."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.database import Clock
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until

MONDAY = "2026-03-02T09:00:00+00:00"


@pytest.fixture(autouse=True)
async def monday_morning(clock: Clock) -> None:
    await clock.set(MONDAY)


async def becomes(person: Person, message: Any, words: str) -> Any:
    """The message, once it was rewritten to have these words."""

    async def rewritten() -> Any:
        found = (each for each in await person.messages() if each["message_id"] == message["message_id"])
        return next((each for each in found if words in each["text"]), None)

    return await until(rewritten)


async def offers(person: Person, message: Any, label: str) -> Any:
    """The message, once it has a button with these words."""

    async def rewritten() -> Any:
        for each in await person.messages():
            labels = [button["text"] for row in each["buttons"] for button in row]
            if each["message_id"] == message["message_id"] and label in labels:
                return each
        return None

    return await until(rewritten)


async def chosen(tendril: Tendril, person: Person) -> dict[str, Any]:
    told = await tendril.process.store.call("get_profile", reference=str(person.id))
    return {each["name"]: each["value"] for each in told["fields"] if each["source"] == "chosen"}


async def watches(tendril: Tendril, person: Person, days: int) -> None:
    store = tendril.process.store
    user = (await store.call("find_user", reference=str(person.id)))["id"]
    event = {"user_id": user, "type": "video_watched", "source": "api"}
    events = [
        event | {"event_id": f"video:{day}", "occurred_at": f"2026-02-{day + 1:02d}T07:00:00Z"}
        for day in range(days)
    ]
    await store.call("record_behavior_events", events=events)


async def test_what_is_worked_out_is_shown_with_how_sure_that_is(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await watches(tendril, ada, 12)

    await ada.writes("/profile")
    page = await ada.hears("How you learn")

    assert "Style: by watching (my guess, 80% sure)" in page["text"]
    assert "Difficulty: I cannot say yet" in page["text"]


async def test_a_choice_counts_until_it_is_left_to_the_bot_again(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/profile")
    page = await ada.hears("How you learn")

    await ada.taps(page, "Pace")
    page = await becomes(ada, page, "How much at a time?")
    await ada.taps(page, "nearly every day")
    page = await becomes(ada, page, "Pace: nearly every day")
    assert await chosen(tendril, ada) == {"pace": "fast"}

    await ada.taps(page, "Pace")
    page = await becomes(ada, page, "How much at a time?")
    await ada.taps(page, "You work it out")
    await becomes(ada, page, "How you learn")
    assert await chosen(tendril, ada) == {}


async def test_of_a_list_several_are_ticked_and_taken_out(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/profile")
    page = await ada.hears("How you learn")
    await ada.taps(page, "Formats")
    page = await becomes(ada, page, "Several are fine")

    for label in ("videos", "texts"):
        await ada.taps(page, label)
        page = await offers(ada, page, f"✓ {label}")

    assert await chosen(tendril, ada) == {"formats": ["video", "text"]}
    await ada.taps(page, "✓ videos")
    await offers(ada, page, "videos")
    assert await chosen(tendril, ada) == {"formats": ["text"]}


async def test_the_settings_lead_to_it_and_back_in_german(tendril: Tendril) -> None:
    ada = await tendril.started("Ada", language_code="de")
    await ada.writes("/settings")
    page = await ada.hears("Deine Einstellungen")

    await ada.taps(page, "Wie ich lerne")
    page = await becomes(ada, page, "Wie du lernst")
    await ada.taps(page, "‹ Zurück")

    assert await becomes(ada, page, "Deine Einstellungen")
