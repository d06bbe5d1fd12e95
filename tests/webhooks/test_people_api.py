"""Users come in from your own product, and what happened to them can be explained."""

from typing import Any

import pytest

from tests.webhooks.conftest import ADDRESS, Sent, Sidecar, Tables

USERS = "/admin/api/users"


async def test_a_user_is_created_once_and_then_brought_up_to_date(sidecar: Sidecar, tables: Tables) -> None:
    first = await sidecar.as_admin("POST", USERS, json={"external_id": "42", "first_name": "Ada"})
    second = await sidecar.as_admin(
        "POST", USERS, json={"external_id": "42", "first_name": "Ada L.", "timezone": "Europe/London"}
    )

    assert (first.status, second.status) == (201, 200)
    assert (await first.json())["user_id"] == (await second.json())["user_id"]
    (user,) = await tables.rows("select first_name, timezone from tendril.users where external_id = '42'")
    assert user == {"first_name": "Ada L.", "timezone": "Europe/London"}


async def test_an_imported_address_can_be_written_to(sidecar: Sidecar, tables: Tables) -> None:
    await sidecar.as_admin("POST", USERS, json={"external_id": "42", "email": "Ada@Example.org"})

    (point,) = await tables.rows("select lower(address) as address, state from tendril.contact_points")
    assert point == {"address": "ada@example.org", "state": "active"}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"external_id": "1", "email_address": "nobody"}, "email_address"),
    ({"external_id": "1", "email_address": "a b@example.org"}, "email_address"),
    ({"external_id": "1", "timezone": "Mars/Olympus"}, "timezone"),
    ({"external_id": "1", "timezone": "../../etc/passwd"}, "timezone"),
    ({"external_id": "1", "attributes": [1]}, "attributes"),
    ({"external_id": 7}, "external_id"),
    ({"external_id": "1", "first_name": {"a": 1}}, "first_name"),
    ({"external_id": "1", "admin": True}, "admin"),
]


async def test_a_wrong_field_is_named(sidecar: Sidecar, tables: Tables) -> None:
    before = await tables.everything()

    for body, field in WRONG:
        answer = await sidecar.as_admin("POST", USERS, json=body)
        assert (answer.status, (await answer.json())["error"]["field"]) == (422, field), body

    assert await tables.everything() == before


async def test_a_user_that_nobody_could_find_again_is_refused(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("POST", USERS, json={"first_name": "Ada"})

    assert answer.status == 422


@pytest.mark.parametrize("reference", ["mira", ADDRESS])
async def test_a_user_is_explained(sidecar: Sidecar, sent: Sent, reference: str) -> None:
    answer = await sidecar.as_admin("GET", f"{USERS}/{reference}/explain")

    story = await answer.json()
    assert (answer.status, story["user"]["id"]) == (200, sent.user_id)
    assert {"contact_points", "preferences", "enrollments", "deliveries"} <= set(story)


async def test_an_unknown_user_is_a_404(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("GET", f"{USERS}/nobody@example.org/explain")

    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


async def test_a_delivery_is_explained(sidecar: Sidecar, sent: Sent) -> None:
    answer = await sidecar.as_admin("GET", f"/admin/api/deliveries/{sent.id}/explain")

    assert (answer.status, (await answer.json())["delivery"]["delivery_id"]) == (200, sent.id)


@pytest.mark.parametrize("number", ["987654", "x", "0x1"])
async def test_an_unknown_delivery_is_a_404(sidecar: Sidecar, number: str) -> None:
    answer = await sidecar.as_admin("GET", f"/admin/api/deliveries/{number}/explain")

    assert answer.status == 404


FORMS = ("a user id", "an external id", "a Telegram id", "an email address", "@username")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{USERS}/nobody/explain", None),
        ("GET", "/api/engagement/users/nobody/scores", None),
        ("POST", "/api/engagement/calculate", {"users": ["nobody"]}),
    ],
)
async def test_who_names_nobody_is_told_in_which_forms_a_user_may_be_given(
    sidecar: Sidecar, method: str, path: str, body: Any
) -> None:
    answer = await sidecar.as_admin(method, path, json=body)

    message = (await answer.json())["error"]["message"]
    assert '"nobody"' in message
    assert all(form in message for form in FORMS)
