"""A ledger of a year for measurements: people, their runs through sequences, each message, what became of it.

Ten messages for each person, in twenty sequences of five steps; half of those belong to campaigns,
    and four have
variants. What was said is not in it, as in a ledger that was pruned (docs/scaling.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from sequences.definition import Content, Step
from sequences.definition import Sequence as SequenceDefinition
from storage.store import Store

SEQUENCES = 20
STEPS = 5
MESSAGES_OF_A_PERSON = 10
AT_ONCE = 100_000
CONNECTIONS = 3

PROGRAMS = """
insert into tendril.campaigns (name, title, kind, sequence, message_class, schedule, created_by,
    created_at, changed_at)
select 'campaign_' || n, 'Campaign ' || n, 'drip', 'course_' || n, 'sequence', '{}', 'nobody', c.now, c.now
from generate_series(11, 20) n cross join (select tendril.clock() as now offset 0) c;
insert into tendril.experiments (name, title, sequence, seed, goal, created_by, created_at)
select 'experiment_' || n, 'Experiment ' || n, 'course_' || n, 'seed', '{"event": "bought"}', 'nobody',
    tendril.clock()
from generate_series(1, 4) n;
"""
# Ids as random as those of the service, and the same in each run.
PEOPLE = """
insert into tendril.users (id, first_name, timezone, last_active_at, created_at)
select overlay(overlay(md5(n::text) placing '4' from 13) placing '8' from 17)::uuid, 'Ada ' || n,
    (array['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'UTC'])[1 + n % 4],
    c.now - interval '1 day' * (abs(hashint8extended(n, 1)) % 90),
        c.now - interval '380 days' * (n::float8 / $3::bigint)
from generate_series($1::bigint, $2) n cross join (select tendril.clock() as now offset 0) c;
"""
ADDRESSES = """
insert into tendril.contact_points (user_id, channel, address, state, created_at)
select u.id, t.channel, case t.channel when 'telegram' then (1000000 + u.n)::text
    else u.n || '@' || (array['gmail.com', 'gmail.com', 'outlook.com', 'yahoo.com', 'icloud.com',
        'gmx.de', 'example.com'])[1 + u.n % 7]
    end, 'active', tendril.clock()
from bench.people u cross join (values ('telegram'), ('email')) as t (channel)
where u.n between $1 and $2 and $3::bigint > 0
"""
PREFERENCES = """
insert into tendril.user_preferences (user_id) select u.id
    from bench.people u where u.n between $1 and $2 and $3::bigint > 0
"""
RUNS = """
insert into tendril.enrollments (id, user_id, sequence, version_id, status, current_step, campaign_id,
    experiment_id, variant,
    stepped_at, anchor_at, enrolled_at)
overriding system value
select r.k, u.id, s.name, s.current_version_id, case
    when r.began < c.now - interval '14 days' then 'completed' else 'active' end,
    case when r.began < c.now - interval '14 days' then 5 else 1 end, g.id, x.id,
    case when x.id is not null then (array['words', 'pictures'])[1 + r.k / 20 % 2] end, r.began, r.began,
        r.began
from (select tendril.clock() as now offset 0) c
cross join lateral (
    select k, c.now - interval '365 days' + interval '365 days' * (k::float8 / $3::bigint) as began from
        generate_series($1::bigint, $2) k
) r
join bench.people u on u.n = 1 + r.k * 7919 % ($3 / 2)
join tendril.sequences s on s.name = 'course_' || 1 + r.k % 20
left join tendril.campaigns g on g.sequence = s.name
left join tendril.experiments x on x.sequence = s.name
"""
# Of a thousand mails ten come back, two are complained of, and some four hundred are opened.
MESSAGES = """
insert into tendril.message_deliveries (id, enrollment_id, user_id, version_id, sequence_type,
    message_step, message_class, channel,
    delivery_status, reason, recipient_address, scheduled_at, next_attempt_at, sent_at, delivered_at,
        opened_at, clicked_at, engaged_at,
    failed_at, failure_reason, provider_message_id, created_at)
overriding system value
select m.id, m.enrollment_id, m.user_id, m.version_id, m.sequence, m.step, 'sequence', m.channel, m.status,
    case m.status when 'skipped' then 'frequency_cap' end,
    m.address, m.due, m.due, case when m.status not in ('pending', 'failed', 'skipped') then m.due end,
    case when m.channel = 'email' and m.status in ('delivered', 'opened', 'clicked',
        'complained') then m.due + interval '20 seconds' end,
    case when m.channel = 'email' and m.status in ('opened', 'clicked') then m.due + m.delay end,
    case when m.status = 'clicked' then m.due + m.delay end, case when m.status in ('opened',
        'clicked') then m.due + m.delay end,
    case m.status when 'failed' then m.due end, case m.status when 'failed' then 'blocked' end,
    case when m.channel = 'email' then 'mail-' || m.id end, m.due
from (
    select l.*, least(interval '1 second' * (60 * power(2, (l.luck >> 20 & 1023) / 80.0)),
        c.now - l.due) as delay,
        case when l.due > c.now then 'pending'
            when l.channel = 'email' then case when l.fate < 10 then 'bounced'
                when l.fate < 12 then 'complained' when l.fate < 40 then 'skipped'
                when l.fate < 80 then 'clicked' when l.fate < 460 then 'opened' else 'delivered' end
            else case when l.fate < 15 then 'failed' when l.fate < 50 then 'skipped'
                when l.fate < 150 then 'clicked' else 'sent' end
        end as status
    from (select tendril.clock() as now offset 0) c
    cross join lateral (
        select e.id * 5 + s.step as id, e.id as enrollment_id, e.user_id, e.version_id, e.sequence,
            s.step, e.enrolled_at + s.after as due,
            h.luck, h.luck >> 4 & 1023 as fate, case
                when h.luck & 15 < 9 then 'email' else 'telegram' end as channel, p.address
        from tendril.enrollments e
        join tendril.contact_points p on p.user_id = e.user_id and p.channel = 'email'
        cross join (values (1, interval '0'), (2, interval '2 days'), (3, interval '5 days'), (4,
            interval '9 days'), (5, interval '14 days')) as s (step, after)
        cross join lateral (select hashint8extended(e.id * 8 + s.step, 3) as luck) h
        where e.id between $1 and $2 and $3::bigint > 0
    ) l
) m
"""
TOLD = """
insert into tendril.delivery_events (event_id, delivery_id, source, type, actor, occurred_at, recorded_at)
select 'bench:' || d.id || ':' || t.type, d.id, t.source, t.type, case when t.type in ('opened',
    'clicked') then 'human' end, t.at, t.at
from tendril.message_deliveries d
cross join lateral (values
    ('delivered', 'resend', d.delivered_at), ('opened', 'resend', case
        when d.channel = 'email' then d.opened_at end),
    ('clicked', 'link', d.clicked_at), ('bounced', 'resend', case d.delivery_status
        when 'bounced' then d.sent_at end)
) as t (type, source, at)
where t.at is not null and d.id between $1 * 5 + 1 and $2 * 5 + 5 and $3::bigint > 0
"""
# One behavior event for each enrollment and a half, and a goal that one in fifty reaches.
BEHAVIOR = """
with did as (
    insert into tendril.behavior_events (id, event_id, user_id, type, source, occurred_at, recorded_at)
    select tendril.first_behavior_id(e.enrolled_at) + e.id * 8 + g.n, 'bench:' || e.id || ':' || g.n,
        e.user_id,
        case when e.id % 50 = g.n then 'bought' else 'lesson_complete' end, 'telegram',
            e.enrolled_at + g.n * interval '5 hours',
        e.enrolled_at + g.n * interval '5 hours'
    from tendril.enrollments e cross join generate_series(0, 2) as g (n)
    where e.id between $1 and $2 and $3::bigint > 0
    returning id, event_id, user_id, type, occurred_at
), known as (
    insert into tendril.behavior_keys (event_id, behavior_event_id) select event_id, id from did
)
insert into tendril.conversions (behavior_event_id, user_id, campaign_id, enrollment_id, delivery_id,
    is_engaged, is_last_touch, value,
    occurred_at, recorded_at)
select b.id, b.user_id, e.campaign_id, e.id, e.id * 5 + 1, true, true, 12.5, b.occurred_at, b.occurred_at
from did b join tendril.enrollments e on e.id = split_part(b.event_id, ':', 2)::bigint
where b.type = 'bought' and e.campaign_id is not null
"""
# What is not a constraint is built afterwards, when nothing has to be put in between.
INDEXES = """
select format('%I.%I', n.nspname, c.relname) as name, pg_get_indexdef(c.oid) as definition
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where i.indrelid = any (array['tendril.message_deliveries', 'tendril.delivery_events', 'tendril.users',
    'tendril.enrollments']::regclass[])
    and not exists (select from pg_constraint o where o.conindid = c.oid)
"""
# Who asks for figures in Berlin has the days of Berlin counted.
ADMIN = "update tendril.users set roles = '{admin}' where id = (select id from bench.people where n = 4)"
NUMBERED = """
create schema if not exists bench;
create table bench.people as
select n, overlay(overlay(md5(n::text) placing '4' from 13) placing '8' from 17)::uuid as id
    from generate_series(1, {people}) n;
alter table bench.people add primary key (n);
"""


async def fill(dsn: str, store: Store, deliveries: int) -> None:
    """So many messages, without what triggers and sums would make of them."""
    people = deliveries // MESSAGES_OF_A_PERSON
    runs = deliveries // STEPS
    connection = await asyncpg.connect(dsn)
    await _programs(connection, store)
    await connection.execute(NUMBERED.format(people=people))
    async with _without_indexes(connection):
        for statement in (PEOPLE, ADDRESSES, PREFERENCES, RUNS, MESSAGES, TOLD, BEHAVIOR):
            count = people if statement in (PEOPLE, ADDRESSES, PREFERENCES) else runs
            await _in_parts(dsn, statement, count)
            await connection.execute("analyze")
    for table, count in (("enrollments", runs), ("message_deliveries", deliveries)):
        await connection.execute(
            f"select setval(pg_get_serial_sequence('tendril.{table}', 'id'), {count} + 100)"
        )
    await connection.execute(ADMIN)
    await connection.execute("vacuum analyze")
    await connection.close()


async def _programs(connection: asyncpg.Connection, store: Store) -> None:
    for number in range(1, SEQUENCES + 1):
        name = f"course_{number}"
        steps = tuple(
            Step(place, f"step_{place}", {"default": Content("Hello", "News")}, ("email",))
            for place in range(1, STEPS + 1)
        )
        await store.call("publish_sequence", definition=SequenceDefinition(name, name, steps).as_json())
    await connection.execute(PROGRAMS)
    for month in range(-13, 1):
        await connection.execute(
            "select tendril.make_behavior_months(0, tendril.clock() + $1 * interval '1 month')", month
        )


@asynccontextmanager
async def _without_indexes(connection: asyncpg.Connection) -> AsyncIterator[None]:
    indexes = await connection.fetch(INDEXES)
    for index in indexes:
        await connection.execute(f"drop index {index['name']}")
    yield
    await connection.execute("set maintenance_work_mem = '512MB'")
    for index in indexes:
        await connection.execute(index["definition"])


async def _in_parts(dsn: str, statement: str, count: int) -> None:
    parts = [(place, min(place + AT_ONCE - 1, count), count) for place in range(1, count + 1, AT_ONCE)]
    await asyncio.gather(
        *(_part(dsn, statement, parts[number::CONNECTIONS]) for number in range(CONNECTIONS))
    )


async def _part(dsn: str, statement: str, parts: Sequence[tuple[int, int, int]]) -> None:
    """Without triggers and foreign keys: what they would do is what is measured afterwards."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "set session_replication_role = replica; set synchronous_commit = off; set jit = off"
    )
    for part in parts:
        await connection.execute(statement, *part)
    await connection.close()
