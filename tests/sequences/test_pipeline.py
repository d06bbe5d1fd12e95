"""The way of a message: claimed, rendered, stored, sent, recorded. Starting, waking and stopping it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from channels.errors import Unknown
from sequences.metrics import DeliveryMetrics
from tests.sequences.conftest import House, InterruptibleStore, ScriptedChannel, eventually
from tests.sequences.delivering import Builder, counted, greet_by_email, greet_on_telegram, running


async def test_a_due_message_is_sent_and_recorded(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house)
    drained = await pipeline(telegram).drain_once()
    assert (drained.claimed, drained.outcomes) == (1, {"sent": 1})
    (row,) = await house.ledger()
    assert (row["delivery_status"], row["provider_message_id"]) == ("sent", "telegram-0")


async def test_the_step_after_leaves_in_the_same_pass(
    house: House, email: ScriptedChannel, pipeline: Builder
) -> None:
    await house.publish_steps("greeting", [{"channels": ["email"]}, {"channels": ["email"]}])
    await house.enroll(await house.email_user("ada@example.com"))
    await pipeline(email).drain_once()
    assert await house.statuses() == ["sent", "sent"]


async def test_a_message_leaves_at_once_when_the_loop_is_woken(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    metrics = DeliveryMetrics()
    delivering = pipeline(telegram, tick_seconds=3600, metrics=metrics)
    async with running(delivering):
        await eventually(lambda: counted(metrics, "claims_total") > 0)
        await greet_on_telegram(house)
        delivering.wake()
        await eventually(lambda: telegram.recipients == ["1000"])


async def test_a_message_leaves_at_the_next_tick(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    async with running(pipeline(telegram, tick_seconds=0.1)):
        await greet_on_telegram(house)
        await eventually(lambda: telegram.recipients == ["1000"])


async def test_stopping_finishes_what_is_in_flight(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 4)
    telegram.gate.clear()
    stop = asyncio.Event()
    loop = asyncio.create_task(pipeline(telegram, in_flight=2).run(stop))
    await eventually(lambda: len(telegram.requests) == 2)
    stop.set()
    await asyncio.sleep(0)
    telegram.gate.set()
    await loop
    assert Counter(await house.statuses()) == {"sent": 2, "pending": 2}


async def test_a_request_that_outlasts_the_grace_time_is_unknown(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house)
    telegram.gate.clear()
    async with running(pipeline(telegram, grace_seconds=0.5)):
        await telegram.something_came()
    (row,) = await house.ledger()
    assert (row["delivery_status"], row["reason"]) == ("unknown", "stopped")


async def test_a_batch_that_outlasts_the_grace_time_goes_again_under_its_key(
    house: House, email: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_by_email(house, "ada@example.com")
    email.gate.clear()
    async with running(pipeline(email, grace_seconds=0.5)):
        await email.something_came()
    email.gate.set()
    await clock.advance("10 minutes")
    await pipeline(email, "second").drain_once()
    assert email.requests[0] == email.requests[1]
    assert (await house.statuses(), len(email.arrived)) == (["sent"], 1)


async def test_a_claim_that_could_not_be_stored_before_the_stop_is_released(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    await greet_on_telegram(house)
    line.cut("store_rendered")
    async with running(pipeline(telegram)):
        await line.refused.wait()
    assert (await house.statuses(), telegram.requests) == (["pending"], [])


async def test_what_could_not_be_recorded_before_the_end_is_sent_again_and_marked(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore, clock: Any
) -> None:
    await greet_on_telegram(house)
    line.cut("record_outcomes")
    async with running(pipeline(telegram, grace_seconds=0.05)):
        await line.refused.wait()
    line.mend()
    await clock.advance("2 minutes")
    await pipeline(telegram, "second").drain_once()
    (row,) = await house.ledger()
    assert (row["delivery_status"], row["possibly_duplicate"]) == ("sent", True)
    assert len(telegram.requests) == 2


async def test_a_message_that_must_go_at_most_once_is_left_to_a_person_instead(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore, clock: Any
) -> None:
    await greet_on_telegram(house, at_most_once=True)
    line.cut("record_outcomes")
    async with running(pipeline(telegram, grace_seconds=0.05)):
        await line.refused.wait()
    line.mend()
    await clock.advance("2 minutes")
    await pipeline(telegram, "second").drain_once()
    assert (await house.statuses(), len(telegram.requests)) == (["unknown"], 1)


async def test_an_idle_loop_stops_at_once(house: House, telegram: ScriptedChannel, pipeline: Builder) -> None:
    delivering = pipeline(telegram, tick_seconds=3600)
    async with asyncio.timeout(60):
        async with running(delivering):
            await eventually(lambda: not delivering.store_is_away)


async def test_everything_is_counted(house: House, telegram: ScriptedChannel, pipeline: Builder) -> None:
    metrics = DeliveryMetrics()
    await greet_on_telegram(house, 3)
    telegram.answers = [Unknown("no_answer")]
    await pipeline(telegram, metrics=metrics).drain_once()
    assert counted(metrics, "claimed_deliveries_total") == 3
    assert counted(metrics, "sends_total") == 3
    assert counted(metrics, "outcomes_total", outcome="sent") == 2
    assert counted(metrics, "outcomes_total", outcome="unknown") == 1
    assert counted(metrics, "claim_to_record_seconds_count") == 3
