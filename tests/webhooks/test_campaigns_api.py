"""Campaigns over the API: drafted, checked, begun, held and looked at; and the examples of the guide."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from sequences.analytics import fold_all
from sequences.campaigns import carry_campaign, schedule_campaigns
from storage.store import Store
from tests.fixtures.database import Clock
from tests.house.project import ROOT
from tests.webhooks.conftest import OpenSidecar, Sidecar, Tables
from webhooks import link_check

Row = dict[str, Any]

CAMPAIGNS = "/api/engagement/campaigns"
GUIDE = ROOT / "docs" / "campaigns.md"
NEW: Row = {
    "name": "come_back",
    "title": "Come back",
    "kind": "recurring",
    "audience": {"filter": {}},
    "schedule": {"every": "week", "on": ["mon", "wed", "fri"], "at": "09:00"},
    "steps": [
        {
            "name": "hello",
            "channels": ["email"],
            "content": {"default": {"subject": "A seat is kept", "body": "Two minutes today?"}},
        }
    ],
}
SUPPRESSED = """insert into tendril.suppressions (channel, address_hash, reason, at)
    values ('email', tendril.address_hash($1::text), 'manual', tendril.clock())"""
MONDAY = "2026-03-02T06:00:00+00:00"


@pytest.fixture
async def mira(store: Store, clock: Clock, published: str, user_id: str) -> str:
    """With a proved address, on a Monday morning in Berlin."""
    await clock.set(MONDAY)
    await store.call("open_contact_point", user_id=user_id, channel="email", address="mira@example.org")
    await store.call("set_preferences", user_id=user_id, changes={"timezone": "Europe/Berlin"})
    return user_id


async def asked(sidecar: Sidecar, method: str, path: str, status: int, **options: Any) -> Any:
    answer = await sidecar.as_admin(method, CAMPAIGNS + path, **options)
    body = await answer.json() if answer.content_type == "application/json" else await answer.text()
    assert answer.status == status, body
    return body


async def drafted(sidecar: Sidecar, **changes: Any) -> Row:
    given = {key: value for key, value in (NEW | changes).items() if value is not None}
    found: Row = await asked(sidecar, "POST", "", 201, json=given)
    return found


async def begun(sidecar: Sidecar, **changes: Any) -> Row:
    draft = await drafted(sidecar, **changes)
    started: Row = await asked(sidecar, "POST", f"/{draft['id']}/activate", 200)
    return started


async def carry(store: Store) -> None:
    await schedule_campaigns(store)
    while await carry_campaign(store):
        pass


async def due(store: Store) -> list[Row]:
    rows: list[Row] = await store.call("claim_due_deliveries", worker="w", channel="email", batch=100)
    return rows


async def test_a_draft_says_what_it_was_given_and_does_nothing(
    sidecar: Sidecar, store: Store, mira: str
) -> None:
    draft = await drafted(sidecar, goal={"event": "lesson_complete", "within": "3 days"}, holdout=0.1)

    assert (draft["status"], draft["timezone"], draft["revision"]) == ("draft", None, 1)
    assert (draft["goal"]["event"], draft["holdout"]) == ("lesson_complete", 0.1)
    assert [each["id"] for each in (await asked(sidecar, "GET", "", 200))["items"]] == [draft["id"]]
    await carry(store)
    assert await due(store) == []


async def test_an_active_one_comes_at_nine_where_each_recipient_lives(
    sidecar: Sidecar, store: Store, clock: Clock, mira: str
) -> None:
    campaign = await begun(sidecar)
    assert (campaign["status"], campaign["sequence"]) == ("active", "campaign_come_back")
    assert campaign["next_run_at"].startswith("2026-03-02T08:00")

    await clock.set("2026-03-02T08:00:01+00:00")
    await carry(store)
    (message,) = await due(store)

    assert message["user_id"] == mira
    runs = (await asked(sidecar, "GET", f"/{campaign['id']}/executions", 200))["items"]
    assert [(run["zone"], run["status"], run["enrolled"]) for run in runs] == [("Europe/Berlin", "done", 1)]
    told = await asked(sidecar, "GET", f"/{campaign['id']}/executions/{runs[0]['id']}", 200)
    assert told["messages"] == [{"status": "sending", "reason": None, "n": 1}]
    shown = await asked(sidecar, "GET", f"/{campaign['id']}", 200)
    assert shown["next_run_at"].startswith("2026-03-04T08:00")
    assert shown["enrolled"] == 1


async def test_the_next_ten_runs_follow_the_clock_when_it_changes(sidecar: Sidecar, mira: str) -> None:
    draft = await drafted(sidecar, schedule={"every": "week", "on": ["sun"], "at": "02:30"})

    times = (await asked(sidecar, "GET", f"/{draft['id']}/schedule", 200))["items"]

    assert len(times) == 10
    assert [time["local_time"] for time in times[:4]] == [
        f"2026-03-{day}T02:30:00" for day in ("08", 15, 22, 29)
    ]
    assert times[2]["first_at"].startswith("2026-03-22T01:30")
    assert times[3]["first_at"].startswith("2026-03-29T01:30")  # half past two is skipped in Berlin
    assert times[4]["first_at"].startswith("2026-04-05T00:30")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"schedule": {"rrule": "FREQ=SECONDLY", "at": "09:00"}}, "schedule.rrule"),
        ({"schedule": {"every": "week", "on": ["mon"], "at": "9"}}, "schedule.at"),
        ({"kind": "drip", "schedule": {"anchor": "user.birthday"}}, "schedule.anchor"),
        ({"audience": {"audience": "nobody_knows"}}, "audience.audience"),
        ({"audience": {"filter": {"user.height": 1}}}, "audience.filter"),
        ({"audience": {}}, "audience"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"per_minute": 0}, "per_minute"),
        ({"stale_after": "0 days"}, "stale_after"),
        ({"stale_after": "999999 days"}, "stale_after"),
        (
            {"kind": "triggered", "schedule": {"entered": True, "again_after": "9999 days"}},
            "schedule.again_after",
        ),
        ({"name": "x" * 60}, "name"),
        ({"steps": None, "sequence": "nothing"}, "sequence"),
        ({"sequence": "letters"}, "body"),
    ],
)
async def test_a_mistake_is_told_with_its_field_and_nothing_is_stored(
    sidecar: Sidecar, tables: Tables, mira: str, changes: Row, field: str
) -> None:
    given = {key: value for key, value in (NEW | changes).items() if value is not None}

    error = (await asked(sidecar, "POST", "", 422, json=given))["error"]

    assert error["field"] == field
    assert await tables.rows("select id from tendril.campaigns") == []


async def test_activating_checks_everything_at_once(sidecar: Sidecar, tables: Tables, mira: str) -> None:
    step = NEW["steps"][0] | {"content": {"default": {"subject": "Hello", "body": "One\n{{ user.height }}"}}}
    draft = await drafted(
        sidecar, kind="one_time", schedule={"at": "2026-02-01T09:00"},
        steps=[step, {"name": "two", "channels": ["email"], "template": "nowhere"}],
    )  # fmt: skip

    error = (await asked(sidecar, "POST", f"/{draft['id']}/activate", 422))["error"]

    assert error["field"] == "steps.0.content.default.body"
    assert "line 2" in error["message"]
    assert "nowhere" in error["message"]
    assert "over" in error["message"]
    assert (await asked(sidecar, "GET", f"/{draft['id']}", 200))["status"] == "draft"
    assert await tables.rows("select name from tendril.sequences where name like 'campaign%'") == []


async def test_a_pause_a_resume_and_a_cancel_take_effect_at_once(
    sidecar: Sidecar, store: Store, clock: Clock, mira: str
) -> None:
    campaign = (await begun(sidecar))["id"]
    await clock.set("2026-03-02T08:00:01+00:00")
    await carry(store)

    await asked(sidecar, "POST", f"/{campaign}/pause", 200)
    assert await due(store) == []
    await asked(sidecar, "POST", f"/{campaign}/resume", 200)
    (claimed,) = await due(store)
    await store.call("release_deliveries", worker="w")
    await asked(sidecar, "POST", f"/{campaign}/cancel", 200)

    assert claimed["user_id"] == mira
    assert await due(store) == []
    assert "cancelled" in (await asked(sidecar, "POST", f"/{campaign}/resume", 409))["error"]["message"]


async def test_one_message_is_held_released_and_taken_back(
    sidecar: Sidecar, store: Store, clock: Clock, tables: Tables, mira: str
) -> None:
    await begun(sidecar)
    await clock.set("2026-03-02T08:00:01+00:00")
    await carry(store)
    (row,) = await tables.rows("select id from tendril.message_deliveries")
    path = f"/admin/api/deliveries/{row['id']}"

    held = await (await sidecar.as_admin("POST", f"{path}/hold")).json()
    assert (held["delivery_status"], held["reason"]) == ("pending", "enrollment_paused")
    released = await (await sidecar.as_admin("POST", f"{path}/release")).json()
    assert released["reason"] is None
    cancelled = await (await sidecar.as_admin("POST", f"{path}/cancel")).json()
    assert (cancelled["delivery_status"], cancelled["reason"]) == ("skipped", "by_admin")
    assert await due(store) == []


async def test_a_change_says_what_has_to_be_duplicated(sidecar: Sidecar, mira: str) -> None:
    campaign = await begun(sidecar)
    path = f"/{campaign['id']}"

    changed = await asked(
        sidecar, "PATCH", path, 200, json={"title": "New", "audience": {"audience": "all_users"}}
    )
    refused = await asked(sidecar, "PATCH", path, 409, json={"schedule": NEW["schedule"] | {"at": "10:00"}})
    await asked(sidecar, "PATCH", path, 422, json={"title": None})
    stale = {"If-Match": f'"r{campaign["revision"]}.abc"'}
    await asked(sidecar, "PATCH", path, 412, json={"title": "Newer"}, headers=stale)
    copy = await asked(sidecar, "POST", f"{path}/duplicate", 201, json={"name": "come_back_later"})
    later = NEW["schedule"] | {"at": "10:00"}
    other = await asked(sidecar, "PATCH", f"/{copy['id']}", 200, json={"schedule": later})

    assert (changed["title"], changed["audience"]) == ("New", "all_users")
    assert "duplicate" in refused["error"]["message"]
    assert (copy["status"], copy["sequence"], other["schedule"]["at"]) == ("draft", None, "10:00")
    await asked(sidecar, "DELETE", path, 409)
    await asked(sidecar, "DELETE", f"/{copy['id']}", 204)
    await asked(sidecar, "GET", f"/{copy['id']}", 404)


async def test_a_trial_sends_every_message_now_and_counts_for_nothing(
    sidecar: Sidecar, store: Store, mira: str
) -> None:
    later = NEW["steps"][0] | {"name": "later", "after": "3 days", "at": "09:00"}
    draft = await drafted(sidecar, steps=[*NEW["steps"], later])

    await asked(sidecar, "POST", f"/{draft['id']}/test", 200, json={"user": "mira"})

    steps = []
    while rows := await due(store):
        steps += [row["message_step"] for row in rows]
        outcome = {"id": rows[0]["id"], "lease_token": rows[0]["lease_token"], "outcome": "sent"}
        await store.call("record_outcomes", outcomes=[outcome])
        click = {"event_id": f"click:{steps}", "source": "link", "type": "clicked"}
        await store.call("record_delivery_events", events=[click | {"tracking_id": rows[0]["tracking_id"]}])
    assert steps == [1, 2]
    await fold_all(store)
    assert await store.call("analytics") == []
    assert (await store.call("statistics"))["days"][-1]["sent"] == {}
    assert (await asked(sidecar, "GET", f"/{draft['id']}", 200))["enrolled"] == 0
    assert (await store.call("current_definition", sequence="campaign_trial"))["steps"][0]["content"][
        "default"
    ]["subject"] == "Trial: A seat is kept"


async def test_a_trial_goes_to_another_address_and_never_to_a_suppressed_one(
    sidecar: Sidecar, store: Store, tables: Tables, mira: str
) -> None:
    draft = await drafted(sidecar)
    await tables.rows(SUPPRESSED, "gone@example.org")

    await asked(sidecar, "POST", f"/{draft['id']}/test", 409, json={"user": "mira", "to": "gone@example.org"})
    await asked(sidecar, "POST", f"/{draft['id']}/test", 200, json={"user": "mira", "to": "me@example.org"})

    assert [row["recipient_address"] for row in await due(store)] == ["me@example.org"]


async def test_an_audience_is_counted_before_it_is_written_to(sidecar: Sidecar, mira: str) -> None:
    draft = await drafted(sidecar, audience={"audience": "all_users"})

    counted = await asked(sidecar, "GET", f"/{draft['id']}/audience", 200)

    assert (counted["total"], counted["channels"]) == (1, {"email": 1})


# The guide


def examples() -> list[Row]:
    return [json.loads(found) for found in re.findall(r"```json campaign\n(.*?)```", GUIDE.read_text(), re.S)]


def schedules() -> list[tuple[str, Row]]:
    found = re.findall(r"^\| `(\w+)` \| `(\{.*?\})` \|", GUIDE.read_text(), re.M)
    return [(kind, json.loads(schedule)) for kind, schedule in found]


async def test_every_campaign_of_the_guide_can_be_begun(sidecar: Sidecar, mira: str) -> None:
    assert {each["kind"] for each in examples()} == {"recurring", "drip"}
    for example in examples():
        draft = await asked(sidecar, "POST", "", 201, json=example)
        assert (await asked(sidecar, "POST", f"/{draft['id']}/activate", 200))["status"] == "active"


async def test_every_schedule_of_the_guide_is_one(sidecar: Sidecar, mira: str) -> None:
    assert {kind for kind, _ in schedules()} == {"one_time", "recurring", "drip", "triggered"}
    for number, (kind, schedule) in enumerate(schedules()):
        await drafted(sidecar, name=f"example_{number}", kind=kind, schedule=schedule)


async def test_a_draft_says_what_is_in_its_way_and_which_links_lead_nowhere(
    sidecar: Sidecar, published: str
) -> None:
    body = "Hello {{ user.frist_name }}, see [this](http://localhost/gone)."
    words = {"default": {"subject": "A seat is kept", "body": body}}
    broken = await drafted(sidecar, steps=[{"name": "hello", "channels": ["email"], "content": words}])
    words = {"default": {"subject": "A seat is kept", "body": "See [this](http://localhost/gone)."}}
    linked = await drafted(
        sidecar, name="linked", steps=[{"name": "hello", "channels": ["email"], "content": words}]
    )
    plain = await drafted(sidecar, name="plain")

    reports = [
        await asked(sidecar, "POST", f"/{each['id']}/check", 200, json={}) for each in (broken, linked, plain)
    ]

    assert [report["is_fine"] for report in reports] == [False, False, True]
    (problem,) = reports[0]["problems"]
    assert problem["path"] == "steps.0.content.default.body"
    assert "frist_name" in problem["message"]
    assert [link["url"] for link in reports[1]["links"]["items"]] == ["http://localhost/gone"]
    assert reports[1]["problems"] == []


async def linking(sidecar: Sidecar, name: str, *links: str) -> str:
    """A draft whose message has these links; gives its path."""
    words = {"default": {"subject": "A seat is kept", "body": " ".join(f"[here]({link})" for link in links)}}
    steps = [{"name": "hello", "channels": ["email"], "content": words}]
    return f"/{(await drafted(sidecar, name=name, steps=steps))['id']}"


async def test_a_campaign_whose_links_are_broken_is_refused_until_they_are_put_right(
    open_sidecar: OpenSidecar, store: Store, site: str
) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))
    draft = await linking(sidecar, "linked", f"{site}/page", f"{site}/gone")

    refused = (await asked(sidecar, "POST", f"{draft}/activate", 422))["error"]
    status = (await asked(sidecar, "GET", draft, 200))["status"]
    words = {"default": {"subject": "A seat is kept", "body": f"[here]({site}/page)"}}
    steps = [{"name": "hello", "channels": ["email"], "content": words}]
    await asked(sidecar, "PATCH", draft, 200, json={"steps": steps})
    begun = await asked(sidecar, "POST", f"{draft}/activate", 200)

    assert f"{site}/gone (it answers 404)" in refused["message"]
    assert "?force=true" in refused["message"] and "/page" not in refused["message"]
    assert (refused["field"], status) == ("steps", "draft")
    assert (begun["status"], begun["unchecked_links"]) == ("active", [])


async def test_broken_links_are_let_pass_by_force_and_the_audit_log_says_so(
    open_sidecar: OpenSidecar, store: Store, tables: Tables, site: str
) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))
    draft = await linking(sidecar, "linked", f"{site}/gone")

    begun = await asked(sidecar, "POST", f"{draft}/activate?force=true", 200)

    (act,) = await tables.rows("select details from tendril.audit_log where action = 'campaign.activate'")
    assert (begun["status"], json.loads(act["details"])) == ("active", {"force": True})


async def test_links_that_could_not_be_asked_are_named_and_hold_nothing_up(
    open_sidecar: OpenSidecar, site: str
) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))
    private = "http://169.254.169.254/latest"
    draft = await linking(sidecar, "linked", f"{site}/page", f"{site}/closed", private)

    begun = await asked(sidecar, "POST", f"{draft}/activate", 200)

    unchecked = {each["url"]: each["problem"] for each in begun["unchecked_links"]}
    assert begun["status"] == "active"
    assert unchecked[f"{site}/closed"] == "it answers 503"
    assert "it is not asked" in unchecked[private]
    assert len(unchecked) == 2


async def test_a_net_that_does_not_answer_holds_no_campaign_up(
    open_sidecar: OpenSidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_check, "SECONDS", 0.2)
    silent = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/page"
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))

    async with silent:
        draft = await linking(sidecar, "linked", address)
        begun = await asked(sidecar, "POST", f"{draft}/activate", 200)

    (unchecked,) = begun["unchecked_links"]
    assert (unchecked["url"], unchecked["is_broken"]) == (address, False)
    assert "no answer within" in unchecked["problem"]


async def test_a_draft_over_a_sequence_says_what_nobody_brings(sidecar: Sidecar, store: Store) -> None:
    await store.call("publish_sequence", definition=REMINDER)
    draft = await drafted(sidecar, steps=None, sequence="reminder")

    report = await asked(sidecar, "POST", f"/{draft['id']}/check", 200, json={})

    assert report["problems"] == [
        {"path": "sequence", "line": None, "message": "nobody brings what it needs: title"}
    ]


REMINDER = {
    "name": "reminder",
    "title": "Reminder",
    "description": "",
    "message_class": "reminder",
    "context": ["title", "note?"],
    "steps": [
        {
            "position": 1,
            "name": "soon",
            "after": "0 seconds",
            "anchor": "enrollment",
            "channels": ["email"],
            "content": {"default": {"subject": "Soon", "preheader": "", "body": "Soon.", "buttons": []}},
        }
    ],
}
