"""Moments as the person lives them, and how long it was from one to the next."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def local(moment: str | None, zone: str) -> str:
    if moment is None:
        return "never"
    return moment_of(moment).astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M")


def span(start: str, end: str) -> str:
    """In the largest unit of which there are two: 36 hours, 3 days."""
    seconds = (moment_of(end) - moment_of(start)).total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return "a moment" if seconds < 60 else "a minute"


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)
