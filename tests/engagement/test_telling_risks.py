"""Risks are told page after page, several at once, and each person's once."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from engagement.risk.scoring import RiskTeller
from storage.store import Store
from tests.fixtures.database import Clock

NOW = "2026-03-02T12:00:00+00:00"


async def come(store: Store, people: int) -> None:
    for number in range(people):
        await store.call("create_user", external_id=f"user-{number}")


async def test_however_many_pages_are_under_way_everybody_is_told_once(
    store: Store, clock: Clock, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await clock.set(NOW)
    await come(store, 25)
    teller = RiskTeller(store, tmp_path, batch=2)

    assert await teller.tell_due() == 25
    assert await teller.tell_due() == 0
    await clock.advance("1 day")
    assert await teller.tell_due() == 25
    assert await connection.fetchval("select count(*) from tendril.drop_off_risks") == 25


async def test_who_loses_the_duty_begins_no_further_page_and_the_next_look_tells_the_rest(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    await clock.set(NOW)
    await come(store, 9)
    teller = RiskTeller(store, tmp_path, batch=2)
    answers = iter([True, True, True])

    async def may_go_on() -> bool:
        return next(answers, False)

    assert await teller.tell_due(may_go_on) == 4
    assert await teller.tell_due() == 5
