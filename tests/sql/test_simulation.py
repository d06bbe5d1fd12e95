"""What is simulated is what happens, and nothing of it stays."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from engagement.game import settle_streaks
from engagement.leaderboards import look_after_leaderboards
from storage.store import Invalid, NotFound, StorageError
from tests.sql.conftest import MONDAY_NOON, Row, World, step
from tests.sql.test_campaigns import carried
from tests.sql.test_experiments import draft, drawn, start

BEGIN = datetime.fromisoformat(MONDAY_NOON)
Ended = tuple[str, str, str, str | None, datetime]
Doing = tuple[datetime, str, str, Row]
"""When, who, what, and what is noted with it."""
VERDICTS = {"sent": "send", "clicked": "send", "skipped": "skip", "cancelled": "stop", "failed": "fail"}


async def simulated(world: World, *users: str, **more: Any) -> Row:
    given = {"sequence": "course", "users": list(users), "days": 20} | more
    report: Row = await world.call("simulate", simulation=given, at=BEGIN)
    return report


def told(report: Row, user: int = 0) -> list[tuple[str, ...]]:
    """(local day and time, step, channel, verdict, reason) of one user's entries."""
    return [
        (
            each["local"][8:16].replace("T", " "),
            each["step"],
            each["channel"],
            each["verdict"],
            each.get("reason", ""),
        )
        for each in report["users"][user]["entries"]
    ]


# What really happens: the same operations that the process calls, with the clock moved from one to the next.


async def lived(
    world: World,
    *,
    days: int,
    begins: datetime = BEGIN,
    blocked: Sequence[str] = (),
    answers: bool = False,
    doings: Sequence[Doing] = (),
    looks: Looks | None = None,
) -> None:
    """Works off what is due, a second after it is, until so many days have passed; some chats are closed, and
    everybody or nobody clicks an hour after a message came. `doings` are what people do on the way.
    """
    at, clicks, ahead = begins, list[tuple[datetime, Row]](), sorted(doings)
    while at < begins + timedelta(days=days):
        await world.clock.set(at)
        while ahead and ahead[0][0] <= at:
            await do(world, *ahead.pop(0))
        for click in [click for click in clicks if click[0] <= at]:
            clicks.remove(click)
            await world.call("record_delivery_events", events=[click[1]], at=at)
        if looks is not None and looks.following <= at:
            await carried(world, at=at)
        await settle_streaks(world.store)
        await look_after_leaderboards(world.store)
        await world.call("follow_up", at=at)
        idle = arrived = 0
        while idle < 3:  # what one channel skips may make the other due
            sent = await deliver(world, "telegram", at, blocked) + await deliver(world, "email", at)
            idle = 0 if sent else idle + 1
            arrived += len(sent)
            clicks += [(at + timedelta(hours=1), clicked(row)) for row in sent if answers]
        following = await upcoming(world, at) if looks is None else await looks.upcoming(at)
        coming = [following + timedelta(seconds=1)] if following else []
        coming += [doing[0] for doing in ahead] + ([looks.after(at, arrived)] if looks else [])
        at = min([*coming, *(moment for moment, _ in clicks)], default=begins + timedelta(days=days))


async def upcoming(world: World, at: datetime) -> datetime | None:
    (work,) = await world.call("upcoming_work", at=at)
    return at if work["due_now"] else work["next_at"] and datetime.fromisoformat(work["next_at"])


async def do(world: World, at: datetime, user: str, type_: str, metadata: Row) -> None:
    event = {"event_id": f"{user}:{at}", "user_id": user, "type": type_, "metadata": metadata}
    await world.call("record_behavior_events", events=[event], at=at)


class Looks:
    """When the duty looks at an audience: every five minutes, and here only where that may matter."""

    def __init__(self, connection: asyncpg.Connection, first: datetime) -> None:
        self.connection = connection
        self.first = self.following = first

    async def upcoming(self, at: datetime) -> datetime | None:
        """When the next message is due; that the duty could look is nothing to wake up for."""
        moment: datetime | None = await self.connection.fetchval(
            "select min(least(case delivery_status when 'pending' then next_attempt_at end, fallback_at))"
            " from tendril.message_deliveries where delivery_status = 'pending' or fallback_at is not null"
        )
        return None if moment is None or moment.year > 3000 else max(at, moment)

    def after(self, at: datetime, arrived: int) -> datetime:
        if self.following <= at and not arrived:
            self.following = at + timedelta(hours=1)
        elif at >= self.first:
            soon = at + timedelta(minutes=5) - (at - self.first) % timedelta(minutes=5)
            self.following = soon if self.following <= at else min(self.following, soon)
        return self.following


