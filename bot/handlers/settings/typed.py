"""What `/settings WHAT VALUE` means."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from bot.texts import LANGUAGES, English

NO_QUIET_HOURS = {"quiet_from": "00:00", "quiet_until": "00:00"}
_HOURS = re.compile(r"([01]?\d|2[0-3]):?([0-5]\d)?\s*(?:-|–|to|bis)\s*([01]?\d|2[0-3]):?([0-5]\d)?")
_DAY = re.compile(
    r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.?\s?(?P<y>\d{4})?|(?P<Y>\d{4})-(?P<M>\d\d?)-(?P<D>\d\d?)"
)
_KEYS = {"channel": "preferred_channel", "time": "preferred_time", "often": "frequency"}


def canonical(typed: str, texts: English) -> str:
    """In English, where the texts know a word."""
    what, *value = (texts.typed_words.get(word.lower(), word) for word in typed.split() or [""])
    return " ".join([what.lower(), *value])


def understood(what: str, value: str) -> dict[str, Any] | None:
    """What it changes; None when it makes no sense."""
    match what, value:
        case "resume", "":
            return {"paused_until": None}
        case "channel", "any":
            return {"preferred_channel": None}
        case (
            ("channel", "telegram" | "email")
            | ("time", "morning" | "afternoon" | "evening")
            | ("often", "normal" | "less" | "few" | "rare")
        ):
            return {_KEYS[what]: value}
        case "language", _ if language := _language(value):
            return {"locale": language}
        case "leaderboards", "on" | "off":
            return {"on_leaderboards": value == "on"}
        case "quiet", "off" | "none":
            return NO_QUIET_HOURS
        case "quiet", hours if found := _HOURS.fullmatch(hours):
            start, start_minute, end, end_minute = found.groups(default="00")
            return {"quiet_from": f"{start:0>2}:{start_minute}", "quiet_until": f"{end:0>2}:{end_minute}"}
        case _:
            return None


def _language(typed: str) -> str | None:
    """By its code, or by the name that it has for itself."""
    return next((code for code, name in LANGUAGES.items() if typed in (code, name.lower())), None)


def read_day(typed: str, today: date) -> str | None:
    """`2026-12-24`, `24.12.2026` and `24.12.`, which is the next one, as `2026-12-24`."""
    found = _DAY.fullmatch(typed.strip())
    if found is None:
        return None
    day, month = int(found["d"] or found["D"]), int(found["m"] or found["M"])
    year = int(found["y"] or found["Y"] or today.year)
    try:
        wanted = date(year, month, day)
        if not (found["y"] or found["Y"]) and wanted <= today:
            wanted = date(year + 1, month, day)
    except ValueError:
        return None
    return wanted.isoformat()
