"""People to invent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "early_bird": {"first_name": "Ana", "timezone": "Pacific/Auckland"},
    "night_owl": {
        "first_name": "Otto",
        "timezone": "Europe/Berlin",
        "preferences": {"preferred_time": "evening", "quiet_from": "03:00", "quiet_until": "11:00"},
    },
    "email_only": {"first_name": "Emil", "timezone": "Europe/London", "channels": ["email"]},
    "telegram_only": {"first_name": "Tess", "timezone": "America/New_York", "channels": ["telegram"]},
    "blocked_the_bot": {"first_name": "Bea", "timezone": "America/Sao_Paulo", "fails": ["telegram"]},
    "mailbox_gone": {"first_name": "Milo", "timezone": "Asia/Tokyo", "fails": ["email"]},
    "prefers_email": {
        "first_name": "Edda",
        "timezone": "Europe/Vienna",
        "preferences": {"preferred_channel": "email"},
    },
    "paused_for_a_week": {"first_name": "Paula", "timezone": "Europe/Madrid", "paused_for": "7 days"},
    "one_a_day": {
        "first_name": "Uma",
        "timezone": "Asia/Kolkata",
        "preferences": {"max_per_day": 1},
    },
    "unsubscribed": {
        "first_name": "Uri",
        "timezone": "America/Los_Angeles",
        "unsubscribed": ["telegram", "email"],
    },
}
"""People to invent, by name: the ones whose weeks differ most."""


def presets(names: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The people of these presets; raises KeyError for a name that there is not."""
    return tuple({"label": name, **PRESETS[name]} for name in names)
