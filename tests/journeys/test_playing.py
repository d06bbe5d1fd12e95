"""The game as its messages tell it: what comes of doing something, of a missed day, of a day nearly over."""

from __future__ import annotations

from typing import Any

from tests.fixtures.sandbox import Person
from tests.journeys.conftest import Journey, at


async def does(
    journey: Journey, person: Person, type_: str = "lesson_complete", times: int = 1, **more: str
) -> None:
    """Something that keeps a streak, told by a product."""
    events = [{"user": str(person.id), "type": type_} | more for _ in range(times)]
    status, answer = await journey.tendril.api("POST", "/api/engagement/track", {"events": events})
    assert status in (200, 201), answer


async def heard(person: Person, words: str) -> list[str]:
    """When something with these words was said."""
    return [at(each["date"]) for each in await person.messages() if words in each["text"]]


async def texts(person: Person) -> list[Any]:
    return [each["text"] for each in await person.messages()]


async def test_a_reminder_comes_half_an_hour_before_the_time_of_the_day_before(journey: Journey) -> None:
    ada = await journey.member()
    await journey.tendril.advance("8 hours")
    await does(journey, ada, occurred_at="2026-03-02T17:00:00Z")

    await journey.tendril.advance("1 day")

    assert await heard(ada, "Yesterday was day one") == ["Tue 03 Mar 16:30"]


async def test_whoever_was_quicker_is_not_reminded(journey: Journey) -> None:
    ada = await journey.member()
    await does(journey, ada)
    await journey.tendril.advance("20 hours")
    await does(journey, ada)

    await journey.tendril.advance("12 hours")

    assert await heard(ada, "The short version counts") == []


async def test_a_reminder_of_the_night_waits_for_the_morning_of_the_same_day(journey: Journey) -> None:
    ada = await journey.member()
    await journey.tendril.advance("22 hours")
    await does(journey, ada)

    await journey.tendril.advance("1 day 4 hours")

    assert await heard(ada, "The short version counts") == ["Wed 04 Mar 08:00"]


async def test_whoever_declines_reminders_gets_none(journey: Journey) -> None:
    ada = await journey.member()
    user = await journey.call("find_user", reference=str(ada.id))
    await journey.call("decline_sequence", user_id=user["id"], sequence="streak_reminder")
    await does(journey, ada)

    await journey.tendril.advance("1 day 12 hours")

    assert await heard(ada, "The short version counts") == []


async def test_a_level_is_celebrated_once_it_is_reached(journey: Journey) -> None:
    ada = await journey.member()
    await does(journey, ada, "course_complete")
    await journey.tendril.settled()

    (said,) = [each for each in await texts(ada) if "Level " in each]
    assert "⬆️ Level" in said


async def test_the_night_stays_silent_and_the_morning_tells_of_the_saved_streak(journey: Journey) -> None:
    ada = await journey.member()
    for _ in range(2):
        await does(journey, ada)
        await journey.tendril.advance("1 day")

    await journey.tendril.advance("1 day")

    assert await heard(ada, "A freeze saved your streak") == ["Thu 05 Mar 08:00"]
    assert (await journey.call("streak_of", user_id=(await user_of(journey, ada))))["days"] == 2


async def test_a_lost_streak_comes_with_a_way_back(journey: Journey) -> None:
    ada = await journey.member()
    for _ in range(2):
        await does(journey, ada)
        await journey.tendril.advance("1 day")

    await journey.tendril.advance("3 days")

    assert await heard(ada, "2 days in a row, Ada. They happened") == ["Sat 07 Mar 08:00"]


async def user_of(journey: Journey, person: Person) -> str:
    return str((await journey.call("find_user", reference=str(person.id)))["id"])