def clicked(row: Row) -> Row:
    return {
        "event_id": f"click:{row['id']}",
        "source": "link",
        "type": "clicked",
        "tracking_id": row["tracking_id"],
    }


async def deliver(world: World, channel: str, at: datetime, blocked: Sequence[str] = ()) -> list[Row]:
    """Gives what arrived."""
    rows: list[Row] = await world.call(
        "claim_due_deliveries", worker="worker", channel=channel, batch=100, at=at
    )
    lost = [row for row in rows if row["user_id"] in blocked and channel == "telegram"]
    outcomes = [
        {"id": row["id"], "lease_token": row["lease_token"]}
        | ({"outcome": "unreachable", "reason": "blocked"} if row in lost else {"outcome": "sent"})
        for row in rows
    ]
    await world.call("record_outcomes", outcomes=outcomes, at=at)
    return [row for row in rows if row not in lost]


async def happened(connection: asyncpg.Connection, user: str) -> list[Ended]:
    """The ledger of one user since the beginning: what ended how, over which channel, why, and when."""
    rows = await connection.fetch(
        "select s.name, d.channel, d.delivery_status as status, d.reason, coalesce(d.sent_at, d.failed_at, ("
        " select max(v.occurred_at) from tendril.delivery_events v where v.delivery_id = d.id"
        " and v.type in ('skip', 'stop'))) as at "
        "from tendril.message_deliveries d join tendril.sequence_steps s on s.version_id = d.version_id "
        "and s.position = d.message_step where d.user_id = $1::uuid and d.delivery_status <> 'pending' "
        "order by s.name, d.channel",
        user,
    )
    ended = [(row["name"], row["channel"], VERDICTS[row["status"]], row["reason"], row["at"]) for row in rows]
    return sorted((each for each in ended if each[-1] >= BEGIN), key=str)


def foretold(user: Mapping[str, Any]) -> list[Ended]:
    ended = [
        (
            each["step"],
            each["channel"],
            each["verdict"].replace("fallback", "fail"),
            each.get("reason"),
            datetime.fromisoformat(each["at"]),
        )
        for each in user["entries"]
        if each["verdict"] != "hold" and each.get("reason") != "no_engagement"
    ]
    return sorted(ended, key=str)


ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")


def any_step(chance: random.Random, number: int) -> Row:
    fallback = chance.choice(["on_failure", "on_failure", "no_engagement", "none", "both"])
    return step(
        name=f"step{number}",
        after=chance.choice(["0 seconds", "2 hours", "1 day", "3 days", "1 day 5 hours"]),
        anchor=chance.choice(["previous", "previous", "enrollment"]),
        at=chance.choice([None, None, "09:00", "23:30", "preferred"]),
        weekdays=chance.choice([None, None, [1, 3], [6, 7]]),
        channels=chance.choice([["telegram", "email"], ["email", "telegram"], ["email"], ["telegram"]]),
        fallback=fallback,
        fallback_after="26 hours" if fallback == "no_engagement" else None,
        condition=chance.choice(
            [
                None,
                None,
                {"behavior.sang": {"$count": {"$lt": 1}, "$within": "50h"}},
                {"attributes.plan": "pro"},
            ]
        ),
        stale_after=chance.choice([None, "1 hour", "3 days"]),
        quiet_hours=chance.choice([True, True, False]),
    )


