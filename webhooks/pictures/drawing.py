"""`await picture("progress.svg", …)` is a PNG, twice as large as its SVG says.

A template lies in `templates/` and builds on `shapes.svg`; it knows `palette`, and for what may be too long
`text | fitted(width, size)`. Everything is escaped. Give it words and numbers that are ready to be shown.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jinja2

_HERE = Path(__file__).parent
_FONTS = sorted(str(file) for file in (_HERE / "fonts").glob("*.[ot]tf"))

PALETTE = {
    "ground": "#f1f6f0",
    "surface": "#ffffff",
    "line": "#dfe8df",
    "ink": "#14231b",
    "soft": "#587064",
    "faint": "#8a9c92",
    "leaf": "#17784c",
    "leaf_light": "#5fb98a",
    "leaf_wash": "#e1f2e6",
    "sand": "#ecc9a6",
    "sand_wash": "#fbf1e4",
    "flame": "#f2762e",
    "flame_light": "#fbbf3f",
    "bad": "#c4493d",
    "calm": "#3d78a8",
    "calm_wash": "#e4eff8",
}

# What our fonts have: Latin, Greek, Cyrillic, Hebrew, Arabic, signs. The rest, pictographs too, is left out:
# what a system's fonts would make of it is different on each.
_NOT_OURS = re.compile(
    r"[^\u0020-\u052f\u0590-\u06ff\u0750-\u077f\u1e00-\u200a\u2010-\u2027\u202f-\u205f\u2070-\u2265"
    r"\u25a0-\u25ff\u2605\u2606\u2713\u2714\ufb1d-\ufbff\ufe70-\ufefc]|[\u007f-\u009f]"
)
# Letters that are told apart by their width, as shares of the font size, measured in Inter Semi Bold.
_WIDTHS = (
    ("'.,:;|!ijlI ", 0.29),
    ("-()[]/frt1", 0.42),
    ("mwMW@%—", 0.92),
    ("ABCDGHKNOQRUVXYZ&", 0.74),
)


async def picture(template: str, **values: Any) -> bytes:
    """A PNG; the conversation goes on meanwhile."""
    draw = partial(drawn, template, **values)
    return await asyncio.get_running_loop().run_in_executor(_drawers(), draw)


def drawn(template: str, **values: Any) -> bytes:
    return as_png(as_svg(template, **values))


def as_png(svg: str) -> bytes:
    """In a process of its own: the library keeps every thread of this one waiting for a sixth of a second."""
    command = [sys.executable, "-I", str(_HERE / "rasterizing.py"), *_FONTS]
    return subprocess.run(command, input=svg.encode(), stdout=subprocess.PIPE, timeout=30, check=True).stdout


@lru_cache(maxsize=1)
def _drawers() -> ThreadPoolExecutor:
    """Two at a time, however many ask."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="drawing")


def as_svg(template: str, **values: Any) -> str:
    return _templates().get_template(template).render(values)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_drawable,
    )
    environment.globals["palette"] = PALETTE
    environment.filters["fitted"] = fitted
    return environment


def fitted(text: str, width: float, size: float) -> str:
    """As much of a text as a width has room for at a font size, with `…` where something is left out."""
    text = " ".join(_drawable(text).split())
    if sum(map(_width, text)) * size <= width:
        return text
    room = width / size - _width("m")
    kept = 0
    for each in text:
        room -= _width(each)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…"


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return next((width for characters, width in _WIDTHS if character in characters), 0.61)


def _drawable(value: Any) -> Any:
    """Nothing that XML refuses, that turns the direction of what follows, or that would be an empty box."""
    return type(value)(_NOT_OURS.sub("", value)) if isinstance(value, str) else value
