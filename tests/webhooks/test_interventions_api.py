"""Who is at risk is found, a message for them recommended, and sent the way that everything is sent."""

from typing import Any

import pytest

from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import Sidecar, Tables

PATH = "/api/interventions"
CONTENT = {
    "default": {"subject": "Still here", "preheader": "", "body": "A seat is kept for you.", "buttons": []}
}


@pytest.fixture
async def template(store: Store) -> str:
    for name, kind, context in (
        ("nudge", "gentle_reminder", []),
        ("by_hand", "human_outreach", []),
        ("offer", "discount_offer", ["percent"]),
    ):
        words = (
            CONTENT if not context else {"default": {**CONTENT["default"], "body": "{{ context.percent }} %"}}
        )
        await store.call(
            "create_template", name=name, title=name.title(), type=kind, content=words, context=context
        )
    return "nudge"


async def post(sidecar: Sidecar, path: str, **body: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin("POST", f"{PATH}{path}", json=body)
    return answer.status, await answer.json()


async def get(sidecar: Sidecar, path: str) -> Any:
    answer = await sidecar.as_admin("GET", f"{PATH}{path}")
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_the_templates_are_listed_by_what_they_are_for(sidecar: Sidecar, template: str) -> None:
    every = await get(sidecar, "/templates")
    some = await get(sidecar, "/templates?type=human_outreach")

    assert {each["name"] for each in every["items"]} >= {"nudge", "by_hand"}
    assert {each["type"] for each in some["items"]} == {"human_outreach"}


async def test_one_user_gets_the_message_as_everything_is_sent(
    sidecar: Sidecar, store: Store, user_id: str, template: str, tables: Tables
) -> None:
    status, made = await post(sidecar, "", type="gentle_reminder", user_id="mira", channels=["email"])

    assert (status, made["created"], made["user_id"]) == (201, True, user_id)
    (row,) = await tables.rows(
        "select d.channel, d.message_class, e.source from tendril.message_deliveries d "
        "join tendril.enrollments e on e.id = d.enrollment_id where e.id = $1",
        made["enrollment_id"],
    )
    assert row == {"channel": "email", "message_class": "sequence", "source": "intervention"}
    acts = await tables.rows("select action from tendril.audit_log where actor = 'admin_api'")
    assert [act["action"] for act in acts] == ["intervention.create"]


async def test_who_has_it_under_way_gets_it_once(sidecar: Sidecar, user_id: str, template: str) -> None:
    first = await post(sidecar, "", template="nudge", user_id=user_id)
    second = await post(sidecar, "", template="nudge", user_id=user_id)

    assert (first[0], second[0], second[1]["created"]) == (201, 200, False)


async def test_an_audience_becomes_a_campaign_that_begins_within_a_minute(
    sidecar: Sidecar, store: Store, user_id: str, template: str, clock: Clock, tables: Tables
) -> None:
    status, made = await post(sidecar, "", template="nudge", audience="all_users", channels=["email"])

    assert (status, made["enrollment_id"]) == (201, None)
    await clock.advance("1 minute")
    while await store.call("carry_campaigns"):
        pass
    rows = await tables.rows("select user_id::text, campaign_id from tendril.enrollments")
    assert rows == [{"user_id": user_id, "campaign_id": made["campaign_id"]}]


async def test_a_preview_says_how_many_and_sends_nothing(
    sidecar: Sidecar, user_id: str, template: str, tables: Tables
) -> None:
    before = await tables.everything()
    status, seen = await post(sidecar, "/preview_targeting", template="nudge", filter={}, channels=["email"])

    assert (status, seen["total"], seen["sample"][0]["user_id"]) == (200, 1, user_id)
    assert await tables.everything() == before


async def test_a_recommendation_says_what_it_is_based_on(
    sidecar: Sidecar, store: Store, template: str, clock: Clock
) -> None:
    made = await store.call("create_user", external_id="ada", first_name="Ada")
    event = {"user_id": made["user_id"], "type": "lesson_complete", "source": "app", "event_id": "1"}
    await store.call("record_behavior_events", events=[event])
    await clock.advance("12 days")

    page = await get(sidecar, "/recommendations")

    assert "no probability" in page["based_on"]
    (advice,) = page["items"]
    assert (advice["name"], advice["type"], advice["template"]) == ("Ada", "gentle_reminder", "nudge")
    assert advice["why"] == "Did nothing for 12 days."
    assert advice["score"] < 40


async def test_who_got_one_lately_is_recommended_nothing(
    sidecar: Sidecar, user_id: str, template: str
) -> None:
    await post(sidecar, "", template="nudge", user_id=user_id)

    assert (await get(sidecar, "/recommendations?audience=all_users"))["items"] == []


WRONG = [
    ({"user_id": "mira"}, "body"),
    ({"template": "nudge", "type": "gentle_reminder", "user_id": "mira"}, "body"),
    ({"template": "nudge"}, "body"),
    ({"template": "nudge", "user_id": "mira", "audience": "at_risk"}, "body"),
    ({"template": "nudge", "audience": "nobody_in_particular"}, "audience"),
    ({"template": "nudge", "filter": {"user.shoe_size": 43}}, "filter"),
    ({"template": "nudge", "user_id": "mira", "channels": ["fax"]}, "channels.0"),
    ({"template": "offer", "audience": "all_users"}, "template"),
    ({"template": "offer", "user_id": "mira"}, "context"),
]


@pytest.mark.parametrize(("body", "field"), WRONG, ids=str)
async def test_what_makes_no_sense_names_its_field_and_saves_nothing(
    sidecar: Sidecar, user_id: str, template: str, tables: Tables, body: dict[str, Any], field: str
) -> None:
    status, problem = await post(sidecar, "", **body)

    assert (status, problem["error"].get("field")) == (422, field), problem
    assert await tables.rows("select from tendril.enrollments") == []
    assert await tables.rows("select from tendril.campaigns") == []


@pytest.mark.parametrize(
    "body", [{"template": "none", "user_id": "mira"}, {"template": "nudge", "user_id": "x"}]
)
async def test_what_is_not_there_is_a_404(
    sidecar: Sidecar, user_id: str, template: str, body: dict[str, Any]
) -> None:
    assert (await post(sidecar, "", **body))[0] == 404