async def any_person(world: World, chance: random.Random) -> str:
    user = await world.person(
        telegram=chance.random() < 0.85,
        email=chance.random() < 0.85,
        timezone=chance.choice(ZONES),
        preferred_time=chance.choice(["morning", "evening"]),
        max_per_day=chance.choice([1, 1, 3]),
        channel_order=chance.choice([[], ["email"], ["telegram", "email"]]),
        paused_until=chance.choice([None, None, "2026-03-09T10:00:00Z"]),
    )
    if chance.random() < 0.5:
        await world.did(user, "sang")
    return user


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_simulated_is_what_then_happens(
    world: World, connection: asyncpg.Connection, seed: int
) -> None:
    chance = random.Random(seed)
    await world.publish(*(any_step(chance, number) for number in range(1, 5)))
    await world.publish(*(any_step(chance, number) for number in range(5, 8)), name="other")
    users = [await any_person(world, chance) for _ in range(4)]
    for user in users[:2]:
        await world.enroll(user, "other", at=BEGIN)
    await world.clock.set(MONDAY_NOON)
    blocked, answers = users[1:2], seed % 2 == 1

    report = await simulated(
        world, *users, fails=[{"channel": "telegram", "people": blocked}], answers=int(answers)
    )
    await world.clock.set(MONDAY_NOON)
    for user in users:
        await world.enroll(user, at=BEGIN)
    await lived(world, days=20, blocked=blocked, answers=answers)

    for user in report["users"]:
        assert foretold(user) == await happened(connection, user["user_id"])


SANG_LATELY = {"behavior.sang": {"$count": {"$gte": 1}, "$within": "30h"}}
OLD_PEOPLE, HISTORY = BEGIN - timedelta(days=3), BEGIN - timedelta(days=2)


SINCE_SIGN_UP, SINCE_DATE = {"anchor": "user.created_at"}, {"anchor": "attributes.began_on"}
LOUDLY = {"event": "sang", "filter": {"context.loud": True}}


@pytest.mark.parametrize(
    ("state", "kind", "schedule", "chosen"),
    [
        ("draft", "drip", {**SINCE_SIGN_UP, "include_existing": True}, {}),
        ("active", "drip", SINCE_SIGN_UP, {}),
        ("paused", "drip", SINCE_SIGN_UP, {}),
        ("draft", "drip", SINCE_DATE, {}),
        ("active", "drip", SINCE_DATE, SANG_LATELY),
        ("draft", "triggered", LOUDLY, {}),
        ("active", "triggered", {"event": "sang", "again_after": "2 days"}, {}),
        ("paused", "triggered", {"event": "sang", "again_after": "2 days"}, {}),
        ("draft", "triggered", {"entered": True, "include_present": True}, SANG_LATELY),
        ("active", "triggered", {"entered": True, "again_after": "1 day"}, SANG_LATELY),
        ("paused", "triggered", {"entered": True}, SANG_LATELY),
    ],
)
async def test_people_enter_a_simulated_campaign_when_they_then_do(
    world: World, connection: asyncpg.Connection, state: str, kind: str, schedule: Row, chosen: Row
) -> None:
    chance = random.Random(f"{state} {kind} {schedule}")
    drafted = await a_campaign_with_history(
        world, connection, chance, state, {"kind": kind, "schedule": schedule, "filter": chosen}
    )
    users = await world.call("users_meeting", filter={})
    doings = [
        (
            BEGIN + timedelta(minutes=chance.randrange(4 * 24 * 60)),
            chance.choice(users),
            "sang",
            {"loud": loud},
        )
        for loud in (True, False, True, True, False, True)
    ]
    behavior = [
        {"type": type_, "after": str(at - BEGIN), "people": [user], "metadata": noted}
        for at, user, type_, noted in doings
    ]

    report = await simulated(
        world, *users, campaign_id=drafted, behavior=behavior, days=4, answers=1, sequence=None
    )
    await go_on(world, drafted, state)
    (due,) = await connection.fetch(
        "select max(due_at) as at from tendril.campaign_runs where campaign_id = $1", drafted
    )
    looks = None if due["at"] is None else Looks(connection, max(BEGIN, due["at"]))
    await lived(world, days=4, answers=True, doings=doings, looks=looks)

    assert [foretold(user) for user in report["users"]] == [
        await happened(connection, user) for user in users
    ]
    assert any(foretold(user) for user in report["users"])


