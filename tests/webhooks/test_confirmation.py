"""The link in a verification mail."""

from dataclasses import dataclass

import pytest

from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import SEQUENCE, Sidecar, Tables


@dataclass(frozen=True)
class Requested:
    user_id: str
    contact_point_id: int
    code: str


@pytest.fixture
async def requested(store: Store, tables: Tables) -> Requested:
    await store.call("publish_sequence", definition=_verification())
    user = await store.call("register_telegram_user", telegram_id=77, first_name="Jo")
    asked = await store.call("request_email", user_id=user["user_id"], email_address="jo@example.org")
    (point,) = await tables.rows(
        "select verification_token from tendril.contact_points where id = $1", asked["contact_point_id"]
    )
    return Requested(user["user_id"], asked["contact_point_id"], point["verification_token"])


def _verification() -> dict[str, object]:
    step = {**SEQUENCE["steps"][0], "recipient": "email"}
    return {**SEQUENCE, "name": "email_verification", "message_class": "transactional", "steps": [step]}


async def test_pressing_the_button_confirms_the_address(
    sidecar: Sidecar, requested: Requested, tables: Tables
) -> None:
    link = sidecar.links.confirm_email(requested.contact_point_id, requested.code)
    shown = await sidecar.get(link)
    state_before = await _state(tables, requested)

    pressed = await sidecar.post(link)

    assert "Is this your email address?" in await shown.text()
    assert state_before == "unverified"
    assert "it is confirmed" in await pressed.text()
    assert await _state(tables, requested) == "active"


async def test_pressing_twice_is_fine(sidecar: Sidecar, requested: Requested) -> None:
    link = sidecar.links.confirm_email(requested.contact_point_id, requested.code)
    await sidecar.post(link)

    assert "it is confirmed" in await (await sidecar.post(link)).text()


async def test_an_old_link_says_that_it_has_run_out(
    sidecar: Sidecar, requested: Requested, clock: Clock, tables: Tables
) -> None:
    await clock.advance("30 days")

    answer = await sidecar.post(sidecar.links.confirm_email(requested.contact_point_id, requested.code))

    assert "has run out" in await answer.text()
    assert await _state(tables, requested) == "unverified"


async def test_a_link_with_an_older_code_does_not_confirm(
    sidecar: Sidecar, requested: Requested, tables: Tables
) -> None:
    other = "000000" if requested.code != "000000" else "000001"

    answer = await sidecar.post(sidecar.links.confirm_email(requested.contact_point_id, other))

    assert "does not work any more" in await answer.text()
    assert await _state(tables, requested) == "unverified"


async def test_an_address_that_is_gone_has_nothing_to_confirm(sidecar: Sidecar) -> None:
    answer = await sidecar.post(sidecar.links.confirm_email(987654, "123456"))

    assert "nothing left to confirm" in await answer.text()


async def test_a_guessed_link_confirms_nothing(
    sidecar: Sidecar, requested: Requested, tables: Tables
) -> None:
    before = await tables.everything()

    answer = await sidecar.post("/confirm/guessed.token")

    assert answer.status == 404
    assert await tables.everything() == before


async def _state(tables: Tables, requested: Requested) -> str:
    (point,) = await tables.rows(
        "select state from tendril.contact_points where id = $1", requested.contact_point_id
    )
    return str(point["state"])
