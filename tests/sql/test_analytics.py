"""Rates from the ledger: the sums are what counting every message anew would give, whatever happened and in whatever order."""

from typing import Any

import asyncpg

from tests.fixtures.database import Clock
from tests.sql.conftest import World, step

# Each message for itself, as docs/analytics.md says it is counted; a day is that of sending.
BY_HAND = """
select (coalesce(d.sent_at, d.failed_at, d.scheduled_at) at time zone 'UTC')::date::text as day, d.sequence_type, d.channel,
    count(*) as deliveries, count(d.sent_at) as sent,
    count(distinct (d.enrollment_id, d.message_step)) filter (where d.sent_at is not null) as people,
    count(*) filter (where d.sent_at is not null and d.delivery_status not in ('bounced', 'failed')
        and (d.channel <> 'email' or d.delivered_at is not null)) as delivered,
    count(coalesce(d.opened_at, d.clicked_at)) as opened, count(d.clicked_at) as clicked,
    count(*) filter (where d.delivery_status = 'complained') as complained,
    count(*) filter (where exists (select from tendril.delivery_events v
        where v.delivery_id = d.id and v.type = 'bounced')) as hard_bounced
from tendril.message_deliveries d
where d.delivery_status not in ('pending', 'sending') or d.sent_at is not null
group by 1, 2, 3 order by 1, 2, 3
"""
FROM_SUMS = """
select c.day::text, v.sequence as sequence_type, c.channel, sum(c.deliveries) as deliveries, sum(c.sent) as sent,
    sum(c.people) as people, sum(c.delivered) as delivered, sum(c.opened) as opened, sum(c.clicked) as clicked,
    sum(c.complained) as complained, sum(c.hard_bounced) as hard_bounced
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
