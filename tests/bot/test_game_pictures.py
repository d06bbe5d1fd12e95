"""The pictures of the game: what fits into them, in each language, for newcomers and for those at the top."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from bot.handlers import progress, stats, streaks
from bot.texts import LANGUAGES, words
from webhooks.pictures.drawing import as_svg, picture

SVG = "{http://www.w3.org/2000/svg}"
TODAY = date(2026, 3, 5)
spoken = pytest.mark.parametrize("language", LANGUAGES)

NEWCOMER = {"total": 0, "level": 1, "name": "Novice", "begins_at": 0, "next_at": 100, "days": 0, "longest": 0}
HALFWAY = {"total": 1840, "level": 5, "name": "Achiever", "begins_at": 1500, "next_at": 3000, "days": 12}
ON_TOP = {"total": 1_250_000, "level": 10, "name": "Grandmaster", "begins_at": 25_000, "next_at": None}
EVERYBODY = pytest.mark.parametrize("who", [NEWCOMER, HALFWAY, ON_TOP])


def game(**who: Any) -> dict[str, Any]:
    said = HALFWAY | {"longest": 365, "freezes": 1} | who
    level = {name: said[name] for name in ("name", "begins_at", "next_at")}
    kinds = ["active", "carried", "frozen", "repaired", "active", None, None]
    return {
        "xp": {"total": said["total"], "today": 45, "week": 1310},
        "level": level | {"number": said["level"], "next_name": said["next_at"] and "Practitioner"},
        "streak": {
            **{name: said[name] for name in ("days", "longest", "freezes")},
            "most_freezes": 2,
            "week": [
                {"day": str(TODAY - timedelta(days=6 - place)), "kind": kind}
                for place, kind in enumerate(kinds)
            ],
        },
    }


def board(**you: Any) -> dict[str, Any]:
    place = {"rank": 123_214, "xp": 310, "behind_next": 12_345, "is_listed": True}
    return {"people": 1_234_567, "you": place | you}


def achievement(
    title: str, icon: str = "🔥", earned_at: str | None = None, **progress: int
) -> dict[str, Any]:
    return {"title": title, "icon": icon, "earned_at": earned_at, "progress": progress or None}


def drawn(template: str, **shown: Any) -> list[str]:
    """The texts of the picture."""
    drawing = ElementTree.fromstring(as_svg(template, name="Ada", **shown))
    return [(each.text or "").strip() for each in drawing.iter(f"{SVG}text")]


@spoken
@EVERYBODY
def test_all_of_a_card_has_room(language: str, who: dict[str, Any]) -> None:
    found = {"game": game(**who), "board": board(), "achievements": [achievement("Früh auf den Beinen")]}

    assert not [text for text in drawn("card.svg", **stats.card(words(language), found)) if "…" in text]


@spoken
@EVERYBODY
def test_all_of_the_progress_has_room(language: str, who: dict[str, Any]) -> None:
    weeks = [{"monday": str(TODAY - timedelta(days=7 * back)), "done": 3, "missed": 1} for back in range(8)]
    known = {"kept_ratio": 0.75, "weeks": weeks}

    shown = progress.card(words(language), known, game(**who))

    assert not [text for text in drawn("progress.svg", **shown) if "…" in text]


@spoken
def test_a_calendar_shows_six_weeks_and_what_its_signs_mean(language: str) -> None:
    texts = words(language)
    monday = TODAY - timedelta(days=TODAY.weekday() + 35)
    kinds = ["active", "frozen", "repaired", "carried", None]
    days = [
        {"day": str(monday + timedelta(days=place)), "kind": kinds[place % 5] if place < 38 else None}
        for place in range(42)
    ]

    shown = streaks.calendar(texts, {"game": game(), "today": str(TODAY), "days": days})

    assert [len(week["days"]) for week in shown["weeks"]] == [7] * 6
    assert [key["kind"] for key in shown["keys"]] == ["active", "frozen", "repaired", "carried"]
    assert sum(each["is_today"] for week in shown["weeks"] for each in week["days"]) == 1
    assert not [text for text in drawn("streaks.svg", **shown) if "…" in text]


def test_the_newest_achievements_come_first_and_the_nearest_fill_up() -> None:
    found = [
        achievement("far", have=1, need=100),
        achievement("older", earned_at="2026-01-01"),
        achievement("near", have=9, need=10),
        achievement("newer", "unheard of", earned_at="2026-02-01"),
    ]

    shown = stats.card(words("en"), {"game": game(), "board": board(), "achievements": found})

    assert [each["title"] for each in shown["achievements"]["items"]] == [
        *(["newer"], ["older"], ["near"], ["far"])
    ]
    assert [each["glyph"] for each in shown["achievements"]["items"]] == ["star", "flame", "flame", "flame"]


@pytest.mark.parametrize(
    ("you", "figure", "lines"),
    [
        ({"rank": 214, "behind_next": 30}, "214th", ["of 1,234,567 people", "30 XP behind"]),
        ({"rank": 1, "behind_next": None}, "1st", ["of 1,234,567 people", "Nobody is ahead"]),
        ({"rank": 2, "behind_next": 5, "is_listed": False}, "2nd", ["Only you see it", "5 XP behind"]),
        ({"rank": None}, "–", ["No XP yet;", "it takes one thing"]),
    ],
)
def test_the_rank_says_what_is_known(you: dict[str, Any], figure: str, lines: list[str]) -> None:
    shown = stats.card(words("en"), {"game": game(), "board": board(**you), "achievements": []})["rank"]

    assert (shown["figure"], list(shown["lines"])) == (figure, lines)


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (112, "112th"), (1023, "1,023rd")]
)
def test_places_are_said_as_people_say_them(number: int, said: str) -> None:
    assert words("en").ordinal(number) == said


async def test_a_card_is_drawn_whatever_somebody_is_called() -> None:
    found = {"game": game(), "board": board(), "achievements": [achievement("x")]}
    shown = stats.card(words("en"), found)

    cards = [await picture("card.svg", name=name, **shown) for name in ("آدا", "😀", "W" * 64)]

    assert len({*cards}) == 3
