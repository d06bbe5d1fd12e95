"""Campaigns: each time comes once, on the right clock, and everything stops when it is told to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest

from storage.store import Conflict, Invalid
from tests.fixtures.database import Clock
from tests.fixtures.sandbox import until
from tests.sql.conftest import Row, World, step

ANCHORED = [
    step(name="one", after="1 day", anchor="enrollment", stale_after="12 hours"),
    step(name="two", after="3 days", anchor="enrollment", stale_after="12 hours"),
]
PRO = {"attributes.plan": "pro"}


async def drafted(world: World, **changes: Any) -> int:
    draft = {
        "name": "news",
        "title": "News",
        "kind": "one_time",
        "steps": [{"name": "hello"}],
        "schedule": {"at": "2026-03-02T13:00"},
        "timezone": "UTC",
    } | changes
    return int((await world.call("draft_campaign", campaign=draft, created_by="admin_api"))["id"])


async def begun(
    world: World, *times: str, messages: list[Row] | None = None, over: bool = True, **changes: Any
) -> int:
    """A campaign with messages of its own, which has been activated; name what differs."""
    campaign = await drafted(world, **changes)
    name = f"campaign_{changes.get('name', 'news')}"
    steps = [each | {"position": n} for n, each in enumerate(messages or [step()], 1)]
    await world.call(
        "activate_campaign",
        campaign_id=campaign,
        filter=changes.get("filter", {}),
        definition={"name": name, "title": "News", "message_class": "announcement", "steps": steps},
        upcoming=times,
        is_rule_over=over,
    )
    return campaign


async def carried(world: World, **arguments: Any) -> int:
    """In how many pieces all was done that there was to do."""
    for pieces in range(1000):
        if await world.call("carry_campaigns", **arguments) is None:
            return pieces
    raise AssertionError("it never ends")


async def runs(world: World, campaign: int) -> list[Row]:
    listed: list[Row] = await world.call("list_campaign_runs", campaign_id=campaign)
    return sorted(listed, key=lambda run: (run["due_at"], run["id"]))


async def status(world: World, campaign: int) -> str:
    return str((await world.call("describe_campaign", campaign_id=campaign))["status"])


async def settle(world: World, user: str, timezone: str) -> None:
    await world.call("set_preferences", user_id=user, changes={"timezone": timezone})


async def subscribe(connection: asyncpg.Connection, user: str, plan: str = "pro") -> None:
    query = "update tendril.users set attributes = jsonb_build_object('plan', $2::text) where id = $1"
    await connection.execute(query, user, plan)


async def test_a_time_that_has_come_enrolls_everybody_once(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(5)]
    campaign = await begun(world, "2026-03-02T13:00")
    await carried(world)
    assert await runs(world, campaign) == []
    await clock.advance("1 hour")

    await carried(world, batch=2)
    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [1] * 5
    (run,) = await runs(world, campaign)
    assert (run["status"], run["seen"], run["enrolled"]) == ("done", 5, 5)


async def test_it_is_completed_when_its_messages_are_gone(world: World, clock: Clock) -> None:
    await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    assert await status(world, campaign) == "active"

    await world.deliver()
    await carried(world)

    assert await status(world, campaign) == "completed"


@pytest.mark.parametrize(
    ("zone", "time", "instant"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"),  # skipped
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # comes twice
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"),  # by half an hour
        ("Pacific/Kiritimati", "2026-03-29T09:00", "2026-03-28T19:00"),
        ("Pacific/Midway", "2026-03-29T09:00", "2026-03-29T20:00"),
    ],
)
async def test_a_local_time_comes_once_where_clocks_change(
    world: World, clock: Clock, zone: str, time: str, instant: str
) -> None:
    user = await world.person()
    await settle(world, user, zone)
    await clock.set(datetime.fromisoformat(instant) - timedelta(hours=30))
    campaign = await begun(world, time, timezone=None, schedule={"at": time}, stale_after="1 hour")

    for _ in range(60):
        await clock.advance("1 hour")
        await carried(world)

    (run,) = await runs(world, campaign)
    assert run["due_at"].startswith(instant)
    assert (run["zone"], run["status"], run["enrolled"]) == (zone, "done", 1)
    assert len(await world.deliveries(user)) == 1


async def test_each_zone_has_its_turn_and_its_audience_of_that_moment(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    tokyo, berlin = await world.person(), await world.person()
    await settle(world, tokyo, "Asia/Tokyo")
    await settle(world, berlin, "Europe/Berlin")
    campaign = await begun(
        world, "2026-03-03T09:00", timezone=None, schedule={"at": "2026-03-03T09:00"}, filter=PRO
    )
    await clock.set("2026-03-03T00:10")  # ten past nine in Tokyo, where nobody is meant yet
    await carried(world)

    await subscribe(connection, berlin)
    await clock.set("2026-03-03T08:10")
    await carried(world)

    found = [(run["zone"], run["seen"]) for run in await runs(world, campaign)]
    assert found == [("Asia/Tokyo", 0), ("Europe/Berlin", 1)]
    assert len(await world.deliveries(berlin)) == 1
    assert await world.deliveries(tokyo) == []


async def test_a_zone_whose_time_was_over_at_the_activation_is_left_out(world: World, clock: Clock) -> None:
    tokyo, new_york = await world.person(), await world.person()
    await settle(world, tokyo, "Asia/Tokyo")
    await settle(world, new_york, "America/New_York")
    campaign = await begun(world, "2026-03-02T09:00", timezone=None, schedule={"at": "2026-03-02T09:00"})

    await clock.set("2026-03-02T14:30")
    await carried(world)

    assert [run["zone"] for run in await runs(world, campaign)] == ["America/New_York"]


async def test_two_carriers_at_once_enroll_nobody_twice(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(12)]
    campaign = await begun(world, "2026-03-02T13:00")
    await begun(world, "2026-03-02T13:00", name="more")
    await clock.advance("1 hour")

    await asyncio.gather(*(carried(world, batch=2) for _ in range(4)))
    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [2] * 12
    assert [run["enrolled"] for run in await runs(world, campaign)] == [12]


async def test_a_page_that_was_cut_off_is_done_again_as_a_whole(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    people = [await world.person() for _ in range(4)]
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await world.call("carry_campaigns", batch=2)  # its time becomes a run
    await world.call("carry_campaigns", batch=2)
    killed = connection.transaction()
    await killed.start()
    await connection.fetchval("select tendril.carry_campaigns(2)")
    await killed.rollback()

    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [1] * 4
    assert [run["enrolled"] for run in await runs(world, campaign)] == [4]


WAITS_FOR_US = """select exists (
    select from pg_locks l where not l.granted and pg_backend_pid() = any (pg_blocking_pids(l.pid)))"""


@asynccontextmanager
async def under_way(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> AsyncIterator[tuple[int, asyncio.Task[Any]]]:
    """A campaign to four people in two pages, and somebody who is in the midst of the first of them."""
    for _ in range(4):
        await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    for _ in range(3):
        await world.call("carry_campaigns", batch=2)  # its time becomes a run, and that two pages
    async with connection.transaction():
        await connection.execute("select from tendril.users order by id limit 2 for update")
        carrying = asyncio.create_task(world.call("carry_campaigns", batch=2))
        await until(partial(connection.fetchval, WAITS_FOR_US))
        yield campaign, carrying
    await carrying


async def test_several_are_about_different_pages_of_one_campaign_at_once(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    async with under_way(world, clock, connection) as (campaign, _):
        await carried(world, batch=2)
        (halfway,) = await runs(world, campaign)
    await carried(world, batch=2)

    (run,) = await runs(world, campaign)
    assert (halfway["status"], halfway["enrolled"]) == ("running", 2)
    assert (run["status"], run["seen"], run["enrolled"], run["left_out"]) == ("done", 4, 4, {})
    assert len(await world.claim()) == 4


async def test_a_pause_waits_for_no_page_and_holds_what_it_plans(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    async with under_way(world, clock, connection) as (campaign, carrying):
        await world.call("pause_campaign", campaign_id=campaign)
        was_under_way = not carrying.done()

    assert was_under_way
    assert await carried(world, batch=2) == 0
    assert await world.claim() == []
    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world, batch=2)
    assert len(await world.claim()) == 4


async def test_a_cancel_waits_for_no_page_and_ends_what_it_plans(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    async with under_way(world, clock, connection) as (campaign, carrying):
        await world.call("cancel_campaign", campaign_id=campaign)
        was_under_way = not carrying.done()
    await carried(world, batch=2)

    (run,) = await runs(world, campaign)
    assert (was_under_way, run["status"], await world.claim()) == (True, "cancelled", [])
    query = "select delivery_status, count(*) from tendril.message_deliveries group by 1"
    assert [tuple(row) for row in await connection.fetch(query)] == [("cancelled", 2)]
    assert await connection.fetchval("select count(*) from tendril.campaign_pages") == 0


async def test_a_throttle_that_is_set_under_way_counts_once_the_open_pages_are_done(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    for _ in range(4):
        await world.person()
    async with under_way(world, clock, connection) as (campaign, _):
        await world.call("change_campaign", campaign_id=campaign, changes={"per_minute": 3})

    counts = []
    for _ in range(4):
        await carried(world, batch=2)
        counts.append(sum(run["enrolled"] for run in await runs(world, campaign)))
        await clock.advance("61 seconds")

    assert counts == [4, 7, 8, 8]


async def test_who_presses_start_waits_for_no_campaign(world: World, clock: Clock) -> None:
    await world.publish(step())
    for _ in range(3):
        await world.person()
    await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await clock.advance("1 minute")
    newcomer = await world.person()
    await world.enroll(newcomer)

    claimed = [row["user_id"] for row in await world.claim(batch=1)]

    assert claimed == [newcomer]
    assert len(await world.claim(batch=10)) == 3


async def test_no_more_are_enrolled_in_any_minute_than_may_be(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    for _ in range(8):
        await world.person()
    campaign = await begun(world, "2026-03-02T13:00", per_minute=3)
    await clock.advance("1 hour")

    counts = []
    for _ in range(4):
        await carried(world, batch=2)
        counts.append(sum(run["enrolled"] for run in await runs(world, campaign)))
        await carried(world, batch=2)
        await clock.advance("61 seconds")

    assert counts == [3, 6, 8, 8]


async def test_what_could_not_begin_in_time_is_stale_and_says_so(world: World, clock: Clock) -> None:
    user = await world.person()
    campaign = await begun(
        world, "2026-03-02T13:00", "2026-03-03T13:00", kind="recurring",
        schedule={"every": "day", "at": "13:00"}, stale_after="2 hours",
    )  # fmt: skip
    await clock.set("2026-03-03T14:00")

    await carried(world)

    assert [run["status"] for run in await runs(world, campaign)] == ["stale", "done"]
    assert len(await world.deliveries(user)) == 1


async def test_a_rule_is_asked_for_more_when_few_times_are_left(world: World, clock: Clock) -> None:
    await world.person()
    campaign = await begun(
        world, "2026-03-02T13:00", kind="recurring", schedule={"every": "day", "at": "13:00"}, over=False
    )
    (wanted,) = await world.call("campaigns_to_schedule")
    assert (wanted["campaign_id"], wanted["after"]) == (campaign, "2026-03-02T13:00:00")
    times = {"upcoming": ["2026-03-03T13:00"], "is_rule_over": True}

    added = [
        await world.call("schedule_campaign", campaign_id=campaign, after=wanted["after"], **times)
        for _ in range(2)
    ]
    await clock.set("2026-03-03T13:01")
    await carried(world)

    assert added == [True, False]
    assert [run["occurrence"] for run in await runs(world, campaign)] == [
        "2026-03-02T13:00",
        "2026-03-03T13:00",
    ]


async def test_a_pause_holds_what_is_planned_and_a_resume_releases_it(world: World, clock: Clock) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)

    await world.call("pause_campaign", campaign_id=campaign)
    assert await world.claim() == []
    assert await world.states(user) == [("telegram", "pending", "campaign_paused")]
    await clock.advance("1 hour")
    await world.call("resume_campaign", campaign_id=campaign)

    assert len(await world.claim()) == 1


async def held(world: World, clock: Clock, connection: asyncpg.Connection, people: int) -> int:
    """A paused campaign that holds a message for each of so many people; gives its id."""
    await connection.execute(
        "with made as (insert into tendril.users (first_name, timezone, created_at)"
        " select 'Ada', 'UTC', tendril.clock() from generate_series(1, $1) returning id) "
        "insert into tendril.contact_points (user_id, channel, address, state, created_at)"
        " select id, 'telegram', id::text, 'active', tendril.clock() from made",
        people,
    )
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await world.call("pause_campaign", campaign_id=campaign)
    assert await world.claim(batch=people) == []
    return campaign


RELEASED = (
    "select count(*) from tendril.message_deliveries d"
    " where d.delivery_status = 'pending' and d.next_attempt_at <= tendril.clock()"
)


async def test_the_first_of_what_was_held_leaves_at_once_and_the_rest_in_pieces(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 1050)

    await world.call("resume_campaign", campaign_id=campaign)
    counts = [await connection.fetchval(RELEASED)]
    while await world.call("carry_campaigns", batch=20):
        counts.append(await connection.fetchval(RELEASED))

    assert counts == [1000, 1020, 1040, 1050]
    assert len({row["id"] for row in await world.claim(batch=2000)}) == 1050


async def test_a_pause_in_the_middle_of_a_release_holds_all_of_it_again(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 1010)
    await world.call("resume_campaign", campaign_id=campaign)
    await world.call("pause_campaign", campaign_id=campaign)

    assert await carried(world) == 0
    assert await world.claim(batch=2000) == []
    assert await connection.fetchval(RELEASED) == 0

    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world)
    assert len(await world.claim(batch=2000)) == 1010


async def test_what_a_claim_held_while_the_campaign_was_resumed_is_released_a_little_later(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await world.call("pause_campaign", campaign_id=campaign)
    claiming = connection.transaction()
    await claiming.start()
    await connection.fetch("select tendril.claim_due_deliveries('slow', 'telegram', 10)")

    await world.call("resume_campaign", campaign_id=campaign)
    await claiming.commit()
    await carried(world)
    assert await world.states(user) == [("telegram", "pending", "campaign_paused")]
    await clock.advance("2 minutes")
    await carried(world)

    assert len(await world.claim()) == 1
    assert await carried(world) == 0


async def test_a_paused_campaign_enrolls_nobody_and_then_those_in_time(world: World, clock: Clock) -> None:
    user = await world.person()
    campaign = await begun(
        world, "2026-03-02T13:00", "2026-03-03T13:00", kind="recurring",
        schedule={"every": "day", "at": "13:00"}, stale_after="2 hours",
    )  # fmt: skip
    await world.call("pause_campaign", campaign_id=campaign)
    await clock.set("2026-03-03T14:00")
    assert await carried(world) == 0

    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world)

    assert [run["occurrence"] for run in await runs(world, campaign)] == ["2026-03-03T13:00"]
    assert len(await world.deliveries(user)) == 1


async def test_a_cancelled_campaign_sends_nothing_any_more(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(3)]
    campaign = await begun(world, "2026-03-02T13:00", messages=[step(), step(name="later", after="1 day")])
    await clock.advance("1 hour")
    await carried(world)
    await world.deliver()

    await world.call("cancel_campaign", campaign_id=campaign)
    await world.call("cancel_campaign", campaign_id=campaign)

    assert (await world.states(people[0]))[-1] == ("telegram", "cancelled", "campaign_cancelled")
    await clock.advance("3 days")
    assert await world.claim() == []


async def test_the_gate_stops_what_a_cancelled_campaign_has_not_cleared_yet(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await connection.execute("update tendril.campaigns set status = 'cancelled' where id = $1", campaign)

    assert await world.claim() == []
    assert await world.states(user) == [("telegram", "cancelled", "campaign_cancelled")]


async def test_one_message_is_taken_back_and_its_sequence_goes_on(world: World, clock: Clock) -> None:
    user = await world.person()
    await begun(world, "2026-03-02T13:00", messages=[step(), step(name="later", after="1 day")])
    await clock.advance("1 hour")
    await carried(world)
    (waiting,) = await world.deliveries(user)

    await world.call("cancel_delivery", delivery_id=waiting["delivery_id"])

    assert await world.states(user) == [("telegram", "skipped", "by_admin"), ("telegram", "pending", None)]


async def test_a_page_that_fails_is_tried_five_times_and_admins_are_told(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await connection.execute("update tendril.campaigns set filter = '{\"user.height\": 1}'")
    await clock.advance("1 hour")

    for _ in range(6):
        await carried(world)
        await clock.advance("5 minutes")

    (run,) = await runs(world, campaign)
    assert (run["status"], run["attempts"]) == ("failed", 5)
    assert "user.height" in run["error"]
    assert [cause["kind"] for cause in await world.call("alert_causes")] == ["campaign_failed"]

    await connection.execute("update tendril.campaigns set filter = '{}'")
    await world.call("pause_campaign", campaign_id=campaign)
    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world)
    assert len(await world.deliveries(user)) == 1
    assert await world.call("alert_causes") == []


# Drips


async def test_a_drip_counts_from_each_ones_own_day(world: World, clock: Clock) -> None:
    old = await world.person()
    await clock.advance("1 hour")
    schedule = {"anchor": "user.created_at"}
    campaign = await begun(world, kind="drip", schedule=schedule, messages=ANCHORED)
    await clock.advance("2 hours")
    new = await world.person()
    joined = await clock.now()

    await clock.advance("6 hours")
    await carried(world)
    await clock.advance("10 minutes")
    await carried(world)

    assert await world.deliveries(old) == []
    (first,) = await world.deliveries(new)
    due = datetime.fromisoformat(first["scheduled_at"])
    assert 86_390 < (due - joined).total_seconds() < 86_410
    (run,) = await runs(world, campaign)
    assert (run["status"], run["enrolled"]) == ("waiting", 1)


async def test_existing_people_get_the_steps_that_lie_ahead_of_them(world: World, clock: Clock) -> None:
    user = await world.person()
    await clock.advance("2 days")
    schedule = {"anchor": "user.created_at", "include_existing": True}
    await begun(world, kind="drip", schedule=schedule, messages=ANCHORED)

    await carried(world)
    await world.deliver()
    await clock.advance("1 day")
    await world.deliver()

    assert await world.states(user) == [("telegram", "skipped", "stale"), ("telegram", "sent", None)]


async def test_a_date_that_is_noted_later_begins_a_drip_then(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    users = [await world.person() for _ in range(4)]
    schedule = {"anchor": "attributes.trial.began_on"}
    await begun(world, kind="drip", schedule=schedule, messages=ANCHORED)
    await carried(world)
    for user, began_on in zip(users, ["2026-03-03", "2026-02-31", "soon", "2026-03-01"], strict=True):
        await connection.execute(
            "update tendril.users set timezone = 'Europe/Berlin',"
            " attributes = jsonb_build_object('trial', jsonb_build_object('began_on', $2::text))"
            " where id = $1",
            user,
            began_on,
        )

    await clock.advance("6 minutes")
    await carried(world)

    found = [await world.deliveries(user) for user in users]
    assert [len(deliveries) for deliveries in found] == [1, 0, 0, 0]
    assert found[0][0]["scheduled_at"].startswith("2026-03-03T23:00")  # midnight of the fourth in Berlin


# Triggered


async def test_an_event_triggers_a_campaign_where_both_filters_hold(
    world: World, connection: asyncpg.Connection
) -> None:
    pro, free = await world.person(), await world.person()
    await subscribe(connection, pro)
    schedule = {"event": "lesson_complete", "filter": {"context.grade": {"$gte": 2}}, "again_after": "1 day"}
    campaign = await begun(world, kind="triggered", schedule=schedule, filter=PRO)

    await world.did(pro, "lesson_complete", metadata={"grade": 1})
    assert await world.deliveries(pro) == []
    for user in (pro, free, pro):
        await world.did(user, "lesson_complete", metadata={"grade": 2})

    assert [len(await world.deliveries(user)) for user in (pro, free)] == [1, 0]
    described = await world.call("describe_campaign", campaign_id=campaign)
    (day,) = await world.call("list_campaign_runs", campaign_id=campaign)
    assert (described["enrolled"], day["enrolled"]) == (1, 1)


async def test_only_who_enters_a_filter_is_enrolled_and_again_after_leaving(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    present, other = await world.person(), await world.person()
    await subscribe(connection, present)
    schedule = {"entered": True, "again_after": "1 day"}
    await begun(world, kind="triggered", schedule=schedule, filter=PRO)
    enrolled = []

    for plan in ("free", "pro", "pro", "free", "pro"):
        await carried(world, batch=1)
        await subscribe(connection, other, plan)
        await clock.advance("25 hours")
        await carried(world, batch=1)
        await world.deliver()
        enrolled.append(len(await world.deliveries(other)))

    assert enrolled == [0, 1, 1, 1, 2]
    assert await world.deliveries(present) == []


# Life


async def test_of_a_campaign_under_way_only_some_things_change(world: World) -> None:
    campaign = await begun(world, "2026-03-02T13:00")

    changed = await world.call(
        "change_campaign", campaign_id=campaign, changes={"title": "New", "per_minute": 5}
    )

    assert (changed["title"], changed["per_minute"], changed["revision"]) == ("New", 5, 3)
    with pytest.raises(Conflict, match="duplicate"):
        await world.call(
            "change_campaign", campaign_id=campaign, changes={"schedule": {"at": "2027-01-01T09:00"}}
        )
    with pytest.raises(Conflict, match="changed in the meantime"):
        await world.call("pause_campaign", campaign_id=campaign, revision=2)
    with pytest.raises(Conflict, match="only a draft"):
        await world.call("delete_campaign", campaign_id=campaign)


async def test_messages_that_ask_for_what_nobody_brings_are_refused(world: World) -> None:
    await world.publish(step(), name="reminder", context=["title", "note?"])
    campaign = await drafted(world, steps=None, sequence="reminder")

    with pytest.raises(Invalid, match='"title"') as refused:
        await world.call("activate_campaign", campaign_id=campaign, filter={}, upcoming=["2026-03-02T13:00"])

    assert refused.value.detail == "sequence"
    assert await status(world, campaign) == "draft"


async def test_whom_it_left_out_is_counted_with_the_reason(world: World, clock: Clock) -> None:
    await world.publish(step())
    people = [await world.person() for _ in range(3)]
    await world.call("decline_sequence", user_id=people[0], sequence="course")
    await world.enroll(people[1], key="2026-03-02T13:00")
    campaign = await drafted(world, steps=None, sequence="course")
    await world.call("activate_campaign", campaign_id=campaign, filter={}, upcoming=["2026-03-02T13:00"])
    await clock.advance("1 hour")

    await carried(world)

    (run,) = await runs(world, campaign)
    assert Counter(run["left_out"]) == {"sequence_declined": 1, "already_enrolled": 1}
    whole = await world.call("describe_campaign_run", campaign_id=campaign, run_id=run["id"])
    assert whole["messages"] == [{"status": "pending", "reason": None, "n": 1}]
