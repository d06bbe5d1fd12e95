"""What several topics say."""

from __future__ import annotations

from datetime import datetime
from html import escape

from bot.zones import city_of


class Basics:
    back_label = "‹ Back"
    done_label = "Done"
    saved = "Saved"

    def zone(self, zone: str) -> str:
        return city_of(zone) if zone == "UTC" else f"{city_of(zone)} ({zone})"

    def moment(self, when: datetime) -> str:
        """In the zone that it has: "Monday, 2 March, 09:30"."""
        return f"{when:%A, %-d %B, %H:%M}"

    def seconds(self, seconds: int) -> str:
        if seconds < 90:
            return "one second" if seconds == 1 else f"{seconds} seconds"
        return f"{round(seconds / 60)} minutes"

    def _comma(self, name: str | None) -> str:
        return f", {escape(name)}" if name else ""
