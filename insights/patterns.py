"""Patterns: messages that are alike in something, and are answered or lead people back more often, or less.

The database counts; here is what of it is no chance. Many comparisons find something by chance alone, so what
is told is chosen by Benjamini and Hochberg's procedure, which keeps the share of false ones among those found
below `RATE`, and the intervals allow for that choice (Benjamini and Yekutieli 2005).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

from sequences.experiments.statistics import benjamini_hochberg
from storage.store import Store

RATE = 0.05
"""The share of false ones among the patterns that are told, at most and on average."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TENURES = {
    "week_1": "in the first week after signing up",
    "weeks_2_to_4": "in weeks two to four after signing up",
    "later": "later than four weeks after signing up",
}
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Messages with the same `key` of a `subject`, and the others of their channel: how many, to how many
    people, and how many hit. `variance` is that of the difference of the two rates.
    """

    measure: str
    subject: str
    key: str
    channel: str
    messages: int
    people: int
    hits: int
    other_messages: int
    other_people: int
    other_hits: int
    variance: float

    @property
    def difference(self) -> float:
        return self.hits / self.messages - self.other_hits / self.other_messages

    @property
    def p_value(self) -> float:
        """How often two proportions that are the same would differ so much, in either direction."""
        return math.erfc(abs(self.difference) / math.sqrt(2 * self.variance))


@dataclass(frozen=True, slots=True)
class Finding:
    """`low` and `high` are the bounds of the difference; `q_value` is the share of false ones among all that
    are at least as striking.
    """

    comparison: Comparison
    low: float
    high: float
    q_value: float

    def as_row(self) -> dict[str, Any]:
        row = {**asdict(self.comparison), "difference": self.comparison.difference}
        del row["variance"]
        return row | {
            "p_value": self.comparison.p_value,
            "q_value": self.q_value,
            "low": self.low,
            "high": self.high,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """Over which days of sending, how much was seen, how many comparisons were made, and what was found."""

    since: date
    until: date
    messages: int
    people: int
    comparisons: int
    found: tuple[Finding, ...]

    def as_row(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("since", "until", "messages", "people", "comparisons")}


async def discover_patterns(store: Store, *, always: bool = True) -> Look | None:
    """Looks and remembers; without `always` only where the last look is a day old, else gives None."""
    for days in await store.call("patterns_due", always=always):
        counts = await store.call("pattern_counts", **days)
        comparisons = [Comparison(**row) for row in counts["comparisons"]]
        look = Look(
            date.fromisoformat(days["since"]),
            date.fromisoformat(days["until"]),
            counts["messages"],
            counts["people"],
            len(comparisons),
            tuple(found(comparisons)),
        )
        await store.call(
            "store_patterns", look=look.as_row(), patterns=[each.as_row() for each in look.found]
        )
        return look
    return None


def found(comparisons: Sequence[Comparison], rate: float = RATE) -> list[Finding]:
    """Those that hold at this rate of false ones, the most striking first."""
    ordered = sorted((each for each in comparisons if each.variance > 0), key=lambda each: each.p_value)
    q_values = benjamini_hochberg([each.p_value for each in ordered])
    chosen = [(each, q) for each, q in zip(ordered, q_values, strict=True) if q <= rate]
    if not chosen:
        return []
    width = _NORMAL.inv_cdf(1 - len(chosen) * rate / (2 * len(ordered)))
    return [_finding(each, q, width) for each, q in chosen]


def in_words(pattern: Mapping[str, Any]) -> str:
    """A row of `list_patterns` as a sentence. It says what goes together, not what causes what."""
    rate, other = pattern["hits"] / pattern["messages"], pattern["other_hits"] / pattern["other_messages"]
    did = "were answered" if pattern["measure"] == "answered" else "were followed by a visit"
    low, high = sorted((abs(pattern["low"]), abs(pattern["high"])))
    return (
        f"{_which(pattern)} {did} {'more' if rate > other else 'less'} often: {rate:.1%} of"
        f" {pattern['messages']:,} against {other:.1%} of {_others(pattern)},"
        f" {low * 100:.1f} to {high * 100:.1f} percentage points {'more' if rate > other else 'less'}."
    )


def _finding(comparison: Comparison, q_value: float, width: float) -> Finding:
    half = width * math.sqrt(comparison.variance)
    return Finding(comparison, comparison.difference - half, comparison.difference + half, q_value)


def _which(pattern: Mapping[str, Any]) -> str:
    messages, key = f"Messages over {pattern['channel']}", pattern["key"]
    match pattern["subject"]:
        case "channel":
            return f"Messages over {key}"
        case "hour":
            return f"{messages} that left between {key}:00 and {key}:59 of the recipient"
        case "weekday":
            return f"{messages} that left on a {WEEKDAYS[int(key) - 1]}"
        case "tenure":
            return f"{messages} that left {TENURES[key]}"
        case "language":
            return f"{messages} to people whose language is {key}"
        case "source":
            return f"{messages} to people who came by {key}"
        case "mail_provider":
            return f"{messages} to mailboxes at {key}"
        case subject:
            return f"{messages} of the {subject} {key}"


def _others(pattern: Mapping[str, Any]) -> str:
    number = f"{pattern['other_messages']:,} others"
    match pattern["subject"]:
        case "channel":
            return f"{number} over other channels"
        case "step":
            return f"{number} of the same sequence"
        case _:
            return number
