"""What we hold of somebody they can have, and have deleted: checked table by table, over the catalogue."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.sql.conftest import MONDAY_NOON, World, step

CHAT = 77001
EMAIL = "mira@secret.example"
NAME = "Unmistakable"
CODE = "314159"
MARKS = (str(CHAT), EMAIL, NAME, CODE)

# How rows of somebody (`$1`) come into the tables that nothing of the life below fills. Whoever adds a table
# says here how, or below why it has nothing of anybody.
PLANTED = {
    "achievements_earned": """with made as (
            insert into tendril.achievements (name, position, title, description, icon, filter, created_at)
            values ('first', 1, '{"en": "First"}', '{"en": "First"}', '1', '{}', tendril.clock())
            returning name)
        insert into tendril.achievements_earned (user_id, achievement, earned_at)
        select $1::uuid, made.name, tendril.clock() from made""",
    "alert_mutes": """insert into tendril.alert_mutes (user_id, muted_at) select $1::uuid, tendril.clock()""",
    "audit_log": f"""insert into tendril.audit_log (actor, action, subject, details, at)
        select 'telegram:{CHAT}', 'looked', $1::uuid::text, jsonb_build_object('who', $1::uuid),
            tendril.clock()""",
    "callbacks": """with told as (
            insert into tendril.callback_subscribers (url, events, secret, created_by, created_at, changed_at)
            select 'https://example.com', '{delivery.sent}', 'whsec_', 'admin_api', tendril.clock(),
                tendril.clock()
            returning id)
        insert into tendril.callbacks
            (subscriber_id, key, type, user_id, occurred_at, created_at, next_attempt_at, give_up_at)
        select told.id, 'sent:1', 'delivery.sent', $1::uuid, tendril.clock(), tendril.clock(),
            tendril.clock(), tendril.clock() from told""",
    "campaign_members": """with campaign as (
            insert into tendril.campaigns
                (name, title, kind, steps, schedule, created_by, created_at, changed_at)
            values ('spring', 'Spring', 'triggered', '[]', '{}', 'admin_api', tendril.clock(),
                tendril.clock())
            returning id)
        insert into tendril.campaign_members (campaign_id, user_id, since)
        select campaign.id, $1::uuid, tendril.clock() from campaign""",
    "commitments": f"""insert into tendril.commitments (user_id, text, due_at, due_day, lapses_at, created_at)
        select $1::uuid, '{NAME}', tendril.clock(), '2026-03-03', tendril.clock(), tendril.clock()""",
    "broadcast_views": f"""insert into tendril.broadcast_views
            (user_id, broadcast_id, chat_id, message_id, shown_at)
        select $1::uuid, b.id, {CHAT}, 1, tendril.clock() from tendril.broadcasts b""",
    "conversions": """with goal as (
            insert into tendril.campaigns
                (name, title, kind, steps, schedule, created_by, created_at, changed_at)
            select 'goal', 'Goal', 'drip', '[]', '{}', 'admin', tendril.clock(), tendril.clock()
            returning id)
        insert into tendril.conversions (behavior_event_id, user_id, campaign_id, enrollment_id, is_engaged,
            is_last_touch, occurred_at, recorded_at)
        select b.id, $1::uuid, goal.id, e.id, false, true, tendril.clock(), tendril.clock()
        from goal, tendril.behavior_events b, tendril.enrollments e
        where b.user_id = $1::uuid and e.user_id = $1::uuid limit 1""",
    "dialogues": f"""insert into tendril.dialogues (user_id, name, state, begun_at, expires_at)
        select $1::uuid, 'name', '{{"typed": "{NAME}"}}', tendril.clock(), tendril.clock()""",
    "event_attendance": f"""insert into tendril.event_attendance
            (event_id, user_id, attended, recorded_by, at)
        select e.id, $1::uuid, true, 'telegram:{CHAT}', tendril.clock() from tendril.events e""",
    "event_registrations": """insert into tendril.event_registrations (event_id, user_id, status, source, at)
        select e.id, $1::uuid, 'registered', 'bot', tendril.clock() from tendril.events e""",
    "feedback": f"""insert into tendril.feedback (user_id, text, at)
        select $1::uuid, '{NAME}', tendril.clock()""",
    "idempotency_keys": f"""insert into tendril.idempotency_keys
            (caller, key, request, begun_at, expected_until, status, answer)
        select '\\x01', 'once', '\\x01', tendril.clock(), tendril.clock(), 200,
            jsonb_build_object('user_id', $1::uuid, 'name', '{NAME}')::text""",
    "interventions": f"""insert into tendril.interventions
            (user_id, type, status, decided_by, created_at, until)
        select $1::uuid, 'human_outreach', 'open', 'telegram:{CHAT}', tendril.clock(), tendril.clock()""",
    "outreach_tasks": f"""insert into tendril.outreach_tasks
            (intervention_id, user_id, created_at, tell_at, decided_by)
        select i.id, $1::uuid, tendril.clock(), tendril.clock(), 'telegram:{CHAT}'
        from tendril.interventions i""",
    "league_members": """with league as (
            insert into tendril.leagues (week, tier, places, closes_at)
            values ('2026-03-02', 1, 1, tendril.clock()) returning id)
        insert into tendril.league_members (user_id, week, league_id, joined_at)
        select $1::uuid, '2026-03-02', league.id, tendril.clock() from league""",
    "link_codes": f"""insert into tendril.link_codes (code, user_id, expires_at)
        select '{CODE}', $1::uuid, tendril.clock()""",
    "drop_off_risks": """insert into tendril.drop_off_risks
            (user_id, risk, weekly, monthly, confidence, model, day, calculated_at, due_at)
        select $1::uuid, 70, 80, 60, 0.5, 'rules', '2026-03-02', tendril.clock(), tendril.clock()""",
    "user_scores": """insert into tendril.user_scores (user_id, calculated_at)
        select $1::uuid, tendril.clock()""",
    "profiles": """insert into tendril.profiles (user_id, chosen) select $1::uuid, '{"pace": "slow"}'""",
    "dashboard_links": """insert into tendril.dashboard_links (token_hash, user_id, expires_at)
        select '\\x01', $1::uuid, tendril.clock()""",
    "pod_members": """insert into tendril.pod_members (pod_id, user_id, joined_at)
        select p.id, $1::uuid, tendril.clock() from tendril.pods p""",
    "telegram_updates": f"""insert into tendril.telegram_updates
            (update_id, telegram_id, payload, error, received_at, handled_at)
        select 1, {CHAT}, '{{"text": "{NAME}"}}', '{NAME}', tendril.clock(), tendril.clock()
        from tendril.users u where u.id = $1::uuid""",
    "streak_days": """insert into tendril.streak_days (user_id, day, kind)
        select $1::uuid, '2026-02-01', 'repaired'""",
    "streak_gifts": """insert into tendril.streak_gifts (user_id, level, day, freezes)
        select $1::uuid, 5, '2026-03-02', 1""",
    "streaks": "insert into tendril.streaks (user_id, freezes) select $1::uuid, 2 on conflict do nothing",
    "xp_days": """insert into tendril.xp_days (user_id, day, xp)
        select $1::uuid, '2026-02-01', 10""",
    "xp_ledger": """insert into tendril.xp_ledger (user_id, award_key, action, xp, day, earned_at)
        select $1::uuid, 'once', 'lesson', 10, '2026-03-02', tendril.clock()""",
    "xp_totals": """insert into tendril.xp_totals (user_id, xp, level, changed_at)
        select $1::uuid, 10, 1, tendril.clock() on conflict do nothing""",
}
LIVED = {
    *("users", "contact_points", "user_preferences", "enrollments", "message_deliveries", "delivery_events"),
    *("behavior_events", "behavior_days", "sequence_opt_outs", "message_wishes", "active_weeks"),
    "score_marks",
    "standings",  # by the XP of a day
}
OF_NOBODY = {
    *(
        "clock",
        "time_zones",
        "migrations",
        "duties",
        "send_budgets",
        "send_places",
        "time_notices",
        "sequences",
    ),
    *("sequence_versions", "sequence_steps", "pages"),  # what is said to everybody
    *("templates", "template_versions", "experiments", "experiment_variants"),
    *("campaigns", "campaign_runs", "campaign_pages"),
    "global_holdout",
    "behavior_keys",  # ids, which go with the events
    *("profile_rules", "profile_fields"),  # the same for everybody
    *("activity_marks", "activity_days", "activation_days", "activity_state"),  # sums, and how far they are
    *("active_counts", "active_marks"),  # sums, and hours
    "intervention_rules",  # settings
    *("risk_models", "risk_watch"),  # figures about many
    *("score_slices", "score_population"),  # how far a round has come; sums
    *("pods", "events", "broadcasts"),  # are for others; of who made them only the id is there, which goes
    *("xp_actions", "xp_levels", "streak_rules"),  # the same for everybody
    *("leagues", "league_state", "standing_counts", "standing_changes", "achievements"),  # frames and sums
    "achievement_marks",  # numbers of behavior events, at most
    "suppressions",  # hashes
    *("service_pauses", "admin_alerts", "refused_callbacks"),  # about the service
    *(
        "mail_domains",
        "analytics_state",
        "analytics_rebuilds",
        "delivery_marks",
        "folded_deliveries",
    ),  # numbers of messages, at most
    *("delivery_cells", "delivery_spreads", "step_counts", "enrollment_counts", "cohort_counts"),  # sums
    *("delivery_sums", "spread_sums", "delivery_quarters"),  # sums of those
    *("callback_subscribers", "callback_attempts"),  # who is told, and how it went
    *("pattern_looks", "patterns"),  # sums
}
SHARED = """
insert into tendril.pods (name, timezone, weekday, local_time, invitation_code, invitation_expires_at,
        created_by, created_at)
    select 'Larks', 'UTC', 1, '09:00', 'lark', tendril.clock(), $1::uuid, tendril.clock();
