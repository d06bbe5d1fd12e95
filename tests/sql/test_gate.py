"""The policy gate: what may be sent, when, over which channel, and the reason that is stored."""

import asyncpg
import pytest

from tests.sql.conftest import Row, World, step


async def test_what_nothing_stands_against_is_sent(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    assert await world.states(ada) == [("telegram", "sent", None)]


async def test_a_deleted_user_gets_nothing_and_the_enrollment_ends(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute("update tendril.users set deleted_at = now()")
    assert await world.claim() == []
    assert await connection.fetchval("select reason from tendril.message_deliveries") == "user_gone"
    assert await connection.fetchval("select status from tendril.enrollments") == "cancelled"


async def test_a_suppressed_address_is_never_written_to(world: World, connection: asyncpg.Connection) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute(
        "insert into tendril.suppressions "
        "select 'email', tendril.address_hash('user1@example.org'), 'complaint', now()"
    )
    assert await world.claim("email") == []
    assert await world.states(ada) == [("email", "skipped", "address_suppressed")]


async def test_a_class_without_consent_goes_over_the_channel_that_has_it(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute(
        "update tendril.contact_points set opt_in_sequences = false where channel = 'telegram'"
    )
    assert await world.claim("telegram") == []
    assert [row["recipient_address"] for row in await world.claim("email")] == ["user1@example.org"]


async def test_without_consent_anywhere_a_step_is_skipped(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute("update tendril.contact_points set opt_in_sequences = false")
    await world.claim()
    assert await world.states(ada) == [("telegram", "skipped", "no_consent")]


async def test_a_transactional_message_needs_no_consent_and_knows_no_quiet_hours_and_no_cap(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), message_class="transactional")
    ada = await world.person(quiet_from="11:00", quiet_until="13:00", max_per_day=0)
    await connection.execute(
        "update tendril.contact_points set opt_in_sequences = false, unsubscribed_at = now()"
    )
    await world.enroll(ada)
    assert len(await world.claim()) == 1


async def test_a_user_who_stopped_gets_only_what_is_transactional(world: World) -> None:
    await world.publish(step())
    await world.publish(step(), name="receipt", message_class="transactional")
    ada = await world.person()
    await world.enroll(ada)
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.enroll(ada, "receipt")
    assert [row["sequence_type"] for row in await world.claim()] == ["receipt"]


async def test_a_step_planned_after_the_stop_is_stopped_by_the_gate(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.enroll(ada)
    await world.claim()
    assert await world.states(ada) == [("telegram", "cancelled", "user_stopped")]


async def test_a_pause_holds_until_it_ends(world: World) -> None:
    await world.publish(step())
    ada = await world.person(paused_until="2026-03-04T12:00:00+00:00")
    await world.enroll(ada)
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "pending", "user_paused")]
    await world.clock.set("2026-03-04T12:00:01+00:00")
    assert len(await world.claim()) == 1


async def test_a_step_whose_condition_does_not_hold_is_skipped_and_the_next_is_planned(world: World) -> None:
    await world.publish(step(condition={"behavior.goal_set": {"$exists": False}}), step(name="second"))
    ada = await world.person()
    await world.did(ada, "goal_set")
    await world.enroll(ada)
    assert [row["message_step"] for row in await world.deliver()] == [2]
    assert await world.states(ada) == [
        ("telegram", "skipped", "condition_not_met"),
        ("telegram", "sent", None),
    ]


async def test_who_has_what_the_sequence_is_for_leaves_it(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), step(name="second"), exit={"behavior.bought": {"$exists": True}})
    ada = await world.person()
    await world.did(ada, "bought")
    await world.enroll(ada)
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "cancelled", "exit_condition")]
    assert await connection.fetchval("select status from tendril.enrollments") == "cancelled"


async def test_what_comes_too_late_is_skipped(world: World) -> None:
    await world.publish(step(stale_after="2 days"))
    ada = await world.person()
    await world.enroll(ada)
    await world.clock.advance("49 hours")
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "skipped", "stale")]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02T22:30:00+01:00", "2026-03-03T07:00:00+00:00"),
        ("2026-03-02T03:00:00+01:00", "2026-03-02T07:00:00+00:00"),
    ],
)
async def test_quiet_hours_hold_until_they_end_where_the_user_lives(
    world: World, now: str, until: str
) -> None:
    await world.publish(step())
    ada = await world.person(timezone="Europe/Madrid")
    await world.clock.set(now)
    await world.enroll(ada)
    assert await world.claim() == []
    (held,) = await world.deliveries(ada)
    assert (held["reason"], held["next_attempt_at"]) == ("quiet_hours", until)


