"""The ledger: claimed once, recorded under a lease, fallen back, moved on; nothing twice and nothing lost."""

import asyncio

import asyncpg
import pytest

from tests.sql.conftest import World, step


async def test_a_delivery_is_claimed_once_by_sixteen_claimers(world: World) -> None:
    await world.publish(step())
    for _ in range(40):
        await world.enroll(await world.person(email=False))
    claims = await asyncio.gather(*(world.claim(batch=5, worker=f"worker {number}") for number in range(16)))
    claimed = [row["id"] for rows in claims for row in rows]
    assert len(claimed) == len(set(claimed)) == 40


async def test_two_hundred_identical_enrollments_make_one(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    answers = await asyncio.gather(*(world.enroll(ada) for _ in range(200)))
    assert [answer["created"] for answer in answers].count(True) == 1
    assert len({answer["enrollment_id"] for answer in answers}) == 1
    assert await connection.fetchval("select count(*) from tendril.message_deliveries") == 1


async def test_the_next_step_is_planned_when_the_last_was_sent(world: World) -> None:
    await world.publish(step(), step(after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    assert [(row["message_step"], row["scheduled_at"][:16]) for row in await world.deliveries(ada)] == [
        (1, "2026-03-02T12:00"),
        (2, "2026-03-03T12:00"),
    ]


async def test_an_enrollment_ends_with_its_last_step(world: World, connection: asyncpg.Connection) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await world.deliver()
    assert await connection.fetchval("select status from tendril.enrollments") == "completed"


async def test_an_outcome_recorded_twice_counts_once(world: World) -> None:
    await world.publish(step(), step(name="second"))
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim()
    assert [answer["applied"] for answer in [*await world.record(rows), *await world.record(rows)]] == [
        True,
        False,
    ]
    assert len(await world.deliveries(ada)) == 2


async def test_a_worker_that_lost_its_lease_changes_nothing(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    lost = await world.claim(worker="slow")
    await world.clock.advance("61 seconds")
    (taken,) = await world.claim(worker="quick")
    (answer,) = await world.record(lost, "unreachable", reason="blocked")
    assert answer["applied"] is False
    await world.record([taken])
    assert await world.states(ada) == [("telegram", "sent", None)]


async def test_a_message_that_may_have_gone_out_is_sent_again_and_marked(world: World) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    (row,) = await world.claim()
    await world.call(
        "store_rendered",
        lease_token=row["lease_token"],
        rendered=[{"id": row["id"], "content": {"text": "A"}}],
    )
    await world.clock.advance("61 seconds")
    (again,) = await world.claim()
    assert (again["possibly_duplicate"], again["message_content"]) == (True, {"text": "A"})


async def test_a_message_that_goes_at_most_once_is_not_sent_again(world: World) -> None:
    await world.publish(step(at_most_once=True), step(name="second"))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.claim()
    await world.call(
        "store_rendered",
        lease_token=row["lease_token"],
        rendered=[{"id": row["id"], "content": {"text": "A"}}],
    )
    await world.clock.advance("61 seconds")
    assert [again["message_step"] for again in await world.claim()] == [2]
    assert (await world.states(ada))[0] == ("telegram", "unknown", "lease_lost")


async def test_a_claim_that_was_never_rendered_goes_again_without_a_mark(world: World) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await world.claim()
    await world.clock.advance("61 seconds")
    (again,) = await world.claim()
    assert again["possibly_duplicate"] is False


async def test_a_lease_begins_anew_when_the_content_is_stored(world: World) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    (row,) = await world.claim()
    await world.clock.advance("50 seconds")
    content = [{"id": row["id"], "content": {"text": "Hello"}}]
    await world.call("store_rendered", lease_token=row["lease_token"], rendered=content)
    await world.clock.advance("50 seconds")
    assert await world.claim() == []


async def test_attempts_run_out_and_the_other_channel_takes_over(world: World) -> None:
    await world.publish(step(max_attempts=2))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver("telegram", "busy", reason="server_error")
    await world.clock.advance("11 seconds")
    await world.deliver("telegram", "busy", reason="server_error")
    await world.deliver("email")
    assert await world.states(ada) == [("telegram", "failed", "server_error"), ("email", "sent", None)]


@pytest.mark.parametrize(("first", "second"), [("telegram", "email"), ("email", "telegram")])
async def test_a_failure_falls_back_in_both_directions_and_the_sequence_goes_on(
    world: World, first: str, second: str
) -> None:
    await world.publish(step(channels=[first, second]), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver(first, "unreachable", reason="blocked")
    await world.deliver(second)
    assert [state[:2] for state in await world.states(ada)] == [
        (first, "failed"),
        (second, "sent"),
        (second, "pending"),
    ]


async def test_an_unreachable_address_is_closed(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver("telegram", "unreachable", reason="blocked")
    points = (await world.call("get_preferences", user_id=ada))["contact_points"]
    assert [(point["channel"], point["state"]) for point in points] == [
        ("telegram", "unreachable"),
        ("email", "active"),
    ]


async def test_without_another_channel_a_failure_moves_the_sequence_on(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    ada = await world.person(email=False)
    await world.enroll(ada)
    await world.deliver("telegram", "refused", reason="message_too_long")
    assert [state[:2] for state in await world.states(ada)] == [
        ("telegram", "failed"),
        ("telegram", "pending"),
    ]


async def test_an_unknown_outcome_is_kept_for_a_person_and_the_sequence_goes_on(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver("telegram", "unknown", reason="timed_out")
    assert [state[:2] for state in await world.states(ada)] == [
        ("telegram", "unknown"),
        ("telegram", "pending"),
    ]


async def test_a_misconfigured_channel_is_paused_and_loses_nothing(world: World) -> None:
    await world.publish(step())
    ada = await world.person(email=False)
    await world.enroll(ada)
    await world.deliver("telegram", "misconfigured", reason="token_invalid")
    assert (await world.call("queue_health"))["channels"]["telegram"]["paused_reason"] == "token_invalid"
    await world.call("configure_budget", channel="telegram")
    await world.call("set_channel_state", channel="telegram")
    assert [row["attempt_count"] for row in await world.claim()] == [1]


async def test_a_chat_that_moved_is_written_to_at_its_new_address(world: World) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await world.deliver("telegram", "moved", address="-100777")
    assert [row["recipient_address"] for row in await world.claim()] == ["-100777"]


async def test_what_cannot_be_rendered_parks_after_three_tries(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    for _ in range(3):
        await world.record(await world.claim(), "unrenderable", reason="missing_variable")
        await world.clock.advance("10 minutes")
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "parked", "missing_variable")]


async def test_a_message_that_nobody_answered_in_time_goes_over_the_other_channel(world: World) -> None:
    await world.publish(
        step(channels=["email", "telegram"], fallback="no_engagement", fallback_after="24 hours")
    )
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver("email")
    await world.clock.advance("23 hours")
    assert (await world.call("follow_up"))["fell_back"] == 0
    await world.clock.advance("61 minutes")
    assert await world.call("follow_up") == {"looked_at": 1, "fell_back": 1, "email>telegram": 1}
    assert len(await world.claim("telegram")) == 1


async def test_a_message_that_was_opened_does_not_fall_back(world: World) -> None:
    await world.publish(
        step(channels=["email", "telegram"], fallback="no_engagement", fallback_after="24 hours")
    )
    await world.enroll(await world.person())
    (row,) = await world.deliver("email")
    await world.tell(row, "opened")
    await world.clock.advance("25 hours")
    assert (await world.call("follow_up"))["fell_back"] == 0


async def test_a_worker_that_starts_again_under_its_name_gets_its_work_back_at_once(world: World) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await world.claim(worker="one")
    assert await world.call("release_deliveries", worker="one") == 1
    assert [row["attempt_count"] for row in await world.claim(worker="one")] == [1]


async def test_a_worker_gives_back_a_claim_whose_answer_got_lost_and_keeps_the_others(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    for _ in range(2):
        await world.enroll(await world.person())
    (held,) = await world.claim(batch=1, worker="one")
    (lost,) = await world.claim(batch=1, worker="one")

    released = await world.call("release_deliveries", worker="one", held=[held["lease_token"]])

    assert released == 1
    assert [row["id"] for row in await world.claim(worker="two")] == [lost["id"]]


async def test_a_pause_of_an_enrollment_moves_all_that_lies_ahead(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day", stale_after="1 hour"))
    ada = await world.person()
    enrollment = (await world.enroll(ada))["enrollment_id"]
    await world.deliver()
    await world.call("pause_enrollment", enrollment_id=enrollment)
    await world.clock.advance("3 days")
    assert await world.claim() == []
    await world.call("resume_enrollment", enrollment_id=enrollment)
    await world.clock.advance("24 hours")
    assert [row["message_step"] for row in await world.claim()] == [2]


async def test_a_step_that_ends_during_a_pause_is_followed_by_the_next(world: World) -> None:
    await world.publish(step(), step(name="second"))
    enrollment = (await world.enroll(await world.person()))["enrollment_id"]
    rows = await world.claim()
    await world.call("pause_enrollment", enrollment_id=enrollment)
    await world.record(rows)
    assert await world.claim() == []
    await world.call("resume_enrollment", enrollment_id=enrollment)
    await world.clock.advance("2 seconds")
    assert [row["message_step"] for row in await world.claim()] == [2]


async def test_a_cancelled_enrollment_sends_nothing_more(world: World) -> None:
    await world.publish(step())
    enrollment = (await world.enroll(await world.person()))["enrollment_id"]
    await world.call("cancel_enrollment", enrollment_id=enrollment, reason="admin")
    assert await world.claim() == []


async def test_who_comes_back_goes_on_where_the_stop_was(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.clock.advance("10 days")
    assert await world.call("start_again", user_id=ada, source="telegram") == {
        "was_stopped": True,
        "resumed": 1,
    }
    await world.clock.advance("1 day")
    assert [row["message_step"] for row in await world.claim()] == [2]


async def test_an_enrollment_finishes_on_the_version_that_it_began(world: World) -> None:
    first = await world.publish(step(), step(name="second"))
    await world.enroll(await world.person())
    second = await world.publish(step(name="other"))
    assert [row["version_id"] for row in [*await world.deliver()]] == [first["version_id"]]
    assert second["number"] == 2


async def test_a_message_scheduled_under_one_key_is_scheduled_once(world: World) -> None:
    await world.publish(step(), name="direct_message", message_class="announcement")
    ada = await world.person()
    for _ in range(2):
        await world.call(
            "schedule_multi_channel_message", user_id=ada, body="Hello", channels=["email"], key="once"
        )
    assert [row["context"] for row in await world.claim("email")] == [{"body": "Hello"}]


async def test_a_chat_that_moved_to_where_somebody_is_already_is_closed(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    ada, grace = await world.person(email=False), await world.person(email=False)
    await world.enroll(ada)
    (home,) = (await world.call("get_preferences", user_id=grace))["contact_points"]

    await world.deliver(outcome="moved", address=home["address"])

    (closed,) = (await world.call("get_preferences", user_id=ada))["contact_points"]
    assert closed["state"] == "unreachable"
    assert await world.claim() == []
