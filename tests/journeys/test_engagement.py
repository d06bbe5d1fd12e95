"""Somebody plays, rests and is about to leave: as the service itself sees it, nothing told from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.bot.conftest import OWNER
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person
from tests.journeys.conftest import Journey
from tests.journeys.test_interventions import WITHOUT_CHANCE
from tests.journeys.test_playing import does


@pytest.fixture
async def tendril(run_tendril: RunTendril) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER}), **WITHOUT_CHANCE) as running:
        yield running


async def game_of(journey: Journey, person: Person) -> Any:
    user = await journey.call("find_user", reference=str(person.id))
    return await journey.call("describe_game", user_id=user["id"])


async def test_somebody_earns_levels_up_keeps_a_streak_and_is_met_when_they_slide_away(
    journey: Journey,
) -> None:
    olga = await journey.tendril.started("Olga", id=OWNER, username="olga")
    ada = await journey.member("Ada")
    await journey.prefer(ada, preferred_channel="email")

    for day in range(12):
        if day != 5:
            await does(journey, ada, times=2)
        await journey.tendril.advance("1 day")
    played = await game_of(journey, ada)
    assert (played["streak"]["days"], played["level"]["number"] > 1) == (11, True)
    assert [each for each in await ada.messages() if "A freeze saved your streak" in each["text"]]
    assert "Level 2: Apprentice" in [mail["subject"] for mail in await journey.mails(ada)]

    for _ in range(12):
        await journey.tendril.advance("1 day")
    status, risky = await journey.tendril.api("GET", "/api/engagement/at-risk?threshold=60")
    assert status == 200
    assert played["user_id"] in [each["user_id"] for each in risky["items"]]
    status, made = await journey.tendril.api("GET", f"/api/interventions?user={ada.id}")
    assert (status, len(made["items"]) >= 1) == (200, True), made
    assert made["items"][-1]["channels"] == ["email"]

    await olga.writes(f"/explain {ada.id}")
    await olga.hears("because the risk of dropping off rose to")
