"""Scores are asked for and reckoned anew over the API: of one user, of some, of everybody."""

from __future__ import annotations

from typing import Any

import pytest

from engagement.scores import rescore
from storage.store import Store
from tests.webhooks.conftest import ADDRESS, Sidecar, Tables

CALCULATE = "/api/engagement/calculate"
TYPES = ["overall", "telegram", "email", "attendance", "commitment"]


async def calculated(sidecar: Sidecar, body: Any) -> tuple[int, Any]:
    answer = await sidecar.as_admin("POST", CALCULATE, json=body)
    return answer.status, await answer.json()


async def test_the_scores_of_one_user_are_reckoned_at_once_and_explained(
    sidecar: Sidecar, user_id: str
) -> None:
    await sidecar.as_admin("POST", "/api/engagement/track", json={"user": user_id, "type": "quiz"})

    status, said = await calculated(sidecar, {"user": ADDRESS})

    assert (status, said["users"], said["is_under_way"]) == (200, 1, False)
    assert [item["score_type"] for item in said["items"]] == TYPES
    overall = said["items"][0]
    assert overall["user_id"] == user_id
    assert 50 < overall["score"] <= 100
    assert overall["factors"]["recency"] == 50
    assert overall["calculated_at"] < overall["valid_until"]


async def test_a_list_of_users_is_reckoned_for_one_kind_of_score(
    sidecar: Sidecar, user_id: str, store: Store
) -> None:
    await store.call("create_user", external_id="customer-7")

    status, said = await calculated(sidecar, {"users": [user_id, "customer-7"], "score_type": "email"})

    assert (status, said["users"]) == (200, 2)
    assert [item["score_type"] for item in said["items"]] == ["email", "email"]


async def test_everybody_is_promised_at_once_and_reckoned_by_the_upkeep(
    sidecar: Sidecar, user_id: str, store: Store, tables: Tables
) -> None:
    await rescore(store)
    before = await tables.rows("select max(calculated_at) as at from tendril.user_scores")

    status, said = await calculated(sidecar, {"everybody": True})
    await rescore(store)

    assert (status, said["is_under_way"], said["items"]) == (202, True, [])
    assert said["users"] >= 1
    after = await tables.rows("select min(calculated_at) as at from tendril.user_scores")
    assert after[0]["at"] > before[0]["at"]


async def test_the_scores_of_somebody_nothing_is_known_of_are_nought(sidecar: Sidecar, store: Store) -> None:
    await store.call("create_user", external_id="customer-7")

    answer = await sidecar.as_admin("GET", "/api/engagement/users/customer-7/scores")

    items = (await answer.json())["items"]
    assert [(item["score_type"], item["score"]) for item in items] == [(type_, 0) for type_ in TYPES]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"user": ADDRESS, "score_type": "astrological"}, "score_type", "commitment"),
        ({"users": [ADDRESS, "nobody"]}, "users.1", "nobody"),
        ({}, "body", "one of user, users and everybody"),
        ({"user": ADDRESS, "everybody": True}, "body", "one of user, users and everybody"),
        ({"users": []}, "users", "at least 1"),
    ],
)
async def test_what_cannot_be_reckoned_is_refused_and_the_place_is_named(
    sidecar: Sidecar, user_id: str, body: Any, field: str, said: str
) -> None:
    status, answer = await calculated(sidecar, body)

    assert (status, answer["error"]["field"]) == (422, field)
    assert said in answer["error"]["message"]


async def test_a_kind_of_score_that_there_is_not_is_refused_with_those_there_are(
    sidecar: Sidecar, user_id: str
) -> None:
    path = f"/api/engagement/users/{user_id}/scores?score_type=astrological"
    answer = await sidecar.as_admin("GET", path)

    assert answer.status == 422
    assert "attendance" in (await answer.json())["error"]["message"]
