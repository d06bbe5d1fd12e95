"""Callbacks to subscribers outside: what is noted, who sends it when, and what never gets lost."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from storage.store import Invalid
from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World, step

EVERYTHING = [
    *("delivery.sent", "delivery.delivered", "delivery.opened", "delivery.clicked", "delivery.failed"),
    *("delivery.bounced", "delivery.complained", "conversion.recorded", "user.unsubscribed"),
]


async def subscribe(world: World, *events: str, url: str = "https://crm.example/hook") -> int:
    made = await world.call(
        "create_subscriber",
        url=url,
        events=list(events or EVERYTHING),
        secret="whsec_cGxhY2Vob2xkZXI=",
        created_by="admin_api",
    )
    return int(made["id"])


async def told(world: World, subscriber: int) -> list[Row]:
    """In the order in which it was noted."""
    listed: list[Row] = await world.call("list_callbacks", subscriber_id=subscriber)
    return listed[::-1]


async def types(world: World, subscriber: int) -> list[str]:
    return [each["type"] for each in await told(world, subscriber)]


async def answer(
    world: World, claimed: list[Row], status: int | None = 200, at: str | None = None, **more: Any
) -> None:
    outcomes = [
        {"id": row["id"], "lease": row["lease"], "status_code": status, "milliseconds": 5} | more
        for row in claimed
    ]
    await world.call("record_callbacks", outcomes=outcomes, **({"at": at} if at else {}))


async def sent_mail(world: World) -> tuple[str, Row]:
    await world.publish(step(channels=["email"], fallback="none"))
    user = await world.person(telegram=False)
    await world.enroll(user)
    (row,) = await world.deliver("email")
    return user, row


# What is noted


async def test_without_subscribers_nothing_is_noted(world: World) -> None:
    _, row = await sent_mail(world)
    await world.tell(row, "delivered", "clicked")
    await world.call("unsubscribe", tracking_id=row["tracking_id"], scope="channel", source="link")
    subscriber = await subscribe(world)

    assert await told(world, subscriber) == []


async def test_everything_that_becomes_of_a_mail_is_told_once(world: World) -> None:
    subscriber = await subscribe(world)
    user, row = await sent_mail(world)
    await world.tell(row, "delivered")
    await world.tell(row, "opened", "clicked")
    await world.tell(row, "clicked", "delivered")

    assert sorted(await types(world, subscriber)) == [
        *("delivery.clicked", "delivery.delivered", "delivery.opened", "delivery.sent"),
    ]
    (sent, *_) = await told(world, subscriber)
    assert sent["user_id"] == user
    assert sent["details"] | {"enrollment_id": 0} == {
        "delivery_id": row["id"],
        "enrollment_id": 0,
        "channel": "email",
        "sequence": "course",
        "step": "hello",
        "message_class": "sequence",
    }


async def test_failures_are_told_with_their_reasons(world: World) -> None:
    subscriber = await subscribe(world, "delivery.bounced", "delivery.failed", "delivery.complained")
    _, row = await sent_mail(world)
    await world.tell(row, "bounced", reason="no_such_mailbox")
    await world.enroll(await world.person(telegram=False))
    await world.deliver("email", "refused", reason="invalid_content")
    await world.enroll(await world.person(telegram=False))
    (marked,) = await world.deliver("email")
    await world.tell(marked, "complained")

    assert [(each["type"], each["details"].get("reason")) for each in await told(world, subscriber)] == [
        ("delivery.bounced", "no_such_mailbox"),
        ("delivery.failed", "invalid_content"),
        ("delivery.complained", None),
    ]


async def test_only_what_was_asked_for_is_told(world: World) -> None:
    subscriber = await subscribe(world, "delivery.clicked")
    _, row = await sent_mail(world)
    await world.tell(row, "opened", "clicked")

    assert await types(world, subscriber) == ["delivery.clicked"]


async def test_what_happened_before_somebody_subscribed_is_no_news(world: World, clock: Clock) -> None:
    _, row = await sent_mail(world)
    await clock.advance("1 minute")
    subscriber = await subscribe(world)
    await world.tell(row, "clicked")

    assert "delivery.sent" not in await types(world, subscriber)
    assert "delivery.clicked" in await types(world, subscriber)


@pytest.mark.parametrize(("wish", "scope"), [("stop", "everything"), ("not", "sequence"), ("less", None)])
async def test_a_wish_for_none_of_it_is_an_unsubscribe(world: World, wish: str, scope: str | None) -> None:
    subscriber = await subscribe(world, "user.unsubscribed")
    _, row = await sent_mail(world)
    await world.call("express_wish", tracking_id=row["tracking_id"], wish=wish, source="telegram")

    assert [each["details"]["scope"] for each in await told(world, subscriber)] == ([scope] if scope else [])


async def test_a_link_in_a_mail_unsubscribes_once_however_often_it_is_opened(world: World) -> None:
    subscriber = await subscribe(world)
    _, row = await sent_mail(world)
    for _ in range(2):
        await world.call("unsubscribe", tracking_id=row["tracking_id"], scope="channel", source="link")
    await world.call("unsubscribe", tracking_id=row["tracking_id"], scope="everything", source="link")

    found = [each["details"] for each in await told(world, subscriber) if each["type"] == "user.unsubscribed"]
    assert found == [
        {"scope": "channel", "channel": "email", "source": "link"},
        {"scope": "everything", "source": "link"},
    ]


async def test_a_kind_that_is_switched_off_is_told_and_one_that_was_off_is_not(world: World) -> None:
    subscriber = await subscribe(world)
    user = await world.person()
    for changes in (
        {"email.announcements": False},
        {"email.announcements": False},
        {"email.reminders": True},
    ):
        await world.call("set_preferences", user_id=user, changes=changes)

    (found,) = await told(world, subscriber)
    assert found["details"] == {"scope": "announcements", "channel": "email"}


async def test_what_was_undone_was_never_told(world: World) -> None:
    subscriber = await subscribe(world)
    user = await world.person()
    with pytest.raises(Invalid):
        changes = {"email.announcements": False, "frequency": "hourly"}
        await world.call("set_preferences", user_id=user, changes=changes)

    assert await told(world, subscriber) == []


async def test_somebody_deleted_is_told_of_no_more(world: World) -> None:
    subscriber = await subscribe(world)
    user, _ = await sent_mail(world)
    await world.call("delete_user", user_id=user, source="telegram")

    assert await told(world, subscriber) == []
    assert await world.call("claim_callbacks") == []


# Who sends it when


async def test_a_callback_has_what_is_needed_to_send_it_and_nothing_personal(world: World) -> None:
    await subscribe(world, "delivery.sent")
    user, _ = await sent_mail(world)

    (claimed,) = await world.call("claim_callbacks")

    assert claimed["url"] == "https://crm.example/hook"
    assert claimed["message_id"].startswith("msg_")
    assert claimed["body"]["type"] == "delivery.sent"
    assert claimed["body"]["timestamp"].startswith("2026-03-02T12:00:0")
    assert claimed["body"]["data"]["user_id"] == user
    assert "example.org" not in str(claimed["body"])


async def test_a_lease_that_ran_out_repeats_the_same_callback_and_its_late_outcome_counts_for_nothing(
    world: World, clock: Clock
) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    await sent_mail(world)
    (first,) = await world.call("claim_callbacks")
    assert await world.call("claim_callbacks") == []

    await clock.advance("31 seconds")
    (second,) = await world.call("claim_callbacks")
    assert (second["id"], second["message_id"]) == (first["id"], first["message_id"])
    assert second["body"] == first["body"]

    await answer(world, [first], 500)
    assert [each["status"] for each in await told(world, subscriber)] == ["pending"]
    await answer(world, [second])
    assert [each["status"] for each in await told(world, subscriber)] == ["delivered"]


async def test_a_failure_is_tried_again_after_growing_pauses_for_a_day(world: World, clock: Clock) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    await sent_mail(world)
    tries: list[datetime] = []
    (waiting,) = await told(world, subscriber)
    while waiting["status"] == "pending" and len(tries) < 40:
        due = waiting["next_attempt_at"]
        await clock.set(due)
        tries.append(datetime.fromisoformat(due))
        claimed = await world.call("claim_callbacks", at=due)
        await answer(world, claimed, None, at=due, error="timeout")
        (waiting,) = await told(world, subscriber)

    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert pauses[:4] == [5, 30, 120, 600]
    assert pauses[:-1] == sorted(pauses[:-1])
    assert len(tries) == 12
    assert waiting["status"] == "failed"
    assert waiting["ended_at"].startswith("2026-03-03T12:00")
    described = await world.call("describe_subscriber", subscriber_id=subscriber)
    assert described["paused_reason"] == "failing"


async def test_one_that_fails_is_probed_with_a_single_callback_and_then_gets_all(
    world: World, clock: Clock
) -> None:
    await subscribe(world, "delivery.sent")
    await world.publish(step())
    for _ in range(6):
        await world.enroll(await world.person())
    await world.deliver()

    await answer(world, await world.call("claim_callbacks", batch=1), 503)
    assert await world.call("claim_callbacks") == []
    await clock.advance("6 seconds")
    probe = await world.call("claim_callbacks")
    assert len(probe) == 1
    assert await world.call("claim_callbacks") == []
    await answer(world, probe)
    assert len(await world.call("claim_callbacks")) == 5


async def test_a_slow_one_does_not_take_the_places_of_others(world: World) -> None:
    await subscribe(world, "delivery.sent", url="https://slow.example/")
    quick = await subscribe(world, "delivery.sent", url="https://quick.example/")
    await world.publish(step())
    for _ in range(20):
        await world.enroll(await world.person())
    await world.deliver()

    claimed = await world.call("claim_callbacks", per_subscriber=3)
    assert (
        sorted(each["url"] for each in claimed)
        == ["https://quick.example/"] * 3 + ["https://slow.example/"] * 3
    )
    await answer(world, [each for each in claimed if each["subscriber_id"] == quick])
    more = await world.call("claim_callbacks", per_subscriber=3)
    assert [each["url"] for each in more] == ["https://quick.example/"] * 3


async def test_a_receiver_that_asks_for_more_time_gets_it(world: World) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    await sent_mail(world)
    claimed = await world.call("claim_callbacks")
    await answer(world, claimed, 429, at="2026-03-02T12:05:00+00:00", retry_after=120)

    (waiting,) = await told(world, subscriber)
    assert waiting["next_attempt_at"] == "2026-03-02T12:07:00+00:00"


async def test_one_that_is_gone_is_paused_at_once_and_told_of_nothing_more(world: World) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    await sent_mail(world)
    await answer(world, await world.call("claim_callbacks"), 410)
    await world.enroll(await world.person(telegram=False))
    await world.deliver("email")

    described = await world.call("describe_subscriber", subscriber_id=subscriber)
    assert (described["paused_reason"], described["waiting"]) == ("gone", 1)
    (cause,) = await world.call("alert_causes")
    assert (cause["kind"], cause["details"]["host"]) == ("webhook_paused", "crm.example")


async def test_one_that_begins_again_gets_what_waited(world: World) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    await sent_mail(world)
    await answer(world, await world.call("claim_callbacks"), 410)
    described = await world.call("change_subscriber", subscriber_id=subscriber, changes={"is_paused": False})
    assert (described["paused_at"], described["failing_since"]) == (None, None)

    assert await world.call("resend_callbacks", subscriber_id=subscriber) == 0
    (waiting,) = await told(world, subscriber)
    await world.call("resend_callbacks", subscriber_id=subscriber, callback_id=waiting["id"])
    (again,) = await world.call("claim_callbacks")
    assert again["message_id"] == waiting["message_id"]


async def test_a_changed_secret_signs_beside_the_old_one_for_a_day(world: World, clock: Clock) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    changes = {"secret": "whsec_bmV3"}
    await world.call("change_subscriber", subscriber_id=subscriber, changes=changes)
    assert (await world.call("begin_ping", subscriber_id=subscriber))["secrets"] == [
        "whsec_bmV3",
        "whsec_cGxhY2Vob2xkZXI=",
    ]

    await clock.advance("25 hours")
    assert (await world.call("begin_ping", subscriber_id=subscriber))["secrets"] == ["whsec_bmV3"]


async def test_what_nobody_sent_is_given_up_and_what_is_old_forgotten(world: World, clock: Clock) -> None:
    subscriber = await subscribe(world, "delivery.sent")
    await sent_mail(world)
    await world.call("change_subscriber", subscriber_id=subscriber, changes={"is_paused": True})
    await clock.advance("25 hours")
    assert await world.call("settle_callbacks") == 1
    assert [each["status"] for each in await told(world, subscriber)] == ["failed"]

    await clock.advance("31 days")
    assert await world.call("settle_callbacks") == 1
    assert await told(world, subscriber) == []
