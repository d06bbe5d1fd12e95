"""/why: what the last message was sent for, or what holds the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "why": "Why I wrote to you, or why I am silent",
}


class Why(Basics):
    begun_by: Mapping[str, str] = {
        "user_started": "because you said hello to me",
        "goal_set": "because you set yourself a goal",
        "commitment_created": "because of something that you committed to",
        "commitment_completed": "because you did what you had set out to do",
        "commitment_missed": "because a date of yours went by",
        "streak_milestone": "because you have kept at it for a while",
        "pod_joined": "because you joined a group",
        "pod_member_inactive": "because somebody in your group has gone quiet",
        "meeting_missed": "because a meeting went by without you",
        "inactive_7_days": "because I had not heard from you for a week",
        "inactive_14_days": "because I had not heard from you for two weeks",
        "email_verified": "because you confirmed your address",
        "request_email": "because you gave me your address",
        "preference_page": "because somebody asked for it on the page of your settings",
        "direct": "because somebody of the team wrote to you",
        "intervention": "because it had become quiet around you",
        "trigger": "because of something that you did here",
    }
    """By the behavior event, or by the source, that began it."""
    begun = "because somebody of the team began it for you"
    classes: Mapping[str, str] = {
        "transactional": "It belongs to something that you asked for, so it always comes.",
        "sequence": "You get series there because you have not switched them off.",
        "announcement": "You get news there because you have not switched them off.",
        "reminder": "You get reminders there because you have not switched them off.",
    }
    holds: Mapping[str, str] = {
        "quiet_hours": "by then your quiet hours are over",
        "user_paused": "you asked me for a pause",
        "frequency_cap": "you have had as many messages as you wish for",
        "channel_paused": "the way to you is closed at the moment",
        "channel_off": "the way to you is closed at the moment",
        "enrollment_paused": "it has been paused",
        "sequence_paused": "it has been paused",
        "everything_paused": "all messages are paused at the moment",
    }
    on_channel: Mapping[str, str] = {
        "telegram": "over Telegram",
        "email": "by email",
        "sms": "by text message",
    }

    nothing_yet = "I have not sent you anything of my own accord yet."
    nothing_planned = "Nothing more is planned for you at the moment."
    nothing_comes = "You stopped my messages, so nothing more comes. /start brings them back."
    less_label = "Less"
    not_label = "Not this"
    open_settings_label = "Settings"

    def why_last(self, title: str, channel: str, when: datetime, begun: str, message_class: str) -> str:
        return (
            f"<b>The last one</b> came on {self.moment(when)}, {self.on_channel.get(channel, channel)}.\n"
            f"It is part of “{escape(title)}”, which began {begun}.\n{self.classes[message_class]}"
        )

    def why_next(self, title: str, when: datetime | None, hold: str | None) -> str:
        begins = f"<b>The next one</b>, of “{escape(title)}”,"
        if when is None:
            return f"{begins} waits until further notice" + (f": {hold}." if hold else ".")
        if hold is None:
            return f"{begins} is planned for {self.moment(when)}."
        return f"{begins} waits until {self.moment(when)}: {hold}."

    def due_now(self, title: str) -> str:
        return f"<b>The next one</b>, of “{escape(title)}”, is about to come."
