"""What users do in somebody's own product is told over the API: each event once, all of a batch or none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.store import Store
from tests.webhooks.conftest import ADDRESS, Sidecar, Tables

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
