"""The names of tables and columns that others rely on."""

import asyncpg

from tests.sql.conftest import World
from tests.sql.people import claim_address

EMAIL_PREFERENCES = [
    "user_id",
    "email_address",
    "is_verified",
    "verification_token",
    "verification_sent_at",
    "verified_at",
    "opt_in_sequences",
    "opt_in_announcements",
    "preferred_time",
    "timezone",
    "unsubscribed_at",
    "created_at",
]
MESSAGE_DELIVERIES = {
    "id",
    "user_id",
    "sequence_type",
    "message_step",
    "channel",
    "delivery_status",
    "recipient_address",
    "message_content",
    "scheduled_at",
    "sent_at",
    "delivered_at",
    "opened_at",
    "clicked_at",
    "failed_at",
    "failure_reason",
    "tracking_id",
    "attempt_count",
    "max_attempts",
    "metadata",
    "created_at",
}


async def test_the_tables_that_others_rely_on_are_there(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "select table_name from information_schema.tables where table_schema = 'tendril'"
    )
    assert {row["table_name"] for row in rows} >= {
        *("users", "contact_points", "user_preferences", "suppressions", "sequences", "enrollments"),
        *("message_deliveries", "delivery_events", "behavior_events", "send_budgets", "audit_log", "clock"),
    }


async def columns(connection: asyncpg.Connection, relation: str) -> list[str]:
    rows = await connection.fetch(
        "select column_name from information_schema.columns "
        "where table_schema = 'tendril' and table_name = $1 order by ordinal_position",
        relation,
    )
    return [row["column_name"] for row in rows]


async def test_the_email_preferences_have_the_columns_that_were_promised(
    world: World, connection: asyncpg.Connection
) -> None:
    assert await columns(connection, "user_email_preferences") == EMAIL_PREFERENCES


async def test_the_ledger_has_the_columns_that_were_promised(
    world: World, connection: asyncpg.Connection
) -> None:
    assert set(await columns(connection, "message_deliveries")) >= MESSAGE_DELIVERIES


async def test_the_email_preferences_show_the_proved_address_before_a_claimed_one(
    opt_in: World, connection: asyncpg.Connection
) -> None:
    ada = await opt_in.person(email=False, timezone="Europe/Madrid", preferred_time="evening")
    asked = await claim_address(opt_in, ada, "old@example.org")
    view = "select * from tendril.user_email_preferences"
    before = await connection.fetchrow(view)
    await opt_in.call("verify_email", user_id=ada, code=asked["code"])
    await claim_address(opt_in, ada, "new@example.org")
    (after,) = await connection.fetch(view)
    assert (before["is_verified"], before["verification_token"]) == (False, asked["code"])
    assert (after["email_address"], after["is_verified"]) == ("old@example.org", True)
    assert (after["preferred_time"], after["timezone"]) == ("evening", "Europe/Madrid")
