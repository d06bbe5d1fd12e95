"""A request that is repeated under its key is done once."""

import asyncio
from typing import Any

import aiohttp
import pytest

from storage.store import Conflict, Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import ADDRESS, Sidecar, Tables

TRIGGER = "/admin/api/nurture/trigger"
USERS = "/admin/api/users"


async def send(
    sidecar: Sidecar, body: Any, key: str = "order-7", path: str = TRIGGER
) -> aiohttp.ClientResponse:
    return await sidecar.as_admin("POST", path, json=body, headers={"Idempotency-Key": key})


async def code_of(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


async def test_a_repetition_gets_the_first_answer(sidecar: Sidecar, tables: Tables) -> None:
    wish = {"external_id": "ada"}

    first, second = await send(sidecar, wish, path=USERS), await send(sidecar, wish, path=USERS)

    assert (first.status, second.status) == (201, 201)  # done again, it would have been a 200
    assert await first.json() == await second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(await tables.rows("select from tendril.audit_log where action = 'user.create'")) == 1


async def test_an_answer_that_refuses_is_kept_too(sidecar: Sidecar, published: str, store: Store) -> None:
    wish = {"user_id": "late", "sequence": published}
    first = await send(sidecar, wish)
    await store.call("create_user", external_id="late", email_address=ADDRESS)

    second = await send(sidecar, wish)

    assert (first.status, second.status) == (404, 404)
    assert await first.json() == await second.json()


async def test_what_was_not_understood_may_be_put_right_under_the_same_key(
    sidecar: Sidecar, published: str, user_id: str
) -> None:
    wrong = await send(sidecar, {"user_id": user_id, "sequence": 7})
    right = await send(sidecar, {"user_id": user_id, "sequence": published})

    assert (wrong.status, right.status) == (422, 201)


async def test_the_key_of_another_request_is_refused(
    sidecar: Sidecar, published: str, user_id: str, tables: Tables
) -> None:
    await send(sidecar, {"user_id": user_id, "sequence": published})

    other_body = await send(sidecar, {"user_id": user_id, "sequence": published, "key": "b"})
    other_path = await send(sidecar, {"external_id": "ada"}, path=USERS)

    for answer in (other_body, other_path):
        assert await code_of(answer) == (422, "invalid")
        assert (await answer.json())["error"]["field"] == "Idempotency-Key"
    assert len(await tables.rows("select from tendril.enrollments")) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "schlüssel"])
async def test_a_key_that_is_none_is_refused(sidecar: Sidecar, key: str) -> None:
    assert await code_of(await send(sidecar, {"external_id": "ada"}, key, USERS)) == (422, "invalid")


async def test_of_many_at_once_one_is_done(sidecar: Sidecar, tables: Tables) -> None:
    answers = await asyncio.gather(*(send(sidecar, {"external_id": "ada"}, path=USERS) for _ in range(8)))

    assert {answer.status for answer in answers} <= {201, 409}
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status == 409)
    assert len(await tables.rows("select from tendril.audit_log where action = 'user.create'")) == 1


async def test_after_our_own_failure_the_same_key_tries_again(sidecar: Sidecar) -> None:
    await send(sidecar, {"external_id": "warm up"}, "other", USERS)
    sidecar.road.accidents = {"create_user": RuntimeError("broken")}
    failed = await send(sidecar, {"external_id": "ada"}, path=USERS)
    sidecar.road.accidents = {}

    again = await send(sidecar, {"external_id": "ada"}, path=USERS)

    assert (failed.status, again.status) == (500, 201)
    assert "Idempotency-Replayed" not in again.headers


async def test_who_dies_in_between_leaves_it_undone_and_says_so(
    sidecar: Sidecar, store: Store, clock: Clock, tables: Tables
) -> None:
    """The key is written down and the answer never is."""
    sidecar.road.accidents = {"keep_answer": asyncio.CancelledError("the process ends")}
    with pytest.raises(aiohttp.ClientError):
        await send(sidecar, {"external_id": "ada"}, path=USERS)
    sidecar.road.accidents = {}

    early = await send(sidecar, {"external_id": "ada"}, path=USERS)
    await clock.advance("2 minutes")
    late = await send(sidecar, {"external_id": "ada"}, path=USERS)

    assert await code_of(early) == (409, "under_way")
    assert await code_of(late) == (409, "outcome_unknown")
    assert len(await tables.rows("select from tendril.audit_log where action = 'user.create'")) == 1


async def test_after_a_day_a_key_is_free_again(sidecar: Sidecar, store: Store, clock: Clock) -> None:
    await send(sidecar, {"external_id": "ada"}, path=USERS)
    await clock.advance("24 hours")

    again = await send(sidecar, {"external_id": "bob"}, path=USERS)

    assert again.status == 201
    await clock.advance("24 hours")
    assert await store.call("forget_old") == 1


async def test_a_conflict_about_a_revision_is_a_412(sidecar: Sidecar) -> None:
    sidecar.road.accident = Conflict("TN409", "it is at revision 3", detail="revision")

    answer = await sidecar.as_admin("POST", "/admin/api/enrollments/1/pause")

    assert await code_of(answer) == (412, "changed_meanwhile")


async def test_what_somebody_has_already_is_not_sent_again(
    sidecar: Sidecar, published: str, user_id: str, store: Store
) -> None:
    address = "/admin/api/nurture/active"
    first = await sidecar.as_admin("GET", address)
    same = await sidecar.as_admin("GET", address, headers={"If-None-Match": first.headers["ETag"]})
    await store.call("enroll", user_id=user_id, sequence=published)
    changed = await sidecar.as_admin("GET", address, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status, same.status, changed.status) == (200, 304, 200)
    assert (await same.read(), same.headers["ETag"]) == (b"", first.headers["ETag"])
