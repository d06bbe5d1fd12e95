"""What is due is claimed once, by whoever asks first, and given back by who does not deliver it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from channels.channel import Outgoing
from sequences.metrics import DeliveryMetrics
from sequences.pipeline import DeliveryPipeline
from storage.store import Store
from tests.fixtures.database import Clock
from tests.sequences.conftest import House, InterruptibleStore, PlainRenderer, ScriptedChannel, eventually
from tests.sequences.delivering import Builder, counted, greet_by_email, greet_on_telegram, running


async def test_an_empty_queue_is_drained_at_once(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    assert (await pipeline(telegram).drain_once()).claimed == 0


async def test_a_message_leaves_once_with_two_workers(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 60)
    workers = [pipeline(telegram, name, in_flight=4) for name in ("first", "second")]
    await asyncio.gather(*(each.drain_once() for each in workers))
    assert Counter(telegram.recipients) == Counter({str(1000 + number): 1 for number in range(60)})


async def test_a_worker_that_lost_its_lease_changes_nothing(
    house: House, telegram: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    metrics = DeliveryMetrics()
    await greet_on_telegram(house)
    telegram.gate.clear()
    slow = asyncio.create_task(pipeline(telegram, "slow", metrics=metrics).drain_once())
    await telegram.something_came()
    await clock.advance("2 minutes")
    quick = ScriptedChannel("telegram")
    quick.requests.append((None, []))
    quick.arrived.append(Outgoing("", "", {}))
    await pipeline(quick, "quick").drain_once()
    telegram.gate.set()
    await slow
    (row,) = await house.ledger()
    assert (row["delivery_status"], row["provider_message_id"]) == ("sent", "telegram-1")
    assert row["possibly_duplicate"]
    assert counted(metrics, "stale_outcomes_total") == 1


async def test_a_batch_whose_lease_ran_out_is_sent_again_byte_for_byte_under_its_key(
    house: House,
    email: ScriptedChannel,
    pipeline: Builder,
    line: InterruptibleStore,
    renderer: PlainRenderer,
    clock: Any,
) -> None:
    await greet_by_email(house, *(f"user{number}@example.com" for number in range(5)))
    line.cut("record_outcomes")
    cut_off = asyncio.create_task(pipeline(email, "cut off").drain_once())
    await line.refused.wait()
    await clock.advance("2 minutes")
    await DeliveryPipeline(house.store, email, renderer, "heir").drain_once()
    line.mend()
    await cut_off
    first, again = email.requests
    assert first == again
    assert (len(email.arrived), renderer.rendered) == (5, 5)
    assert await house.statuses() == ["sent"] * 5


async def test_a_worker_that_starts_anew_releases_what_its_earlier_life_had_claimed(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house)
    await house.store.call("claim_due_deliveries", worker="first/telegram", channel="telegram", batch=10)
    async with running(pipeline(telegram, "first")):
        await eventually(lambda: telegram.recipients == ["1000"])


async def test_a_claim_that_somebody_else_has_taken_over_before_it_was_stored_is_not_sent(
    house: House, email: ScriptedChannel, pipeline: Builder, line: InterruptibleStore, clock: Any
) -> None:
    await greet_by_email(house, "ada@example.com")
    line.cut("store_rendered")
    late = ScriptedChannel("email", messages_per_request=100, is_idempotent=True)
    losing = asyncio.create_task(pipeline(late, "late").drain_once())
    await line.refused.wait()
    await clock.advance("2 minutes")
    await DeliveryPipeline(house.store, email, PlainRenderer(), "quick").drain_once()
    line.mend()
    await losing
    assert (late.requests, email.recipients) == ([], ["ada@example.com"])


class SlowLine:
    """A claim's answer takes a second for each message, and another worker is there to take over."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        answer = await self._store.call(operation, **arguments)
        if operation == "claim_due_deliveries" and answer:
            await self._clock.advance(f"{len(answer)} seconds")
            await self._store.call(operation, **arguments | {"worker": "other"})
            await self._store.call("release_deliveries", worker="other")
        return answer

    async def aclose(self) -> None:
        await self._store.aclose()


async def test_over_a_line_too_slow_for_a_whole_claim_less_is_claimed_until_it_can_be_sent(
    house: House, email: ScriptedChannel, renderer: PlainRenderer, clock: Clock
) -> None:
    await greet_by_email(house, *(f"user{number}@example.com" for number in range(70)))
    line = SlowLine(house.store, clock)
    await DeliveryPipeline(line, email, renderer, "slow", lease_seconds=60).drain_once()
    assert len(set(email.recipients)) == len(email.recipients) == 70
    assert await house.statuses() == ["sent"] * 70
    assert {row["attempt_count"] for row in await house.ledger("attempt_count")} == {1}
