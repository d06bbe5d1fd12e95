"""Audiences over the API: those with a name, and whom one would reach."""

from __future__ import annotations

import pytest

from tests.webhooks.conftest import Sidecar

HERE = "/api/engagement/audiences"


async def test_the_audiences_with_a_name_are_listed_and_counted_on_demand(
    sidecar: Sidecar, user_id: str
) -> None:
    plain = await (await sidecar.as_admin("GET", HERE)).json()
    counted = await (await sidecar.as_admin("GET", HERE, params={"counts": "true"})).json()

    names = [each["name"] for each in plain["items"]]
    assert {"all_users", "at_risk", "inactive_7_days", "inactive_30_days"} <= {*names}
    assert {each["people"] for each in plain["items"]} == {None}
    assert {each["name"]: each["people"] for each in counted["items"]}["all_users"] == 1


async def test_a_preview_says_who_is_reached_and_who_is_not(
    sidecar: Sidecar, published: str, user_id: str
) -> None:
    for chosen in ({"audience": "all_users"}, {"filter": {"user.first_name": "Mira"}}):
        answer = await sidecar.as_admin("POST", f"{HERE}/preview", json=chosen)
        found = await answer.json()
        assert (answer.status, found["total"], found["sample"][0]["name"]) == (200, 1, "Mira"), found

    telegram = await sidecar.as_admin(
        "POST", f"{HERE}/preview", json={"audience": "all_users", "channels": ["telegram"]}
    )
    assert (await telegram.json())["excluded"] == {"no_address": 1}


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "body", "either audience or filter"),
        ({"audience": "all_users", "filter": {}}, "body", "either audience or filter"),
        ({"audience": "everybody"}, "audience", "no audience named 'everybody'"),
        ({"filter": {"attributes.age": {"$gtr": 3}}}, "filter", "attributes.age.$gtr"),
        ({"audience": "all_users", "channels": ["fax"]}, "channels.0", "match pattern"),
        ({"audience": "all_users", "sample": 1000}, "sample", "less than or equal to 100"),
    ],
)
async def test_a_mistake_is_named(sidecar: Sidecar, body: dict[str, object], field: str, said: str) -> None:
    answer = await sidecar.as_admin("POST", f"{HERE}/preview", json=body)
    error = (await answer.json())["error"]
    assert (answer.status, error["field"], said in error["message"]) == (422, field, True), error