async def test_a_step_may_break_quiet_hours(world: World) -> None:
    await world.publish(step(quiet_hours=False))
    ada = await world.person(quiet_from="11:00", quiet_until="13:00")
    await world.enroll(ada)
    assert len(await world.claim()) == 1


async def test_the_cap_holds_until_the_oldest_message_is_a_day_old(world: World) -> None:
    await world.publish(step())
    ada = await world.person(max_per_day=2)
    for hour in range(2):
        await world.enroll(ada, key=f"{hour}")
        await world.deliver()
        await world.clock.advance("1 hour")
    await world.enroll(ada, key="one too many")
    assert await world.claim() == []
    held = (await world.deliveries(ada))[-1]
    assert held["reason"] == "frequency_cap"
    assert held["next_attempt_at"].startswith("2026-03-03T12:00")


async def test_a_mail_that_came_back_does_not_count(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"]))
    ada = await world.person(max_per_day=1)
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.tell(row, "bounced")
    assert len(await world.claim("telegram")) == 1


async def test_the_cap_counts_what_is_due_in_the_same_moment(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person(max_per_day=2)
    for number in range(5):
        await world.enroll(ada, key=f"{number}")
    assert len(await world.claim("email")) == 2
    assert [reason for _, _, reason in await world.states(ada)].count("frequency_cap") == 3


async def test_the_users_own_choice_of_channel_comes_first(world: World) -> None:
    await world.publish(step(channels=["telegram", "email"]))
    ada = await world.person(preferred_channel="email")
    await world.enroll(ada)
    assert len(await world.claim("email")) == 1


async def test_what_has_worked_for_the_user_comes_before_the_order_of_the_step(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(channels=["telegram", "email"]))
    ada = await world.person()
    await connection.execute("update tendril.user_preferences set learned_channel = 'email'")
    await world.enroll(ada)
    assert len(await world.claim("email")) == 1


async def test_without_either_the_order_of_the_step_decides(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"]))
    await world.enroll(await world.person())
    assert len(await world.claim("email")) == 1


async def test_a_user_who_blocked_the_bot_is_written_to_by_email(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await world.call("set_telegram_reachable", telegram_id=1, reachable=False)
    assert await world.claim("telegram") == []
    assert len(await world.claim("email")) == 1


async def test_a_channel_that_was_passed_over_is_told_with_its_reason(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.call("set_telegram_reachable", telegram_id=1, reachable=False)
    await world.enroll(ada)
    await world.deliver("email")
    assert [row["passed_over"] for row in await world.deliveries(ada)] == [
        [{"channel": "telegram", "reason": "blocked"}]
    ]


async def test_a_channel_that_would_have_come_later_was_not_passed_over(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"]))
    ada = await world.person()
    await world.call("set_telegram_reachable", telegram_id=1, reachable=False)
    await world.enroll(ada)
    await world.deliver("email")
    assert [row["passed_over"] for row in await world.deliveries(ada)] == [None]


async def test_a_user_without_any_address_is_skipped_with_the_reason(world: World) -> None:
    await world.publish(step())
    nobody = await world.person(telegram=False, email=False)
    await world.enroll(nobody)
    await world.claim()
    assert await world.states(nobody) == [("telegram", "skipped", "no_address")]


async def test_a_paused_channel_gives_way_to_the_other(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await world.call("set_channel_state", channel="telegram", paused_reason="admin: maintenance")
    assert await world.claim("telegram") == []
    assert len(await world.claim("email")) == 1


async def test_a_paused_channel_holds_who_has_no_other_until_it_opens(world: World) -> None:
    await world.publish(step())
    ada = await world.person(email=False)
    await world.enroll(ada)
    await world.call("set_channel_state", channel="telegram", paused_reason="admin: maintenance")
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "pending", "channel_paused")]
    await world.call("set_channel_state", channel="telegram")
    assert len(await world.claim()) == 1


async def test_a_step_for_both_channels_goes_over_both_and_moves_on_once(world: World) -> None:
    await world.publish(step(fallback="both"), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver("telegram")
    await world.deliver("email")
    assert [state[:2] for state in await world.states(ada)] == [
        ("telegram", "sent"),
        ("email", "sent"),
        ("telegram", "pending"),
    ]


@pytest.mark.parametrize("first", ["telegram", "email"])
@pytest.mark.parametrize("outcome", ["sent", "refused", "unknown"])
async def test_a_step_for_both_channels_ends_with_the_last_of_them(
    world: World, first: str, outcome: str
) -> None:
    await world.publish(step(fallback="both"), step(name="second"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver(first, outcome)
    assert len(await world.deliveries(ada)) == 2
    await world.deliver("email" if first == "telegram" else "telegram", outcome)
    assert [row["message_step"] for row in await world.deliveries(ada)] == [1, 1, 2]


async def test_a_step_for_both_channels_does_not_wait_for_one_that_is_not_set_up(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(fallback="both"))
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute("delete from tendril.send_budgets where channel = 'telegram'")
    await world.deliver("email")
    assert await connection.fetchval("select status from tendril.enrollments") == "completed"
    await world.call("configure_budget", channel="telegram", messages_per_request=1)
    await world.deliver("telegram")
    assert [state[:2] for state in await world.states(ada)] == [("telegram", "sent"), ("email", "sent")]


async def test_a_hold_is_told_once_however_often_it_is_renewed(world: World) -> None:
    await world.publish(step())
    ada = await world.person(email=False)
    await world.enroll(ada)
    await world.call("set_channel_state", channel="telegram", paused_reason="admin: maintenance")
    for _ in range(3):
        await world.claim()
        await world.clock.advance("6 minutes")
    assert [hold["reason"] for hold in (await world.call("explain_user", reference=ada))["holds"]] == [
        "channel_paused"
    ]


async def test_a_chat_gets_one_message_a_second(world: World) -> None:
    await world.publish(step())
    ada = await world.person(max_per_day=10)
    for number in range(3):
        await world.enroll(ada, key=f"{number}")

    async def claim(moment: str) -> list[Row]:
        at = f"2026-03-02T13:00:{moment}+00:00"
        rows = await world.claim(at=at)
        outcomes = [{"id": row["id"], "lease_token": row["lease_token"], "outcome": "sent"} for row in rows]
        await world.call("record_outcomes", outcomes=outcomes, at=at)
        return rows

    assert [len(await claim(moment)) for moment in ("00", "00.9", "01.1")] == [1, 0, 1]


# an order of channels, a week's allowance, sequences that are not wanted


async def test_a_declined_sequence_is_stopped_by_the_gate_however_it_began(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute(
        "insert into tendril.sequence_opt_outs (user_id, sequence, at) values ($1, 'course', now())", ada
    )
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "cancelled", "sequence_declined")]
    assert await connection.fetchval("select status from tendril.enrollments") == "cancelled"


async def test_a_declined_sequence_may_still_send_what_is_transactional(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), message_class="transactional")
    ada = await world.person()
    await world.enroll(ada)
    await connection.execute(
        "insert into tendril.sequence_opt_outs (user_id, sequence, at) values ($1, 'course', now())", ada
    )
    assert len(await world.claim()) == 1


async def test_among_the_channels_that_are_left_the_users_order_decides(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(channels=["telegram", "sms", "email"]))
    await world.call("configure_budget", channel="sms")
    ada = await world.person(channel_order=["sms", "email", "telegram"])
    await world.enroll(ada)
    await world.claim("telegram")
    assert [row["recipient_address"] for row in await world.claim("email")] == ["user1@example.org"]


async def test_the_allowance_of_a_week_holds_until_the_oldest_leaves_it(world: World) -> None:
    await world.publish(step(quiet_hours=False))
    ada = await world.person(frequency="few")
    for day in range(3):
        await world.clock.set(f"2026-03-0{2 + day}T1{2 + day}:00:00+00:00")
        await world.enroll(ada, key=f"day {day}")
        await world.deliver()
    await world.clock.set("2026-03-05T15:00:00+00:00")
    await world.enroll(ada, key="one too many")
    assert await world.claim() == []
    (held,) = [row for row in await world.deliveries(ada) if row["delivery_status"] == "pending"]
    assert held["reason"] == "frequency_cap"
    assert held["next_attempt_at"].startswith("2026-03-09T12:00")
    await world.clock.set("2026-03-09T12:01:00+00:00")
    assert len(await world.claim()) == 1


async def test_a_weeks_allowance_is_shared_by_a_batch(world: World) -> None:
    await world.publish(step(quiet_hours=False, channels=["email"]))
    ada = await world.person(max_per_day=3, max_per_week=2)
    for number in range(4):
        await world.enroll(ada, key=f"number {number}")
    assert len(await world.claim("email")) == 2


async def test_who_had_themselves_deleted_gets_a_code_at_the_address_that_they_claim_again(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(
        step(channels=["email"], recipient="email"), name="email_verification", message_class="transactional"
    )
    await connection.execute(
        "insert into tendril.suppressions "
        "select 'email', tendril.address_hash('back@example.org'), 'deleted', now()"
    )
    ada = await world.person(email=False)
    await world.call("request_email", user_id=ada, email_address="back@example.org")
    (row,) = await world.deliver("email")
    code = row["context"]["code"]
    assert (await world.call("verify_email", user_id=ada, code=code))["status"] == "verified"
    assert not await world.call("is_suppressed", channel="email", address="back@example.org")