async def a_campaign_with_history(
    world: World, connection: asyncpg.Connection, chance: random.Random, state: str, kind: Row
) -> int:
    """Of four people two came before it. Some got something of it already, if it is no draft any more."""
    first = step(name="step0", after="1 hour")
    await world.publish(first, *(any_step(chance, number) for number in range(1, 4)))
    await world.clock.set(OLD_PEOPLE)
    old = [await any_person(world, chance) for _ in range(2)]
    await connection.execute('update tendril.users set attributes = \'{"began_on": "2026-03-04"}\'')
    await world.clock.set(HISTORY)
    campaign_id = (await campaign(world, **kind))["id"]
    if state != "draft":
        await begin(world, campaign_id, HISTORY)
    await world.clock.set(HISTORY + timedelta(hours=2))
    new = [await any_person(world, chance) for _ in range(2)]
    await connection.execute(
        'update tendril.users set attributes = \'{"began_on": "2026-02-28"}\' where id = $1', new[0]
    )
    sang = [(HISTORY + timedelta(hours=5), old[0], "sang", {"loud": True})]
    sang += [(BEGIN - timedelta(hours=20), new[0], "sang", {"loud": True})]
    watching = Looks(connection, HISTORY) if "event" not in kind["schedule"] else None
    if state == "paused":
        await lived(world, begins=HISTORY, days=1, doings=sang, looks=watching)
        await world.call("pause_campaign", campaign_id=campaign_id, at=BEGIN - timedelta(days=1))
        await lived(world, begins=BEGIN - timedelta(days=1), days=1)
    else:
        await lived(world, begins=HISTORY, days=2, doings=sang, looks=watching)
    await world.clock.set(BEGIN)
    return int(campaign_id)


async def go_on(world: World, campaign_id: int, state: str) -> None:
    await world.clock.set(BEGIN)
    if state == "draft":
        await begin(world, campaign_id, BEGIN)
    elif state == "paused":
        await world.call("resume_campaign", campaign_id=campaign_id, at=BEGIN)


async def begin(world: World, campaign_id: int, at: datetime) -> None:
    described = await world.call("describe_campaign", campaign_id=campaign_id)
    await world.call("activate_campaign", campaign_id=campaign_id, filter=described["filter"], at=at)


async def contents(connection: asyncpg.Connection) -> dict[str, str]:
    """What is in every table, as a fingerprint."""
    tables = await connection.fetch(
        "select relname as name from pg_class where relnamespace = 'tendril'::regnamespace and relkind = 'r'"
    )
    return {
        table["name"]: await connection.fetchval(
            f"select count(*) || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') "
            f"from tendril.{table['name']} t"
        )
        for table in tables
    }


class Undone(Exception):
    pass


async def course(world: World) -> str:
    """Somebody in the middle of one sequence, about to be simulated in another."""
    await world.publish(
        step(), step(name="second", after="1 day", fallback="no_engagement", fallback_after="1 day")
    )
    await world.publish(step(after="1 hour"), name="other")
    ada = await world.person()
    await world.enroll(ada, "other")
    await world.did(ada, "sang")
    return ada


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"answers": 1, "behavior": [{"type": "sang", "after": "2 days"}]},
        {"fails": [{"channel": "email"}, {"channel": "telegram"}]},
        {"invented": [{"label": "x", "commitments": [{"text": "Run 5 km"}]}], "sample": 5},
        {"invented": [{"label": "x", "timezone": "Mars/Olympus"}]},
        {"definition": {"name": "course", "message_class": "sequence", "steps": [{"position": 1}]}},
        {"sequence": "nothing"},
        {"users": ["nobody@example.org"]},
    ],
)
async def test_nothing_remains_of_a_simulation_whatever_becomes_of_it(
    world: World, connection: asyncpg.Connection, more: dict[str, Any]
) -> None:
    ada = await course(world)
    before = await contents(connection)

    try:
        await simulated(world, **{"users": [ada]} | more)
    except StorageError as error:
        assert error.code in ("TN404", "TN422", "23502")

    assert await contents(connection) == before
    assert abs(await world.clock.now() - BEGIN) < timedelta(minutes=1)


