"""What users do in somebody's own product is told over the API: each event once, all of a batch or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import ADDRESS, Sent, Sidecar, Tables

TRACK = "/api/engagement/track"
RECORDED = "select event_id, type, metadata, occurred_at::text as at from tendril.behavior_events order by id"


async def told(sidecar: Sidecar, body: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin("POST", TRACK, json=body)
    return answer.status, await answer.json()


async def test_an_event_may_stand_for_itself_and_is_kept_with_what_is_said_of_it(
    sidecar: Sidecar, user_id: str, tables: Tables
) -> None:
    event = {
        "user": ADDRESS,
        "type": "lesson_complete",
        "event_id": "7",
        "occurred_at": "2026-01-05T09:00:00Z",
    }

    answer = await told(sidecar, event | {"metadata": {"grade": 2}, "device": "phone", "session_id": "s"})

    assert answer == (200, {"recorded": 1, "duplicates": 0, "enrolled": 0})
    (kept,) = await tables.rows(RECORDED)
    assert (kept["event_id"], kept["type"], kept["at"]) == (
        "api:7",
        "lesson_complete",
        "2026-01-05 09:00:00+00",
    )
    assert json.loads(kept["metadata"]) == {"grade": 2, "device": "phone", "session_id": "s"}


async def test_an_event_that_is_told_again_counts_once(sidecar: Sidecar, user_id: str) -> None:
    event = {"user": user_id, "type": "quiz", "event_id": "same"}

    assert (await told(sidecar, {"events": [event, event]}))[1]["duplicates"] == 1
    assert (await told(sidecar, event))[1] == {"recorded": 0, "duplicates": 1, "enrolled": 0}


async def test_a_user_is_found_by_any_of_their_names(sidecar: Sidecar, store: Store) -> None:
    by_name = await store.call("create_user", external_id="customer-7")
    await store.call("register_telegram_user", telegram_id=77, first_name="Bo")

    events = [{"user": user, "type": "quiz"} for user in ("customer-7", "77", by_name["user_id"].upper())]

    assert (await told(sidecar, {"events": events}))[1]["recorded"] == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"user": "nobody"}, "events.1.user"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "events.1.occurred_at"),
        ({"occurred_at": "1999-01-01T00:00:00Z"}, "events.1.occurred_at"),
        ({"occurred_at": "yesterday"}, "events.1.occurred_at"),
        ({"type": "Lesson complete"}, "events.1.type"),
        ({"event_id": ""}, "events.1.event_id"),
        ({"metadata": []}, "events.1.metadata"),
        ({"color": "red"}, "events.1.color"),
    ],
)
async def test_one_that_cannot_be_refuses_them_all_and_is_named(
    sidecar: Sidecar, user_id: str, tables: Tables, wrong: dict[str, Any], field: str
) -> None:
    right = {"user": user_id, "type": "quiz"}

    status, answer = await told(sidecar, {"events": [right, right | wrong]})

    assert (status, answer["error"]["field"]) == (422, field)
    assert await tables.rows(RECORDED) == []


async def test_no_more_than_a_thousand_come_at_once(sidecar: Sidecar, user_id: str) -> None:
    event = {"user": user_id, "type": "quiz"}

    assert (await told(sidecar, {"events": [event] * 1_000}))[1]["recorded"] == 1_000
    assert (await told(sidecar, {"events": [event] * 1_001}))[0] == 422
    assert (await told(sidecar, {"events": []}))[0] == 422


async def test_what_is_told_begins_what_waits_for_it(sidecar: Sidecar, user_id: str, store: Store) -> None:
    step = {
        "position": 1,
        "name": "well",
        "channels": ["email"],
        "content": {"default": {"body": "Well done"}},
    }
    reward = {"name": "reward", "title": "Reward", "message_class": "sequence", "steps": [step]}
    await store.call("publish_sequence", definition=reward | {"trigger": {"event": "quiz"}})

    assert (await told(sidecar, {"user": user_id, "type": "quiz"}))[1]["enrolled"] == 1


async def asked(sidecar: Sidecar, path: str, **query: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin("GET", f"/api/engagement/{path}", params=query)
    return answer.status, await answer.json()


async def test_a_timeline_has_all_that_happened_newest_first(
    sidecar: Sidecar, sent: Sent, store: Store, clock: Clock
) -> None:
    await clock.advance("1 hour")
    await told(sidecar, {"user": ADDRESS, "type": "quiz", "metadata": {"grade": 2}})
    await clock.advance("1 hour")
    await store.call("cancel_enrollment", enrollment_id=sent.enrollment_id, reason="admin")

    status, timeline = await asked(sidecar, f"users/{ADDRESS}/timeline")

    assert status == 200
    kinds = [item["kind"] for item in timeline["items"]]
    assert kinds == ["enrollment_ended", "behavior", "enrolled", "message"]
    assert timeline["items"][1]["details"]["metadata"] == {"grade": 2}
    assert timeline["items"][3]["details"]["status"] == "sent"
    assert timeline["next_after"] is None


async def test_a_timeline_is_read_page_by_page_without_gap_or_repetition(
    sidecar: Sidecar, sent: Sent
) -> None:
    same = "2026-01-05T09:00:00Z"
    events = [{"user": ADDRESS, "type": f"quiz_{n}", "occurred_at": same} for n in range(5)]
    await told(sidecar, {"events": events})
    whole = (await asked(sidecar, f"users/{ADDRESS}/timeline"))[1]["items"]

    pages: list[Any] = []
    after = ""
    while len(pages) < 20:
        answer = await sidecar.as_admin("GET", f"/api/engagement/users/{ADDRESS}/timeline?limit=2{after}")
        page = await answer.json()
        pages += page["items"]
        if page["next_after"] is None:
            break
        after = f"&after={page['next_after']}"

    assert len(whole) == 7
    assert pages == whole


@pytest.mark.parametrize("place", ["x", "2026-01-05~message~1", "2026-01-05T09:00:00Z~what~1"])
async def test_a_place_in_a_timeline_that_is_none_is_refused(
    sidecar: Sidecar, user_id: str, place: str
) -> None:
    status, answer = await asked(sidecar, f"users/{user_id}/timeline", after=place)

    assert (status, answer["error"]["field"]) == (422, "after")


async def test_nobody_has_no_timeline(sidecar: Sidecar) -> None:
    assert (await asked(sidecar, "users/nobody/timeline"))[0] == 404


async def test_metrics_tell_who_was_active_and_how_long_others_are_silent(
    sidecar: Sidecar, store: Store, clock: Clock
) -> None:
    await clock.set("2026-03-30T12:00:00Z")
    for person, days_ago in (("ada", 0), ("bob", 5), ("cyd", 20), ("dan", 100)):
        await store.call("create_user", external_id=person)
        moment = datetime(2026, 3, 30, 11, tzinfo=UTC) - timedelta(days=days_ago)
        event = {"user": person, "type": "quiz", "occurred_at": moment.isoformat()}
        await told(sidecar, {"events": [event, event | {"type": "lesson_complete"}]})
    await store.call("create_user", external_id="eve")
    while await store.call("count_activity", not_within="0 seconds"):
        pass

    metrics = (await asked(sidecar, "metrics", days=30))[1]

    assert metrics["active"] == {"daily": 1, "weekly": 2, "monthly": 3}
    assert metrics["people"] == 5
    assert [row["people"] for row in metrics["days_since_active"]] == [1, 0, 1, 0, 1, 0, 1, 1]
    assert {row["day"]: row["people"] for row in metrics["by_day"] if row["people"]} == {
        "2026-03-10": 1,
        "2026-03-25": 1,
        "2026-03-30": 1,
    }
    assert metrics["by_type"] == [{"type": "lesson_complete", "events": 3}, {"type": "quiz", "events": 3}]


async def test_metrics_tell_who_came_back_after_signing_up(
    sidecar: Sidecar, store: Store, clock: Clock
) -> None:
    await clock.set("2026-02-01T12:00:00Z")
    for person, days in (("ada", [0, 3]), ("bob", [0, 20]), ("cyd", [0])):
        await store.call("create_user", external_id=person)
        for day in days:
            event = {"event_id": f"{person}:{day}", "user": person, "type": "quiz"}
            moment = datetime(2026, 2, 1, 13, tzinfo=UTC) + timedelta(days=day)
            row = event | {"occurred_at": moment.isoformat()}
            await store.call("track_behavior", events=[row], at=moment.isoformat())
    await clock.set("2026-03-10T12:00:00Z")
    await store.call("count_activity")

    activation = (await asked(sidecar, "metrics", days=60))[1]["activation"]

    assert activation == [
        {"after_days": 7, "signed_up": 3, "came_back": 1, "share": 0.3333},
        {"after_days": 30, "signed_up": 3, "came_back": 2, "share": 0.6667},
    ]


async def test_counting_again_changes_nothing_and_waits_its_time(
    sidecar: Sidecar, store: Store, user_id: str, clock: Clock
) -> None:
    await clock.set("2026-03-02T12:00:00Z")
    await told(sidecar, {"user": user_id, "type": "quiz"})
    assert await store.call("count_activity") == 1
    before = (await asked(sidecar, "metrics"))[1]["by_day"]
    await told(sidecar, {"user": user_id, "type": "quiz"})

    assert await store.call("count_activity") is None
    assert (await asked(sidecar, "metrics"))[1]["by_day"] == before
    assert await store.call("count_activity", not_within="0 seconds") == 1
    assert (await asked(sidecar, "metrics"))[1]["by_day"][-1]["events"] == 2


@pytest.mark.parametrize("days", [0, 401, "many"])
async def test_metrics_of_other_than_1_to_400_days_are_refused(sidecar: Sidecar, days: Any) -> None:
    status, answer = await asked(sidecar, "metrics", days=days)

    assert (status, answer["error"]["field"]) == (422, "days")
