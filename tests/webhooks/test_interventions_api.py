"""Who is at risk is found, a message for them recommended, and sent the way that everything is sent."""

import json
from typing import Any

import asyncpg
import pytest

from sequences.interventions import Interventions
from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import OpenSidecar, Sidecar, Tables

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


async def rises(connection: asyncpg.Connection, user_id: str, risk: float = 72) -> None:
    reasons = [{"signal": "days_since_active", "value": 9, "words": "nothing for 9 days"}]
    await connection.execute(
        """insert into tendril.drop_off_risks (user_id, risk, weekly, monthly, confidence, reasons,
            interventions, model, day, calculated_at, due_at, rose_at)
        values ($1, $2, $2, $2, 0.5, $3, '["gentle_reminder"]', 'rules', '2026-03-02', tendril.clock(),
            'infinity', tendril.clock())""",
        user_id,
        risk,
        json.dumps(reasons),
    )


async def test_a_recommendation_goes_by_the_risk_and_says_why(
    sidecar: Sidecar, user_id: str, template: str, connection: asyncpg.Connection
) -> None:
    await rises(connection, user_id)

    (advice,) = (await get(sidecar, "/recommendations"))["items"]

    assert (advice["name"], advice["risk"], advice["band"]) == ("Mira", 72, "high")
    assert (advice["type"], advice["template"]) == ("gentle_reminder", "nudge")
    assert advice["why"] == "the risk of dropping off rose to 72: nothing for 9 days"
    assert advice["choice"][0]["expected"] == 0.2


async def test_what_came_of_each_is_listed_with_its_reason(
    sidecar: Sidecar, user_id: str, template: str, store: Store, connection: asyncpg.Connection
) -> None:
    await store.call("configure_budget", channel="email", messages_per_request=100)
    await store.call("configure_interventions", mode="on", holdout=0, exploration=0)
    await rises(connection, user_id)
    await Interventions(store).once()

    (made,) = (await get(sidecar, "?user=mira&status=open"))["items"]

    assert (made["type"], made["channels"], made["is_held_out"]) == ("gentle_reminder", ["email"], False)
    assert made["why"] == "the risk of dropping off rose to 72: nothing for 9 days"
    assert [each["status"] for each in made["messages"]] == ["pending"]
    assert (await get(sidecar, "?is_held_out=true"))["items"] == []


async def test_a_suggestion_is_approved_once_and_audited(
    sidecar: Sidecar,
    user_id: str,
    template: str,
    store: Store,
    connection: asyncpg.Connection,
    tables: Tables,
) -> None:
    await store.call("configure_budget", channel="email", messages_per_request=100)
    await store.call("configure_interventions", mode="suggest", holdout=0, exploration=0)
    await rises(connection, user_id)
    await Interventions(store).once()
    (made,) = (await get(sidecar, "?status=suggested"))["items"]

    first = await post(sidecar, f"/{made['id']}/approve")
    again = await post(sidecar, f"/{made['id']}/dismiss")

    assert (first[0], first[1]["status"], first[1]["decided_by"]) == (200, "open", "admin_api")
    assert again[0] == 409
    acts = await tables.rows("select action from tendril.audit_log")
    assert [act["action"] for act in acts] == ["intervention.approve"]


async def test_effectiveness_compares_with_those_held_out(
    sidecar: Sidecar, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        """with past as (
            insert into tendril.users (first_name, created_at)
            select 'Past', tendril.clock() from generate_series(1, 200) returning id
        ), numbered as (select id, row_number() over () as n from past)
        insert into tendril.interventions (user_id, type, status, is_held_out, risk, band, created_at,
            begun_at, until, came_back_at, ended_at)
        select id, 'gentle_reminder', 'stayed_away', n > 100, 70, 'high',
            tendril.clock() - interval '20 days', tendril.clock() - interval '20 days',
            tendril.clock() - interval '13 days',
            case when n <= 40 or n > 190 then tendril.clock() - interval '15 days' end, tendril.clock()
        from numbered"""
    )

    found = await get(sidecar, "/effectiveness")

    assert (found["all"]["treated"]["came_back"], found["all"]["held_out"]["came_back"]) == (40, 10)
    assert found["all"]["compared"]["difference"] == pytest.approx(0.3)
    assert found["all"]["compared"]["interval"][0] > 0.1
    assert set(found["by_type"]) == {"gentle_reminder"}
    assert found["mode"] == "off"