@pytest.mark.parametrize("is_watching", [False, True])
async def test_workers_find_every_row_free_while_a_simulation_is_under_way(
    world: World, connection: asyncpg.Connection, is_watching: bool
) -> None:
    """It writes to nothing but its own copies, so nobody waits for it, and it waits for nobody."""
    ada = await course(world)
    played = (await campaign(world, filter={}))["id"]
    if is_watching:
        played = (await campaign(world, name="fans", kind="triggered", schedule={"entered": True}))["id"]
        await world.call(
            "activate_campaign", campaign_id=played, filter={"behavior.sang": {"$exists": False}}
        )
        await carried(world)
    given = {
        "campaign_id": played,
        "users": [ada],
        "days": 10,
        "answers": 1,
        "behavior": [{"type": "sang", "after": "1 day"}],
        "fails": [{"channel": "email"}],
    } | ({} if is_watching else {"times": ["2026-03-03T09:00", "2026-03-04T09:00"]})
    playing = await asyncpg.connect(world.clock.url)
    try:
        async with playing.transaction():
            await playing.execute("select tendril.play_simulation($1::jsonb, $2)", json.dumps(given), BEGIN)
            await connection.execute("set lock_timeout = 1")
            for table in await contents(connection):
                await connection.execute(f"select from tendril.{table} for no key update nowait")
            assert len(await world.claim("telegram")) == 0
            await world.clock.advance("2 hours")
            assert [row["user_id"] for row in await world.deliver("telegram")] == [ada]
            raise Undone
    except Undone:
        pass
    finally:
        await playing.close()


async def test_two_simulations_of_one_user_do_not_wait_for_each_other(world: World) -> None:
    ada = await course(world)
    draft = {"name": "new", "title": "New", "message_class": "sequence", "steps": [step(position=1)]}

    reports = await asyncio.gather(
        *(simulated(world, ada, sequence=None, definition=draft, days=100) for _ in range(4))
    )

    assert all(told(report) == told(reports[0]) for report in reports)


async def test_waiting_messages_of_real_people_count_for_the_same_cap(world: World) -> None:
    await world.publish(step())
    await world.publish(step(), name="other")
    ada = await world.person(max_per_day=1)
    await world.enroll(ada, "other", at=BEGIN)

    report = await simulated(world, ada)

    assert [
        (each["sequence"], each["verdict"], each["is_other"]) for each in report["users"][0]["entries"]
    ] == [
        ("other", "send", True),
        ("course", "hold", False),
        ("course", "send", False),
    ]


async def test_who_answers_is_the_same_every_time(world: World) -> None:
    await world.publish(
        step(fallback="no_engagement", fallback_after="1 day", channels=["email", "telegram"])
    )
    people = [{"label": f"person {number}"} for number in range(20)]

    once, again, nobody, everybody = [
        await simulated(world, invented=people, answers=share) for share in (0.3, 0.3, 0, 1)
    ]

    def fell_back(report: Row) -> list[str]:
        return [user["label"] for user in report["users"] if "fallback" in str(user["entries"])]

    assert fell_back(once) == fell_back(again)
    assert 8 < len(fell_back(once)) < 19
    assert (len(fell_back(nobody)), len(fell_back(everybody))) == (20, 0)


async def test_what_people_do_on_the_way_is_heeded(world: World) -> None:
    await world.publish(
        step(), step(name="second", after="3 days"), exit={"behavior.lesson_complete": {"$exists": True}}
    )
    learned = [{"type": "lesson_complete", "after": "2 days", "people": ["learner"]}]

    report = await simulated(world, invented=[{"label": "learner"}, {"label": "other"}], behavior=learned)

    assert told(report, 0)[-1] == ("05 12:00", "second", "telegram", "stop", "exit_condition")
    assert told(report, 1)[-1] == ("05 12:00", "second", "telegram", "send", "")


