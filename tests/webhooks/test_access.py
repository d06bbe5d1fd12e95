"""The admin key opens the JSON API, and so does a visit to the dashboard, as far as the role goes."""

import pytest

from storage.store import Store
from tests.webhooks.conftest import ADMIN_KEY, Sidecar, Tables
from tests.webhooks.test_dashboard import enter, new_link

LIST = "/admin/api/nurture/active"
USERS = "/admin/api/users"
OURS = {"Sec-Fetch-Site": "same-origin"}


async def visit(sidecar: Sidecar, store: Store, role: str) -> dict[str, str]:
    """The headers of a browser on a visit."""
    user = await store.call("register_telegram_user", telegram_id=7, first_name="Olga")
    await store.call("set_roles", user_id=user["user_id"], roles=[role], actor="ADMIN_TELEGRAM_IDS")
    cookie = await enter(sidecar, await new_link(store, sidecar, user["user_id"]))
    return {"Cookie": cookie.split(";")[0]}


async def make_somebody(sidecar: Sidecar, headers: dict[str, str]) -> int:
    answer = await sidecar.post(USERS, headers=headers, json={"external_id": "ada"})
    return answer.status


async def test_a_visit_reads_without_a_key(sidecar: Sidecar, store: Store) -> None:
    headers = await visit(sidecar, store, "viewer")

    assert (await sidecar.get(LIST, headers=headers)).status == 200


async def test_an_admin_on_a_visit_changes_things_and_the_log_says_who(
    sidecar: Sidecar, store: Store, tables: Tables
) -> None:
    headers = await visit(sidecar, store, "admin")

    assert await make_somebody(sidecar, headers | OURS) == 201
    (act,) = await tables.rows("select actor from tendril.audit_log where action = 'user.create'")
    assert act["actor"] == "telegram:7"


async def test_a_viewer_changes_nothing(sidecar: Sidecar, store: Store) -> None:
    headers = await visit(sidecar, store, "viewer")

    assert await make_somebody(sidecar, headers | OURS) == 403


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
    ids=str,
)
async def test_another_site_changes_nothing_with_the_cookie_of_a_visit(
    sidecar: Sidecar, store: Store, said: dict[str, str]
) -> None:
    headers = await visit(sidecar, store, "owner")

    assert await make_somebody(sidecar, headers | said) == 403


async def test_a_browser_that_only_tells_the_origin_is_believed(sidecar: Sidecar, store: Store) -> None:
    headers = await visit(sidecar, store, "owner")

    assert await make_somebody(sidecar, headers | {"Origin": sidecar.url}) == 201


async def test_who_loses_the_role_is_out_at_once(sidecar: Sidecar, store: Store) -> None:
    headers = await visit(sidecar, store, "viewer")
    user = await store.call("find_user", reference="7")
    await store.call("set_roles", user_id=user["id"], roles=[], actor="ADMIN_TELEGRAM_IDS")

    assert (await sidecar.get(LIST, headers=headers)).status == 401


@pytest.mark.parametrize("cookie", ["tendril_visit=", "tendril_visit=forged.cookie"])
async def test_a_forged_visit_is_refused_without_asking_the_database(sidecar: Sidecar, cookie: str) -> None:
    answer = await sidecar.get(LIST, headers={"Cookie": cookie})

    assert answer.status == 401
    assert sidecar.road.calls == []


async def test_a_wrong_key_is_not_made_good_by_a_visit(sidecar: Sidecar, store: Store) -> None:
    headers = await visit(sidecar, store, "owner")

    assert (await sidecar.get(LIST, headers=headers | {"X-API-Key": "wrong"})).status == 401


async def test_the_key_needs_no_page_of_ours(sidecar: Sidecar) -> None:
    assert (
        await make_somebody(sidecar, {"X-API-Key": ADMIN_KEY, "Origin": "https://elsewhere.example"}) == 201
    )