async def test_a_task_is_listed_and_done_once(
    sidecar: Sidecar, user_id: str, store: Store, connection: asyncpg.Connection
) -> None:
    await store.call("configure_budget", channel="email", messages_per_request=100)
    await store.call("configure_interventions", mode="on", holdout=0, exploration=0)
    boss = await store.call("create_user", external_id="olga", first_name="Olga")
    await store.call("set_roles", user_id=boss["user_id"], roles=["admin"], actor="a test")
    await rises(connection, user_id, 91)
    await store.call("intervene", ways=[])
    (task,) = (await get(sidecar, "/outreach"))["items"]
    assert (task["name"], task["email"], task["reasons"][0]["words"]) == (
        "Mira",
        "mira@example.org",
        "nothing for 9 days",
    )

    done = await post(sidecar, f"/outreach/{task['id']}", answer="done")
    other = await post(sidecar, f"/outreach/{task['id']}", answer="not_needed")
    wrong = await post(sidecar, f"/outreach/{task['id']}", answer="perhaps")

    assert (done[0], done[1]["status"], done[1]["decided_by"]) == (200, "done", "admin_api")
    assert (other[0], wrong[0], wrong[1]["error"]["field"]) == (409, 422, "answer")
    assert (await get(sidecar, "/outreach"))["items"] == []


async def test_who_got_one_lately_is_recommended_nothing(
    sidecar: Sidecar, user_id: str, template: str
) -> None:
    await post(sidecar, "", template="nudge", user_id=user_id)

    assert (await get(sidecar, "/recommendations?audience=all_users"))["items"] == []


async def linking(store: Store, *links: str) -> str:
    """A template whose words have these links; gives its name."""
    words = {"default": {"subject": "Still here", "body": " ".join(f"[here]({link})" for link in links)}}
    await store.call("create_template", name="linked", title="Linked", type="gentle_reminder", content=words)
    return "linked"


@pytest.mark.parametrize("whom", [{"user_id": "mira"}, {"audience": "all_users"}], ids=str)
async def test_a_message_whose_links_are_broken_is_refused_unless_by_force_which_is_audited(
    open_sidecar: OpenSidecar,
    store: Store,
    user_id: str,
    site: str,
    tables: Tables,
    whom: dict[str, str],
) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))
    name = await linking(store, f"{site}/page", f"{site}/gone")
    before = await tables.everything()

    status, refused = await post(sidecar, "", template=name, **whom)
    left = await tables.everything()
    forced, made = await post(sidecar, "?force=true", template=name, **whom)

    assert (status, refused["error"]["field"]) == (422, "template")
    assert f"{site}/gone (it answers 404)" in refused["error"]["message"]
    assert "?force=true" in refused["error"]["message"] and "/page" not in refused["error"]["message"]
    assert left == before
    assert (forced, made["unchecked_links"]) == (201, [])
    (act,) = await tables.rows("select details from tendril.audit_log where action = 'intervention.create'")
    assert json.loads(act["details"])["force"] is True


async def test_a_link_that_says_nothing_certain_is_named_and_the_message_sent(
    open_sidecar: OpenSidecar, store: Store, user_id: str, site: str
) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))
    name = await linking(store, f"{site}/page", f"{site}/closed")

    status, made = await post(sidecar, "", template=name, user_id="mira")

    (unchecked,) = made["unchecked_links"]
    assert (status, unchecked["url"], unchecked["problem"]) == (201, f"{site}/closed", "it answers 503")


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
