"""What is played, for whom, and what is taken for granted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sequences.campaigns import named_filter
from sequences.schedules import clock_of, next_times
from sequences.simulation.report import Assumptions, Simulation, read_report
from storage.store import Invalid, Store

MOST_PEOPLE = 500
MOST_DAYS = 400
SECONDS = 40.0
"""Longer is not waited for: the database would hang up soon after."""


class TooLong(Invalid):
    """It takes longer than anybody should wait for."""


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
    return read_report(report, days, assumed, _notes(plot, cast, times, days))


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
