"""Leaderboards, leagues and achievements over the API."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.webhooks.conftest import Sidecar

HERE = "/api/engagement"
OWL = {
    "title": {"en": "Night owl", "de": "Nachteule"},
    "description": {"en": "Learned in the dark."},
    "icon": "🦉",
    "filter": {"behavior.owl_seen": {"$count": {"$gte": 2}}},
}


async def ask(sidecar: Sidecar, method: str, path: str, **options: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin(method, HERE + path, **options)
    return answer.status, await answer.json() if answer.status != 204 else None


@pytest.fixture
async def mira(sidecar: Sidecar, user_id: str, connection: asyncpg.Connection, clock: Clock) -> str:
    """With 30 XP of today, behind somebody with 50."""
    await clock.set("2026-03-02T12:00:00Z")
    await connection.execute(
        "with bo as (insert into tendril.users (first_name, created_at) values ('Bo', tendril.clock()) "
        "returning id) insert into tendril.xp_days (user_id, day, xp) "
        "select id, (tendril.clock() at time zone 'UTC')::date, 50 from bo "
        "union all select $1, (tendril.clock() at time zone 'UTC')::date, 30",
        user_id,
    )
    return user_id


@pytest.mark.parametrize("period", ["daily", "weekly", "all_time", "all-time"])
async def test_a_board_tells_the_first_and_ones_own_place(sidecar: Sidecar, mira: str, period: str) -> None:
    status, board = await ask(
        sidecar, "GET", "/leaderboard", params={"period": period, "limit": "1", "user": "mira@example.org"}
    )

    assert (status, board["people"], board["period"]) == (200, 2, period.replace("-", "_"))
    assert [(each["rank"], each["name"], each["xp"]) for each in board["items"]] == [(1, "Bo", 50)]
    assert (board["you"]["rank"], board["you"]["behind_next"]) == (2, 20)
    assert [each["name"] for each in board["you"]["neighbors"]] == ["Bo", "Mira"]


async def test_somebody_is_taken_off_the_boards_and_put_back(sidecar: Sidecar, mira: str) -> None:
    boards = []
    for listed in (False, True):
        put = await ask(sidecar, "PUT", "/users/mira/leaderboard", json={"listed": listed})
        assert put == (200, {"listed": listed})
        boards.append((await ask(sidecar, "GET", "/leaderboard"))[1]["people"])

    assert boards == [1, 2]


async def test_a_league_and_achievements_of_somebody_are_shown(sidecar: Sidecar, mira: str) -> None:
    await sidecar.road.call("place_in_leagues")
    await ask(sidecar, "PUT", "/achievements/night_owl", json=OWL)
    for place in range(2):
        event = {"user": "mira", "type": "owl_seen", "event_id": f"{place}"}
        await ask(sidecar, "POST", "/track", json=event)
        await sidecar.road.call("award_achievements")

    _, league = await ask(sidecar, "GET", "/users/mira/league")
    _, achieved = await ask(sidecar, "GET", "/users/mira/achievements")

    assert (league["league"], league["name"], league["place"], league["people"]) == (1, "Seed", 2, 2)
    (owl,) = achieved["items"]
    assert (owl["title"], owl["icon"], owl["progress"]) == ("Night owl", "🦉", None)
    assert owl["earned_at"] is not None


async def test_an_achievement_is_made_changed_counted_and_retired(sidecar: Sidecar, mira: str) -> None:
    made = await ask(sidecar, "PUT", "/achievements/night_owl", json=OWL)
    changed = await ask(sidecar, "PUT", "/achievements/night_owl", json=OWL | {"icon": "🌙"})
    _, listed = await ask(sidecar, "GET", "/achievements")

    assert (made[0], made[1]["earned"], changed[1]["icon"]) == (200, 0, "🌙")
    assert [each["name"] for each in listed["items"]] == ["night_owl"]
    assert (await ask(sidecar, "DELETE", "/achievements/night_owl"))[0] == 204
    assert (await ask(sidecar, "DELETE", "/achievements/night_owl"))[0] == 404
    assert (await ask(sidecar, "GET", "/achievements"))[1] == {"items": []}


async def test_an_achievement_with_an_impossible_name_is_refused(sidecar: Sidecar) -> None:
    status, refused = await ask(sidecar, "PUT", "/achievements/Night-Owl", json=OWL)

    assert (status, refused["error"]["field"]) == (422, "name")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "field"),
    [
        ("GET", "/leaderboard", {"params": {"period": "yearly"}}, 422, "period"),
        ("GET", "/leaderboard", {"params": {"limit": "0"}}, 422, "limit"),
        ("GET", "/leaderboard", {"params": {"period": "pod"}}, 422, "pod"),
        ("GET", "/leaderboard", {"params": {"period": "pod", "pod": "4711"}}, 404, None),
        ("GET", "/leaderboard", {"params": {"user": "nobody"}}, 404, None),
        ("GET", "/users/nobody/league", {}, 404, None),
        ("PUT", "/users/mira/leaderboard", {"json": {"listed": "perhaps"}}, 422, "listed"),
        ("PUT", "/achievements/owl", {"json": OWL | {"title": {"de": "Eule"}}}, 422, "title.en"),
        ("PUT", "/achievements/owl", {"json": OWL | {"filter": {"weather.rain": 1}}}, 422, "filter"),
    ],
)
async def test_a_mistake_is_refused_by_its_name(
    sidecar: Sidecar, user_id: str, method: str, path: str, options: Any, status: int, field: str | None
) -> None:
    found, said = await ask(sidecar, method, path, **options)

    assert found == status, said
    if field is not None:
        assert said["error"]["field"] == field, said


async def test_an_unknown_board_is_answered_with_those_that_there_are(sidecar: Sidecar) -> None:
    _, said = await ask(sidecar, "GET", "/leaderboard", params={"period": "yearly"})

    assert all(name in said["error"]["message"] for name in ("daily", "weekly", "all_time", "pod"))
