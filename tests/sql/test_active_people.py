"""How many people were active on a day: counted once it is over, and right whatever is heard of later."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.fixtures.database import Clock
from tests.sql.conftest import World
from tests.sql.histories import IS_LONG, Database, play

KATHMANDU = "Asia/Kathmandu"  # its days begin at a quarter past
KEPT = "select sum(people)::int from tendril.active_counts where since = $1 and until = $2"
UNLIKE_EVENTS = """
with kept as (
    select since, until, sum(people) as people from tendril.active_counts group by 1, 2
)
select k.* from kept k
where k.people <> (
    select count(distinct b.user_id) from tendril.behavior_events b
    where b.occurred_at >= k.since and b.occurred_at < k.until and b.source not in ('clock', 'admin'))
"""
BY_HAND = """
select (b.occurred_at at time zone $1)::date::text as day, count(distinct b.user_id)::int as people
from tendril.behavior_events b where b.source not in ('clock', 'admin') group by 1
"""


async def actives(world: World, days: int = 2, zone: str = "UTC") -> list[int]:
    told = await world.call("statistics", days=days, zone=zone)
    return [each["active"] for each in told["days"]]


async def kept(connection: asyncpg.Connection, day: datetime) -> int | None:
    people: int | None = await connection.fetchval(KEPT, day, day + timedelta(days=1))
    return people


MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


async def test_a_day_is_counted_some_time_after_its_end(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await world.did(await world.person(), "quiz")
    await clock.set("2026-03-03T01:59:00Z")
    await world.call("count_active_people", batch=400)
    assert await kept(connection, MONDAY) is None
    await clock.set("2026-03-03T02:00:00Z")

    assert await world.call("count_active_people", batch=400) == 1

    assert await kept(connection, MONDAY) == 1
    assert await actives(world) == [1, 0]


async def test_what_is_heard_of_late_is_counted_the_next_time(world: World, clock: Clock) -> None:
    ada, bob = await world.person(), await world.person()
    await world.did(ada, "quiz")
    await clock.advance("1 day")
    await world.call("count_active_people", batch=400)
    await world.did(bob, "quiz", occurred_at="2026-03-02T13:00:00Z")
    assert await actives(world) == [1, 0]

    assert await world.call("count_active_people") == 1

    assert await actives(world) == [2, 0]
    assert await world.call("count_active_people") == 0


async def test_what_the_clock_noticed_or_an_admin_wrote_down_makes_nobody_active(world: World) -> None:
    for source in ("clock", "admin"):
        await world.did(await world.person(telegram=False), "meeting_attended", source=source)

    told = await world.call("statistics", days=1)

    assert (told["active"], told["days"][0]["active"]) == (0, 0)


async def test_days_are_counted_in_the_time_zones_of_those_who_have_a_role(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    viewer = await world.person()
    await world.call("set_roles", user_id=viewer, roles=["viewer"], actor="test")
    await connection.execute("update tendril.users set timezone = $2 where id = $1", viewer, KATHMANDU)
    await clock.advance("1 day")

    await world.call("count_active_people", batch=1000)

    begins = datetime(2026, 3, 2, tzinfo=ZoneInfo(KATHMANDU))
    assert await kept(connection, begins) is not None
    assert await kept(connection, MONDAY) is not None


async def test_days_of_events_that_were_forgotten_stay_as_they_were_counted(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.call("make_behavior_months", ahead=1)
    await world.did(ada, "quiz")
    await clock.set("2026-06-01T12:00:00Z")
    await world.call("count_active_people", batch=400)
    while await world.call("forget_behavior", months=2):
        pass
    await world.did(ada, "quiz", occurred_at="2026-03-02T18:00:00Z")

    await world.call("count_active_people", batch=400)

    assert await kept(connection, MONDAY) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Africa/Cairo", KATHMANDU])
async def test_days_follow_one_another_without_a_gap_when_clocks_change(
    connection: asyncpg.Connection, zone: str
) -> None:
    days = await connection.fetch(
        "select * from tendril.spans_of_days(366, $1, '2026-12-31T12:00:00Z')", zone
    )

    assert [each["day"] for each in days] == sorted({each["day"] for each in days})
    assert all(day["until"] == next_["since"] for day, next_ in pairwise(days))
    for each in days:
        last = each["until"] - timedelta(microseconds=1)
        assert [moment.astimezone(ZoneInfo(zone)).date() for moment in (each["since"], last)] == [
            each["day"]
        ] * 2


PEOPLE = st.integers(0, 3)


class Active(RuleBasedStateMachine):
    """What people do, in whatever order it is told; meanwhile days are counted, people merged and deleted."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.people: list[str] = []
        self.numbers = count()
        self.told: list[str] = []

    @initialize()
    def begin(self) -> None:
        self.database.empty()
        self.people = [self._person() for _ in range(4)]
        self.database.rows(
            "update tendril.users set timezone = $2, roles = '{viewer}' where id = $1",
            self.people[0],
            KATHMANDU,
        )

    def _person(self) -> str:
        name = f"somebody {next(self.numbers)}"
        return str(self.database.call("create_user", external_id=name)["user_id"])

    @rule(
        person=PEOPLE,
        hours=st.sampled_from([0, 0, 1, 5, 11, 23, 30, 49, 70]),
        source=st.sampled_from(["telegram", "telegram", "api", "clock", "admin"]),
    )
    def do(self, person: int, hours: int, source: str) -> None:
        now = self.database.rows("select tendril.clock() as now")[0]["now"]
        name = f"deed {next(self.numbers)}"
        event: dict[str, Any] = {"event_id": name, "user_id": self.people[person], "type": "quiz"}
        event |= {"source": source, "occurred_at": (now - timedelta(hours=hours)).isoformat()}
        self.database.call("record_behavior_events", events=[event])
        self.told.append(name)

    @rule(hours=st.sampled_from([1, 3, 9, 24]))
    def wait(self, hours: int) -> None:
        self.database.rows(
            "update tendril.clock set moved_by = moved_by + $1 * interval '1 hour'", float(hours)
        )

    @rule(batch=st.sampled_from([1, 3, 31]))
    def count_days(self, batch: int) -> None:
        self.database.call("count_active_people", batch=batch)

    @rule(choice=st.integers(0, 5))
    def take_back(self, choice: int) -> None:
        self.database.call("take_back_behavior", event_ids=self.told[-1 - choice : len(self.told) - choice])

    @rule(person=st.integers(1, 3))
    def delete(self, person: int) -> None:
        self.database.call("delete_user", user_id=self.people[person], source="test")
        self.people[person] = self._person()

    @rule(gone=st.integers(1, 3), into=PEOPLE)
    def merge(self, gone: int, into: int) -> None:
        if gone != into:
            self.database.call("merge_users", from_user=self.people[gone], into_user=self.people[into])
            self.people[gone] = self._person()

    def teardown(self) -> None:
        while self.database.call("count_active_people", batch=400):
            pass
        assert self.database.rows(UNLIKE_EVENTS) == []
        for zone in ("UTC", KATHMANDU, "America/Lima"):
            people = {row["day"]: row["people"] for row in self.database.rows(BY_HAND, zone)}
            told = self.database.call("statistics", days=30, zone=zone)["days"]
            assert {each["day"]: each["active"] for each in told if each["active"]} == people


def test_kept_days_are_what_the_events_say_after_any_history(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        machine = type("ActiveHere", (Active,), {"database": database})
        play(machine, examples=300 if IS_LONG else 10, steps=30)
