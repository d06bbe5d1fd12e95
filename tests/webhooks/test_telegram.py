"""Telegram's webhook mode: stored first, handled later, believed only with the secret."""

import pytest

from tests.webhooks.conftest import TELEGRAM_SECRET, OpenSidecar, Sidecar, Tables

PATH = "/webhooks/telegram"
UPDATE = {
    "update_id": 1001,
    "message": {
        "message_id": 1,
        "date": 1767225600,
        "chat": {"id": 77, "type": "private"},
        "from": {"id": 77, "is_bot": False, "first_name": "Jo"},
        "text": "hello \x00 there",
    },
}


def _with(secret: str) -> dict[str, str]:
    return {"X-Telegram-Bot-Api-Secret-Token": secret}


async def test_an_update_is_stored_and_somebody_is_woken(sidecar: Sidecar, tables: Tables) -> None:
    answer = await sidecar.post(PATH, json=UPDATE, headers=_with(TELEGRAM_SECRET))

    assert answer.status == 200
    assert await tables.rows("select from tendril.telegram_updates where update_id = 1001")
    assert sidecar.woken == [True]


async def test_the_same_update_twice_is_stored_once(sidecar: Sidecar, tables: Tables) -> None:
    answers = [await sidecar.post(PATH, json=UPDATE, headers=_with(TELEGRAM_SECRET)) for _ in range(2)]

    assert {answer.status for answer in answers} == {200}
    assert len(await tables.rows("select from tendril.telegram_updates")) == 1
    assert sidecar.counted("tendril_webhook_verdicts_total", provider="telegram", verdict="duplicate") == 1


@pytest.mark.parametrize("secret", ["", "wrong", TELEGRAM_SECRET + "x", TELEGRAM_SECRET[:-1], "ä"])
async def test_without_the_secret_nothing_is_stored(sidecar: Sidecar, tables: Tables, secret: str) -> None:
    answer = await sidecar.post(PATH, json=UPDATE, headers=_with(secret))

    assert answer.status == 401
    assert await tables.rows("select from tendril.telegram_updates") == []
    assert sidecar.woken == []


async def test_without_a_configured_secret_nobody_is_believed(open_sidecar: OpenSidecar) -> None:
    sidecar = await open_sidecar(telegram_webhook_secret=None)

    assert (await sidecar.post(PATH, json=UPDATE, headers=_with(""))).status == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"update_id": "1"}', b'{"update_id": true}'])
async def test_what_is_no_update_is_a_422(sidecar: Sidecar, tables: Tables, body: bytes) -> None:
    answer = await sidecar.post(PATH, data=body, headers=_with(TELEGRAM_SECRET))

    assert answer.status == 422
    assert await tables.rows("select from tendril.telegram_updates") == []


async def test_while_the_database_is_away_telegram_keeps_the_update(sidecar: Sidecar) -> None:
    sidecar.road.is_closed = True

    answer = await sidecar.post(PATH, json=UPDATE, headers=_with(TELEGRAM_SECRET))

    assert answer.status == 503
