"""What became of messages, in counts and rates: read from sums that follow the ledger (docs/analytics.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sequences.experiments.statistics import Proportion, wilson
from storage.store import Store

FOLDED_AT_ONCE = 5000

COUNTS = (
    *("deliveries", "sent", "people", "delivered", "mails", "mails_delivered", "engaged", "opened"),
    *(
        "opened_at_all",
        "clicked",
        "hard_bounced",
        "soft_bounced",
        "complained",
        "unsubscribed",
        "fell_back",
        "failed",
    ),
    *("skipped", "cancelled", "unclear", "held_out", "converted", "conversions"),
)
RATES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "delivered": (("delivered",), "sent"),
    "engaged": (("engaged",), "delivered"),
    "opened": (("opened",), "mails_delivered"),
    "opened_at_all": (("opened_at_all",), "mails_delivered"),
    "clicked": (("clicked",), "delivered"),
    "bounced": (("hard_bounced", "soft_bounced"), "mails"),
    "hard_bounced": (("hard_bounced",), "mails"),
    "complained": (("complained",), "mails_delivered"),
    "unsubscribed": (("unsubscribed",), "delivered"),
    "converted": (("converted",), "delivered"),
}
"""What each rate is a share of: numerators, which exclude each other, and the denominator."""


NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(COUNTS, 0),
    "key": "total",
    "title": None,
    "value": 0,
    "open_seconds": 0,
    "click_seconds": 0,
}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, as a share, and where the true share probably is (95 %, Wilson)."""

    count: int
    of: int
    rate: float
    low: float
    high: float

    @classmethod
    def told(cls, count: int, of: int) -> Rate | None:
        """None of nobody: a share of nothing is no share."""
        if not of:
            return None
        interval = wilson(Proportion(count, of))
        return cls(count, of, count / of, interval.low, interval.high)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the messages of one group, which `key` names. A rate is None where its denominator is 0.

    `seconds_to_open` and `seconds_to_click` are averages over those that were.
    """

    key: str
    title: str | None
    counts: Mapping[str, int]
    rates: Mapping[str, Rate | None]
    value: float
    seconds_to_open: float | None
    seconds_to_click: float | None

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Figures:
        return cls(
            key=row["key"],
            title=row["title"],
            counts={name: row[name] for name in COUNTS},
            rates={
                name: Rate.told(sum(row[part] for part in parts), row[whole])
                for name, (parts, whole) in RATES.items()
            },
            value=float(row["value"]),
            seconds_to_open=row["open_seconds"] / row["opened"] if row["opened"] else None,
            seconds_to_click=row["click_seconds"] / row["clicked"] if row["clicked"] else None,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """Which messages are meant. The days are those of sending (UTC), both included; None: the last thirty."""

    since: str | None = None
    until: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        return {"since": self.since, "until": self.until, "filters": dict(self.filters)}


async def fold_all(store: Store) -> None:
    """Brings the sums in line with the ledger. Somebody else may be at it: then there is nothing to do."""
    while (await store.call("fold_deliveries", batch=FOLDED_AT_ONCE) or 0) >= FOLDED_AT_ONCE:
        pass


@dataclass(frozen=True, slots=True)
class Period:
    """`behind`: so many changes of messages are not in the figures yet; usually none, or those of seconds."""

    since: date
    until: date
    behind: int
    folded_at: datetime | None

    @property
    def days(self) -> list[str]:
        count = (self.until - self.since).days + 1
        return [(self.since + timedelta(days=number)).isoformat() for number in range(count)]


async def period(store: Store, question: Question) -> Period:
    """Takes in first what happened last, as much as is quickly done."""
    await store.call("fold_deliveries", batch=FOLDED_AT_ONCE)
    (row,) = await store.call("analytics_period", since=question.since, until=question.until)
    folded_at = row["folded_at"]
    return Period(
        date.fromisoformat(row["since"]),
        date.fromisoformat(row["until"]),
        row["behind"],
        datetime.fromisoformat(folded_at) if folded_at else None,
    )


async def grouped(store: Store, group_by: str, question: Question) -> list[Figures]:
    rows = await store.call("analytics", group_by=group_by, **question.arguments())
    return [Figures.read(row) for row in rows]


async def by_day(store: Store, question: Question, days: Sequence[str]) -> list[Figures]:
    """Each day, also one on which nothing was sent."""
    found = {each.key: each for each in await grouped(store, "day", question)}
    return [found.get(day) or Figures.read({**NOTHING, "key": day}) for day in days]


async def total(store: Store, question: Question) -> Figures:
    found = await grouped(store, "total", question)
    return found[0] if found else Figures.read(NOTHING)


# Limits that mail providers set


Verdict = Literal["too_few", "fine", "high", "over"]
ENOUGH_MAILS = 100


@dataclass(frozen=True, slots=True)
class Limit:
    """`high` is where one should look, `over` where mail is refused or paused; `source` is who says so."""

    rate: str
    high: float
    over: float
    source: str

    def judge(self, rate: Rate | None) -> Verdict:
        if rate is None or rate.of < ENOUGH_MAILS:
            return "too_few"
        return "over" if rate.rate >= self.over else "high" if rate.rate >= self.high else "fine"


LIMITS = (
    Limit(
        "complained",
        0.001,
        0.003,
        "Google, Email sender guidelines: keep spam rates below 0.1 %, and never reach 0.3 %",
    ),
    Limit(
        "bounced", 0.02, 0.05, "Amazon SES, reputation metrics: under 2 % is healthy, at 5 % a review begins"
    ),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """`verdict` says nothing (`too_few`) of less than a hundred mails."""

    rate: str
    is_now: Rate | None
    high: float
    over: float
    verdict: Verdict
    source: str


def judged(figures: Figures) -> list[Judged]:
    return [
        Judged(
            limit.rate,
            (rate := figures.rates[limit.rate]),
            limit.high,
            limit.over,
            limit.judge(rate),
            limit.source,
        )
        for limit in LIMITS
    ]


# Times and hours


@dataclass(frozen=True, slots=True)
class Hour:
    """Of the recipients' day: what left in it and was opened or clicked whenever, and mails opened in it."""

    hour: int
    sent: int
    opened: Rate | None
    clicked: Rate | None
    opened_then: int


