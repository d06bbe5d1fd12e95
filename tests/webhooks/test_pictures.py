"""Pictures: real PNGs, whatever somebody is called."""

from __future__ import annotations

import asyncio
import struct
from typing import Any
from xml.etree import ElementTree

import pytest

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
