"""Time zones, found by what people type or by where they are."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

import pytest

from bot.zones import COMMON, city_of, find_places, find_zone, zone_at, zone_in_passing


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Madrid", "Europe/Madrid"),
        ("europe/madrid", "Europe/Madrid"),
        ("Munich", "Europe/Berlin"),
        ("  MÜNCHEN ", "Europe/Berlin"),
        ("Muenchen", "Europe/Berlin"),
        ("Munich, Germany", "Europe/Berlin"),
        ("Wien", "Europe/Vienna"),
        ("NYC", "America/New_York"),
        ("new york", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("sao paulo", "America/Sao_Paulo"),
        ("Xi'an", "Asia/Shanghai"),
        ("Saint-Étienne", "Europe/Paris"),
        ("Москва", "Europe/Moscow"),
        ("東京", "Asia/Tokyo"),
        ("UTC", "UTC"),
        ("GMT", "UTC"),
        ("utc+2", "Etc/GMT-2"),
        ("GMT -03:00", "Etc/GMT+3"),
        ("UTC+0", "UTC"),
        ("CET", "Europe/Berlin"),
        ("pst", "America/Los_Angeles"),
    ],
)
def test_a_city_is_found_however_people_write_it(typed: str, zone: str) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    "typed", ["", ",", "|", "Narnia", "Europe", "# Cities", "a" * 5000, "Berlin\nParis", "UTC+25"]
)
def test_what_is_no_place_is_not_found(typed: str) -> None:
    assert find_places(typed) == []


def test_namesakes_in_different_zones_are_a_choice() -> None:
    places = [place.label for place in find_places("portland")]

    assert places == ["Portland, Oregon, USA", "Portland, Maine, USA"]


def test_a_namesake_is_found_by_its_state_or_country() -> None:
    assert find_zone("Portland, Maine") == "America/New_York"
    assert find_zone("London, Canada") == "America/Toronto"


def test_a_much_smaller_namesake_is_not_offered() -> None:
    assert [place.zone for place in find_places("Vienna")] == ["Europe/Vienna"]


def test_a_wrong_country_still_finds_the_city() -> None:
    assert find_zone("München, Bayern") == "Europe/Berlin"


def test_there_are_never_more_choices_than_fit_in_a_message() -> None:
    assert 2 <= len(find_places("San Jose")) <= 4


@pytest.mark.parametrize("typed", ["Nice", "Reading", "no", "Best", "Bath", "Ada"])
def test_a_word_is_not_taken_for_a_city_in_passing(typed: str) -> None:
    assert zone_in_passing(typed) is None


def test_a_large_city_is_understood_in_passing() -> None:
    assert zone_in_passing("München") == "Europe/Berlin"
    assert zone_in_passing("Reykjavik") == "Atlantic/Reykjavik"
    assert zone_in_passing("NYC") == "America/New_York"


def test_every_city_is_in_a_zone_that_there_is() -> None:
    rows = (line.split("|") for line in _lines() if not line.startswith("#"))

    assert {zone for _, _, _, zone, *_ in rows} <= available_timezones()
    assert set(COMMON) <= available_timezones()


def test_a_zone_at_sea_is_named_as_people_count() -> None:
    assert zone_at(0, -30) == "Etc/GMT+2"
    assert city_of("Etc/GMT+2") == "UTC-2"


def test_a_location_is_in_a_zone() -> None:
    assert zone_at(48.14, 11.58) == "Europe/Berlin"
    assert zone_at(-23.55, -46.63) == "America/Sao_Paulo"


def _lines() -> list[str]:
    return (Path(__file__).parents[2] / "bot" / "cities.txt").read_text("utf-8").splitlines()
