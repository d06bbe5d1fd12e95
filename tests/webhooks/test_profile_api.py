"""How a user learns is asked for, and what they chose is told, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from engagement.profile import FIELDS, configure_profile, load_profile
from storage.store import Store
from tests.webhooks.conftest import ADDRESS, Sidecar, Tables

PROFILE = f"/api/engagement/users/{ADDRESS}/profile"


@pytest.fixture(autouse=True)
async def configured(store: Store) -> None:
    await configure_profile(store, load_profile())


async def put(sidecar: Sidecar, body: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin("PUT", PROFILE, json=body)
    return answer.status, await answer.json()


async def test_a_profile_has_every_field_with_what_it_could_be(sidecar: Sidecar, user_id: str) -> None:
    answer = await sidecar.as_admin("GET", PROFILE)
    told = await answer.json()

    assert told["user_id"] == user_id
    assert {each["name"]: tuple(each["values"]) for each in told["fields"]} == FIELDS
    assert {each["value"] for each in told["fields"]} == {None}


async def test_what_is_chosen_is_kept_and_can_be_taken_back(
    sidecar: Sidecar, user_id: str, tables: Tables
) -> None:
    status, told = await put(sidecar, {"chosen": {"pace": "fast", "formats": ["video"]}})
    await put(sidecar, {"chosen": {"pace": None}})

    assert status == 200
    assert {each["name"]: each["value"] for each in told["fields"] if each["source"]} == {
        "pace": "fast",
        "formats": ["video"],
    }
    assert await tables.rows(
        "select chosen ->> 'pace' as pace, known ->> 'formats' as formats from tendril.profiles"
    ) == [{"pace": None, "formats": '["video"]'}]
    acts = await tables.rows("select action from tendril.audit_log where action = 'profile.set'")
    assert len(acts) == 2


@pytest.mark.parametrize(
    ("chosen", "field", "known"),
    [
        ({"mood": "good"}, "chosen.mood", "motivation"),
        ({"pace": "warp"}, "chosen.pace", "slow, steady, fast"),
        ({"formats": ["video", "smell"]}, "chosen.formats", "exercise"),
        ({}, "chosen", "at least 1"),
    ],
)
async def test_what_is_not_known_is_refused_with_what_is(
    sidecar: Sidecar, user_id: str, chosen: Any, field: str, known: str
) -> None:
    status, answer = await put(sidecar, {"chosen": chosen})

    assert (status, answer["error"]["field"]) == (422, field)
    assert known in answer["error"]["message"]


async def test_nobody_has_no_profile(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("GET", "/api/engagement/users/nobody/profile")

    assert answer.status == 404
