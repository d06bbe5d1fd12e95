"""What providers and links tell: each event once, in any order, to the same end."""

import asyncio
import itertools
import random

import asyncpg
import pytest

from tests.sql.conftest import Row, World, step


async def sent_mail(world: World, *more_steps: Row) -> tuple[str, Row]:
    """A user and the mail that was sent to them."""
    await world.publish(step(channels=["email", "telegram"]), *more_steps)
    user_id = await world.person()
    await world.enroll(user_id)
    (row,) = await world.deliver("email", provider_message_id="provider-1")
    return user_id, row


async def state(world: World, row: Row) -> Row:
    described: Row = (await world.call("explain_delivery", delivery_id=row["id"]))["delivery"]
    return described


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["sent"], "sent"),
        (["delivery_delayed"], "sent"),
        (["delivered"], "delivered"),
        (["delivered", "opened"], "opened"),
        (["delivered", "opened", "clicked"], "clicked"),
        (["sent", "bounced"], "bounced"),
        (["sent", "soft_bounce"], "bounced"),
        (["delivered", "complained"], "complained"),
        (["failed"], "failed"),
        (["suppressed"], "failed"),
    ],
)
async def test_the_status_is_the_furthest_that_was_told(world: World, told: list[str], status: str) -> None:
    _, row = await sent_mail(world)
    await world.tell(row, *told)
    assert (await state(world, row))["delivery_status"] == status


async def test_any_order_and_any_repetition_end_in_the_same_state(
    world: World, connection: asyncpg.Connection
) -> None:
    _, first = await sent_mail(world)
    events = [
        {
            "event_id": f"{number}",
            "source": "resend",
            "type": type_,
            "occurred_at": f"2026-03-02T12:0{number}:00+00:00",
        }
        for number, type_ in enumerate(["sent", "delivered", "opened", "clicked", "complained"])
    ]
    await world.call(
        "record_delivery_events", events=[each | {"tracking_id": first["tracking_id"]} for each in events]
    )
    expected = await state(world, first)
    chance = random.Random(7)
    for number in range(12):
        user_id = await world.person()
        await world.enroll(user_id)
        (row,) = await world.deliver("email")
        shuffled = [
            each | {"tracking_id": row["tracking_id"], "event_id": f"{number}/{each['event_id']}"}
            for each in events * 3
        ]
        chance.shuffle(shuffled)
        for part in (
            itertools.batched(shuffled, 4) if hasattr(itertools, "batched") else [shuffled[:7], shuffled[7:]]
        ):
            await world.call("record_delivery_events", events=list(part))
        same = ("delivery_status", "delivered_at", "opened_at", "clicked_at", "failure_reason")
        assert {key: (await state(world, row))[key] for key in same} == {key: expected[key] for key in same}


async def test_events_told_at_the_same_time_over_several_connections_end_in_the_same_state(
    world: World,
) -> None:
    await world.publish(step(channels=["email"]))
    for _ in range(10):
        await world.enroll(await world.person())
    rows = await world.deliver("email")
    types = ("delivered", "opened", "clicked", "complained")
    await asyncio.gather(*(world.tell(row, type_) for row in rows for type_ in types))
    told = [await state(world, row) for row in rows]
    assert {(each["delivery_status"], each["opened_at"] is None) for each in told} == {("complained", False)}


async def test_an_event_is_found_by_the_providers_id_too(world: World) -> None:
    _, row = await sent_mail(world)
    (told,) = await world.tell(row, "delivered", tracking_id=None, provider_message_id="provider-1")
    assert told["verdict"] == "applied"


async def test_an_event_that_came_before_is_a_duplicate(world: World) -> None:
    _, row = await sent_mail(world)
    verdicts = [(await world.tell(row, "delivered", event_id="same"))[0]["verdict"] for _ in range(3)]
    assert verdicts == ["applied", "duplicate", "duplicate"]


async def test_an_event_about_nothing_of_ours_is_kept(world: World, connection: asyncpg.Connection) -> None:
    answer = await world.call(
        "record_delivery_events",
        events=[
            {"event_id": "a", "source": "resend", "type": "other", "details": {"type": "domain.updated"}},
            {
                "event_id": "b",
                "source": "resend",
                "type": "delivered",
                "provider_message_id": "of somebody else",
            },
        ],
    )
    assert [each["verdict"] for each in answer] == ["stored", "unmatched"]
    assert await connection.fetchval("select count(*) from tendril.delivery_events") == 2


async def test_a_mail_of_which_only_a_webhook_told_comes_by_telegram_when_nobody_answers_it(
    world: World,
) -> None:
    await world.publish(
        step(channels=["email", "telegram"], fallback="no_engagement", fallback_after="24 hours")
    )
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim("email")
    contents = [{"id": row["id"], "content": {"text": "Hello"}} for row in rows]
    await world.call("store_rendered", lease_token=rows[0]["lease_token"], rendered=contents, batch_key="key")
    await world.tell(rows[0], "sent", "delivered")
    await world.record(rows, "busy", reason="no_answer")
    await world.clock.advance("25 hours")
    await world.call("follow_up")
    assert [state[:2] for state in await world.states(ada)] == [
        ("email", "delivered"),
        ("telegram", "pending"),
    ]


