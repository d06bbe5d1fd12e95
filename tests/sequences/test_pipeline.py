"""The way of a message: claimed, rendered, stored, sent, recorded. Nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from channels.channel import Outgoing
from channels.errors import Busy, Misconfigured, Moved, Refused, Unknown, Unreachable
from sequences.metrics import DeliveryMetrics
from sequences.mistakes import Unrenderable
from sequences.pipeline import DeliveryPipeline
from storage.store import Unavailable
from tests.sequences.conftest import House, InterruptibleStore, PlainRenderer, ScriptedChannel, eventually

Builder = Callable[..., DeliveryPipeline]


@asynccontextmanager
async def running(pipeline: DeliveryPipeline) -> AsyncIterator[None]:
    """The pipeline's loop, stopped gracefully at the end."""
    stop = asyncio.Event()
    loop = asyncio.create_task(pipeline.run(stop))
    try:
        yield
    finally:
        stop.set()
        await loop


async def greet_on_telegram(house: House, count: int = 1, **step: Any) -> None:
    await house.publish(channels=["telegram"], **step)
    for number in range(count):
        await house.enroll(await house.telegram_user(1000 + number))


async def greet_by_email(house: House, *addresses: str, **step: Any) -> None:
    await house.publish(channels=["email"], **step)
    for address in addresses:
        await house.enroll(await house.email_user(address))


def counted(metrics: DeliveryMetrics, name: str, **labels: str) -> float:
    sample = metrics.registry.get_sample_value(f"tendril_{name}", {"channel": "telegram", **labels})
    assert sample is not None
    return sample


# --- one message


async def test_a_due_message_is_sent_and_recorded(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house)
    drained = await pipeline(telegram).drain_once()
    assert (drained.claimed, drained.outcomes) == (1, {"sent": 1})
    (row,) = await house.ledger()
    assert (row["delivery_status"], row["provider_message_id"]) == ("sent", "telegram-0")


