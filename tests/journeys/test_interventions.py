"""Somebody is about to leave: what fits goes to them at once, and it is kept what came of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.bot.conftest import OWNER
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, at

SILENCE = {"signal": "days_since_active", "value": 9, "words": "nothing for 9 days"}
REMINDER = "Two minutes would do"
WITHOUT_CHANCE: dict[str, Any] = {
    "interventions": "on",
    "intervention_holdout": 0.0,
    "intervention_exploration": 0.0,
}


@pytest.fixture
async def tendril(run_tendril: RunTendril) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER}), **WITHOUT_CHANCE) as running:
        yield running


class Slide:
    """People's risks, as the one who tells them would keep them."""

    def __init__(self, journey: Journey, connection: asyncpg.Connection) -> None:
        self.journey = journey
        self._connection = connection

    async def to(self, person: Person, risk: float, *wanted: str) -> str:
        user: str = (await self.journey.call("find_user", reference=str(person.id)))["id"]
        await self._connection.execute(
            """insert into tendril.drop_off_risks as r (user_id, risk, weekly, monthly, confidence, reasons,
                interventions, model, day, calculated_at, due_at, rose_at)
            values ($1, $2, $2, $2, 0.5, $3, $4, 'rules', '2026-03-02', tendril.clock(), 'infinity',
                tendril.clock())
            on conflict (user_id) do update set risk = excluded.risk, calculated_at = excluded.calculated_at,
                reasons = excluded.reasons, interventions = excluded.interventions,
                rose_at = excluded.rose_at, due_at = 'infinity'""",
            user,
            risk,
            json.dumps([SILENCE]),
            json.dumps(wanted or ["gentle_reminder"]),
        )
        return user

    async def of(self, person: Person) -> list[Any]:
        return await interventions_of(self.journey, person)


async def interventions_of(journey: Journey, person: Person) -> list[Any]:
    """The newest first, as the API lists them."""
    status, listed = await journey.tendril.api("GET", f"/api/interventions?user={person.id}")
    assert status == 200
    return list(listed["items"])


@pytest.fixture
async def slide(journey: Journey, connection: asyncpg.Connection) -> Slide:
    """Risks are told by the test alone: it has the duty."""

    async def is_ours() -> Any:
        return await journey.call("take_duty", name="risks", holder="a test", seconds=1_000_000)

    await until(is_ours)
    return Slide(journey, connection)


async def test_somebody_slides_into_risk_as_the_clock_moves_and_is_written_to(
    journey: Journey,
) -> None:
    ada = await journey.member("Ada")
    await journey.prefer(ada, preferred_channel="email")
    user = (await journey.call("find_user", reference=str(ada.id)))["id"]
    for day in range(14):
        event = {"event_id": f"lesson:{day}", "user_id": user, "type": "lesson_complete", "source": "app"}
        await journey.call("record_behavior_events", events=[event])
        await journey.tendril.advance("1 day")
    before = await interventions_of(journey, ada)

    await journey.tendril.advance("9 days")

    (made,) = await interventions_of(journey, ada)
    subjects = [mail["subject"] for mail in await journey.mails(ada)]
    assert (before, made["type"], made["is_held_out"]) == ([], "gentle_reminder", False)
    assert made["risk"] >= 60
    assert "nothing for" in made["why"]
    assert REMINDER in subjects
    assert [message["status"] for message in made["messages"]] == ["delivered"]


async def test_from_the_rise_to_the_message_on_its_way_it_is_less_than_five_minutes(
    journey: Journey, slide: Slide
) -> None:
    ada = await journey.member("Ada")
    await journey.prefer(ada, preferred_channel="email")
    await slide.to(ada, 70)

    await journey.tendril.advance("5 minutes")

    mail = await journey.mail(ada)
    (made,) = await slide.of(ada)
    assert (mail["subject"], await ada.messages()) == (REMINDER, [])
    assert (made["status"], made["channels"], made["messages"][0]["status"]) == (
        "open",
        ["email"],
        "delivered",
    )


async def test_somebody_critical_hears_it_over_both_channels(journey: Journey, slide: Slide) -> None:
    ada = await journey.member("Ada")
    await slide.to(ada, 90)

    await journey.tendril.advance("5 minutes")

    assert (await journey.mail(ada))["subject"] == REMINDER
    await ada.hears("two minutes would do")


