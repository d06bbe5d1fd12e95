"""Rates from the ledger: the sums are what counting every message anew would give, whatever happened."""

import json
from contextlib import closing
from typing import Any

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.fixtures.database import Clock
from tests.sql.conftest import World, step
from tests.sql.histories import Database, play
from tests.sql.test_properties import PEOPLE, Lives

# Each message for itself, as docs/analytics.md says it is counted.
BY_HAND = """
with messages as (
    select d.*, coalesce(d.sent_at, d.failed_at, d.scheduled_at) at time zone 'UTC' as told_at,
        d.sent_at is not null and d.delivery_status not in ('bounced', 'failed', 'pending', 'sending')
            and (d.channel <> 'email' or d.delivered_at is not null or d.delivery_status = 'complained')
        as arrived
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
    count(*) filter (where d.arrived and (exists (select from tendril.message_wishes w
        where w.delivery_id = d.id and w.wish in ('not', 'stop')) or exists (
            select from tendril.behavior_events b
            where b.event_id like 'unsubscribed:' || d.tracking_id || '%')))::int as unsubscribed
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
PLACES_BY_HAND = """
select e.version_id, e.status, e.status_reason as reason, e.current_step as step, count(*)::int as people
from tendril.enrollments e group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""
PLACES_FROM_SUMS = """
select c.version_id, c.status, c.reason, c.step, sum(c.people)::int as people
from tendril.enrollment_counts c group by 1, 2, 3, 4 having sum(c.people) <> 0 order by 1, 2, 3, 4
"""
ACTIVE_BY_HAND = """
select date_trunc('week', u.created_at at time zone 'UTC')::date as signed_up_in,
    date_trunc('week', b.occurred_at at time zone 'UTC')::date as week, count(distinct u.id)::int as people
from tendril.behavior_events b join tendril.users u on u.id = b.user_id where b.source <> 'clock'
group by 1, 2 order by 1, 2
"""
ACTIVE_FROM_SUMS = """
select c.signed_up_in, c.week, sum(c.people)::int as people from tendril.cohort_counts c
group by 1, 2 having sum(c.people) <> 0 order by 1, 2
"""
QUARTERS_BY_HAND = """
select date_bin('15 minutes', d.sent_at, 'epoch') as quarter, d.channel, count(*)::int as sent,
    count(*) filter (where a.arrived)::int as delivered,
    count(coalesce(d.opened_at, d.clicked_at)) filter (where a.arrived)::int as opened,
    count(d.clicked_at) filter (where a.arrived)::int as clicked
from tendril.message_deliveries d
cross join lateral (
    select d.delivery_status = 'complained' or d.delivery_status in ('sent', 'delivered', 'opened', 'clicked')
        and (d.channel <> 'email' or d.delivered_at is not null) as arrived) a
where d.sent_at is not null group by 1, 2 order by 1, 2
"""
QUARTERS_FROM_SUMS = """
select quarter, channel, sent, delivered, opened, clicked from tendril.delivery_quarters
where sent <> 0 order by 1, 2
"""
UNLIKE_CELLS = """
with cells as (
    select date_trunc('month', c.day)::date as month, c.channel, sum(c.deliveries) as deliveries,
        sum(c.delivered) as delivered, sum(c.opened) as opened, sum(c.value) as value,
        sum(c.open_seconds) as open_seconds, sum(c.deliveries) filter (where c.outcome = 'skipped') as skipped
    from tendril.delivery_cells c group by 1, 2 having sum(c.deliveries) <> 0
), coarser as (
    select s.grain, date_trunc('month', s.day)::date as month, s.channel, sum(s.deliveries) as deliveries,
        sum(s.delivered) as delivered, sum(s.opened) as opened, sum(s.value) as value,
        sum(s.open_seconds) as open_seconds, sum(s.skipped) as skipped
    from tendril.delivery_sums s group by 1, 2, 3
)
select g.grain, c.month, c.channel
from cells c cross join tendril.analytics_grains() g
left join coarser s on s.grain = g.grain and s.month = c.month and s.channel = c.channel
where (s.deliveries, s.delivered, s.opened, s.value, s.open_seconds, s.skipped)
    is distinct from (c.deliveries, c.delivered, c.opened, c.value, c.open_seconds, coalesce(c.skipped, 0))
"""
ALL_SUMS = (
    "select * from tendril.delivery_cells where deliveries <> 0 order by cell",
    "select * from tendril.delivery_spreads where deliveries <> 0 order by 1, 2, 3, 4, 5, 6, 7",
    "select * from tendril.step_counts where people <> 0 order by 1, 2, 3, 4, 5, 6",
    "select * from tendril.delivery_sums where deliveries <> 0 order by cell",
    "select * from tendril.spread_sums where deliveries <> 0 order by 1, 2, 3, 4, 5",
    QUARTERS_FROM_SUMS,
    PLACES_FROM_SUMS,
    ACTIVE_FROM_SUMS,
)
COUNTED = ("deliveries", "sent", "people", "delivered", "opened")
CONVERSION = """
with experiment as (
    insert into tendril.experiments (name, title, sequence, seed, goal, created_by, created_at)
    select 'words', 'Words', 'course', 'words', '{"event": "bought"}', 'nobody', tendril.clock()
    returning id
)
insert into tendril.conversions (behavior_event_id, user_id, experiment_id, enrollment_id, delivery_id,
    is_engaged, is_last_touch, value, occurred_at, recorded_at)
select b.id, b.user_id, x.id, $1, $2, true, false, 12.5, b.occurred_at, b.occurred_at
from tendril.behavior_events b cross join experiment x where b.type = 'bought'
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


async def test_the_chat_and_the_analytics_tell_the_same_numbers(world: World) -> None:
    await world.publish(step(channels=["email"], fallback="none"))
    for _ in range(3):
        await world.enroll(await world.person())
    clicked, complained, bounced = await world.deliver("email")
    await world.tell(clicked, "clicked")
    await world.tell(complained, "complained")
    await world.tell(bounced, "opened", "bounced")
    await world.call("fold_deliveries")

    (total,) = await world.call("analytics")
    chat = (await world.call("statistics", days=30))["channels"]["email"]

    assert {name: total[name] for name in chat} == chat
    assert chat == {"sent": 3, "delivered": 2, "opened": 1, "clicked": 1}


async def test_who_got_a_step_over_two_channels_is_one_person(world: World) -> None:
    await world.publish(step(fallback="both"))
    await world.enroll(await world.person())
    await world.deliver()
    await world.deliver("email")
    await world.call("fold_deliveries")

    (total,) = await world.call("analytics")
    funnel = await world.call("sequence_funnel", sequence="course")

    assert (total["sent"], total["people"], funnel["steps"][0]["got"]) == (2, 1, 1)


async def test_planning_and_claiming_mark_nothing(world: World, connection: asyncpg.Connection) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    rows_ = await world.claim()
    before = await connection.fetchval("select count(*) from tendril.delivery_marks")
    await world.record(rows_)

    assert (before, await connection.fetchval("select count(*) from tendril.delivery_marks")) == (0, 1)


async def test_what_a_message_led_to_is_owed_once(world: World, connection: asyncpg.Connection) -> None:
    await world.publish(step())
    ada = await world.person()
    run = await world.enroll(ada)
    (row,) = await world.deliver()
    await world.call("fold_deliveries")
    await world.did(ada, "bought")
    await connection.execute(CONVERSION, run["enrollment_id"], row["id"])
    await world.call("fold_deliveries")

    (total,) = await world.call("analytics")
    assert (total["converted"], total["conversions"], float(total["value"])) == (1, 1, 12.5)

    await connection.execute(
        "select tendril.take_back_behavior(array_agg(event_id)) from tendril.behavior_events "
        "where type = 'bought'"
    )
    await world.call("fold_deliveries")
    (total,) = await world.call("analytics")
    assert (total["converted"], float(total["value"])) == (0, 0)


async def test_those_held_out_are_counted_where_they_would_have_been(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    run = await world.enroll(await world.person())
    await connection.execute(
        "update tendril.enrollments set status = 'cancelled', status_reason = 'holdout' where id = $1",
        run["enrollment_id"],
    )

    (course,) = await world.call("analytics", group_by="sequence")
    funnel = await world.call("sequence_funnel", sequence="course")

    assert (course["held_out"], course["sent"]) == (1, 0)
    assert (funnel["held_out"], funnel["entered"]) == (1, 0)


async def test_whoever_folds_waits_for_nobody(world: World, connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute("select from tendril.analytics_state for update")

        assert await world.call("fold_deliveries") is None


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"channel": "email"},
        {"sequence": "course"},
        {"step": "second"},
        {"mail_provider": "other"},
        {"mail_provider": "other", "step": "second"},
        {"message_class": "sequence", "sequence": "course", "mail_provider": "other"},
    ],
)
async def test_many_months_are_the_sum_of_their_days(
    world: World, clock: Clock, filters: dict[str, str]
) -> None:
    mail_only = {"channels": ["email"], "fallback": "none"}
    await world.publish(step(**mail_only), step(name="second", after="40 days", **mail_only))
    for days in (0, 20, 55):
        await clock.advance(f"{days} days")
        await world.enroll(await world.person())
        (mail, *_) = await world.deliver("email")
        await world.tell(mail, "opened", "delivered")
    await world.call("fold_deliveries")
    asked = {"since": "2026-03-01", "until": "2026-06-10", "filters": filters}

    by_day, total, by_step = [
        [
            sum(row[name] for row in await world.call("analytics", group_by=group_by, **asked))
            for name in COUNTED
        ]
        for group_by in ("day", "total", "step")
    ]

    assert by_day == total == by_step
    assert total[0] > 0


@pytest.mark.parametrize(
    ("group_by", "filters", "of_days", "of_months"),
    [
        ("total", {"channel": "email", "message_class": "reminder"}, "all", "sequence_month"),
        ("mail_provider", {}, "provider", "month"),
        ("sequence", {"campaign": "winter"}, "sequence", "sequence_month"),
        ("step", {"sequence": "course"}, "step", "step_month"),
        ("variant", {"experiment": "words"}, "variant", "variant_month"),
        ("step", {"mail_provider": "gmail"}, None, "month"),
    ],
)
async def test_a_question_reads_the_coarsest_sums_that_answer_it(
    connection: asyncpg.Connection,
    group_by: str,
    filters: dict[str, str],
    of_days: str | None,
    of_months: str,
) -> None:
    found = [
        await connection.fetchval(
            "select tendril.sums_for($1, $2, $3)", group_by, json.dumps(filters), monthly
        )
        for monthly in (False, True)
    ]

    assert found == [of_days, of_months]


async def test_a_median_is_read_from_buckets_and_at_most_a_fifth_off(world: World, clock: Clock) -> None:
    await world.publish(step(channels=["email"], fallback="none"))
    for _ in range(3):
        await world.enroll(await world.person())
    mails = await world.deliver("email")
    for mail, minutes in zip(mails, (1, 30, 400), strict=True):
        await world.tell(mail, "opened", occurred_at=f"2026-03-02T{12 + minutes // 60}:{minutes % 60:02}:00Z")
    await world.call("fold_deliveries")

    (opened,) = await world.call("response_times")

    assert opened["what"] == "open"
    assert abs(opened["median_seconds"] / 1800 - 1) < 0.2


class CountedLives(Lives):
    """As in test_properties; meanwhile sums are folded, people move, are merged and deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.database.rows("select tendril.rebuild_analytics()")

    @rule(batch=st.sampled_from([1, 3, 1000]))
    def fold(self, batch: int) -> None:
        self.database.call("fold_deliveries", batch=batch)

    @rule(person=PEOPLE, zone=st.sampled_from(["Europe/Berlin", "Asia/Tokyo"]))
    def move_away(self, person: int, zone: str) -> None:
        self.database.rows("update tendril.users set timezone = $2 where id = $1", self.users[person], zone)

    @rule(actor=st.sampled_from(["human", "machine", "unknown"]))
    def judge_again(self, actor: str) -> None:
        self.database.rows("update tendril.delivery_events set actor = $1 where type = 'opened'", actor)

    @precondition(lambda self: self.mails())
    @rule(choice=st.randoms(use_true_random=False), wish=st.sampled_from(["less", "not"]))
    def wish(self, choice: Any, wish: str) -> None:
        self.database.rows(
            "insert into tendril.message_wishes (delivery_id, wish, user_id, before, at) "
            "select d.id, $2, d.user_id, '{}', tendril.clock() from tendril.message_deliveries d "
            "where d.id = $1 on conflict do nothing",
            choice.choice(self.mails()),
            wish,
        )

    def teardown(self) -> None:
        """At the end somebody is deleted, and two are one."""
        deleted, kept, gone = self.users
        self.database.call("merge_users", from_user=gone, into_user=kept)
        self.counted()
        self.database.call("delete_user", user_id=deleted, source="test")
        self.counted()
        found = self._sums()
        self.database.call("rebuild_analytics", batch=2)
        assert found == self._sums()

    def counted(self) -> None:
        while self.database.call("fold_deliveries", batch=7):
            pass
        assert self.database.rows(FROM_SUMS) == self.database.rows(BY_HAND)
        assert self.database.rows(PLACES_FROM_SUMS) == self.database.rows(PLACES_BY_HAND)
        assert self.database.rows(ACTIVE_FROM_SUMS) == self.database.rows(ACTIVE_BY_HAND)
        assert self.database.rows(QUARTERS_FROM_SUMS) == self.database.rows(QUARTERS_BY_HAND)
        assert self.database.rows(UNLIKE_CELLS) == []

    def _sums(self) -> list[Any]:
        return [self.database.rows(query) for query in ALL_SUMS]


def test_the_sums_are_right_after_any_history(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        play(type("CountedLivesHere", (CountedLives,), {"database": database}), examples=8, steps=40)
