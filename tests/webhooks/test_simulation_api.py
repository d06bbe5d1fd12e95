"""What would happen, asked over the API."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

from sequences.publishing import publish_catalogue
from tests.docs.pages import blocks, read
from tests.events.conftest import CATALOGUE
from tests.fixtures.database import Clock
from tests.webhooks.conftest import SEQUENCE, Sidecar

SIMULATIONS = "/api/engagement/simulations"
WORDS = {"default": {"subject": "Hello", "body": "Hello."}}


@pytest.fixture(autouse=True)
async def morning_in_auckland(clock: Clock) -> None:
    """Where the early bird lives: at night her messages wait."""
    await clock.set("2026-03-01T20:00:00+00:00")


async def published(sidecar: Sidecar) -> None:
    for channel in ("telegram", "email"):
        await sidecar.road.call("configure_budget", channel=channel)
    await sidecar.road.call("publish_sequence", definition=SEQUENCE)


async def play(sidecar: Sidecar, path: str = SIMULATIONS, **body: Any) -> Any:
    given = {"invented": ["early_bird"]} | ({"sequence": "letters"} if path == SIMULATIONS else {}) | body
    answer = await sidecar.as_admin("POST", path, json=given)
    assert answer.status == 200, await answer.text()
    return await answer.json()


def told(simulation: Any, user: int = 0) -> list[tuple[str, str, str]]:
    return [(each["step"], each["channel"], each["verdict"]) for each in simulation["users"][user]["entries"]]


async def test_a_sequence_is_played_for_somebody_invented(sidecar: Sidecar) -> None:
    await published(sidecar)

    played = await play(sidecar)

    assert told(played) == [("first", "email", "send"), ("second", "email", "send")]
    assert played["users"][0]["entries"][0]["at"].endswith("+13:00")
    assert played["totals"]["sent"] == {"email": 2}


async def test_somebody_is_invented_in_full(sidecar: Sidecar) -> None:
    await published(sidecar)
    somebody = {
        "label": "x",
        "timezone": "Asia/Tokyo",
        "preferences": {"max_per_day": 1},
        "fails": ["email"],
        "did": [{"type": "lesson_complete", "ago": "2 days"}],
        "commitments": [{"text": "Run 5 km", "due_in_days": 2}],
    }

    played = await play(sidecar, invented=[somebody])

    assert told(played) == [("first", "email", "fail"), ("second", "email", "skip")]
    assert played["users"][0]["timezone"] == "Asia/Tokyo"


async def test_steps_that_nobody_has_published_are_compared_with_the_present_ones(sidecar: Sidecar) -> None:
    await published(sidecar)
    steps = [{"name": "first", "channels": ["telegram"], "content": WORDS}]

    compared = await play(sidecar, compare_with={"steps": steps})

    assert compared["sent"] == {"telegram": 1, "email": -2}
    assert [each["label"] for each in compared["users"]] == ["early_bird"]


async def test_steps_need_no_sequence(sidecar: Sidecar) -> None:
    await published(sidecar)

    played = await play(
        sidecar, sequence=None, steps=[{"name": "only", "channels": ["email"], "content": WORDS}]
    )

    assert told(played) == [("only", "email", "send")]


async def test_a_timeline_comes_where_a_picture_is_asked_for(sidecar: Sidecar) -> None:
    await published(sidecar)

    answer = await sidecar.as_admin(
        "POST",
        SIMULATIONS,
        json={"sequence": "letters", "invented": ["early_bird", "night_owl"]},
        headers={"Accept": "image/svg+xml"},
    )

    assert answer.content_type == "image/svg+xml"
    assert "Ana" in "".join(ElementTree.fromstring(await answer.text()).itertext())


async def test_a_timeline_of_two_versions_has_both_for_each_whom_they_differ_for(sidecar: Sidecar) -> None:
    await published(sidecar)
    steps = [{"name": "first", "channels": ["telegram"], "content": WORDS}]

    answer = await sidecar.as_admin(
        "POST",
        SIMULATIONS,
        json={"sequence": "letters", "invented": ["early_bird"], "compare_with": {"steps": steps}},
        headers={"Accept": "image/svg+xml"},
    )

    texts = [text.strip() for text in ElementTree.fromstring(await answer.text()).itertext()]
    assert [text for text in texts if text.startswith("Ana")] == ["Ana: first", "Ana: second"]


async def test_a_campaign_is_played_for_its_audience(sidecar: Sidecar) -> None:
    await published(sidecar)
    await sidecar.road.call("create_user", first_name="Mira", email_address="new@example.org")
    campaign = await sidecar.road.call(
        "draft_campaign",
        campaign={
            "name": "weekly",
            "title": "Weekly",
            "kind": "recurring",
            "steps": [{"name": "own", "channels": ["email"], "content": WORDS}],
            "schedule": {"every": "day", "at": "09:00"},
        },
        created_by="admin",
    )

    played = await play(sidecar, f"/api/engagement/campaigns/{campaign['id']}/simulate", invented=[], days=3)

    assert {"Mira"} <= {user["name"] for user in played["users"]}
    assert set(told(played)) == {("own", "email", "send")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sequence": None}, "sequence"),
        ({"days": 401}, "days"),
        ({"invented": ["unicorn"]}, "invented"),
        ({"invented": ["early_bird", "early_bird"]}, "invented"),
        ({"invented": []}, "users"),
        ({"audience": "nobody_at_all"}, "audience"),
        ({"audience": "all_users", "filter": {}}, "filter"),
        ({"invented": ["early_bird", {"label": "x", "timezone": "Mars/Olympus"}]}, "invented.1.timezone"),
        ({"invented": [{"timezone": "UTC"}]}, "invented.0.label"),
        ({"invented": [{"label": "x", "preferences": {"shoe": 43}}]}, "invented.0.preferences.shoe"),
        ({"assumptions": {"behavior": [{"type": "sang", "people": ["x"]}]}}, "assumptions.behavior.0.people"),
        ({"filter": {"shoe.size": 43}}, "filter"),
        ({"assumptions": {"answers": 1.5}}, "assumptions.answers"),
        (
            {"assumptions": {"behavior": [{"type": "sang", "after": "-1 day"}]}},
            "assumptions.behavior.0.after",
        ),
        ({"steps": [{"name": "x", "channels": ["email"]}]}, "steps.0.content"),
        ({"version": 1, "steps": [{"name": "x"}]}, "body"),
        ({"from": "2020-01-01T00:00:00Z", "users": ["mira@example.org"]}, "from"),
        ({"context": {"x": "\ud800"}, "key": "k" * 201}, "key"),
    ],
)
async def test_what_cannot_be_played_is_refused_by_name(
    sidecar: Sidecar, body: dict[str, Any], field: str
) -> None:
    await published(sidecar)
    given = {"sequence": "letters", "invented": ["early_bird"]} | body

    answer = await sidecar.as_admin("POST", SIMULATIONS, json=given)

    assert answer.status == 422, await answer.text()
    assert (await answer.json())["error"]["field"] == field


async def test_what_is_not_there_is_not_found(sidecar: Sidecar) -> None:
    await published(sidecar)

    for path, body in (
        (SIMULATIONS, {"sequence": "nothing", "invented": ["early_bird"]}),
        (SIMULATIONS, {"sequence": "letters", "version": 9, "invented": ["early_bird"]}),
        ("/api/engagement/campaigns/999/simulate", {}),
    ):
        answer = await sidecar.as_admin("POST", path, json=body)
        assert answer.status == 404


async def test_the_example_of_the_guide_can_be_sent_as_it_is(sidecar: Sidecar) -> None:
    await publish_catalogue(sidecar.road, CATALOGUE)
    await sidecar.road.call("create_user", first_name="Ada", email_address="ada@example.com")
    (example,) = blocks(read("docs/simulation.md"), "json")

    compared = await play(sidecar, **json.loads(example))

    labels = {user["name"] for user in compared["before"]["users"]}
    assert labels == {"Ada", "Ana", "A learner"}
    assert compared["users"] == []
