"""Finding a time zone: by its name, by a city as people write it, or by where somebody is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
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
MOST_CHOICES = 4
_ABBREVIATED = {
    **dict.fromkeys(("cet", "cest", "mez", "mesz"), "Europe/Berlin"),
    **dict.fromkeys(("est", "edt"), "America/New_York"),
    **dict.fromkeys(("cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("mst", "mdt"), "America/Denver"),
    **dict.fromkeys(("pst", "pdt"), "America/Los_Angeles"),
    "gmt": "UTC",
}
_OFFSET = re.compile(r"(?:utc|gmt)\s*([+−-])\s*(\d{1,2})(?::00)?", re.IGNORECASE)
_CITIES = Path(__file__).with_name("cities.txt")
_PREFERRED = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")
_TIMES_SMALLER = 20  # than its largest namesake, and a city is not meant unless its country is named
_FAMOUS = 500  # thousand inhabitants: a message that is nothing but such a name means the city


@dataclass(frozen=True, slots=True)
class Place:
    """`where` is its country, in the USA its state as well; nothing for a zone that was named itself."""

    city: str
    where: str
    zone: str
    inhabitants: int = 0  # in thousands

    @property
    def label(self) -> str:
        return f"{self.city}, {self.where}" if self.where else self.city


def find_places(typed: str) -> list[Place]:
    """What may be meant by `Europe/Madrid`, `NYC`, `Portland, Maine` or `UTC+2`, the likeliest first.

    One of each time zone, for nothing else is asked.
    """
    if offset := _OFFSET.fullmatch(typed.strip()):
        counted = _etc(offset[1] == "+", int(offset[2]))
        return [Place(city_of(counted), "", counted)] if counted in available_timezones() else []
    name, _, where = typed.partition(",")
    cities = _cities_named(_plain(name))
    if zone := _zones_by_name().get(_plain(typed)):
        return [next((city for city in cities if city.zone == zone), Place(city_of(zone), "", zone))]
    meant = [city for city in cities if _is_in(city, _plain(where))] if where.strip() else _likely(cities)
    one_per_zone: dict[str, Place] = {}
    for city in meant or cities:
        one_per_zone.setdefault(city.zone, city)
    return list(one_per_zone.values())[:MOST_CHOICES]


def find_zone(typed: str) -> str | None:
    """The likeliest one."""
    places = find_places(typed)
    return places[0].zone if places else None


def zone_in_passing(typed: str) -> str | None:
    """Of what may mean anything else as well: Nice and Reading are words, too."""
    places = find_places(typed)
    name = _plain(typed)
    is_famous = places and places[0].inhabitants >= _FAMOUS
    # "Ada" is a person before it is an old name of Adana; "NYC" is a city
    is_a_name_of_it = places and (len(name) > 3 or typed.isupper() or name == _plain(places[0].city))
    is_meant = name in _zones_by_name() or (is_famous and is_a_name_of_it)
    return places[0].zone if is_meant else None


def zone_at(latitude: float, longitude: float) -> str:
    """At sea it is one of `Etc/`."""
    from tzfpy import get_tz  # its map of the world takes 36 MB, and few people share where they are

    return get_tz(longitude, latitude)


def _etc(is_east: bool, hours: int) -> str:
    """The signs of these zones are the other way round than everybody else's."""
    return f"Etc/GMT{'-' if is_east else '+'}{hours}" if hours else "UTC"


def city_of(zone: str) -> str:
    """Of `Etc/GMT+2` it is `UTC-2`."""
    if zone.startswith("Etc/GMT"):
        return zone.replace("Etc/GMT", "UTC").translate(str.maketrans("+-", "-+"))
    return zone.rsplit("/", 1)[-1].replace("_", " ")


@cache
def _zones_by_name() -> dict[str, str]:
    zones = sorted(
        zone for zone in available_timezones() if zone.split("/")[0] in _PREFERRED or zone == "UTC"
    )
    by_name: dict[str, str] = {}
    for zone in zones:
        by_name.setdefault(_plain(city_of(zone)), zone)
    return by_name | {_plain(zone): zone for zone in zones} | _ABBREVIATED


def _cities_named(name: str) -> list[Place]:
    """The largest first. The file is searched anew each time: that takes two milliseconds, and is seldom."""
    rows, wanted = _CITIES.read_bytes(), f"|{name}|".encode()
    found, place = [], rows.find(wanted) if name else -1
    while place >= 0:
        end = rows.index(b"\n", place)
        found.append(_place(rows[rows.rindex(b"\n", 0, place) + 1 : end].decode()))
        place = rows.find(wanted, end)
    return found


def _place(row: str) -> Place:
    inhabitants, city, where, zone, *_ = row.split("|")
    return Place(city, where, zone, int(inhabitants))


def _likely(cities: list[Place]) -> list[Place]:
    return [city for city in cities if city.inhabitants * _TIMES_SMALLER >= cities[0].inhabitants]


def _is_in(city: Place, where: str) -> bool:
    return where in (_plain(city.where), *map(_plain, city.where.split(",")))


def _plain(name: str) -> str:
    """Without case, accents and punctuation; letters with an accent count as those without."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("/", " "))
    spaced = (_kept(letter) for letter in letters)
    return " ".join("".join(spaced).split())


def _kept(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Lm", "Sk") or letter in "'’‘ʼ.":
        return ""
    return letter if kind[0] in "LNM" else " "
