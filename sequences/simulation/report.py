"""What comes back of a simulation: each user's runs and messages, on their own clock, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timezone
from typing import Any

from sequences.reasons import in_words

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


def read_report(
    report: Mapping[str, Any], days: int, assumed: Assumptions, notes: tuple[str, ...]
) -> Simulation:
    users = tuple(_user(row) for row in report["users"])
    return Simulation(
        title=report["title"] or "",
        version=report["version"],
        begins=datetime.fromisoformat(report["begins"]),
        days=days,
        assumptions=assumed,
        notes=notes,
        users=users,
        totals=totals_of(users),
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


def totals_of(users: Sequence[SimulatedUser]) -> Totals:
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
