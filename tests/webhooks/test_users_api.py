"""People are listed, searched and described."""

import json
from typing import Any

import pytest

from storage.store import Store
from tests.webhooks.conftest import ADDRESS, Sidecar

USERS = "/admin/api/users"


@pytest.fixture
async def people(store: Store) -> list[str]:
    made = [
        await store.call("create_user", external_id=name, first_name=name.title(), attributes={"plan": plan})
        for name, plan in (("ada", "pro"), ("bob", "free"), ("adam", "free"))
    ]
    return sorted(each["user_id"] for each in made)


async def listed(sidecar: Sidecar, **query: Any) -> dict[str, Any]:
    answer = await sidecar.as_admin("GET", USERS, params=query)
    assert answer.status == 200, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


def names(found: dict[str, Any]) -> set[str]:
    return {each["external_id"] for each in found["items"]}


async def test_pages_have_everybody_once(sidecar: Sidecar, people: list[str]) -> None:
    first = await listed(sidecar, limit=2)
    second = await listed(sidecar, limit=2, after=first["next_after"])

    assert [each["user_id"] for each in first["items"] + second["items"]] == people
    assert second["next_after"] is None


async def test_a_search_finds_what_names_begin_with(sidecar: Sidecar, people: list[str]) -> None:
    assert names(await listed(sidecar, search="ada")) == {"ada", "adam"}
    assert names(await listed(sidecar, search="nobody")) == set()


async def test_a_filter_is_asked_of_those_who_were_found(sidecar: Sidecar, people: list[str]) -> None:
    free = json.dumps({"attributes.plan": "free"})

    assert names(await listed(sidecar, filter=free)) == {"bob", "adam"}
    assert names(await listed(sidecar, filter=free, search="ada")) == {"adam"}


WRONG = [
    ("filter", "{"),
    ("filter", "[]"),
    ("filter", '{"attributes.plan": {"$almost": 1}}'),
    ("filter", '{"user.shoe_size": 43}'),
    ("limit", "0"),
    ("after", "17"),
    ("search", "x" * 201),
    ("colour", "red"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
async def test_a_wrong_question_names_its_field(sidecar: Sidecar, field: str, value: str) -> None:
    answer = await sidecar.as_admin("GET", USERS, params={field: value})

    error = (await answer.json())["error"]
    assert (answer.status, error["field"].split(".")[0]) == (422, field), error


async def test_what_is_typed_is_never_a_statement(sidecar: Sidecar, people: list[str]) -> None:
    for typed in ("'; drop table users; --", "\\", "%", "_", "\x00ada", "' | !", "()"):
        answer = await sidecar.as_admin("GET", USERS, params={"search": typed})
        assert answer.status in (200, 422)


async def test_somebody_is_described_under_any_of_their_names(
    sidecar: Sidecar, user_id: str, people: list[str]
) -> None:
    for reference in (user_id, "mira", ADDRESS):
        answer = await sidecar.as_admin("GET", f"{USERS}/{reference}")
        person = await answer.json()
        assert (answer.status, person["user"]["id"]) == (200, user_id)
        assert {"overall", "telegram", "email"} < set(person["scores"])


async def test_nobody_is_a_404(sidecar: Sidecar) -> None:
    assert (await sidecar.as_admin("GET", f"{USERS}/nobody")).status == 404
