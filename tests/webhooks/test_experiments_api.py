"""Experiments over the API: drafted, checked, begun, read out and ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sequences.campaigns import carry_campaign, schedule_campaigns
from sequences.experiments.experiments import look_after_experiments
from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import OpenSidecar, Sidecar, Tables

Row = dict[str, Any]

EXPERIMENTS = "/api/experiments"
NEW: Row = {
    "name": "shorter_subject",
    "title": "A shorter subject",
    "sequence": "letters",
    "goal": {"event": "lesson_complete", "within": "7 days"},
    "decision": {"metric": "conversion", "minimum": 100, "days": 7},
    "variants": [
        {"name": "as_it_is"},
        {
            "name": "short",
            "changes": {"steps": {"first": {"content": {"default": {"subject": "Two minutes?"}}}}},
        },
    ],
}
CAMPAIGN: Row = {
    "name": "spring",
    "title": "Spring",
    "kind": "one_time",
    "audience": {"filter": {}},
    "schedule": {"at": "2026-03-02T09:00"},
    "timezone": "UTC",
    "holdout": 0.3,
    "goal": {"event": "lesson_complete", "within": "7 days"},
    "steps": [
        {
            "name": "first",
            "channels": ["email"],
            "content": {"default": {"subject": "A seat is kept", "body": "Two minutes today?"}},
        }
    ],
}
SILENT = {"name": "silence", "is_silent": True}


async def asked(sidecar: Sidecar, method: str, path: str, status: int, **options: Any) -> Any:
    answer = await sidecar.as_admin(method, EXPERIMENTS + path, **options)
    body = await answer.json() if answer.content_type == "application/json" else await answer.text()
    assert answer.status == status, body
    return body


async def drafted(sidecar: Sidecar, **changes: Any) -> Row:
    found: Row = await asked(sidecar, "POST", "", 201, json=NEW | changes)
    return found


async def begun(sidecar: Sidecar, **changes: Any) -> Row:
    draft = await drafted(sidecar, **changes)
    started: Row = await asked(sidecar, "POST", f"/{draft['id']}/start", 200)
    return started


async def people(store: Store, count: int) -> list[str]:
    """Enrolled by one call, so that they are divided as an audience is."""
    made = []
    for number in range(count):
        address = f"p{number}@example.org"
        user = await store.call("create_user", external_id=f"p{number}", email_address=address)
        await store.call("open_contact_point", user_id=user["user_id"], channel="email", address=address)
        made.append(user["user_id"])
    await store.call("enroll_audience", sequence="letters")
    return made


async def send_all(store: Store) -> None:
    while rows := await store.call("claim_due_deliveries", worker="w", channel="email", batch=100):
        sent = [{"id": row["id"], "lease_token": row["lease_token"], "outcome": "sent"} for row in rows]
        await store.call("record_outcomes", outcomes=sent)


async def reach(store: Store, users: list[str]) -> None:
    did = {"type": "lesson_complete", "source": "api"}
    events = [did | {"event_id": f"reached-{user}", "user_id": user} for user in users]
    await store.call("record_behavior_events", events=events)


async def test_a_draft_says_what_it_was_given_and_what_follows(
    sidecar: Sidecar, published: str, tables: Tables
) -> None:
    draft = await drafted(sidecar)

    assert (draft["status"], draft["target"], draft["seed"]) == ("draft", "letters", "shorter_subject")
    assert [variant["weight"] for variant in draft["variants"]] == [0.5, 0.5]
    assert (await asked(sidecar, "GET", "", 200))["items"] == [draft]
    assert await tables.rows("select subject from tendril.audit_log where action = 'experiment.create'") == [
        {"subject": "shorter_subject"}
    ]


WRONG: list[tuple[Row, str]] = [
    ({"sequence": None}, "campaign_id"),
    ({"campaign_id": 7}, "campaign_id"),
    ({"variants": [{"name": "one"}]}, "variants"),
    ({"variants": [{"name": "a"}, {"name": "a"}]}, "variants"),
    ({"variants": [{"name": "a", "weight": 0.9}, {"name": "b", "weight": 0.9}]}, "variants"),
    ({"variants": [NEW["variants"][1], {"name": "b"}]}, "variants"),
    ({"variants": [{"name": "a"}, SILENT], "allocation": "thompson", "decision": None}, "variants"),
    ({"decision": {"metric": "opens", "minimum": 100, "days": 7}}, "decision.metric"),
    ({"decision": {"metric": "revenue", "minimum": 100, "days": 7}}, "decision"),
    ({"decision": {"metric": "click", "minimum": 100, "days": 7, "rule": "bayes"}}, "decision"),
    ({"allocation": "thompson"}, "decision"),
    ({"goal": {"event": "lesson", "within": "soon"}}, "goal.within"),
    ({"goal": {"event": "lesson", "filter": {"nonsense": 1}}}, "goal.filter"),
    ({"coverage": 0}, "coverage"),
    ({"seed": "ümläut"}, "seed"),
    ({"namespace": {"name": "all", "from": 0.6, "until": 0.5}}, "namespace"),
    ({"variants": [{"name": "a"}, {"name": "b", "changes": {"words": {}}}]}, "variants.1.changes.words"),
    (
        {"variants": [{"name": "a"}, {"name": "b", "changes": {"steps": {"third": {"after": "1 day"}}}}]},
        "variants.1.changes.steps.third",
    ),
    (
        {"variants": [{"name": "a"}, {"name": "b", "changes": {"steps": {"first": {"channels": ["fax"]}}}}]},
        "variants.1.changes.steps.first.channels",
    ),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
async def test_what_cannot_be_is_refused_with_its_place_and_nothing_is_kept(
    sidecar: Sidecar, published: str, changes: Row, field: str
) -> None:
    refused = await asked(sidecar, "POST", "", 422, json=NEW | changes)

    assert refused["error"]["field"].startswith(field), refused
    assert (await asked(sidecar, "GET", "", 200))["items"] == []


async def test_nobody_may_win_on_opens_alone(sidecar: Sidecar, published: str) -> None:
    rule = {"metric": "opens", "minimum": 100, "days": 7}
    refused = await asked(sidecar, "POST", "", 422, json=NEW | {"decision": rule})

    assert "nobody wins on opens" in refused["error"]["message"]


async def test_who_writes_a_wrong_allocation_is_told_which_there_are(
    sidecar: Sidecar, published: str
) -> None:
    refused = await asked(sidecar, "POST", "", 422, json=NEW | {"allocation": "evenly"})

    assert refused["error"]["field"] == "allocation"
    assert all(each in refused["error"]["message"] for each in ("fixed", "bandit", "thompson", "recovering"))


async def test_an_unknown_sequence_or_campaign_is_a_404(sidecar: Sidecar, published: str) -> None:
    await asked(sidecar, "POST", "", 404, json=NEW | {"sequence": "nothing"})
    await asked(sidecar, "POST", "", 404, json=NEW | {"sequence": None, "campaign_id": 7})
    await asked(sidecar, "GET", "/99", 404)


async def test_a_draft_changes_as_a_whole_and_only_for_who_has_seen_it(
    sidecar: Sidecar, published: str
) -> None:
    draft = await drafted(sidecar)
    path = f"/{draft['id']}"

    changed = await asked(sidecar, "PATCH", path, 200, json={"coverage": 0.5, "decision": None})
    assert (changed["coverage"], changed["decision"], changed["revision"]) == (0.5, {}, 2)
    assert changed["variants"] == draft["variants"]
    refused = await asked(sidecar, "PATCH", path, 422, json={"variants": [{"name": "a"}]})
    assert refused["error"]["field"] == "variants"
    await asked(sidecar, "PATCH", path, 412, json={"title": "Old"}, headers={"If-Match": '"r1"'})
    await asked(sidecar, "DELETE", path, 204)
    await asked(sidecar, "GET", path, 404)


async def test_what_runs_keeps_everything_but_its_words(sidecar: Sidecar, published: str) -> None:
    running = await begun(sidecar)
    path = f"/{running['id']}"

    await asked(sidecar, "PATCH", path, 409, json={"coverage": 0.5})
    assert (await asked(sidecar, "PATCH", path, 200, json={"title": "New"}))["title"] == "New"
    await asked(sidecar, "POST", f"{path}/start", 409)
    await asked(sidecar, "DELETE", path, 409)


async def test_the_start_publishes_a_version_that_is_not_the_current_one(
    sidecar: Sidecar, published: str, tables: Tables
) -> None:
    running = await begun(sidecar)

    assert [variant["number"] for variant in running["variants"]] == [1, 2]
    assert (running["first_difference"], running["compared_from"]) == (1, "exposure")
    (row,) = await tables.rows(
        "select v.number, (select definition #>> '{steps,0,content,default,subject}'"
        " from tendril.sequence_versions where number = 2) as subject"
        " from tendril.sequences s join tendril.sequence_versions v on v.id = s.current_version_id"
    )
    assert row == {"number": 1, "subject": "Two minutes?"}


async def test_a_user_is_told_their_variant_before_and_after_they_enter(
    sidecar: Sidecar, store: Store, published: str
) -> None:
    running = await begun(sidecar)
    path = f"/{running['id']}/assignment?user=p0"
    await store.call("create_user", external_id="p0", email_address="p0@example.org")
    before = await asked(sidecar, "GET", path, 200)
    await store.call("enroll_audience", sequence="letters")

    after = await asked(sidecar, "GET", path, 200)
    assert before["variant"] in ("as_it_is", "short") and before["runs"] == []
    assert [run["variant"] for run in after["runs"]] == [before["variant"]]


async def test_a_thousand_people_are_divided_evenly_and_nothing_is_found_where_nothing_is(
    sidecar: Sidecar, store: Store, clock: Clock, published: str
) -> None:
    alike = [{"name": "as_it_is"}, {"name": "alike"}, SILENT]
    running = await begun(sidecar, variants=alike)
    users = await people(store, 1000)
    await send_all(store)
    await reach(store, users[::5])
    await clock.advance("8 days")

    found = await asked(sidecar, "GET", f"/{running['id']}/readout", 200)

    conversion = found["metrics"][0]
    silence = conversion["against_silence"]
    assert sum(found["division"]["people"].values()) == 1000 and not found["division"]["is_alarming"]
    assert sum(group["complete"] for group in [*conversion["variants"], silence["silent"]]) == 1000
    assert sum(group["successes"] for group in [*conversion["variants"], silence["silent"]]) == 200
    assert found["verdict"]["winner"] is None
    for compared in [*conversion["comparisons"], *silence["comparisons"]]:
        bounds = compared["always_valid"]["interval"]
        assert bounds["low"] < 0 < bounds["high"]


async def test_the_winner_is_the_one_of_the_rule_and_becomes_the_sequence(
    sidecar: Sidecar, store: Store, clock: Clock, published: str, tables: Tables
) -> None:
    rule = {"metric": "conversion", "minimum": 50, "days": 7}
    running = await begun(sidecar, decision=rule)
    path = f"/{running['id']}"
    await people(store, 240)
    await send_all(store)
    rows = await tables.rows("select user_id::text from tendril.enrollments where variant = 'short'")
    await reach(store, [row["user_id"] for row in rows])
    early = await asked(sidecar, "POST", f"{path}/end", 409, json={"winner": "short"})
    assert "the rule asks for" in early["error"]["message"]

    await clock.advance("8 days")
    assert (await asked(sidecar, "GET", f"{path}/readout", 200))["verdict"]["winner"] == "short"
    wrong = await asked(sidecar, "POST", f"{path}/end", 409, json={"winner": "as_it_is"})
    assert wrong["error"]["field"] == "winner"
    ended = await asked(sidecar, "POST", f"{path}/end", 200, json={"winner": "short"})

    assert (ended["status"], ended["winner"], ended["days"]) == ("ended", "short", 8)
    (now,) = await tables.rows("select current_version_id from tendril.sequences where name = 'letters'")
    assert now["current_version_id"] == running["variants"][1]["version_id"]


async def test_the_readout_is_also_a_picture(
    sidecar: Sidecar, store: Store, clock: Clock, published: str
) -> None:
    running = await begun(sidecar)
    await people(store, 20)
    await send_all(store)
    await clock.advance("8 days")

    picture = await asked(
        sidecar, "GET", f"/{running['id']}/readout", 200, headers={"Accept": "image/svg+xml"}
    )

    assert picture.lstrip().startswith("<svg") and "as_it_is" in picture and "of all" not in picture


async def test_an_uneven_division_alarms_the_admins(
    sidecar: Sidecar, store: Store, published: str, tables: Tables
) -> None:
    running = await begun(sidecar)
    await people(store, 60)
    await tables.rows("update tendril.enrollments set variant = 'short'")

    await look_after_experiments(store)

    causes = [cause for cause in await store.call("alert_causes") if cause["kind"] == "uneven_division"]
    assert [cause["details"]["experiment"] for cause in causes] == ["A shorter subject"]
    found = await asked(sidecar, "GET", f"/{running['id']}", 200)
    assert found["division_p"] < 0.001


async def test_a_bandit_learns_which_variant_is_worth_sending(
    sidecar: Sidecar, store: Store, clock: Clock, published: str, tables: Tables
) -> None:
    running = await begun(sidecar, allocation="bandit", decision=None)
    assert running["allocation"] == "thompson"
    await people(store, 80)
    rows = await tables.rows("select user_id::text from tendril.enrollments where variant = 'short'")
    await reach(store, [row["user_id"] for row in rows])
    await clock.advance("8 days")

    await look_after_experiments(store)

    found = await asked(sidecar, "GET", f"/{running['id']}", 200)
    assert [variant["probability"] for variant in found["variants"]] == pytest.approx([0.05, 0.95], abs=1e-3)


async def test_how_many_people_are_needed_can_be_reckoned(sidecar: Sidecar) -> None:
    found = await asked(sidecar, "GET", "/power?rate=0.1&lift=0.2&a_day=500", 200)
    other_way = await asked(sidecar, "GET", f"/power?rate=0.1&people={found['people']}", 200)

    assert 3800 < found["people"] < 3900 and found["people_with_looks"] > found["people"]
    assert found["days"] == 16 and other_way["smallest_lift"] == pytest.approx(0.2, abs=0.001)
    for query, field in (("rate=0.1", "lift"), ("lift=0.1", "rate"), ("rate=0.9&lift=0.2", "lift")):
        refused = await asked(sidecar, "GET", f"/power?{query}", 422)
        assert refused["error"]["field"] == field


async def test_the_global_holdout_can_be_set_and_asked_for(sidecar: Sidecar, tables: Tables) -> None:
    async def holdout(method: str, **options: Any) -> tuple[int, Row]:
        answer = await sidecar.as_admin(method, "/api/holdout", **options)
        return answer.status, await answer.json()

    assert await holdout("GET") == (200, {"share": 0, "seed": None, "since": None})
    status, kept = await holdout("PUT", json={"share": 0.05})
    assert (status, kept["share"], kept["seed"]) == (200, 0.05, "holdout")
    assert (await holdout("GET"))[1] == kept
    assert (await holdout("PUT", json={"share": 1}))[1]["error"]["field"] == "share"
    assert len(await tables.rows("select from tendril.audit_log where action = 'holdout.set'")) == 1
    lift = await sidecar.as_admin("GET", "/api/holdout/lift?event=lesson_complete")
    assert await lift.json() == {"campaign": None, "metrics": {}}


async def test_two_subjects_of_a_campaign_are_compared_with_each_other_and_with_silence(
    sidecar: Sidecar, store: Store, clock: Clock, published: str, tables: Tables
) -> None:
    await clock.set("2026-03-02T06:00:00+00:00")
    for number in range(60):
        await store.call("create_user", external_id=f"p{number}", email_address=f"p{number}@example.org")
    drafted = await sidecar.as_admin("POST", "/api/engagement/campaigns", json=CAMPAIGN)
    campaign = (await drafted.json())["id"]
    about = {"sequence": None, "campaign_id": campaign}
    experiment = await asked(sidecar, "POST", "", 201, json=NEW | about)
    early = await asked(sidecar, "POST", f"/{experiment['id']}/start", 409)
    assert "no messages yet" in early["error"]["message"]
    await sidecar.as_admin("POST", f"/api/engagement/campaigns/{campaign}/activate")
    await asked(sidecar, "POST", f"/{experiment['id']}/start", 200)

    await clock.advance("4 hours")
    await schedule_campaigns(store)
    while await carry_campaign(store):
        pass
    await send_all(store)
    await clock.advance("8 days")

    found = await asked(sidecar, "GET", f"/{experiment['id']}/readout", 200)
    conversion = found["metrics"][0]
    lift = await (await sidecar.as_admin("GET", f"/api/engagement/campaigns/{campaign}/lift")).json()
    compared = sum(found["division"]["people"].values())
    assert sum(group["complete"] for group in conversion["variants"]) == compared
    assert conversion["against_silence"]["silent"]["people"] == 60 - compared > 0
    assert lift["metrics"]["conversion"]["written_to"]["people"] == compared
    (sent,) = await tables.rows(
        "select count(*) as all from tendril.message_deliveries where sent_at is not null"
    )
    assert sent["all"] == compared


async def test_the_lift_of_a_campaign_that_does_not_exist_is_a_404(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("GET", "/api/engagement/campaigns/7/lift")

    assert answer.status == 404


async def test_a_variant_whose_links_are_broken_does_not_begin_unless_by_force(
    open_sidecar: OpenSidecar, published: str, site: str, tables: Tables
) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))
    words = {"default": {"body": f"[one]({site}/gone), [another]({site}/closed)"}}
    variants = [{"name": "as_it_is"}, {"name": "linked", "changes": {"steps": {"first": {"content": words}}}}]
    draft = await drafted(sidecar, variants=variants)

    refused = (await asked(sidecar, "POST", f"/{draft['id']}/start", 422))["error"]
    status = (await asked(sidecar, "GET", f"/{draft['id']}", 200))["status"]
    await asked(sidecar, "POST", f"/{draft['id']}/start?force=true", 200)

    assert f"{site}/gone (it answers 404)" in refused["message"] and "/closed" not in refused["message"]
    assert (refused["field"], status) == ("variants", "draft")
    (act,) = await tables.rows("select details from tendril.audit_log where action = 'experiment.start'")
    assert json.loads(act["details"]) == {"force": True}


async def test_a_campaign_that_begins_paused_has_everybody_in_its_experiment(
    sidecar: Sidecar, store: Store, tables: Tables
) -> None:
    for number in range(12):
        await store.call("create_user", external_id=f"p{number}", first_name="Pia")
    drip = {"kind": "drip", "schedule": {"anchor": "user.created_at", "include_existing": True}}
    answer = await sidecar.as_admin(
        "POST", "/api/engagement/campaigns", json=CAMPAIGN | drip | {"timezone": None, "holdout": 0}
    )
    campaign = f"/api/engagement/campaigns/{(await answer.json())['id']}"

    begun = await (await sidecar.as_admin("POST", f"{campaign}/activate?paused=true")).json()
    assert await carry_campaign(store) is False
    draft = await drafted(sidecar, sequence=None, campaign_id=begun["id"])
    await asked(sidecar, "POST", f"/{draft['id']}/start", 200)
    await sidecar.as_admin("POST", f"{campaign}/resume")
    while await carry_campaign(store):
        pass

    assert (begun["status"], begun["next_run_at"] is None) == ("paused", False)
    rows = await tables.rows("select variant from tendril.enrollments")
    assert len(rows) == 12
    assert {row["variant"] for row in rows} <= {"as_it_is", "short"}
    (act,) = await tables.rows("select details from tendril.audit_log where action = 'campaign.activate'")
    assert json.loads(act["details"]) == {"paused": True}


async def test_the_rate_of_nobody_is_null_and_no_zero(sidecar: Sidecar, published: str) -> None:
    running = await begun(sidecar)

    found = await asked(sidecar, "GET", f"/{running['id']}/readout", 200)

    groups = [group for metric in found["metrics"] for group in metric["variants"]]
    assert {(group["complete"], group["mean"]) for group in groups} == {(0, None)}
