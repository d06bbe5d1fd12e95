"""What would happen: who gets what, when, over which channel, and why not, without anything being sent.

The database plays it with the functions that run the real thing, on copies of people, and undoes it. Here is
what may be asked for, what comes back, and how two simulations differ.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sequences.campaigns import named_filter
from sequences.reasons import in_words
from sequences.schedules import clock_of, next_times
from storage.store import Invalid, Store

MOST_PEOPLE = 500
MOST_DAYS = 400
SECONDS = 40.0
"""Longer is not waited for: the database would hang up soon after."""
WHY_NOT = {
    "already_running": "runs through it already",
    "not_in_audience": "is not in the audience when it runs",
    "not_enrolled": "did not enter",
    "already_enrolled": "had it before",
    "sequence_declined": "declined it",
    "throttled": "is not yet reached: the campaign enrolls only so many in a minute",
    "no_date_ahead": "is not in the audience, or has no date that its steps still lie ahead of",
    "not_triggered": "does not do what triggers it, or not while its filters hold",
    "not_entering": "does not come into the audience: who is in it from the beginning is only remembered",
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "early_bird": {"first_name": "Ana", "timezone": "Pacific/Auckland"},
    "night_owl": {
        "first_name": "Otto",
        "timezone": "Europe/Berlin",
        "preferences": {"preferred_time": "evening", "quiet_from": "03:00", "quiet_until": "11:00"},
    },
    "email_only": {"first_name": "Emil", "timezone": "Europe/London", "channels": ["email"]},
    "telegram_only": {"first_name": "Tess", "timezone": "America/New_York", "channels": ["telegram"]},
    "blocked_the_bot": {"first_name": "Bea", "timezone": "America/Sao_Paulo", "fails": ["telegram"]},
    "mailbox_gone": {"first_name": "Milo", "timezone": "Asia/Tokyo", "fails": ["email"]},
    "prefers_email": {
        "first_name": "Edda",
        "timezone": "Europe/Vienna",
        "preferences": {"preferred_channel": "email"},
    },
    "paused_for_a_week": {"first_name": "Paula", "timezone": "Europe/Madrid", "paused_for": "7 days"},
    "one_a_day": {
        "first_name": "Uma",
        "timezone": "Asia/Kolkata",
        "preferences": {"max_per_day": 1},
    },
    "unsubscribed": {
        "first_name": "Uri",
        "timezone": "America/Los_Angeles",
        "unsubscribed": ["telegram", "email"],
    },
}
"""People to invent, by name: the ones whose weeks differ most."""


class TooLong(Invalid):
    """It takes longer than anybody should wait for."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What people and channels do. `answers` is the share of messages that are clicked, an hour after;
    `fails` are channels that fail, for all or for the `people` with these labels; `behavior` is what people
    do on the way, `after` so long.
    """

    answers: float = 0.0
    answer_after: str = "1 hour"
    fails: tuple[Mapping[str, Any], ...] = ()
    behavior: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom it is played for: real users by reference, a sample of who meets a filter, invented people."""

    users: tuple[str, ...] = ()
    audience: Mapping[str, Any] | None = None
    sample: int = 0
    invented: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """What is played: a sequence in its current version, in that of a `number`, or as a `definition` that
    nobody has published; or a campaign, a row of the operation `describe_campaign`.
    """

    sequence: str | None = None
    number: int | None = None
    definition: Mapping[str, Any] | None = None
    campaign: Mapping[str, Any] | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happens to a message. `at` and `until` are on the user's clock, `day` counts from the
    first one; `is_other` says that the message is of another sequence.
    """

    at: datetime
    day: int
    sequence: str
    is_other: bool
    step: str
    channel: str
    verdict: str
    reason: str | None
    words: str
    until: datetime | None = None
    to_channel: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """How far somebody came, as it stands at the end."""

    key: str
    status: str
    reason: str | None
    words: str
    step: int
    steps: int
    version: int | None
    variant: str | None


@dataclass(frozen=True, slots=True)
class SimulatedUser:
    """`user_id` is None for who is invented; `why_not` says why they did not enter."""

    label: str
    user_id: str | None
    name: str
    timezone: str
    quiet_from: str
    quiet_until: str
    why_not: str | None
    runs: tuple[SimulatedRun, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the simulated sequence alone. `sent` is by channel, `reasons` by why something was not sent at
    once, `days` are messages sent by day.
    """

    people: int
    reached: int
    sent: Mapping[str, int]
    reasons: Mapping[str, int]
    days: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Simulation:
    title: str
    version: int | None
    begins: datetime
    days: int
    assumptions: Assumptions
    notes: tuple[str, ...]
    users: tuple[SimulatedUser, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Difference:
    """What one user gets only in the first, and only in the second, each as a line of words."""

    label: str
    name: str
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Simulation
    after: Simulation
    users: tuple[Difference, ...]
    sent: Mapping[str, int]
    """How many more are sent over each channel in the second."""


async def simulate(
    store: Store,
    plot: Plot,
    cast: Cast,
    *,
    days: int = 30,
    begins: datetime | None = None,
    assumptions: Assumptions | None = None,
) -> Simulation:
    """Raises Invalid for what cannot be played and NotFound for what is not there."""
    assumed = assumptions or Assumptions()
    first = begins or datetime.fromisoformat(await store.call("clock"))
    times = _times(plot, first, days)
    given = _given(plot, cast, assumed, days) | times | {"from": first}
    try:
        async with asyncio.timeout(SECONDS):
            report = await store.call("simulate", simulation=given)
    except TimeoutError:
        raise TooLong(
            "TN422",
            f"this simulation takes longer than {SECONDS:.0f} seconds",
            "Take fewer people or fewer days.",
            "days",
        ) from None
    return _read(report, days, assumed, _notes(plot, cast, times, days))


def presets(names: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The people of these presets; raises KeyError for a name that there is not."""
    return tuple({"label": name, **PRESETS[name]} for name in names)


def compare(before: Simulation, after: Simulation) -> Comparison:
    """Two simulations of the same people. A message that differs in its time alone is told of both sides."""
    later = {user.label: user for user in after.users}
    differing = []
    for user in before.users:
        if user.label in later:
            first, second = Counter(_lines(user)), Counter(_lines(later[user.label]))
            if first != second:
                only = tuple((first - second).elements()), tuple((second - first).elements())
                differing.append(Difference(user.label, user.name, *only))
    sent = Counter(after.totals.sent)
    sent.subtract(before.totals.sent)
    return Comparison(before, after, tuple(differing), {name: more for name, more in sent.items() if more})


def in_pairs(compared: Comparison) -> Simulation:
    """One to look at both in: each whom they differ for twice, as in the first and as in the second.

    Its totals add up both. Where they differ for nobody, the second.
    """
    if not compared.users:
        return compared.after
    first = {user.label: user for user in compared.before.users}
    second = {user.label: user for user in compared.after.users}
    users = tuple(
        replace(of[each.label], name=f"{each.name}: {place}")
        for each in compared.users
        for place, of in (("first", first), ("second", second))
    )
    totals = replace(_totals(users), people=len(compared.users))
    return replace(compared.after, title=f"{compared.after.title}, compared", users=users, totals=totals)


def _lines(user: SimulatedUser) -> list[str]:
    return [
        f"{entry.at:%a %d %b %H:%M}  {entry.step}: {entry.words}"
        for entry in user.entries
        if not entry.is_other
    ]


def _given(plot: Plot, cast: Cast, assumed: Assumptions, days: int) -> dict[str, Any]:
    return {
        "sequence": plot.sequence,
        "number": plot.number,
        "definition": plot.definition,
        "campaign_id": None if plot.campaign is None else plot.campaign["id"],
        "filter": _named_audience(plot.campaign),
        "context": plot.context,
        "key": plot.key,
        "users": list(cast.users),
        "audience": cast.audience,
        "sample": cast.sample,
        "invented": [_invented(person) for person in cast.invented],
        "days": days,
        "answers": assumed.answers,
        "answer_after": assumed.answer_after,
        "fails": list(assumed.fails),
        "behavior": list(assumed.behavior),
    }


def _named_audience(campaign: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What the name of its audience stands for now; since its activation, a campaign has that itself."""
    if campaign is None or campaign["status"] != "draft" or campaign["audience"] is None:
        return None
    return named_filter(campaign["audience"])


def _invented(person: Mapping[str, Any]) -> dict[str, Any]:
    return {"first_name": str(person.get("label", "")).replace("_", " ").capitalize(), **person}


def _times(plot: Plot, first: datetime, days: int) -> dict[str, Any]:
    """The local times at which a campaign runs, if it goes by dates."""
    campaign = plot.campaign
    if campaign is None or campaign["kind"] not in ("one_time", "recurring"):
        return {}
    # on the earth a day begins up to 14 hours before it does in UTC
    opens = first.astimezone(UTC).replace(tzinfo=None) - timedelta(hours=26)
    closes = opens + timedelta(days=days + 2, hours=2)
    upcoming = next_times(campaign["kind"], campaign["schedule"], opens, most=MOST_DAYS).upcoming
    return {
        "times": [moment.strftime("%Y-%m-%dT%H:%M") for moment in upcoming if opens <= moment <= closes],
        "clock": clock_of(campaign["kind"], campaign["schedule"], campaign["timezone"]),
    }


def _notes(plot: Plot, cast: Cast, times: Mapping[str, Any], days: int) -> tuple[str, ...]:
    """What it takes for granted beyond the assumptions that were chosen."""
    notes = ["Providers take every message at once: rate limits are not played."]
    if plot.campaign is not None and plot.campaign["kind"] in ("drip", "triggered"):
        notes.append(_who_enters(plot.campaign["schedule"], days))
    if times.get("times") == []:
        notes.append("The campaign does not run in these days.")
    if plot.campaign is not None and plot.campaign["status"] != "active":
        notes.append("The campaign is played as if it were active.")
    is_draft = plot.campaign is not None and plot.campaign["status"] == "draft"
    if plot.number is not None or (plot.definition is not None and not is_draft):
        notes.append("Experiments and holdouts are left out: everybody gets the version that was asked for.")
    if cast.sample:
        notes.append(f"The audience is a sample of at most {cast.sample} people, the same ones every time.")
    return tuple(notes)


def _who_enters(schedule: Mapping[str, Any], days: int) -> str:
    if "event" in schedule:
        return f"People enter when they do {schedule['event']!r}: say who does, and when."
    often = "every hour" if days < 60 else f"every {days // 30} hours"
    return f"Who enters is looked at when something happens, and otherwise {often}."


def _read(report: Mapping[str, Any], days: int, assumed: Assumptions, notes: tuple[str, ...]) -> Simulation:
    users = tuple(_user(row) for row in report["users"])
    return Simulation(
        title=report["title"] or "",
        version=report["version"],
        begins=datetime.fromisoformat(report["begins"]),
        days=days,
        assumptions=assumed,
        notes=notes,
        users=users,
        totals=_totals(users),
    )


def _user(row: Mapping[str, Any]) -> SimulatedUser:
    return SimulatedUser(
        label=row["label"],
        user_id=row["user_id"],
        name=row["name"] or row["label"],
        timezone=row["timezone"],
        quiet_from=row["quiet_from"][:5],
        quiet_until=row["quiet_until"][:5],
        why_not=WHY_NOT.get(row["why_not"]),
        runs=tuple(_run(run) for run in row["runs"]),
        entries=tuple(_entry(entry) for entry in row["entries"]),
    )


def _run(row: Mapping[str, Any]) -> SimulatedRun:
    columns = ("key", "status", "reason", "step", "steps", "version", "variant")
    return SimulatedRun(words=in_words(row["reason"]), **{name: row[name] for name in columns})


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        at=_on_their_clock(row["at"], row["local"]),
        day=row["day"],
        sequence=row["sequence"],
        is_other=row["is_other"],
        step=row["step"],
        channel=row["channel"],
        verdict=row["verdict"],
        reason=row.get("reason"),
        words=_words(row),
        until=_on_their_clock(row["until"], row["until_local"]) if row.get("until_local") else None,
        to_channel=row.get("to_channel"),
        key=row["key"],
    )


def _on_their_clock(moment: str, local: str) -> datetime:
    """The database knows every zone that a user may have; Python knows most of them."""
    shown = datetime.fromisoformat(local)
    there = datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return shown.replace(tzinfo=timezone(shown - there))


def _words(row: Mapping[str, Any]) -> str:
    why = "nobody answered" if row.get("reason") == "no_engagement" else in_words(row.get("reason"))
    match row["verdict"]:
        case "send":
            others = [each for each in row.get("passed_over", ()) if each["channel"] != row["channel"]]
            because = "; ".join(f"{each['channel']}: {in_words(each['reason'])}" for each in others)
            return f"sent over {row['channel']}" + (f" ({because})" if because else "")
        case "hold":
            until = row.get("until_local")
            when = f"{datetime.fromisoformat(until):%a %d %b %H:%M}" if until else "further notice"
            return f"waits until {when}: {why}"
        case "fallback":
            return f"over {row['to_channel']} instead of {row['channel']}: {why}"
        case "skip":
            return f"skipped: {why}"
        case "stop":
            return f"ends the sequence: {why}"
        case _:
            return f"not delivered over {row['channel']}: {why}"


def _totals(users: Sequence[SimulatedUser]) -> Totals:
    own = [entry for user in users for entry in user.entries if not entry.is_other]
    sent = [entry for entry in own if entry.verdict == "send"]
    kept = [
        run.reason for user in users for run in user.runs if run.reason in ("holdout", "sequence_declined")
    ]
    return Totals(
        people=len(users),
        reached=sum(any(e.verdict == "send" and not e.is_other for e in user.entries) for user in users),
        sent=dict(Counter(entry.channel for entry in sent).most_common()),
        reasons=dict(
            Counter([e.reason for e in own if e.reason] + [each for each in kept if each]).most_common()
        ),
        days=dict(sorted(Counter(entry.day for entry in sent).items())),
    )
