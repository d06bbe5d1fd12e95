"""Who is at risk can be asked for, with how many they are and why."""

from __future__ import annotations

from typing import Any

from storage.store import Store
from tests.webhooks.conftest import Sidecar


async def asked(sidecar: Sidecar, query: str) -> tuple[int, Any]:
    answer = await sidecar.as_admin("GET", f"/api/engagement/at-risk?{query}")
    return answer.status, await answer.json()


async def keep(store: Store, name: str, risk: float) -> str:
    user: str = (await store.call("create_user", external_id=name))["user_id"]
    reasons = [{"signal": "days_since_active", "value": 9, "words": "nothing for 9 days", "words_de": "…"}]
    await store.call("store_risks", rows=[{"user_id": user, "risk": risk, "reasons": reasons}])
    return user


async def test_who_is_likely_to_leave_is_listed_with_the_reasons(sidecar: Sidecar, store: Store) -> None:
    ada, _, eve = [await keep(store, *each) for each in (("ada", 71), ("bob", 20), ("eve", 92))]

    status, found = await asked(sidecar, "threshold=60&limit=10")

    assert status == 200
    assert [(item["user_id"], item["band"]) for item in found["items"]] == [(eve, "critical"), (ada, "high")]
    assert found["items"][0]["reasons"][0]["words"] == "nothing for 9 days"
    shares = {"total": 2, "critical": 1, "high": 1, "medium": 0, "known": 3, "percentage": 66.7}
    assert found["stats"] == shares


async def test_a_threshold_that_is_no_percentage_is_refused_by_its_name(sidecar: Sidecar) -> None:
    for query, field in (
        ("threshold=101", "threshold"),
        ("threshold=high", "threshold"),
        ("limit=0", "limit"),
    ):
        status, told = await asked(sidecar, query)
        assert status == 422
        assert field in str(told)