async def test_a_mailbox_that_sends_back_makes_the_other_channel_take_over(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"]), step(name="second", after="1 day"))

    report = await simulated(world, invented=[{"label": "x"}], fails=[{"channel": "email"}])

    assert [line[1:] for line in told(report)] == [
        ("hello", "email", "fallback", "hard_bounce"),
        ("hello", "telegram", "send", ""),
        ("second", "telegram", "send", ""),
    ]


async def test_a_version_that_nobody_published_is_simulated_for_who_runs_through_the_present_one(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    draft = {
        "name": "course",
        "title": "Course",
        "message_class": "sequence",
        "steps": [step(position=1, name="changed", after="2 hours", anchor="enrollment")],
    }

    report = await simulated(world, ada, definition=draft)

    assert told(report) == [("02 14:00", "changed", "telegram", "send", "")]
    assert await connection.fetchval("select count(*) from tendril.sequence_versions") == 1


async def test_a_suppressed_address_is_suppressed_for_the_copy_too(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email")
    await world.tell(mail, "complained")

    report = await simulated(world, ada, key="again", **{"from": BEGIN + timedelta(hours=1)})

    assert told(report)[-1][3:] == ("skip", "address_suppressed")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 401}, "days"),
        ({"sample": 501}, "sample"),
        ({"users": [], "invented": []}, "users"),
        ({"invented": [{}] * 501}, "users"),
        ({"answers": 2}, "answers"),
        ({"from": "2026-03-01T12:00:00Z"}, "from"),
        ({"from": "2126-03-01T12:00:00Z"}, "from"),
        ({"invented": [{"timezone": "Mars/Olympus"}]}, "timezone"),
        ({"invented": [{"preferences": {"max_per_day": "lots"}}]}, "max_per_day"),
    ],
)
async def test_what_a_simulation_cannot_do_is_refused(world: World, more: dict[str, Any], field: str) -> None:
    await world.publish(step())
    ada = await world.person()

    with pytest.raises(Invalid) as refused:
        await simulated(world, **{"users": [ada]} | more)

    assert refused.value.detail == field


async def test_a_version_that_is_not_there_is_not_found(world: World) -> None:
    await world.publish(step())

    with pytest.raises(NotFound) as missing:
        await simulated(world, number=7, invented=[{}])

    assert missing.value.detail == "number"


async def campaign(world: World, **more: Any) -> Row:
    drafted: Row = await world.call(
        "draft_campaign",
        campaign={
            "name": "weekly",
            "title": "Weekly",
            "kind": "recurring",
            "sequence": "course",
            "schedule": {"every": "week", "on": ["mon", "wed"], "at": "09:00"},
            "filter": {"user.days_inactive": {"$gte": 7}},
        }
        | more,
        created_by="admin",
    )
    return drafted