async def test_a_delivery_told_of_before_its_outcome_was_recorded_moves_on_once(world: World) -> None:
    await world.publish(step(channels=["email"]), step(channels=["email"], name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim("email")
    await world.tell(rows[0], "delivered")
    await world.record(rows, provider_message_id="p")
    assert [row["delivery_status"] for row in await world.deliveries(ada)] == ["delivered", "pending"]


@pytest.mark.parametrize(
    ("type_", "reason"), [("bounced", "hard_bounce"), ("complained", "complaint"), ("suppressed", "provider")]
)
async def test_a_hard_bounce_or_a_complaint_suppresses_the_address_at_once(
    world: World, type_: str, reason: str
) -> None:
    ada, row = await sent_mail(world)
    await world.tell(row, type_)
    points = (await world.call("get_preferences", user_id=ada))["contact_points"]
    assert [(p["state"], p["state_reason"]) for p in points if p["channel"] == "email"] == [
        ("suppressed", reason)
    ]


async def test_soft_bounces_suppress_the_address_when_they_are_three(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person(max_per_day=10)
    states = []
    for number in range(3):
        await world.enroll(ada, key=f"{number}")
        (row,) = await world.deliver("email")
        await world.tell(row, "soft_bounce")
        states.append((await world.call("get_preferences", user_id=ada))["contact_points"][-1]["state"])
    assert states == ["active", "active", "suppressed"]


async def test_soft_bounces_far_apart_suppress_nothing(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    for number in range(4):
        await world.enroll(ada, key=f"{number}")
        (row,) = await world.deliver("email")
        await world.tell(row, "soft_bounce")
        await world.clock.advance("20 days")
    assert (await world.call("get_preferences", user_id=ada))["contact_points"][-1]["state"] == "active"


@pytest.mark.parametrize("type_", ["bounced", "soft_bounce", "failed", "suppressed"])
async def test_a_mail_that_did_not_arrive_falls_back_to_telegram_once(world: World, type_: str) -> None:
    ada, row = await sent_mail(world)
    told = await world.tell(row, type_, type_)
    assert sorted(str(each["fell_back_to"]) for each in told) == ["None", "telegram"]
    assert [each["fell_back_to"] for each in await world.tell(row, type_)] == [None]
    await world.deliver("telegram")
    assert [each[:2] for each in await world.states(ada)][1:] == [("telegram", "sent")]


async def test_a_bounce_that_is_told_days_later_does_not_bring_a_stale_message(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"], stale_after="2 days"))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.clock.advance("3 days")
    await world.tell(row, "bounced")
    assert len(await world.deliveries(ada)) == 1


async def test_what_a_machine_opened_is_no_engagement(world: World, connection: asyncpg.Connection) -> None:
    _, row = await sent_mail(world)
    await world.tell(row, "opened", "clicked", actor="machine", source="link")
    assert (await state(world, row))["opened_at"] is None
    assert (
        await connection.fetchval("select count(*) from tendril.behavior_events where type like 'message_%'")
        == 0
    )


async def test_a_click_is_something_the_user_did(world: World, connection: asyncpg.Connection) -> None:
    ada, row = await sent_mail(world)
    await world.tell(row, "clicked", source="link", details={"url": "https://example.org"})
    event = await connection.fetchrow("select * from tendril.behavior_events where type = 'message_clicked'")
    assert str(event["user_id"]) == ada


async def test_an_event_triggers_its_sequence_once_in_a_lifetime(world: World) -> None:
    await world.publish(step(), trigger={"event": "user_started"})
    ada = await world.person()
    assert [(await world.did(ada, "user_started"))["enrolled"] for _ in range(2)] == [1, 0]
    await world.deliver()
    assert (await world.did(ada, "user_started"))["enrolled"] == 0


async def test_a_trigger_may_fire_again_after_a_time(world: World) -> None:
    await world.publish(step(), trigger={"event": "missed", "again_after": "7 days"})
    ada = await world.person()
    await world.did(ada, "missed")
    await world.deliver()
    await world.clock.advance("6 days")
    assert (await world.did(ada, "missed"))["enrolled"] == 0
    await world.clock.advance("25 hours")
    assert (await world.did(ada, "missed"))["enrolled"] == 1


async def test_a_trigger_enrolls_only_whom_its_filter_means(world: World) -> None:
    await world.publish(step(), trigger={"event": "lesson_complete", "filter": {"context.course": "python"}})
    ada, bob = await world.person(), await world.person()
    assert (await world.did(ada, "lesson_complete", metadata={"course": "python"}))["enrolled"] == 1
    assert (await world.did(bob, "lesson_complete", metadata={"course": "rust"}))["enrolled"] == 0


async def test_a_trigger_leaves_alone_who_stopped(world: World) -> None:
    await world.publish(step(), trigger={"event": "user_started"})
    ada = await world.person()
    await world.call("stop_everything", user_id=ada, source="telegram")
    assert (await world.did(ada, "user_started"))["enrolled"] == 0
