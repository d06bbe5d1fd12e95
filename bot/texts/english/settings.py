"""/settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "settings": "What I send you, where, when and how often; your data",
}


class Settings(Basics):
    settings_title = "<b>Your settings</b>"
    no_choice = "whatever works best"
    channels: Mapping[str, str] = {"telegram": "Telegram", "email": "Email"}
    times: Mapping[str, str] = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
    kinds: Mapping[str, str] = {"sequences": "Series", "announcements": "News", "reminders": "Reminders"}
    frequencies: Mapping[str, str] = {
        "normal": "Up to 3 a day",
        "less": "At most 1 a day",
        "few": "At most 3 a week",
        "rare": "At most 1 a week",
    }
    channel_label = "Where"
    what_label = "What"
    often_label = "How often"
    time_label = "Time of day"
    zone_label = "Time zone"
    quiet_label = "Quiet hours"
    language_label = "Language"
    boards_label = "Leaderboards"
    on_boards: Mapping[bool, str] = {True: "others see you", False: "nobody sees you"}
    declined_label = "Not wanted"
    pause_label = "Pause"
    resume_label = "Resume now"
    stop_label = "Stop everything"
    come_back_label = "Start again"
    page_label = "On the web"
    data_label = "My data"
    best_label = "Whatever works best"
    all_kinds = "everything"
    nothing = "nothing"
    no_quiet_hours = "none"
    no_quiet_label = "No quiet hours"
    pauses: Mapping[str, str] = {"1 day": "For a day", "1 week": "For a week", "forever": "Until I say so"}
    until_day_label = "Until a day…"
    typed_words: Mapping[str, str] = {}
    """What may be typed after /settings in this language, and the English word that it stands for."""

    ask_channel = "Where shall I write to you? The one that you tap comes first."
    ask_what = (
        "What do you want, and where?\n\n"
        "<b>Series</b>: what a course or a plan has to say, step by step.\n"
        "<b>News</b>: what is new here.\n"
        "<b>Reminders</b>: of dates, and of what you set out to do."
    )
    ask_often = "How many messages are right for you?"
    ask_time = "Which part of the day suits you?"
    ask_zone = (
        "Where are you? If your city is missing, send for example\n<code>/settings timezone Lisbon</code>"
    )
    ask_quiet = "When shall I be quiet? Other hours:\n<code>/settings quiet 21:30-07:00</code>"
    ask_pause = "For how long shall I be silent?"
    ask_day = "On which day shall I write again? Send me the date, like <code>2026-12-24</code>."
    day_is_over = "That day has already begun. Which later one?"
    ask_language = "Which language shall I speak?"
    ask_declined = "You did not want these. Tap one, and it may come again."
    ask_data = (
        "Everything that I know about you is yours.\nI can send it to you as a file, or forget all of it."
    )

    def settings_line(self, label: str, value: str) -> str:
        return f"{label}: <b>{escape(value)}</b>"

    def in_order(self, channels: Sequence[str]) -> str:
        return ", then ".join(channels)

    def some_kinds(self, wanted: Mapping[str, Sequence[str]]) -> str:
        """`wanted`: the kinds of messages by channel."""
        each = (f"{channel}: {', '.join(kinds) or self.nothing}" for channel, kinds in wanted.items())
        return "; ".join(each)

    def own_frequency(self, a_day: int, a_week: int | None) -> str:
        return f"at most {a_day} a day" + (f", {a_week} a week" if a_week is not None else "")

    def quiet_hours(self, start: str, end: str) -> str:
        return f"{start} to {end}"

    def paused_until(self, when: datetime | None) -> str:
        return f"⏸ Paused until {self.moment(when)}." if when else "⏸ Paused until you resume."

    everything_stopped = "You stopped my messages. /start brings them back."

    def accept_label(self, title: str) -> str:
        return f"↩ {title}"

    def page_link(self, link: str) -> str:
        return (
            f'<a href="{escape(link)}">Your settings on the web</a>\n'
            "The link works for an hour and is only for you: please do not pass it on."
        )

    def unknown_zone(self, typed: str) -> str:
        return (
            f"I do not know the place “{escape(typed[:60])}”. A larger city nearby often works, for example\n"
            "<code>/settings timezone Madrid</code>"
        )

    how_settings_are_typed = (
        "I did not get that. These work:\n"
        "<code>/settings channel email</code> (or telegram, or any)\n"
        "<code>/settings often less</code> (or normal, few, rare)\n"
        "<code>/settings time evening</code> (or morning, afternoon)\n"
        "<code>/settings timezone Madrid</code>\n"
        "<code>/settings quiet 22:00-08:00</code> (or off)\n"
        "<code>/settings pause 1 week</code> (or 1 day, forever, 2026-12-24)\n"
        "<code>/settings resume</code>\n"
        "<code>/settings language Deutsch</code>\n"
        "<code>/settings leaderboards off</code> (or on)"
    )
    email_needed_first = "For that I need your email address first: /email you@example.com"

    # My data, and the end of it

    export_label = "Send me all of it"
    delete_label = "Delete me"
    export_name = "my-data.json"
    export_caption = "This is everything that I know about you."
    ask_delete = (
        "Shall I forget you? Everything that I know about you goes: your settings, addresses, answers and "
        "history. It cannot be brought back.\n\n"
        "Only a fingerprint of your addresses stays, so that nobody writes to them by mistake."
    )
    yes_delete = "Yes, delete everything"
    no_delete = "No, keep me"
    deleted = "Done. I have forgotten you. All the best!\nShould you ever want to begin anew: /start."
    not_deleted = "Good! Everything stays as it is."

    # Less, not this, stop: the buttons under messages

    wish_granted: Mapping[str, str] = {
        "stop": "Done, I am silent now.",
        "announcement": "Done, no more news.",
    }
    undo_label = "Undo"
    wish_taken_back = "All right, everything is as it was before."
    already_rarest = "You already get my messages as rarely as possible. /stop ends them all."

    def less_granted(self, frequency: str) -> str:
        return f"Done, less it is: <b>{self.frequencies[frequency].lower()}</b>."

    def sequence_declined(self, title: str) -> str:
        return f"Done, “{escape(title)}” will not come any more."
