"""XP that is awarded over the API, how somebody stands, and a streak that is earned back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.database import Clock
from tests.webhooks.conftest import ADDRESS, Sidecar, Tables

XP = "/api/engagement/xp"
STREAK = "/api/engagement/streak"


async def asked(sidecar: Sidecar, method: str, path: str, **body: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin(method, path, **({"json": body} if body else {}))
    return answer.status, await answer.json()


async def did(sidecar: Sidecar, user: str, *kinds: str) -> None:
    events = [{"user": user, "type": kind} for kind in kinds]
    assert (await asked(sidecar, "POST", "/api/engagement/track", events=events))[0] == 200


async def test_an_award_counts_once_per_key(sidecar: Sidecar, user_id: str) -> None:
    first = await asked(sidecar, "POST", XP, user=ADDRESS, action="bonus", key="quiz-7")
    again = await asked(sidecar, "POST", XP, user=user_id, action="bonus", key="quiz-7")

    given = {"awarded": True, "why": None, "xp": 25, "total": 25, "level": 1, "leveled_up": False}
    assert first == (200, given)
    assert again == (200, given | {"awarded": False, "why": "given_before", "xp": 0})


async def test_an_award_over_the_cap_of_the_day_is_worth_nothing(
    sidecar: Sidecar, user_id: str, clock: Clock
) -> None:
    await clock.set("2026-03-02T12:00:00Z")
    answers = [await asked(sidecar, "POST", XP, user=user_id, action="bonus") for _ in range(5)]

    assert [answer["awarded"] for _, answer in answers] == [True] * 4 + [False]
    assert [answer["leveled_up"] for _, answer in answers] == [False] * 3 + [True, False]
    assert (answers[-1][1]["why"], answers[-1][1]["total"], answers[-1][1]["level"]) == ("capped", 100, 2)


async def test_an_unknown_action_is_refused_with_those_that_are_known(
    sidecar: Sidecar, user_id: str, tables: Tables
) -> None:
    status, answer = await asked(sidecar, "POST", XP, user=user_id, action="juggling")

    assert (status, answer["error"]["field"]) == (422, "action")
    assert "bonus" in str(answer)
    assert "commitment_kept" in str(answer)
    assert await tables.rows("select * from tendril.xp_ledger") == []


@pytest.mark.parametrize("path", [XP, STREAK])
async def test_somebody_who_is_not_known_can_be_given_nothing(sidecar: Sidecar, path: str) -> None:
    body = {"user": "nobody@example.org"} | ({"action": "bonus"} if path == XP else {})

    assert (await asked(sidecar, "POST", path, **body))[0] == 404


async def test_what_somebody_does_shows_how_they_stand(sidecar: Sidecar, user_id: str, clock: Clock) -> None:
    await clock.set("2026-03-02T12:00:00Z")
    await did(sidecar, user_id, "lesson_complete", "quiz_passed")

    _, told = await asked(sidecar, "GET", f"/api/engagement/users/{ADDRESS}/game")
    _, ledger = await asked(sidecar, "GET", f"/api/engagement/users/{user_id}/xp")

    assert told["xp"] == {"total": 25, "today": 25, "week": 25}
    assert (told["level"]["name"], told["level"]["next_at"]) == ("Novice", 100)
    assert (told["streak"]["days"], told["streak"]["kept_today"]) == (1, True)
    assert [day["kind"] for day in told["streak"]["week"]] == [None] * 6 + ["active"]
    assert {(row["title"], row["xp"]) for row in ledger["items"]} == {
        ("Completed a lesson", 10),
        ("Passed a quiz", 15),
    }


async def test_the_rules_of_the_game_can_be_asked_for(sidecar: Sidecar) -> None:
    _, rules = await asked(sidecar, "GET", "/api/engagement/game")

    assert len(rules["actions"]) >= 25
    assert [level["name"] for level in rules["levels"]][::9] == ["Novice", "Grandmaster"]
    assert rules["streak"]["milestones"] == [7, 14, 30, 60, 100, 365]


async def test_a_streak_is_earned_back_by_doing_enough_on_one_day(
    sidecar: Sidecar, user_id: str, clock: Clock
) -> None:
    await clock.set("2026-03-02T12:00:00+00:00")
    await did(sidecar, user_id, "lesson_complete")
    await clock.set("2026-03-06T12:00:00+00:00")  # two days were saved by freezes, the third was not

    await did(sidecar, user_id, "lesson_complete")
    too_early = await asked(sidecar, "POST", STREAK, user=user_id)
    await did(sidecar, user_id, "lesson_complete")
    repaired = await asked(sidecar, "POST", STREAK, user=user_id)
    nothing_left = await asked(sidecar, "POST", STREAK, user=user_id)

    assert too_early[0] == 409
    assert "1" in too_early[1]["error"]["message"]
    assert repaired == (200, {"days": 2, "longest": 2, "freezes": 0, "kept_today": True})
    assert nothing_left[0] == 409
