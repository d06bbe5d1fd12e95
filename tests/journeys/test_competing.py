"""A week of five people in a league, and what they achieve, with the process running."""

from __future__ import annotations

from typing import Any

from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, at

LESSONS = 10


async def learn(journey: Journey, person: Person, lessons: int) -> None:
    events = [
        {"user": str(person.id), "type": "lesson_complete", "event_id": f"{person.id}:{n}"}
        for n in range(lessons)
    ]
    status, answer = await journey.tendril.api("POST", "/api/engagement/track", {"events": events})
    assert status == 200, answer


async def asked(journey: Journey, path: str) -> Any:
    status, answer = await journey.tendril.api("GET", f"/api/engagement{path}")
    assert status == 200, answer
    return answer


async def test_five_people_compete_for_a_week_and_hear_on_monday_how_it_ended(journey: Journey) -> None:
    names = ["Ada", "Bea", "Cem", "Dan", "Eva"]
    ada, *_, eva = people = [await journey.member(name, email=False) for name in names]
    for place, person in enumerate(people):
        await learn(journey, person, 9 - place)

    async def placed() -> bool:
        return bool((await asked(journey, f"/users/{eva.id}/league"))["people"] == 5)

    placed.__doc__ = "all five are in a league"
    await until(placed)
    board = await asked(journey, f"/leaderboard?period=weekly&user={eva.id}")
    await journey.tendril.advance("7 days")

    assert [each["name"] for each in board["items"]] == names
    assert (board["you"]["rank"], board["you"]["behind_next"]) == (5, 10)
    (told,) = [each for each in await ada.messages() if "league" in each["text"]]
    assert (at(told["date"]), "Place 1 in the Seed league" in told["text"]) == ("Mon 09 Mar 08:00", True)
    league = await asked(journey, f"/users/{ada.id}/league")
    assert (league["name"], league["last"]["result"]) == ("Shoot", "promoted")


async def test_ten_lessons_are_an_achievement_that_is_told_once(journey: Journey) -> None:
    ada = await journey.member(email=False)

    await learn(journey, ada, LESSONS)
    await ada.hears("Well read")
    await learn(journey, ada, LESSONS)
    await journey.tendril.advance("1 day")

    assert sum("Well read" in each["text"] for each in await ada.messages()) == 1
    items = {each["name"]: each for each in (await asked(journey, f"/users/{ada.id}/achievements"))["items"]}
    assert items["ten_lessons"]["earned_at"].startswith("2026-03-02")
    assert items["hundred_lessons"]["progress"] == {"have": LESSONS, "need": 100}
