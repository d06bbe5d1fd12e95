"""As many requests at a time as allowed, and what becomes of a message by what its provider answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from channels.errors import Busy, Misconfigured, Moved, Refused, Unknown, Unreachable
from tests.sequences.conftest import House, ScriptedChannel, eventually
from tests.sequences.delivering import Builder, greet_by_email, greet_on_telegram, running


async def test_no_more_requests_are_under_way_than_allowed(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 20)
    await pipeline(telegram, in_flight=4).drain_once()
    assert (len(telegram.arrived), telegram.busiest) == (20, 4)


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