async def test_what_leaves_is_in_the_ledger_before(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    seen: list[Any] = []

    async def look() -> None:
        seen.extend(await house.ledger("message_content->>'text' as text, delivery_status, id"))

    telegram.before_answer = look
    await greet_on_telegram(house)
    await pipeline(telegram).drain_once()
    assert (seen[0]["text"], seen[0]["delivery_status"]) == ("Hello Ada #1", "sending")


async def test_an_empty_queue_is_drained_at_once(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    assert (await pipeline(telegram).drain_once()).claimed == 0


async def test_the_step_after_leaves_in_the_same_pass(
    house: House, email: ScriptedChannel, pipeline: Builder
) -> None:
    await house.publish_steps("greeting", [{"channels": ["email"]}, {"channels": ["email"]}])
    await house.enroll(await house.email_user("ada@example.com"))
    await pipeline(email).drain_once()
    assert await house.statuses() == ["sent", "sent"]


async def test_a_version_is_fetched_once(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    delivering = pipeline(telegram)
    await greet_on_telegram(house)
    await delivering.drain_once()
    line.cut("get_sequence_version")
    await house.enroll(await house.telegram_user(2))
    assert (await delivering.drain_once()).outcomes == {"sent": 1}


# --- several messages, several workers


async def test_a_message_leaves_once_with_two_workers(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 60)
    workers = [pipeline(telegram, name, in_flight=4) for name in ("first", "second")]
    await asyncio.gather(*(each.drain_once() for each in workers))
    assert Counter(telegram.recipients) == Counter({str(1000 + number): 1 for number in range(60)})


async def test_no_more_requests_are_under_way_than_allowed(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 20)
    await pipeline(telegram, in_flight=4).drain_once()
    assert (len(telegram.arrived), telegram.busiest) == (20, 4)


async def test_a_message_is_stored_only_when_it_can_be_sent_at_once(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 8)
    telegram.gate.clear()
    async with running(pipeline(telegram, in_flight=3)):
        await eventually(lambda: len(telegram.requests) == 3)
        await eventually(house.has_statuses(sending=6, pending=2))
        assert len(await house.ledger("id", "message_content is not null")) == 3
        telegram.gate.set()
        await eventually(lambda: len(telegram.arrived) == 8)


async def test_a_hundred_and_one_emails_are_two_requests_with_a_key_each(
    house: House, email: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_by_email(house, *(f"user{number}@example.com" for number in range(101)))
    await pipeline(email).drain_once()
    assert sorted(len(messages) for _, messages in email.requests) == [1, 100]
    assert len({key for key, _ in email.requests}) == 2


@pytest.mark.parametrize("name", ["telegram", "email"])
async def test_a_request_leaves_a_second_after_the_answer_to_as_many_before_it_as_the_provider_allows(
    house: House,
    telegram: ScriptedChannel,
    email: ScriptedChannel,
    pipeline: Builder,
    clock: Any,
    name: str,
) -> None:
    channel = {"telegram": telegram, "email": email}[name]
    await (greet_on_telegram(house) if channel is telegram else greet_by_email(house, "ada@example.com"))
    await house.store.call("configure_budget", channel=name, per_second=2, messages_per_request=1)
    await house.store.call("take_places", worker="other", channel=name, requests=2)
    async with running(pipeline(channel)):
        await eventually(house.has_statuses(sending=1))
        await house.store.call("leave_place", worker="other", channel=name, place=2)
        assert channel.requests == []
        await clock.advance("1 second")
        await eventually(house.has_statuses(sent=1))


async def test_one_slow_chat_does_not_hold_the_others(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 6)
    telegram.gate.clear()
    telegram.held = {"1000"}
    async with running(pipeline(telegram, in_flight=2)):
        await eventually(house.has_statuses(sending=1, sent=5))
        telegram.gate.set()
    assert await house.statuses() == ["sent"] * 6


# --- leases


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


# --- what providers answer


async def test_a_429_stops_the_whole_channel_and_costs_nobody_an_attempt(
    house: House, telegram: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_on_telegram(house, 4)
    telegram.answers = [Busy("rate_limited", retry_after=30, whole_channel=True)]
    await pipeline(telegram, in_flight=1).drain_once()
    waiting = await house.ledger("id, delivery_status, attempt_count")
    assert {(row["delivery_status"], row["attempt_count"]) for row in waiting} == {("pending", 0)}
    assert len(telegram.requests) == 1
    await clock.advance("31 seconds")
    await pipeline(telegram).drain_once()
    assert await house.statuses() == ["sent"] * 4


async def test_a_blocked_user_gets_the_email_instead(
    house: House, telegram: ScriptedChannel, email: ScriptedChannel, pipeline: Builder
) -> None:
    await house.publish(channels=["telegram", "email"])
    user = await house.email_user("ada@example.com")
    code = (await house.store.call("create_link_code", user_id=user))["code"]
    await house.store.call("link_telegram", code=code, telegram_id=7)
    await house.enroll(user)
    told: list[str] = []
    chatting = pipeline(telegram)
    chatting.on_fallback(told.append)
    telegram.answers = [Unreachable("blocked")]
    await chatting.drain_once()
    await pipeline(email).drain_once()
    assert (told, email.recipients) == (["email"], ["ada@example.com"])


async def test_one_bad_mail_in_a_batch_does_not_stop_the_others(
    house: House, email: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_by_email(house, "ada@example.com", "bad@example.com", "eve@example.com")
    email.refuses = lambda message: Refused("invalid") if message.recipient.startswith("bad") else None
    for _ in range(3):
        await pipeline(email).drain_once()
        await clock.advance("10 minutes")
    assert sorted(email.recipients) == ["ada@example.com", "eve@example.com"]
    assert await house.statuses() == ["sent", "failed", "sent"]


async def test_mails_that_go_alone_say_what_they_said_in_the_batch(
    house: House, email: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_by_email(house, "ada@example.com", "eve@example.com")
    email.answers = [Refused("validation_error")]
    for _ in range(3):
        await pipeline(email).drain_once()
        await clock.advance("10 minutes")
    (_, together), *alone = email.requests
    assert {each.recipient: each for each in together} == {
        each.recipient: each for _, messages in alone for each in messages
    }
    assert len({key for key, _ in email.requests}) == 3


async def test_a_read_timeout_on_telegram_is_unknown_and_not_repeated(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house)
    telegram.answers = [Unknown("no_answer")]
    await pipeline(telegram).drain_once()
    await pipeline(telegram).drain_once()
    assert (await house.statuses(), len(telegram.requests)) == (["unknown"], 1)


async def test_a_mail_whose_answer_was_lost_goes_again_under_its_key(
    house: House, email: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_by_email(house, "ada@example.com", "eve@example.com")
    email.answers = [Unknown("no_answer")]
    await pipeline(email).drain_once()
    await clock.advance("10 minutes")
    await pipeline(email).drain_once()
    assert email.requests[0] == email.requests[1]
    assert await house.statuses() == ["sent", "sent"]


async def test_a_wrong_token_stops_the_channel_and_keeps_the_messages(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 3)
    telegram.answers = [Misconfigured("unauthorized")]
    await pipeline(telegram, in_flight=1).drain_once()
    assert await house.statuses() == ["pending"] * 3
    (budget,) = await house.query("select paused_reason from tendril.send_budgets where channel = 'telegram'")
    assert budget["paused_reason"] == "unauthorized"


async def test_a_chat_that_moved_gets_the_message_at_its_new_address(
    house: House, telegram: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_on_telegram(house)
    telegram.answers = [Moved("2000")]
    await pipeline(telegram).drain_once()
    await clock.advance("10 minutes")
    await pipeline(telegram).drain_once()
    assert telegram.recipients == ["2000"]


async def test_a_channel_that_breaks_leaves_a_telegram_message_unknown_and_goes_on(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 3)
    telegram.answers = [ZeroDivisionError()]
    await pipeline(telegram).drain_once()
    assert Counter(await house.statuses()) == {"unknown": 1, "sent": 2}


async def test_a_channel_that_breaks_gets_the_same_batch_again(
    house: House, email: ScriptedChannel, pipeline: Builder, clock: Any
) -> None:
    await greet_by_email(house, "ada@example.com")
    email.answers = [ZeroDivisionError()]
    await pipeline(email).drain_once()
    await clock.advance("10 minutes")
    await pipeline(email).drain_once()
    assert email.requests[0] == email.requests[1]


# --- what cannot be rendered


async def test_a_message_that_cannot_be_rendered_parks_after_three_tries_and_blocks_nobody(
    house: House, email: ScriptedChannel, pipeline: Builder, renderer: PlainRenderer, clock: Any
) -> None:
    def fail_for_bad(row: Mapping[str, Any]) -> None:
        if row["recipient_address"].startswith("bad"):
            raise Unrenderable("missing_variable")

    renderer.fails = fail_for_bad
    await greet_by_email(house, "ada@example.com", "bad@example.com", "eve@example.com")
    for _ in range(4):
        await pipeline(email).drain_once()
        await clock.advance("1 hour")
    assert sorted(email.recipients) == ["ada@example.com", "eve@example.com"]
    assert await house.statuses() == ["sent", "parked", "sent"]


async def test_a_renderer_that_breaks_is_an_unrenderable_message(
    house: House, telegram: ScriptedChannel, pipeline: Builder, renderer: PlainRenderer
) -> None:
    def divide(row: Mapping[str, Any]) -> None:
        raise ZeroDivisionError

    renderer.fails = divide
    await greet_on_telegram(house)
    assert (await pipeline(telegram).drain_once()).outcomes["unrenderable"] >= 1


async def test_content_that_the_database_cannot_keep_stops_only_its_own_message(
    house: House, telegram: ScriptedChannel, pipeline: Builder, renderer: PlainRenderer
) -> None:
    def spoil_the_second(row: Mapping[str, Any]) -> None:
        if row["recipient_address"] == "1001":
            row["user"]["first_name"] = "\u0000"

    renderer.fails = spoil_the_second
    await greet_on_telegram(house, 3)
    await pipeline(telegram).drain_once()
    assert sorted(telegram.recipients) == ["1000", "1002"]


# --- a store that goes away


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
        await line.refused.wait()
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


# --- starting, waking, stopping


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
    async with asyncio.timeout(5):
        async with running(delivering):
            await eventually(lambda: not delivering.store_is_away)


# --- counting


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
