"""A store that goes away delays messages; none is lost, none is sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from storage.store import Unavailable
from tests.sequences.conftest import House, InterruptibleStore, ScriptedChannel, eventually
from tests.sequences.delivering import Builder, greet_on_telegram, running


async def test_a_store_that_goes_away_before_the_outcome_loses_nothing(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    await greet_on_telegram(house, 5)
    delivering = pipeline(telegram)
    async with running(delivering):
        line.cut("record_outcomes")
        await eventually(lambda: len(telegram.arrived) == 5)
        await line.refused.wait()
        assert delivering.unrecorded == 5
        line.mend()
        await eventually(lambda: delivering.unrecorded == 0)
    assert await house.statuses() == ["sent"] * 5
    assert len(telegram.arrived) == 5


async def test_what_was_sent_is_recorded_before_its_lease_can_bring_it_back(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore, clock: Any
) -> None:
    await greet_on_telegram(house, 3)
    delivering = pipeline(telegram, tick_seconds=0.02)
    async with running(delivering):
        line.cut("record_outcomes")
        # no claim that began before is to see the lease end
        await eventually(lambda: delivering.store_is_away and line.under_way == 0)
        await clock.advance("10 minutes")
        for _ in range(5):
            delivering.wake()
            assert await house.statuses() == ["sending"] * 3
        line.mend()
        await eventually(house.has_statuses(sent=3))
    assert len(telegram.requests) == 3
    assert not any(row["possibly_duplicate"] for row in await house.ledger("id, possibly_duplicate"))


async def test_a_store_that_goes_away_before_the_send_delays_it(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    await greet_on_telegram(house, 2)
    async with running(pipeline(telegram)):
        line.cut("store_rendered")
        await line.refused.wait()
        assert telegram.arrived == []
        line.mend()
        await eventually(lambda: len(telegram.arrived) == 2)


async def test_a_store_that_is_away_at_the_start_is_waited_for(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    await greet_on_telegram(house)
    line.cut()
    async with running(pipeline(telegram)):
        await line.refused.wait()
        line.mend()
        await eventually(lambda: telegram.recipients == ["1000"])


async def test_the_loop_says_that_the_store_is_away_until_it_is_back(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    delivering = pipeline(telegram)
    async with running(delivering):
        line.cut("claim_due_deliveries")
        await eventually(lambda: delivering.store_is_away)
        line.mend()
        await eventually(lambda: not delivering.store_is_away)


async def test_one_pass_without_a_store_says_so(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    line.cut()
    with pytest.raises(Unavailable):
        await pipeline(telegram).drain_once()
