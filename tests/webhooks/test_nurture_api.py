"""Your own product starts sequences, looks at who is under way, and runs a tick."""

from typing import Any

import pytest

from storage.store import Store
from tests.webhooks.conftest import ADDRESS, Sidecar, Tables

TRIGGER = "/admin/api/nurture/trigger"


async def test_a_user_is_enrolled_and_told_so(
    sidecar: Sidecar, published: str, user_id: str, tables: Tables
) -> None:
    answer = await sidecar.as_admin("POST", TRIGGER, json={"user_id": user_id, "sequence_type": published})

    body = await answer.json()
    assert (answer.status, body["created"], body["user_id"]) == (201, True, user_id)
    assert await tables.rows("select from tendril.enrollments where id = $1", body["enrollment_id"])


async def test_who_is_under_way_already_stays_in_the_same_run(
    sidecar: Sidecar, published: str, user_id: str
) -> None:
    wish = {"user_id": user_id, "sequence": published}
    first = await sidecar.as_admin("POST", TRIGGER, json=wish)
    second = await sidecar.as_admin("POST", TRIGGER, json=wish)

    assert (first.status, second.status) == (201, 200)
    assert (await first.json())["enrollment_id"] == (await second.json())["enrollment_id"]


async def test_another_key_is_another_run(sidecar: Sidecar, published: str, user_id: str) -> None:
    wish = {"user_id": user_id, "sequence": published}
    runs = [await sidecar.as_admin("POST", TRIGGER, json={**wish, "key": key}) for key in ("may", "june")]

    assert [run.status for run in runs] == [201, 201]


@pytest.mark.parametrize("reference", ["mira", ADDRESS, 4242, "4242"])
async def test_a_user_may_be_named_by_any_id(
    sidecar: Sidecar, store: Store, published: str, user_id: str, reference: Any
) -> None:
    code = await store.call("create_link_code", user_id=user_id)
    await store.call("link_telegram", code=code["code"], telegram_id=4242)

    answer = await sidecar.as_admin("POST", TRIGGER, json={"user_id": reference, "sequence": published})

    assert (await answer.json())["user_id"] == user_id


async def test_an_unknown_user_is_a_404(sidecar: Sidecar, published: str) -> None:
    answer = await sidecar.as_admin("POST", TRIGGER, json={"user_id": "nobody", "sequence": published})

    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


async def test_an_unknown_sequence_is_a_404(sidecar: Sidecar, user_id: str) -> None:
    answer = await sidecar.as_admin("POST", TRIGGER, json={"user_id": user_id, "sequence": "nothing"})

    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


WRONG: list[tuple[Any, str]] = [
    ({"sequence": "letters"}, "user_id"),
    ({"user_id": "mira"}, "sequence_type"),
    ({"user_id": None, "sequence": "letters"}, "user_id"),
    ({"user_id": True, "sequence": "letters"}, "user_id"),
    ({"user_id": "", "sequence": "letters"}, "user_id"),
    ({"user_id": ["mira"], "sequence": "letters"}, "user_id"),
    ({"user_id": "mira", "sequence": 7}, "sequence"),
    ({"user_id": "mira", "sequence": "letters", "context": "x"}, "context"),
    ({"user_id": "mira", "sequence": "letters", "key": 5}, "key"),
    ({"user_id": "mira", "sequence": "letters", "colour": "red"}, "colour"),
    ([], "body"),
    ("text", "body"),
]


async def test_a_wrong_field_is_named(sidecar: Sidecar, published: str, user_id: str, tables: Tables) -> None:
    before = await tables.everything()

    for body, field in WRONG:
        answer = await sidecar.as_admin("POST", TRIGGER, json=body)
        error = (await answer.json())["error"]
        assert (answer.status, error["code"], error["field"]) == (422, "invalid", field), body

    assert await tables.everything() == before


async def test_what_is_no_json_is_a_422(sidecar: Sidecar) -> None:
    for raw in (b"", b"{", b'{"user_id": ', b"\xff", b'{"user_id": Infinity}'):
        answer = await sidecar.as_admin("POST", TRIGGER, data=raw)
        assert (answer.status, (await answer.json())["error"]["field"]) == (422, "body"), raw


async def test_the_list_of_who_is_under_way_comes_in_pages(
    sidecar: Sidecar, store: Store, published: str, user_id: str
) -> None:
    for key in ("a", "b", "c"):
        await store.call("enroll", user_id=user_id, sequence=published, key=key)

    first = await (await sidecar.as_admin("GET", "/admin/api/nurture/active?limit=2")).json()
    after = first["next_after"]
    second = await (await sidecar.as_admin("GET", f"/admin/api/nurture/active?limit=2&after={after}")).json()

    assert [row["key"] for row in first["enrollments"] + second["enrollments"]] == ["c", "b", "a"]
    assert second["next_after"] is None


async def test_a_wrong_query_is_a_422_that_names_it(sidecar: Sidecar) -> None:
    for query in ("limit=0", "limit=many", "limit=5000", "after=-1", "after=x", "page=2"):
        answer = await sidecar.as_admin("GET", f"/admin/api/nurture/active?{query}")
        assert (answer.status, (await answer.json())["error"]["field"]) == (422, query.split("=")[0])


async def test_a_tick_answers_with_what_it_did(sidecar: Sidecar, published: str) -> None:
    answer = await sidecar.as_admin("POST", "/admin/api/nurture/process")

    body = await answer.json()
    assert answer.status == 200
    assert {"claimed", "channels", "still_due", "followed_up"} == set(body)


async def test_an_enrollment_is_paused_resumed_and_canceled(
    sidecar: Sidecar, store: Store, published: str, user_id: str
) -> None:
    run = await store.call("enroll", user_id=user_id, sequence=published)

    statuses = []
    for act in ("pause", "resume", "cancel"):
        answer = await sidecar.as_admin("POST", f"/admin/api/enrollments/{run['enrollment_id']}/{act}")
        statuses.append((await answer.json())["status"])

    assert statuses == ["paused", "active", "cancelled"]


async def test_an_enrollment_that_is_not_there_is_a_404(sidecar: Sidecar) -> None:
    for act in ("pause", "resume", "cancel"):
        for number in ("987654", "abc", "-1", "9" * 18, "9" * 40):
            answer = await sidecar.as_admin("POST", f"/admin/api/enrollments/{number}/{act}")
            assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


async def test_every_act_of_an_admin_is_in_the_audit_log(
    sidecar: Sidecar, published: str, user_id: str, tables: Tables
) -> None:
    enrolled = await sidecar.as_admin("POST", TRIGGER, json={"user_id": user_id, "sequence": published})
    number = (await enrolled.json())["enrollment_id"]
    await sidecar.as_admin("POST", f"/admin/api/enrollments/{number}/pause")
    await sidecar.as_admin("POST", "/admin/api/nurture/process")

    acts = await tables.rows("select action from tendril.audit_log where actor = 'admin_api' order by id")
    assert [row["action"] for row in acts] == ["nurture.trigger", "enrollment.pause", "nurture.process"]