"""
EVENT = """
insert into tendril.events (kind, title, starts_at, timezone, planned_on, created_by, created_at)
    select 'webinar', 'Begin', tendril.clock(), 'UTC', '2026-03-03', $1::uuid, tendril.clock();
"""
BROADCAST = """
insert into tendril.broadcasts (audience, filter, content, created_by, created_at)
    select 'everybody', '{}', '{}', $1::uuid, tendril.clock();
"""


@pytest.fixture
async def mira(world: World, connection: asyncpg.Connection) -> str:
    """Somebody with something in every table that can have something of somebody."""
    await world.publish(step(channels=["email"]), step(name="second", after="1 day"))
    await world.publish(step(), name="declined")
    user: str = (
        await world.call("register_telegram_user", telegram_id=CHAT, first_name=NAME, username=NAME)
    )["user_id"]
    await world.call("open_contact_point", user_id=user, channel="email", address=EMAIL)
    await world.did(user, "goal_set", metadata={"goal": NAME})
    await world.enroll(user, context={"name": NAME, "code": CODE})
    (row,) = await world.deliver("email")
    await world.tell(row, "opened", details={"address": EMAIL})
    await world.tell({"tracking_id": None}, "other", details={"address": EMAIL})
    await world.call("express_wish", tracking_id=row["tracking_id"], wish="less", source="email")
    await world.call("decline_sequence", user_id=user, sequence="declined")
    for statement in (SHARED, EVENT, BROADCAST, *PLANTED.values()):
        await connection.execute(statement, user)
    return user


async def everything(connection: asyncpg.Connection) -> dict[str, str]:
    """The whole content of each table."""
    names = await connection.fetch(
        "select relname from pg_class where relnamespace = 'tendril'::regnamespace "
        "and relkind in ('r', 'p') and not relispartition order by 1"
    )
    return {
        name: await connection.fetchval(f"select coalesce(jsonb_agg(t), '[]')::text from tendril.{name} t")
        for (name,) in names
    }


def holding(tables: dict[str, str], *marks: str) -> set[str]:
    return {name for name, content in tables.items() if any(mark in content for mark in marks)}


async def test_of_every_table_it_is_said_how_it_forgets_somebody(connection: asyncpg.Connection) -> None:
    assert set(await everything(connection)) - OF_NOBODY == LIVED | set(PLANTED)


async def test_what_refers_to_a_user_goes_with_them_or_lets_go(connection: asyncpg.Connection) -> None:
    stubborn = await connection.fetch(
        "select conrelid::regclass::text, conname from pg_constraint "
        "where confrelid = 'tendril.users'::regclass and confdeltype not in ('c', 'n')"
    )

    assert stubborn == []


async def test_a_life_leaves_something_in_every_table(connection: asyncpg.Connection, mira: str) -> None:
    found = holding(await everything(connection), mira, *MARKS)

    # wishes and events of deliveries name the delivery, which names them
    assert found | {"message_wishes"} >= LIVED | set(PLANTED)


async def test_after_the_deletion_no_table_has_anything_of_them(
    world: World, connection: asyncpg.Connection, mira: str
) -> None:
    await world.call("delete_user", user_id=mira, source="telegram")

    tables = await everything(connection)
    assert holding(tables, mira, *MARKS) == set()
    assert {name for name in (LIVED | set(PLANTED)) if tables[name] != "[]"} <= {
        "audit_log",
        "idempotency_keys",
        "telegram_updates",
    }
    # only the number of an update stays
    assert [
        json.loads(tables["telegram_updates"])[0][key] for key in ("telegram_id", "payload", "error")
    ] == [
        None,
        {},
        None,
    ]


async def test_the_audit_log_says_that_somebody_was_deleted_and_not_who(
    world: World, connection: asyncpg.Connection, mira: str
) -> None:
    await world.call("delete_user", user_id=mira, source="telegram")

    last = await connection.fetchrow(
        "select actor, action, subject from tendril.audit_log order by id desc limit 1"
    )
    assert tuple(last) == ("telegram", "user.delete", None)


async def test_others_keep_what_is_theirs(world: World, connection: asyncpg.Connection, mira: str) -> None:
    bob = await world.person()
    await world.enroll(bob)
    before = (await world.call("export_user", user_id=bob))["message_deliveries"]

    await world.call("delete_user", user_id=mira, source="page")

    assert (await world.call("export_user", user_id=bob))["message_deliveries"] == before
    assert await connection.fetchval("select count(*) from tendril.pods") == 1


async def test_deleting_twice_is_deleting_once(world: World, mira: str) -> None:
    answers = [await world.call("delete_user", user_id=mira, source="page") for _ in range(2)]

    assert [answer["deleted"] for answer in answers] == [True, False]


async def test_what_is_being_sent_meanwhile_has_nothing_left_to_record(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), step(name="second"))
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim()

    await world.call("delete_user", user_id=ada, source="page")
    outcome = await world.record(rows)

    assert [each["applied"] for each in outcome] == [False]
    assert await connection.fetchval("select count(*) from tendril.message_deliveries") == 0


async def test_what_is_told_of_their_mail_afterwards_does_not_say_whose_it_was(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.call("delete_user", user_id=ada, source="page")

    await world.tell(row, "delivered", details={"address": "user1@example.org", "raw": {}, "url": "x"})

    kept = await connection.fetchval("select details::text from tendril.delivery_events")
    assert kept == '{"url": "x"}'


async def test_an_import_does_not_bring_consent_back(world: World) -> None:
    ada = await world.person(telegram=False)
    await world.call("delete_user", user_id=ada, source="page")
    await world.publish(step(channels=["email"]))

    again = (await world.call("create_user", email_address="user1@example.org"))["user_id"]
    await world.enroll(again)

    assert await world.claim("email") == []
    assert await world.states(again) == [("email", "skipped", "address_suppressed")]


async def test_who_starts_again_themselves_is_written_to_again(world: World) -> None:
    await world.publish(step())
    ada = await world.person(email=False)
    await world.call("delete_user", user_id=ada, source="page")

    again = (await world.call("register_telegram_user", telegram_id=1))["user_id"]
    await world.call("start_again", user_id=again, source="telegram")
    await world.enroll(again)

    assert again != ada
    assert len(await world.claim()) == 1


async def test_a_complaint_outlives_the_deletion_and_the_way_back(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person(email=False)
    await connection.execute(
        "insert into tendril.suppressions values ('telegram', tendril.address_hash('1'), 'complaint', now())"
    )
    await world.call("delete_user", user_id=ada, source="page")

    again = (await world.call("register_telegram_user", telegram_id=1))["user_id"]
    await world.call("start_again", user_id=again, source="telegram")

    assert await world.call("is_suppressed", channel="telegram", address="1")


# The export


async def test_the_export_has_every_table_that_has_something_of_them(
    world: World, connection: asyncpg.Connection, mira: str
) -> None:
    exported = await world.call("export_user", user_id=mira)

    told = {name for name, rows in exported.items() if isinstance(rows, list) and rows}
    # who looked at them, what a program was told for a day, and what waits to be read, is no table of theirs
    assert told == (LIVED | set(PLANTED)) - {"audit_log", "idempotency_keys", "telegram_updates"}
    assert exported["users"][0]["first_name"] == NAME
    assert exported["exported_at"].startswith(MONDAY_NOON[:10])


async def test_the_export_has_no_codes_and_nobody_else(world: World, mira: str, clock: Clock) -> None:
    bob = await world.person()
    await world.did(bob, "goal_set")

    exported = json.dumps(await world.call("export_user", user_id=mira))

    assert CODE not in exported
    assert bob not in exported


async def test_an_export_does_not_help_to_prove_an_address(world: World) -> None:
    await world.publish(
        step(channels=["email"], recipient="email", content={"default": {"subject": "s", "body": "b"}}),
        name="email_verification",
        message_class="transactional",
    )
    ada = await world.person(email=False)
    await world.call("request_email", user_id=ada, email_address="someone@example.org")
    (row,) = await world.deliver("email")
    code = row["context"]["code"]

    exported: Any = await world.call("export_user", user_id=ada)

    assert exported["contact_points"][1]["address"] == "someone@example.org"
    assert code not in json.dumps(exported)
    assert "message_content" not in exported["message_deliveries"][0]
