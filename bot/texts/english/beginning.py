"""The first conversation: what to call somebody, where they live, when they have time, an email address."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "name": "Change what I call you",
}


class Beginning(Basics):
    skip_label = "Skip"
    later_label = "Later"
    go_on_label = "Go on"
    share_location_label = "📍 Share where I am"
    city_hint = "Your city, such as Lisbon"

    def hello(self, name: str | None) -> str:
        return f"Hello{self._comma(name)}! Good to see you."

    # the questions

    def ask_what_to_call(self, name: str | None) -> str:
        if not name:
            return "What may I call you? Just send me your name."
        return (
            f"What may I call you? If <b>{escape(name)}</b> is right, tap it; otherwise send me another name."
        )

    ask_where_you_live = (
        "Where do you live? Send me the name of your city, or share where you are.\n"
        "I only keep the time zone, so that nothing from me wakes you at night."
    )
    ask_time_of_day = "When do you like to hear from me?"

    def ask_for_email(self, waiting: str | None) -> str:
        if waiting:
            return (
                f"I am waiting for the code that I sent to <b>{escape(waiting)}</b>.\n"
                "Send me its six digits, or another address."
            )
        return (
            "One last thing: what is your email address?\n"
            "Longer messages read better there. Without one, everything comes here."
        )

    # the answers

    def will_call_you(self, name: str) -> str:
        return f"Nice to meet you, {escape(name)}!"

    name_is_too_long = "That is more than I can remember. Which name of up to 64 letters shall I use?"

    def time_where_you_live(self, place: str, time: str) -> str:
        return f"In {escape(place)} it is {time} now. I will mind the hour."

    def which_place(self, typed: str) -> str:
        return f"There is more than one {escape(typed[:60])}. Which one is yours?"

    def no_such_place(self, typed: str) -> str:
        return (
            f"I cannot find “{escape(typed[:60])}” on my map. Is there a larger city nearby, "
            "or another way to write it?"
        )

    time_of_day_not_understood = "I only know three times of day. Which one suits you best?"

    def will_write_then(self, time: str) -> str:
        """`time` is one of the settings' labels."""
        return f"{escape(time)} it is."

    skipped = "All right, we leave that open."
    left_for_later = "No hurry. /start brings us back to this whenever you like."

    # the end

    def introduced(
        self, name: str | None, zone: str, time: str, email: str | None, is_confirmed: bool
    ) -> str:
        lines = [
            f"That is all I wanted to know{self._comma(name)}. Thank you!",
            "",
            f"Time zone: <b>{escape(self.zone(zone))}</b>",
            f"Time of day: <b>{escape(time)}</b>",
        ]
        if email:
            lines.append(
                f"Email: <b>{escape(email)}</b>" + ("" if is_confirmed else ", once I have the code from it")
            )
        return "\n".join([*lines, "", self.what_happens_next])

    what_happens_next = (
        "From here on I write to you now and then, and ask how it went. When you know what you want to get "
        "done, tell me with /commit. All of this can be changed in /settings, and your name with /name."
    )

    # /name

    ask_for_name = "What shall I call you? Just send me the name."

    def renamed(self, name: str) -> str:
        return f"All right, {escape(name)} it is."