async def test_an_admin_sees_for_whom_why_and_what_came_of_it(journey: Journey, slide: Slide) -> None:
    olga = await journey.tendril.started("Olga", id=OWNER, username="olga")
    ada = await journey.member("Ada")
    await slide.to(ada, 72)
    await journey.tendril.advance("5 minutes")

    await olga.writes(f"/explain {ada.id}")
    await olga.hears("because the risk of dropping off rose to 72: nothing for 9 days")
    await journey.tendril.advance("1 day")
    await ada.writes("/commit Write 2 pages today")
    await journey.tendril.advance("8 days")
    await olga.writes("/interventions")

    page = await olga.hears("Back within a week")
    assert "1 of 1 who were sent something" in page["text"]
    assert [made["status"] for made in await slide.of(ada)][-1] == "came_back"


async def test_who_is_held_out_gets_nothing_and_it_is_kept(
    run_tendril: RunTendril, journey: Journey, slide: Slide
) -> None:
    await journey.call("configure_interventions", mode="on", holdout=0.999_999)
    ada = await journey.member("Ada")
    await slide.to(ada, 70)

    await journey.tendril.advance("1 day")

    (made,) = await slide.of(ada)
    assert (made["is_held_out"], made["messages"], await ada.messages()) == (True, [], [])
    assert await journey.mails(ada) == []


async def test_several_processes_send_one(journey: Journey, slide: Slide, run_tendril: RunTendril) -> None:
    worker = frozenset({"worker"})
    async with run_tendril(worker, **WITHOUT_CHANCE), run_tendril(worker, **WITHOUT_CHANCE):
        people = [await journey.member(name, email=False) for name in ("Ada", "Bob", "Cem")]
        for person in people:
            await slide.to(person, 70)
        await journey.tendril.advance("10 minutes")

    assert [len(await slide.of(person)) for person in people] == [1, 1, 1]
    assert [len(await person.messages()) for person in people] == [1, 1, 1]


async def test_somebody_is_asked_of_an_admin_who_does_it_with_one_tap(journey: Journey, slide: Slide) -> None:
    olga = await journey.tendril.started("Olga", id=OWNER, username="olga")
    ada = await journey.member("Ada")
    await slide.to(ada, 91, "human_outreach")
    await journey.tendril.advance("5 minutes")

    task = await olga.hears("Ada may leave")
    assert "nothing for 9 days" in task["text"]
    assert "ada@example.com" in task["text"]
    await olga.writes("/outreach")
    await olga.hears("Whom somebody should talk to")
    await olga.taps(task, "Done")
    await olga.hears("Ada was talked to")

    (made,) = await slide.of(ada)
    assert (made["task"]["status"], made["task"]["decided_by"]) == ("done", f"telegram:{OWNER}")
    await olga.writes("/outreach")
    await olga.hears("Nobody waits to be talked to")


async def test_a_task_that_nobody_does_comes_again_the_next_day(journey: Journey, slide: Slide) -> None:
    olga = await journey.tendril.started("Olga", id=OWNER, username="olga")
    ada = await journey.member("Ada")
    await slide.to(ada, 91, "human_outreach")

    await journey.tendril.advance("26 hours")

    await olga.hears("Still waiting: Ada may leave")


async def test_a_suggestion_leaves_once_an_admin_says_so(
    journey: Journey, slide: Slide, run_tendril: RunTendril
) -> None:
    await journey.call("configure_interventions", mode="suggest", holdout=0, exploration=0)
    olga = await journey.tendril.started("Olga", id=OWNER, username="olga")
    ada = await journey.member("Ada", email=False)
    await slide.to(ada, 70)
    await journey.tendril.advance("5 minutes")
    assert await ada.messages() == []

    await olga.writes("/interventions")
    page = await olga.hears("A gentle reminder")
    await olga.taps(page, f"✓ Send {(await slide.of(ada))[0]['id']}")

    message = await ada.hears("two minutes would do")
    assert at(message["date"]).startswith("Mon 02 Mar")


async def test_why_tells_the_user_nothing_of_a_risk(journey: Journey, slide: Slide) -> None:
    ada = await journey.member("Ada", email=False)
    await slide.to(ada, 70)
    await journey.tendril.advance("5 minutes")
    await until(ada.messages)

    await ada.writes("/why")

    told = await ada.hears("because it had become quiet around you")
    assert "risk" not in told["text"]