async def hours(store: Store, question: Question) -> list[Hour]:
    return [
        Hour(
            row["hour"],
            row["sent"],
            Rate.told(row["opened"], row["mails"]),
            Rate.told(row["clicked"], row["sent"]),
            row["opened_then"],
        )
        for row in await store.call("best_hours", **question.arguments())
    ]


@dataclass(frozen=True, slots=True)
class Median:
    """Read from buckets, and so at most a fifth off."""

    channel: str
    what: Literal["open", "click"]
    deliveries: int
    median_seconds: float


async def medians(store: Store, question: Question) -> list[Median]:
    return [Median(**row) for row in await store.call("response_times", **question.arguments())]


# People


@dataclass(frozen=True, slots=True)
class Leaving:
    reason: str | None
    people: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A step. `got` counts people, over whichever channel; `waiting` are before it now, `left` went there."""

    step: str
    reached: Rate | None
    got: Rate | None
    engaged: int
    opened: int
    clicked: int
    converted: int
    waiting: int
    left: Sequence[Leaving]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Of those who entered on the days asked for. `held_out` are others, who got nothing to compare with."""

    sequence: str
    title: str
    entered: int
    held_out: int
    running: int
    completed: Rate | None
    left: Rate | None
    steps: Sequence[Stage]


async def funnel(
    store: Store,
    sequence: str,
    since: str | None,
    until: str | None,
    version: int | None,
    campaign: str | None,
) -> Funnel:
    found = await store.call(
        "sequence_funnel", sequence=sequence, since=since, until=until, version=version, campaign=campaign
    )
    entered = found["entered"]
    return Funnel(
        sequence=sequence,
        title=found["title"],
        entered=entered,
        held_out=found["held_out"],
        running=found["running"],
        completed=Rate.told(found["completed"], entered),
        left=Rate.told(found["left"], entered),
        steps=[_stage(step, entered) for step in found["steps"]],
    )


def _stage(step: Mapping[str, Any], entered: int) -> Stage:
    """Messages are counted a moment later than enrollments: until then, of somebody who was deleted too."""
    return Stage(
        step=step["step"],
        reached=Rate.told(step["reached"], entered),
        got=Rate.told(min(step["got"], step["reached"]), step["reached"]),
        engaged=step["engaged"],
        opened=step["opened"],
        clicked=step["clicked"],
        converted=step["converted"],
        waiting=step["waiting"],
        left=[Leaving(**each) for each in step["left"]],
    )


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who signed up in the week that begins on `week`; `active[n]` did something in the nth week after it,
    and `converted[n]` reached what a campaign or an experiment is for.
    """

    week: str
    people: int
    active: Sequence[Rate | None]
    converted: Sequence[Rate | None]


async def cohorts(store: Store, weeks: int) -> list[Cohort]:
    return [_cohort(row) for row in await store.call("cohorts", weeks=weeks)]


def _cohort(row: Mapping[str, Any]) -> Cohort:
    active, converted = (
        [Rate.told(each, row["people"]) for each in row[kind]] for kind in ("active", "converted")
    )
    return Cohort(row["week"], row["people"], active, converted)
