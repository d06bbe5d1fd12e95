"""Pictures: real PNGs, whatever somebody is called."""

from __future__ import annotations

import asyncio
import struct
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from sequences.analytics import Figures, Rate
from webhooks.pictures.charts import percent, series_picture
from webhooks.pictures.drawing import as_svg, fitted, picture

SVG = "{http://www.w3.org/2000/svg}"


def progress(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Your progress",
        "name": "Ada",
        "level": {"number": 4, "name": "Achiever", "xp": "1,240 XP", "share": 0.6, "way": "260 XP to go"},
        "streak": {
            "days": 12,
            "label": "days in a row",
            "longest": "Longest: 30",
            "freezes": 1,
            "most_freezes": 2,
            "week": [{"label": "Mo", "kind": "active", "is_today": False}] * 7,
        },
        "kept": {"share": 0.86, "figure": "86%", "label": ["of what", "you said"]},
        "columns": [{"label": f"{day} Feb", "parts": [day, 1]} for day in range(8)],
        "words": {"weeks": "Eight weeks", "done": "kept", "missed": "missed", "nothing": ""},
    } | changes


def texts(**changes: Any) -> list[str]:
    drawing = ElementTree.fromstring(as_svg("progress.svg", **progress(**changes)))
    return [each.text or "" for each in drawing.iter(f"{SVG}text")]


async def test_a_picture_is_a_png_twice_as_large() -> None:
    png = await picture("progress.svg", **progress())

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (1440, 1400)


async def test_a_letter_of_every_script_that_we_have_changes_the_picture() -> None:
    names = ["", "Ada", "Ада", "Άντα", "עדה", "آدا", "Ådä"]

    drawn = await asyncio.gather(*(picture("progress.svg", **progress(name=name)) for name in names))

    assert len(set(drawn)) == len(names)


async def test_the_loop_goes_on_while_pictures_are_drawn() -> None:
    drawing = asyncio.gather(*(picture("progress.svg", **progress()) for _ in "12"))
    turns = 0

    while not drawing.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 100


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("]]>&amp;", "]]>&amp;"),
        ('" onload="', '" onload="'),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
        ("Ada\n Lovelace", "Ada Lovelace"),
        ("\x00\x1b[1mAda\ufffe", "[1mAda"),
    ],
)
def test_a_hostile_name_is_drawn_as_text(name: str, shown: str) -> None:
    assert texts(name=name)[1] == shown


def test_a_mark_that_turns_the_direction_of_writing_is_left_out() -> None:
    assert "\u202e" not in as_svg("progress.svg", **progress(name="Ada\u202eevil"))


@pytest.mark.parametrize("name", ["", "😀", "李雷", "\u200b"])
def test_a_name_that_no_font_of_ours_has_leaves_the_title(name: str) -> None:
    assert texts(name=name)[0] == "Your progress"


@pytest.mark.parametrize("name", ["W" * 64, "Wolfeschlegelsteinhausenbergerdorff the elder", "漢" * 64])
def test_a_long_name_ends_where_there_is_no_room(name: str) -> None:
    short = fitted(name, 300, 34)

    assert short == "" or short.endswith("…")
    assert len(short) < 25


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 1, 1.5])
async def test_any_share_makes_a_ring(share: float) -> None:
    png = await picture("progress.svg", **progress(kept={"share": share, "figure": "", "label": ["", ""]}))

    assert len(png) > 10_000


def _day(number: int, sent: int) -> Figures:
    none = dict.fromkeys(("sent", "delivered", "opened", "clicked", "converted"), 0)
    counts = none | {"sent": sent, "delivered": sent, "opened": sent // 2}
    rates = {name: Rate.told(count, sent) for name, count in counts.items()}
    key = str(date(2026, 3, 1) + timedelta(days=number))
    return Figures(key, None, counts, rates, value=0.0, seconds_to_open=None, seconds_to_click=None)


def _series(*sent: int) -> str:
    return series_picture("Tendril", [_day(*each) for each in enumerate(sent)], _day(0, sum(sent)))


def test_days_with_few_messages_share_a_rate_and_the_interval_stays_narrow() -> None:
    assert 'fill="none" stroke=' in _series(*[200] * 10)
    few = _series(*[4] * 10)

    steps = few.count('height="3" rx="1.5"')
    assert 'fill="none" stroke=' not in few
    assert steps == 2  # one for each rate: 40 messages are not enough for two


def test_a_series_of_nothing_says_so() -> None:
    assert "Nothing was sent in these days." in _series(0, 0, 0)


def test_a_share_that_is_not_everything_is_not_rounded_to_it() -> None:
    assert [percent(share) for share in (0, 0.0001, 0.051, 0.5, 0.9999, 1)] == [
        "0 %",
        "< 0.1 %",
        "5.1 %",
        "50 %",
        "> 99.9 %",
        "100 %",
    ]