async def test_a_campaign_reaches_at_each_of_its_times_who_is_in_its_audience_then(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    drafted = await campaign(world)
    before = await contents(connection)
    people = [
        {"label": "long away", "last_active": "30 days", "timezone": "Europe/Berlin"},
        {"label": "soon away", "last_active": "3 days", "timezone": "Pacific/Auckland"},
    ]

    report = await simulated(
        world,
        campaign_id=drafted["id"],
        invented=people,
        times=["2026-03-04T09:00", "2026-03-09T09:00"],
    )

    assert told(report, 0) == [
        ("04 09:00", "hello", "telegram", "send", ""),
        ("09 09:00", "hello", "telegram", "send", ""),
    ]
    assert told(report, 1) == [("09 09:00", "hello", "telegram", "send", "")]
    assert await contents(connection) == before


THROTTLED = {"kind": "one_time", "schedule": {"at": "2026-03-04T09:00"}, "filter": {}, "per_minute": 2}


async def throttled(world: World, zone: str | None, people: int = 7) -> tuple[int, list[str]]:
    """An active campaign of two a minute, and its people; with each one's own clock in two zones."""
    await world.publish(step())
    drafted = await campaign(world, **THROTTLED, timezone=zone)
    users = [
        await world.person(timezone=("Asia/Tokyo", "Europe/Berlin")[number % 2]) for number in range(people)
    ]
    await world.clock.set(BEGIN)
    await world.call("activate_campaign", campaign_id=drafted["id"], filter={}, upcoming=["2026-03-04T09:00"])
    return drafted["id"], users


async def carried_through(world: World, *, begins: datetime = BEGIN, until: datetime) -> None:
    """Carries campaigns and delivers at each moment at which something is due."""
    at: datetime | None = begins
    while at is not None and at < until:
        await world.clock.set(at)
        await carried(world, at=at)
        while await deliver(world, "telegram", at):
            pass
        following = await upcoming(world, at)
        at = following if following is None or following > at else at + timedelta(seconds=1)


async def sent_at(connection: asyncpg.Connection, user: str) -> list[datetime]:
    query = "select sent_at from tendril.message_deliveries where user_id = $1 order by sent_at"
    return [row["sent_at"] for row in await connection.fetch(query, user)]


def foretold_sends(user: Row) -> list[datetime]:
    return [datetime.fromisoformat(each["at"]) for each in user["entries"] if each["verdict"] == "send"]


@pytest.mark.parametrize("zone", ["UTC", None])
@pytest.mark.parametrize("named", [slice(None), slice(4, 7), slice(0, 1)])
async def test_whom_a_throttle_holds_back_is_sent_it_in_the_minute_in_which_they_then_are(
    world: World, connection: asyncpg.Connection, zone: str | None, named: slice
) -> None:
    campaign_id, people = await throttled(world, zone)
    users = people[named]

    report = await simulated(world, *users, campaign_id=campaign_id, times=["2026-03-04T09:00"], clock=zone)
    await carried_through(world, until=BEGIN + timedelta(days=4))

    happened_at = [await sent_at(connection, user) for user in users]
    assert [foretold_sends(user) for user in report["users"]] == happened_at
    assert all(len(moments) == 1 for moments in happened_at)


async def test_the_rest_of_a_run_that_a_throttle_holds_back_is_simulated_from_where_it_is(
    world: World, connection: asyncpg.Connection
) -> None:
    campaign_id, users = await throttled(world, "UTC")
    now = datetime.fromisoformat("2026-03-04T09:01:30+00:00")
    await carried_through(world, until=now)
    await world.clock.set(now)

    given = {"campaign_id": campaign_id, "users": users, "days": 2, "times": [], "clock": "UTC"}
    report = await world.call("simulate", simulation=given, at=now)
    begun = [await sent_at(connection, user) for user in users]
    await carried_through(world, begins=now, until=BEGIN + timedelta(days=4))

    happened_at = [await sent_at(connection, user) for user in users]
    assert sum(map(len, begun)) == 4
    assert [
        sent or foretold_sends(user) for sent, user in zip(begun, report["users"], strict=True)
    ] == happened_at


async def test_who_comes_after_the_end_of_a_simulation_is_told_of_the_throttle(world: World) -> None:
    await world.publish(step())
    drafted = await campaign(world, **THROTTLED | {"per_minute": 1}, timezone="UTC")
    people = [{"label": f"person {number}"} for number in range(3)]
    begins = datetime.fromisoformat("2026-03-03T09:01:30+00:00")

    given = {"campaign_id": drafted["id"], "invented": people, "days": 1, "clock": "UTC"}
    report = await world.call(
        "simulate", simulation=given | {"times": ["2026-03-04T09:00"], "from": begins.isoformat()}, at=begins
    )

    assert sorted(str(user["why_not"]) for user in report["users"]) == ["None", "None", "throttled"]


async def test_who_runs_through_a_campaign_already_goes_on_and_does_not_begin_again(world: World) -> None:
    await world.publish(step(after="1 day"))
    drafted = await campaign(world, kind="triggered", schedule={"event": "sang"}, filter={})
    await begin(world, drafted["id"], BEGIN - timedelta(hours=1))
    ada, bob = await world.person(), await world.person()
    await world.call(
        "record_behavior_events",
        events=[{"event_id": "1", "user_id": ada, "type": "sang"}],
        at=BEGIN - timedelta(hours=1),
    )

    report = await simulated(
        world, ada, bob, campaign_id=drafted["id"], behavior=[{"type": "sang", "people": [ada]}]
    )

    assert told(report, 0) == [("03 11:00", "hello", "telegram", "send", "")]
    assert [user["why_not"] for user in report["users"]] == ["already_running", "not_triggered"]


async def test_who_is_in_the_audience_of_a_draft_is_only_remembered(world: World) -> None:
    await world.publish(step())
    drafted = await campaign(world, kind="triggered", schedule={"entered": True})
    people = [
        {"label": "long away", "last_active": "30 days"},
        {"label": "soon away", "last_active": "6 days"},
    ]

    report = await simulated(world, campaign_id=drafted["id"], invented=people)

    assert [user["why_not"] for user in report["users"]] == ["not_entering", None]
    assert told(report, 1) == [("03 12:00", "hello", "telegram", "send", "")]


async def test_a_drip_of_nobodys_counts_from_the_sign_up_of_each(world: World) -> None:
    definition = {
        "name": "campaign_first_days",
        "title": "First days",
        "message_class": "sequence",
        "steps": [
            step(position=1, name="first", after="1 day", anchor="enrollment"),
            step(position=2, name="third", after="3 days", anchor="enrollment"),
        ],
    }
    drafted = await campaign(
        world, kind="drip", sequence=None, steps=[], filter={}, schedule={"anchor": "user.created_at"}
    )
    people = [{"label": "new"}, {"label": "old", "joined": "2 days"}]

    report = await simulated(
        world, campaign_id=drafted["id"], sequence=None, definition=definition, invented=people
    )

    assert [line[0] for line in told(report, 0)] == ["03 12:00", "05 12:00"]
    assert report["users"][1]["why_not"] == "no_date_ahead"


async def test_who_a_holdout_keeps_from_a_campaign_is_told_so_also_of_real_people(world: World) -> None:
    await world.publish(step())
    drafted = await campaign(world, holdout=0.5, filter={})
    for _ in range(20):
        await world.person()
    users = await world.call("users_meeting", filter={})
    chosen = await world.call(
        "choose_versions", users=users, sequence="course", campaign_id=drafted["id"], key="2026-03-04T09:00"
    )

    report = await simulated(world, campaign_id=drafted["id"], sample=20, times=["2026-03-04T09:00"])

    held_out = {user["user_id"] for user in report["users"] if user["runs"][0]["reason"] == "holdout"}
    assert held_out == {row["user_id"] for row in chosen if row["is_held_out"]}
    assert 0 < len(held_out) < 20


async def test_a_paused_channel_is_looked_at_once_a_day_until_it_is_too_late(world: World) -> None:
    await world.publish(step(channels=["email"], stale_after="3 days"))
    await world.call("pause_channel", channel="email")

    report = await simulated(world, invented=[{"label": "x"}])

    assert told(report) == [
        ("02 12:00", "hello", "email", "hold", "channel_paused"),
        ("05 12:00", "hello", "email", "skip", "stale"),
    ]


async def test_real_people_are_simulated_in_the_variant_that_they_would_get(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    await start(
        world, await draft(world), other=step(channels=["email"], after="2 days", anchor="enrollment")
    )
    users = [await world.person() for _ in range(12)]
    variants = await drawn(world, users)

    report = await simulated(world, *users)
    asked_for = await simulated(world, *users, number=1)

    ways = {user["user_id"]: [each["channel"] for each in user["entries"]] for user in report["users"]}
    assert ways == {user: ["email" if variants[user] == "other" else "telegram"] for user in users}
    assert {user["runs"][0]["variant"] for user in report["users"]} == {"as_it_is", "other"}
    assert {each["channel"] for user in asked_for["users"] for each in user["entries"]} == {"telegram"}


async def test_people_stand_in_the_order_in_which_they_are_named_and_once(world: World) -> None:
    await world.publish(step())
    users = [await world.person() for _ in range(5)]

    report = await simulated(world, *reversed(users), "1")

    assert [user["user_id"] for user in report["users"]] == users[::-1]


async def test_an_answer_that_is_overdue_does_not_turn_the_time_back(world: World) -> None:
    await world.publish(
        step(channels=["email", "telegram"], fallback="no_engagement", fallback_after="1 hour")
    )
    ada = await world.person()
    await world.enroll(ada, at=BEGIN)
    await deliver(world, "email", BEGIN)
    later = BEGIN + timedelta(hours=3)
    await world.clock.set(later)

    report = await world.call(
        "simulate", simulation={"sequence": "course", "users": [ada], "from": later, "days": 2}, at=later
    )

    assert ("02 15:00", "hello", "email", "fallback", "no_engagement") in told(report)
    assert min(told(report))[0] == "02 15:00"
