"""The picture of the last days: what fits into it, however many days and messages there are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.admin.statistics import MOST_COLUMNS, card, short
from bot.texts import words
from webhooks.pictures.drawing import as_svg

SVG = "{http://www.w3.org/2000/svg}"
TODAY = date(2026, 3, 2)


def figures(days: int, sent: int = 3) -> dict[str, Any]:
    every = [TODAY - timedelta(days=back) for back in range(days - 1, -1, -1)]
    totals = {"sent": sent * days, "delivered": sent * days, "opened": days, "clicked": 0}
    return {
        "days": [
            {
                "day": day.isoformat(),
                "active": 2,
                "new": 0,
                "unsubscribed": 0,
                "sent": {"email": sent} if sent else {},
            }
            for day in every
        ],
        "channels": {"email": totals} if sent else {},
        "active": 2,
        "new": 1,
        "unsubscribed": 0,
    }


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("days", [1, 2, 7, 30, 31, 32, 90, 217, 218, 365])
def test_every_number_of_days_is_drawn(days: int, language: str) -> None:
    shown = card(words(language), "Tendril", figures(days))

    drawing = ElementTree.fromstring(as_svg("statistics.svg", **shown))
    assert 1 <= len(shown["columns"]) <= MOST_COLUMNS
    assert sum(1 for each in shown["columns"] if each["label"]) <= 8
    assert not [each for each in drawing.iter(f"{SVG}text") if "…" in (each.text or "")]


def test_the_last_column_ends_today_and_all_are_as_long() -> None:
    shown = card(words("en"), "Tendril", figures(90))

    assert {tuple(each["parts"]) for each in shown["columns"]} == {(21,)}
    assert shown["columns"][-1]["label"] == "24 Feb"


def test_days_without_a_message_say_so() -> None:
    shown = card(words("en"), "Tendril", figures(7, sent=0))

    assert shown["words"]["nothing"] == "none"
    assert [each["figure"] for each in shown["rings"]] == ["–", "–", "–"]
    ElementTree.fromstring(as_svg("statistics.svg", **shown))


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (9_549, "9.5k"),
        (10_000, "10k"),
        (999_999, "999k"),
        (1_250_000, "1.2M"),
        (31_000_000, "31M"),
    ],
)
def test_a_large_number_stays_short(number: int, shown: str) -> None:
    assert short(number) == shown
