"""/settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "settings": "Channel, time of day, time zone, quiet hours, pause",
}


class Settings(Basics):
    settings_title = "<b>Your settings</b>"
    no_choice = "whatever works best"
    channels: Mapping[str, str] = {"telegram": "Telegram", "email": "Email"}
    times: Mapping[str, str] = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
    channel_label = "Where"
    time_label = "Time of day"
    zone_label = "Time zone"
    quiet_label = "Quiet hours"
    pause_label = "Pause"
    resume_label = "Resume now"
    best_label = "Whatever works best"
    no_quiet_hours = "none"
    no_quiet_label = "No quiet hours"
    pauses: Mapping[str, str] = {"1 day": "For a day", "1 week": "For a week", "forever": "Until I say so"}

    ask_channel = "Where shall I write to you?"
    ask_time = "Which part of the day suits you?"
    ask_zone = (
        "Where are you? If your city is missing, send for example\n<code>/settings timezone Lisbon</code>"
    )
    ask_quiet = "When shall I be quiet? Other hours:\n<code>/settings quiet 21:30-07:00</code>"
    ask_pause = "For how long shall I be silent?"

    def settings_line(self, label: str, value: str) -> str:
        return f"{label}: <b>{escape(value)}</b>"

    def quiet_hours(self, start: str, end: str) -> str:
        return f"{start} to {end}"

    def paused_until(self, when: datetime | None) -> str:
        return f"⏸ Paused until {when:%A, %-d %B, %H:%M}." if when else "⏸ Paused until you resume."

    everything_stopped = "You stopped my messages. /start brings them back."

    def unknown_zone(self, typed: str) -> str:
        return (
            f"I do not know the place “{escape(typed[:60])}”. A larger city nearby often works, for example\n"
            "<code>/settings timezone Madrid</code>"
        )

    how_settings_are_typed = (
        "I did not get that. These work:\n"
        "<code>/settings channel email</code> (or telegram, or any)\n"
        "<code>/settings time evening</code> (or morning, afternoon)\n"
        "<code>/settings timezone Madrid</code>\n"
        "<code>/settings quiet 22:00-08:00</code> (or off)\n"
        "<code>/settings pause 1 week</code> (or 1 day, forever)\n"
        "<code>/settings resume</code>"
    )
    email_needed_first = "For that I need your email address first: /email you@example.com"
