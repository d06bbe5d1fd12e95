"""Weeks of messages to people of whom each answers at a rate of their own."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.sql.conftest import World, step, world

__all__ = ["world"]
Flood = Callable[..., Awaitable[None]]
MESSAGES = """
with people as (
    insert into tendril.users (first_name, timezone, locale, source, created_at)
    select 'Ada', 'UTC', case when random() < 0.3 then 'de-DE' else 'en' end, 'telegram', '2025-12-01T12:00Z'
    from generate_series(1, $1) returning id
), rates as materialized (
    select id, random() ^ 2 * 0.6 as rate from people
), runs as (
    insert into tendril.enrollments
        (user_id, sequence, version_id, key, status, source, context, stepped_at, anchor_at, enrolled_at)
    select r.id, v.sequence, v.id, n::text, 'active', 'api', '{}', t.at, t.at, t.at
    from rates r
    cross join lateral generate_series(1, 1 + (random() * $2 + r.rate * 0)::int) n
    cross join lateral (
        select timestamptz '2026-01-05T00:00Z' + random() * interval '50 days' as at where r.rate >= n - n) t
    cross join lateral (select v.id, v.sequence from tendril.sequence_versions v
        where r.rate >= 0 and n > 0 order by random() limit 1) v
    returning id, user_id, version_id, sequence, enrolled_at
), sent as (
    insert into tendril.message_deliveries (enrollment_id, user_id, version_id, sequence_type, message_step,
        message_class, channel, scheduled_at, next_attempt_at, created_at, sent_at, delivery_status,
        max_attempts, engaged_at)
    select e.id, e.user_id, e.version_id, e.sequence, 1, 'sequence', 'telegram', e.enrolled_at, e.enrolled_at,
        e.enrolled_at, e.enrolled_at, 'sent', 5,
        case when random() < r.rate + case when extract(hour from e.enrolled_at at time zone 'UTC') = 9
            then $3::float8 else 0 end then e.enrolled_at + interval '1 hour' end
    from runs e join rates r on r.id = e.user_id
    returning user_id, sent_at
)
insert into tendril.behavior_days (user_id, day, type, events, first_at, last_at, half_hours)
select user_id, (sent_at at time zone 'UTC')::date + 2, 'tapped', 1, min(sent_at), min(sent_at), 1
from sent where random() < 0.4 group by 1, 2
"""


@pytest.fixture
async def flood(world: World, connection: asyncpg.Connection) -> Flood:
    """Writes what became of messages straight into the tables: to so many `people`, at most so many to each,
    answered more often at nine by so much.
    """
    await world.publish(step())
    await world.publish(step(), name="other")

    async def write(people: int = 400, most: int = 12, *, seed: float = 0.1, at_nine: float = 0.0) -> None:
        async with connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            await connection.execute(f"select setseed({seed})")
            await connection.execute(MESSAGES, people, most, at_nine)

    return write
