"""Who is nurtured with what: started, held, ended, and delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.errors import Unreachable
from engagement.behavior import BehaviorEvent
from sequences.controller import NurtureController
from sequences.metrics import DeliveryMetrics
from sequences.pipeline import DeliveryPipeline
from storage.store import NotFound
from tests.sequences.conftest import House, ScriptedChannel, eventually


@pytest.fixture
def metrics() -> DeliveryMetrics:
    return DeliveryMetrics()


@pytest.fixture
def controller(
    house: House,
    telegram: ScriptedChannel,
    email: ScriptedChannel,
    pipeline: Callable[..., DeliveryPipeline],
    metrics: DeliveryMetrics,
) -> NurtureController:
    pipelines = [pipeline(channel, metrics=metrics, tick_seconds=3600) for channel in (telegram, email)]
    return NurtureController(house.store, pipelines, metrics=metrics)


async def reachable_both_ways(house: House, address: str = "ada@example.com", telegram_id: int = 7) -> str:
    user = await house.email_user(address)
    code = (await house.store.call("create_link_code", user_id=user))["code"]
    await house.store.call("link_telegram", code=code, telegram_id=telegram_id)
    return user


# --- trigger


@pytest.mark.parametrize("reference", ["7", "ada@example.com", "crm-1", "id"])
async def test_a_user_is_found_by_any_of_their_names(
    house: House, controller: NurtureController, reference: str
) -> None:
    await house.publish()
    user = await house.store.call("create_user", external_id="crm-1", email_address="ada@example.com")
    code = (await house.store.call("create_link_code", user_id=user["user_id"]))["code"]
    await house.store.call("link_telegram", code=code, telegram_id=7)
    enrolled = await controller.trigger(user["user_id"] if reference == "id" else reference, "greeting")
    assert (enrolled.created, enrolled.user_id) == (True, user["user_id"])


async def test_an_unknown_user_is_not_found(house: House, controller: NurtureController) -> None:
    await house.publish()
    with pytest.raises(NotFound):
        await controller.trigger("nobody@example.com", "greeting")


async def test_an_unknown_sequence_is_not_found(house: House, controller: NurtureController) -> None:
    user = await house.telegram_user(7)
    with pytest.raises(NotFound):
        await controller.trigger(user, "no_such_sequence")


async def test_a_second_trigger_finds_the_run_that_is_under_way(
    house: House, controller: NurtureController
) -> None:
    await house.publish(after="1 day")
    user = await house.telegram_user(7)
    first = await controller.trigger(user, "greeting")
    second = await controller.trigger(user, "greeting")
    assert (second.created, second.enrollment_id) == (False, first.enrollment_id)


async def test_another_key_is_another_run(house: House, controller: NurtureController) -> None:
    await house.publish(after="1 day")
    user = await house.telegram_user(7)
    await controller.trigger(user, "greeting", key="spring")
    assert (await controller.trigger(user, "greeting", key="autumn")).created


async def test_two_triggers_at_once_start_one_run(house: House, controller: NurtureController) -> None:
    await house.publish(after="1 day")
    user = await house.telegram_user(7)
    runs = await asyncio.gather(*(controller.trigger(user, "greeting") for _ in range(8)))
    assert sum(run.created for run in runs) == 1
    assert len({run.enrollment_id for run in runs}) == 1


async def test_the_first_step_leaves_within_a_second(
    house: House,
    controller: NurtureController,
    telegram: ScriptedChannel,
    pipeline: Callable[..., DeliveryPipeline],
) -> None:
    await house.publish()
    user = await house.telegram_user(7)
    waiting = pipeline(telegram, "running", tick_seconds=3600)
    controller = NurtureController(house.store, [waiting])
    stop = asyncio.Event()
    loop = asyncio.create_task(waiting.run(stop))
    await controller.trigger(user, "greeting")
    await eventually(lambda: telegram.recipients == ["7"])
    stop.set()
    await loop


async def test_what_a_user_does_enrolls_them(
    house: House, controller: NurtureController, telegram: ScriptedChannel
) -> None:
    await house.publish_steps(
        "praise", [{"channels": ["telegram"]}], trigger={"event": "lesson_complete", "filter": None}
    )
    event = BehaviorEvent("lesson-1", await house.telegram_user(7), "lesson_complete", "api")
    first = await controller.behaved([event])
    again = await controller.behaved([event])
    await controller.deliver_due()
    assert (first.enrolled, again.duplicates, telegram.recipients) == (1, 1, ["7"])


# --- pause, resume, cancel, complete


async def test_a_paused_run_sends_nothing(
    house: House, controller: NurtureController, telegram: ScriptedChannel
) -> None:
    await house.publish()
    run = await house.enroll(await house.telegram_user(7))
    paused = await controller.pause(run)
    await controller.deliver_due()
    assert (paused.status, telegram.arrived) == ("paused", [])


async def test_a_resumed_run_goes_on(
    house: House, controller: NurtureController, telegram: ScriptedChannel, clock: Any
) -> None:
    await house.publish()
    run = await house.enroll(await house.telegram_user(7))
    await controller.pause(run)
    await controller.deliver_due()
    await clock.advance("5 days")
    resumed = await controller.resume(run)
    await controller.deliver_due()
    assert (resumed.status, telegram.recipients) == ("active", ["7"])


async def test_the_length_of_a_pause_is_added_to_what_follows(
    house: House, controller: NurtureController, telegram: ScriptedChannel, clock: Any
) -> None:
    await house.publish(after="2 days")
    run = await house.enroll(await house.telegram_user(7))
    await controller.pause(run)
    await clock.advance("5 days")
    await controller.resume(run)
    await clock.advance("1 day")
    await controller.deliver_due()
    assert telegram.arrived == []
    await clock.advance("25 hours")
    await controller.deliver_due()
    assert telegram.recipients == ["7"]


async def test_a_cancelled_run_sends_nothing_more(
    house: House, controller: NurtureController, telegram: ScriptedChannel
) -> None:
    await house.publish()
    run = await house.enroll(await house.telegram_user(7))
    cancelled = await controller.cancel(run, "asked_for")
    await controller.deliver_due()
    assert (cancelled.status, telegram.arrived) == ("cancelled", [])


async def test_a_run_without_a_step_left_is_complete_and_can_be_started_again(
    house: House, controller: NurtureController
) -> None:
    await house.publish()
    user = await house.telegram_user(7)
    await controller.trigger(user, "greeting")
    await controller.deliver_due()
    assert await controller.active() == []
    assert (await controller.trigger(user, "greeting")).created


async def test_a_run_that_does_not_exist_is_not_found(house: House, controller: NurtureController) -> None:
    with pytest.raises(NotFound):
        await controller.pause(4711)


async def test_the_list_of_who_is_under_way_says_what_is_next(
    house: House, controller: NurtureController, clock: Any
) -> None:
    await clock.set("2026-03-02T09:00Z")
    await house.publish_steps("greeting", [{}, {"after": "3 days"}])
    user = await house.telegram_user(7, "Ada")
    await controller.trigger(user, "greeting")
    await controller.deliver_due()
    (line,) = await controller.active()
    assert (line.user_id, line.sequence, line.steps, line.status) == (user, "greeting", 2, "active")
    assert (line.next_channel, line.next_due_at.date() if line.next_due_at else None) == (
        "telegram",
        datetime(2026, 3, 5, tzinfo=UTC).date(),
    )


async def test_the_list_continues_after_the_last_one_seen(
    house: House, controller: NurtureController
) -> None:
    await house.publish(after="1 day")
    for telegram_id in (1, 2, 3):
        await house.enroll(await house.telegram_user(telegram_id))
    page = await controller.active(limit=2)
    rest = await controller.active(limit=2, after_id=page[-1].enrollment_id)
    assert (len(page), len(rest)) == (2, 1)


# --- delivering


async def test_one_pass_sends_what_falls_back_too(
    house: House, controller: NurtureController, telegram: ScriptedChannel, email: ScriptedChannel
) -> None:
    await house.publish()
    await controller.trigger(await reachable_both_ways(house), "greeting")
    telegram.answers = [Unreachable("blocked")]
    delivered = await controller.deliver_due()
    assert delivered.channels["telegram"].outcomes == {"unreachable": 1}
    assert delivered.channels["email"].outcomes == {"sent": 1}
    assert (delivered.claimed, email.recipients) == (2, ["ada@example.com"])


async def test_a_mail_that_cannot_be_delivered_goes_to_telegram(
    house: House, controller: NurtureController, telegram: ScriptedChannel, email: ScriptedChannel
) -> None:
    await house.publish(channels=["email", "telegram"])
    await controller.trigger(await reachable_both_ways(house), "greeting")
    email.answers = [Unreachable("no_such_mailbox")]
    await controller.deliver_due()
    assert telegram.recipients == ["7"]


async def test_a_pass_with_nothing_due_says_so(house: House, controller: NurtureController) -> None:
    delivered = await controller.deliver_due()
    assert (delivered.claimed, delivered.still_due) == (0, 0)


async def test_what_nobody_answered_goes_to_the_other_channel(
    house: House,
    controller: NurtureController,
    telegram: ScriptedChannel,
    email: ScriptedChannel,
    metrics: DeliveryMetrics,
    clock: Any,
) -> None:
    await house.publish(fallback="no_engagement", fallback_after="24 hours")
    await controller.trigger(await reachable_both_ways(house), "greeting")
    await controller.deliver_due()
    await clock.advance("25 hours")
    followed = await controller.follow_up()
    await controller.deliver_due()
    assert followed.counts["fell_back"] == 1
    labels = {"channel": "telegram", "to": "email", "why": "unanswered"}
    assert metrics.registry.get_sample_value("tendril_fallbacks_total", labels) == 1
    assert (telegram.recipients, email.recipients) == (["7"], ["ada@example.com"])


async def test_following_up_with_nothing_to_do_wakes_nobody(
    house: House, controller: NurtureController
) -> None:
    assert not (await controller.follow_up()).has_work


async def test_the_age_of_the_queue_is_measured(
    house: House, controller: NurtureController, metrics: DeliveryMetrics, clock: Any
) -> None:
    await house.publish()
    await house.enroll(await house.telegram_user(7))
    await clock.advance("90 seconds")
    await controller.measure_queue()
    assert metrics.registry.get_sample_value("tendril_queue_due") == 1
    age = metrics.registry.get_sample_value("tendril_queue_age_seconds")
    assert age is not None
    assert age >= 90
