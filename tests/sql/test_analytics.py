"""Rates from the ledger: the sums are what counting every message anew would give, whatever happened."""

from typing import Any

import asyncpg

from tests.fixtures.database import Clock
from tests.sql.conftest import World, step

# Each message for itself, as docs/analytics.md says it is counted.
BY_HAND = """
with messages as (
    select d.*, coalesce(d.sent_at, d.failed_at, d.scheduled_at) at time zone 'UTC' as told_at,
        d.sent_at is not null and d.delivery_status not in ('bounced', 'failed', 'pending', 'sending')
            and (d.channel <> 'email' or d.delivered_at is not null or d.delivery_status = 'complained') as arrived
    from tendril.message_deliveries d
    where d.delivery_status not in ('pending', 'sending') or d.sent_at is not null
)
select d.told_at::date::text as day, d.sequence_type, d.channel, count(*)::int as deliveries,
    count(d.sent_at)::int as sent, count(*) filter (where d.arrived)::int as delivered,
    count(coalesce(d.opened_at, d.clicked_at)) filter (where d.arrived)::int as opened,
    count(d.clicked_at) filter (where d.arrived)::int as clicked,
    count(*) filter (where d.delivery_status = 'complained')::int as complained,
    count(*) filter (where exists (select from tendril.delivery_events v
        where v.delivery_id = d.id and v.type = 'bounced'))::int as hard_bounced,
    count(*) filter (where d.arrived and exists (select from tendril.message_wishes w
        where w.delivery_id = d.id and w.wish in ('not', 'stop')))::int as unsubscribed
from messages d
group by 1, 2, 3 order by 1, 2, 3
"""
FROM_SUMS = """
select c.day::text, v.sequence as sequence_type, c.channel, sum(c.deliveries)::int as deliveries,
    sum(c.sent)::int as sent, sum(c.delivered)::int as delivered, sum(c.opened)::int as opened,
    sum(c.clicked)::int as clicked, sum(c.complained)::int as complained,
    sum(c.hard_bounced)::int as hard_bounced, sum(c.unsubscribed)::int as unsubscribed
from tendril.delivery_cells c join tendril.sequence_versions v on v.id = c.version_id
group by 1, 2, 3 having sum(c.deliveries) <> 0 order by 1, 2, 3
"""


async def rows(connection: asyncpg.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch(query)]


async def test_what_became_of_messages_is_counted_as_by_hand(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), step(name="second", after="1 day", channels=["email"]))
    for _ in range(4):
        await world.enroll(await world.person())
    await world.deliver()
    await clock.advance("1 day")
    opened, clicked, bounced, complained = await world.deliver("email")
    await world.call("fold_deliveries")
    await world.tell(opened, "opened", "delivered")
    await world.tell(clicked, "clicked", "opened")
    await world.tell(bounced, "delivered", "bounced")
    await world.tell(complained, "complained", "delivered")
    await world.call("fold_deliveries")

    assert await rows(connection, FROM_SUMS) == await rows(connection, BY_HAND)
    assert await world.call("fold_deliveries") == 0
