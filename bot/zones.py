"""Finding a time zone by what people type: its name, or a city."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

COMMON = (
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Africa/Lagos",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)
_PREFERRED = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")


def find_zone(typed: str) -> str | None:
    """`Europe/Madrid`, `europe/madrid`, `Madrid` and `new york` are all understood."""
    return _by_name().get(_plain(typed))


def city_of(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


@cache
def _by_name() -> dict[str, str]:
    zones = sorted(
        zone for zone in available_timezones() if zone.split("/")[0] in _PREFERRED or zone == "UTC"
    )
    by_name: dict[str, str] = {}
    for zone in zones:
        by_name.setdefault(_plain(city_of(zone)), zone)
    return by_name | {_plain(zone): zone for zone in zones}


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())
