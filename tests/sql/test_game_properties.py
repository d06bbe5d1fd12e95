"""Whatever people do, and whenever we hear of it: XP is what the ledger says, a streak what its days say.

Hypothesis invents what a few people do while they travel, in which order and how often it is told, and what
of it is taken back. A small model says for each of them what the ledger and the streak have to be.
`CHAOS=long` tries more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storage.store import Conflict
from tests.sql.conftest import Row
from tests.sql.histories import IS_LONG, Database, play

EXAMPLES = 600 if IS_LONG else 10
FREEZES, MILESTONES, REPAIR_HOURS, REPAIR_ACTS = 2, {3: 1, 5: 2}, 48, 2


@dataclass(frozen=True)
class Rule:
    xp: int
    daily_cap: int | None
    total_cap: int | None
    keeps_streak: bool


# "slept" earns nothing and keeps a streak all the same.
RULES = {
    "ran": Rule(10, 2, 7, True),
    "read": Rule(3, None, 4, False),
    "wrote": Rule(4, 1, None, True),
    "slept": Rule(0, None, None, True),
}
LEVELS = [(0, 0), (15, 1), (40, 2), (60, 1)]
GAME = {
    "actions": [
        {
            "action": name,
            "title": name,
            "event_type": name,
            "condition": {},
            "xp": rule.xp,
            "daily_cap": rule.daily_cap,
            "total_cap": rule.total_cap,
            "keeps_streak": rule.keeps_streak,
        }
        for name, rule in RULES.items()
    ],
    "levels": [
        {
            "number": number,
            "name": str(number),
            "names": {},
            "xp": xp,
            "reward": {"freezes": freezes} if freezes else {},
        }
        for number, (xp, freezes) in enumerate(LEVELS, 1)
    ],
    "streak": {
        "freezes": FREEZES,
        "milestones": list(MILESTONES),
        "given_back": list(MILESTONES.values()),
        "repair_hours": REPAIR_HOURS,
        "repair_acts": REPAIR_ACTS,
    },
}
# Far east and far west of each other; the clocks of Los Angeles change on the third day.
ZONES = st.sampled_from(
    ["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Pago_Pago"]
)
PEOPLE = st.integers(0, 1)
DOINGS = st.lists(
    st.tuples(PEOPLE, st.sampled_from([*RULES, "ran", "idled"]), st.integers(0, 5 * 24 * 60)),
    min_size=1,
    max_size=5,
)


@dataclass
class Deed:
    type: str
    day: date
    awarded: bool


@dataclass
class Person:
    id: str
    zone: str = "UTC"
    deeds: dict[str, Deed] = field(default_factory=dict)  # what counts, by the event's id
    taken_back: set[str] = field(default_factory=set)
    bridges: set[date] = field(default_factory=set)
    last_act: datetime | None = None

    @property
    def acts(self) -> Counter[date]:
        kept = (deed.day for deed in self.deeds.values() if RULES[deed.type].keeps_streak)
        return Counter(kept)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def earns(self, type_: str, day: date) -> bool:
        rule = RULES[type_]
        awarded = [deed.day for deed in self.deeds.values() if deed.type == type_ and deed.awarded]
        return (
            rule.xp > 0
            and (rule.daily_cap is None or awarded.count(day) < rule.daily_cap)
            and (rule.total_cap is None or len(awarded) < rule.total_cap)
        )


@dataclass
class Streak:
    days: int = 0
    longest: int = 0
    freezes: int = FREEZES
    frozen: set[date] = field(default_factory=set)
    lost: tuple[int, date] | None = None


def streak(person: Person, gifts: Counter[date], today: date) -> Streak:
    """Day by day from the first on, where a missed day counts once it is over."""
    now, acts = Streak(), person.acts
    for day in _days(min(acts, default=today), max([*acts, *person.bridges, *gifts, today])):
        now.freezes = min(FREEZES, now.freezes + gifts[day])
        if acts[day]:
            now.days += 1
            now.longest = max(now.longest, now.days)
            now.freezes = min(FREEZES, now.freezes + MILESTONES.get(now.days, 0))
        elif day in person.bridges or not now.days or day >= max([*acts, today]):
            continue
        elif now.freezes:
            now.freezes -= 1
            now.frozen.add(day)
        else:
            now.lost, now.days, now.freezes = (now.days, day), 0, FREEZES
    return now


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


class Players(RuleBasedStateMachine):
    database: Database
    examples = count(1)  # ids of events are remembered for longer than their users

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.told: list[Row] = []
        self.people: list[Person] = []
        self.number = next(self.examples)

    @initialize(zones=st.tuples(ZONES, ZONES))
    def begin(self, zones: tuple[str, str]) -> None:
        self.database.empty()
        self.call("configure_game", rules=GAME, at=None)
        self.wait(91, settles=False)
        for number, zone in enumerate(zones):
            made = self.call("create_user", first_name=str(number), timezone=zone)
            self.people.append(Person(made["user_id"], zone))

    @rule(doings=DOINGS)
    def hear(self, doings: list[tuple[int, str, int]]) -> None:
        """Some of what happened in the last days, in one go."""
        batch = [
            {
                "event_id": f"{self.number}:{len(self.told) + number:04}",
                "user_id": self.people[place].id,
                "type": type_,
                "source": "api",
                "occurred_at": (self.now - timedelta(minutes=minutes)).isoformat(),
            }
            for number, (place, type_, minutes) in enumerate(doings)
        ]
        self.told += batch
        self.tell(batch)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def hear_again(self, data: st.DataObject) -> None:
        self.tell(data.draw(st.lists(st.sampled_from(self.told), min_size=1, max_size=3)))

    @rule(hours=st.sampled_from([1, 5, 11, 24, 24, 30, 49]), settles=st.booleans())
    def wait(self, hours: int, settles: bool) -> None:
        self.now += timedelta(hours=hours)
        self.database.call("move_clock", by=f"{hours} hours")
        if settles:
            self.call("settle_due_streaks")

    @rule(place=PEOPLE, zone=ZONES)
    def travel(self, place: int, zone: str) -> None:
        person = self.people[place]
        self.call("set_preferences", user_id=person.id, changes={"timezone": zone})
        before = None if person.last_act is None else person.day(person.last_act)
        person.zone = zone
        if person.last_act and before and before == max(person.acts, default=None):
            after = person.day(person.last_act)
            person.bridges |= {after} if after == before + timedelta(days=1) else set()

    @rule(place=PEOPLE)
    def repair(self, place: int) -> None:
        person = self.people[place]
        today = person.day(self.now)
        lost = self.streak(person).lost
        midnight = lost and datetime.combine(lost[1] + timedelta(days=1), datetime.min.time())
        until = midnight and midnight.replace(tzinfo=ZoneInfo(person.zone)).astimezone(UTC)
        is_possible = until is not None and until + timedelta(hours=REPAIR_HOURS) > self.now
        try:
            self.call("repair_streak", user_id=person.id)
        except Conflict:
            assert not is_possible or person.acts[today] < REPAIR_ACTS
        else:
            assert lost is not None
            assert is_possible
            missed = set(_days(lost[1], today - timedelta(days=1)))
            person.bridges |= missed - set(person.acts) - self.streak(person).frozen

    @precondition(lambda self: any(person.deeds for person in self.people))
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        event_id = data.draw(st.sampled_from(sorted(id_ for one in self.people for id_ in one.deeds)))
        self.call("take_back_behavior", event_ids=[event_id], at=None)
        for person in self.people:
            if person.deeds.pop(event_id, None):
                person.taken_back.add(event_id)

    @invariant()
    def xp_is_what_the_ledger_says(self) -> None:
        for person in self.people:
            kept = self.database.rows(
                "select award_key, day, xp from tendril.xp_ledger where xp > 0 and user_id = $1::uuid",
                person.id,
            )
            expected = {
                f"{deed.type}:{id_}": (deed.day, RULES[deed.type].xp)
                for id_, deed in person.deeds.items()
                if deed.awarded
            }
            assert {row["award_key"]: (row["day"], row["xp"]) for row in kept} == expected
            told = self.call("describe_game", user_id=person.id)
            total, today = sum(row["xp"] for row in kept), person.day(self.now)
            monday = today - timedelta(days=today.weekday())
            assert told["xp"] == {
                "total": total,
                "today": sum(row["xp"] for row in kept if row["day"] == today),
                "week": sum(row["xp"] for row in kept if monday <= row["day"] <= today),
            }
            assert told["level"]["number"] == sum(xp <= total for xp, _ in LEVELS)

    @invariant()
    def days_add_up_to_what_was_earned_on_them(self) -> None:
        differing = self.database.rows(
            "select user_id, day, xp from tendril.xp_days where xp > 0 except "
            "select user_id, day, sum(xp) from tendril.xp_ledger group by 1, 2 order by 1, 2"
        )
        assert differing == []

    @invariant()
    def a_streak_is_what_its_days_say(self) -> None:
        for person in self.people:
            today, expected = person.day(self.now), self.streak(person)
            assert self.call("streak_of", user_id=person.id) == {
                "days": expected.days,
                "longest": expected.longest,
                "freezes": expected.freezes,
                "kept_today": expected.days > 0 and max([*person.acts, *person.bridges]) >= today,
            }
            kept = self.database.rows(
                "select d.day, d.kind, d.acts from tendril.streak_days d where d.user_id = $1::uuid",
                person.id,
            )
            assert {row["day"]: row["acts"] for row in kept if row["acts"]} == dict(person.acts)
            # west of where it was over, a day is not over yet
            if not self.database.rows(
                "select from tendril.streaks where is_stale and user_id = $1::uuid", person.id
            ):
                assert {row["day"] for row in kept if row["kind"] == "frozen"} <= expected.frozen

    @invariant()
    def what_is_settled_is_what_counting_anew_gives(self) -> None:
        differing = self.database.rows(
            """
            select s, r.counted from tendril.streaks s cross join tendril.streak_rules rules
            cross join lateral tendril.recount_streak((s.user_id, 0, 0, 0, null, null, null, null, null,
                s.last_act_at, s.due_at, true)::tendril.streaks, rules, s.settled + 1) r
            where not s.is_stale
                and (s.days, s.longest, s.freezes, s.began, s.last_day, s.lost_days, s.lost_on) is distinct
                from ((r.counted).days, (r.counted).longest, (r.counted).freezes, (r.counted).began,
                    (r.counted).last_day, (r.counted).lost_days, (r.counted).lost_on)
            """
        )
        assert differing == []

    @invariant()
    def a_level_is_told_once(self) -> None:
        told = self.database.rows(
            "select user_id, metadata ->> 'level' from tendril.behavior_events where type = 'level_up'"
        )
        assert len(told) == len({tuple(row.values()) for row in told})

    def tell(self, batch: list[Row]) -> None:
        self.call("record_behavior_events", events=batch)
        for event in sorted(batch, key=lambda each: (each["occurred_at"], each["event_id"])):
            person = next(each for each in self.people if each.id == event["user_id"])
            if event["event_id"] in person.deeds or event["type"] not in RULES:
                continue
            moment = datetime.fromisoformat(event["occurred_at"])
            day = person.day(moment)
            person.deeds[event["event_id"]] = Deed(event["type"], day, person.earns(event["type"], day))
            if RULES[event["type"]].keeps_streak:
                person.last_act = max(person.last_act or moment, moment)
                person.bridges.discard(day)

    def streak(self, person: Person) -> Streak:
        rows = self.database.rows(
            "select g.day, g.freezes from tendril.streak_gifts g where g.user_id = $1::uuid", person.id
        )
        gifts = Counter[date]()
        for row in rows:
            gifts[row["day"]] += row["freezes"]
        return streak(person, gifts, person.day(self.now))

    def call(self, operation: str, **arguments: Any) -> Any:
        """At our own time, unless the operation has none."""
        named = {"at": self.now.isoformat()} | arguments
        return self.database.call(operation, **{key: value for key, value in named.items() if value})


def test_xp_and_streaks_are_right_whenever_we_hear_of_what_people_did(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        machine = type("PlayersHere", (Players,), {"database": database})
        play(machine, examples=EXAMPLES, steps=25, always_the_same=not IS_LONG)
