"""Callbacks whose signature does not fit: one count per provider, however many there are."""

from __future__ import annotations

import json
from typing import Any

from tests.fixtures.sandbox import until
from tests.webhooks.conftest import Sidecar, Tables, resend_event, signed

OTHER_SECRET = "whsec_b3RoZXItcGxhY2Vob2xkZXI="


async def counted(tables: Tables) -> list[dict[str, Any]]:
    return await tables.rows("select provider, refused from tendril.refused_callbacks order by provider")


async def test_forged_callbacks_are_counted_in_one_row_per_provider(sidecar: Sidecar, tables: Tables) -> None:
    body = json.dumps(resend_event("delivered")).encode()
    for _ in range(3):
        headers = signed(body, secret=OTHER_SECRET)
        assert (await sidecar.post("/webhooks/resend", data=body, headers=headers)).status == 401

    async def told() -> list[dict[str, Any]]:
        return await counted(tables)

    (row,) = await until(told)
    assert (row["provider"], 1 <= row["refused"] <= 3) == ("resend", True)


async def test_a_wrong_secret_of_telegram_is_counted_too(sidecar: Sidecar, tables: Tables) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": "wrong"}
    assert (await sidecar.post("/webhooks/telegram", data=b"{}", headers=headers)).status == 401

    async def told() -> list[dict[str, Any]]:
        return await counted(tables)

    assert await until(told) == [{"provider": "telegram", "refused": 1}]


async def test_a_request_that_is_no_callback_at_all_is_not_counted(sidecar: Sidecar, tables: Tables) -> None:
    answer = await sidecar.post("/webhooks/resend", data=b"hello")

    assert answer.status == 401
    assert await counted(tables) == []
