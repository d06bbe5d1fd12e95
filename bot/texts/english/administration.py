"""What admins ask about people: /admin, /users, /user, /explain, /trigger, /dashboard, roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from bot.stories.deliveries import what_happened
from bot.texts.english.basics import Basics
from sequences.reasons import in_words

COMMANDS: Mapping[str, str] = {
    "admin": "Everything that admins can do",
    "users": "Find people",
    "user": "Somebody's profile, with what you can do for them",
    "explain": "What somebody got, did not get, and why",
    "trigger": "Start a sequence for somebody",
    "dashboard": "A link into the web dashboard",
}

LONGEST_NAME = 60


def in_zone(moment: str, zone: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))


class Administration(Basics):
    role_names: Mapping[str, str] = {"owner": "owner", "admin": "admin", "viewer": "viewer"}
    contact_channels: Mapping[str, str] = {
        "telegram": "Telegram",
        "email": "Email",
        "sms": "SMS",
        "push": "Push",
        "in_app": "In the app",
    }

    # /admin

    menu_labels: Mapping[str, str] = {
        "users": "👥 People",
        "user": "👤 A profile",
        "explain": "🔎 Explain",
        "trigger": "🚀 Start a sequence",
        "dashboard": "🖥 Dashboard",
        "sequences": "🌱 Sequences",
        "pause": "⏸ Pause",
        "resume": "▶️ Resume",
        "stats": "📊 Figures",
        "deliveries": "📬 Deliveries",
        "retry": "🔁 Try again",
        "testemail": "✉️ Trial email",
        "health": "🩺 Health",
        "alerts": "🔔 Alerts",
        "interventions": "🛟 Interventions",
        "outreach": "🤝 Whom to talk to",
        "unsuppress": "🔓 Open an address",
        "broadcast": "📣 Broadcast",
        "broadcasts": "🗂 Broadcasts",
        "attended": "🙋 Attendance",
        "newpod": "🌿 New pod",
    }
    """Of a command that is not here, its name."""
    refresh_label = "↻ Look again"
    all_is_held = "⏸ everything is held: nothing leaves before somebody resumes it"
    all_channels_open = "every channel is open"

    def menu_title(self, brand: str) -> str:
        return f"<b>{escape(brand)}, at a glance</b>"

    def people_state(self, people: int, new: int, admins: int) -> str:
        everybody = self.number_of(people, "person", "people")
        return f"👥 {everybody}, {new:,} new this week; {self.number_of(admins, 'admin', 'admins')}"

    def queue_state(self, due: int, oldest_seconds: float, stuck: int) -> str:
        waiting = (
            f"{due:,} due, the oldest for {self.seconds(round(oldest_seconds))}" if due else "nothing waits"
        )
        wanting = (
            f"; {self.number_of(stuck, 'message needs', 'messages need')} somebody to look" if stuck else ""
        )
        return f"📬 {waiting}{wanting}"

    def runs_state(self, running: int, paused: int) -> str:
        held = f", {paused:,} paused" if paused else ""
        return f"🌱 {self.number_of(running, 'sequence', 'sequences')} under way{held}"

    def channels_state(self, closed: Mapping[str, str]) -> str:
        """Which channel is closed, and why."""
        shut = ", ".join(
            f"{self.contact_channel(name)} is closed ({escape(why)})" for name, why in closed.items()
        )
        return f"📡 {shut or self.all_channels_open}"

    def alerts_state(self, alerts: int) -> str:
        return f"🔔 {self.number_of(alerts, 'alert', 'alerts')} not settled" if alerts else "🔔 no alert"

    # /users

    how_to_find_people = (
        "Whom do you look for? Send how their name, @username or email begins, or an id:\n"
        "<code>/users ada</code>\n"
        "<code>/users @ada</code>\n"
        "<code>/users ada@example.com</code>\n\n"
        "Or choose:"
    )
    kinds_of_people: Mapping[str, str] = {
        "new": "New this week",
        "inactive": "Silent for a week",
        "unreachable": "Unreachable",
        "admins": "Admins",
    }
    too_many_found = "There are more than I can show: a longer beginning of the name helps."

    def people_called(self, query: str) -> str:
        return f"<b>People called “{escape(query[:LONGEST_NAME])}”</b>"

    def people_of_kind(self, kind: str) -> str:
        return f"<b>{self.kinds_of_people[kind]}</b>"

    def people_found(self, first: int, last: int, count: int, is_all: bool) -> str:
        return f"{first} to {last} of {count:,}" + ("" if is_all else " or more")

    def person_line(self, person: Mapping[str, object], seen: str) -> str:
        channels = ", ".join(self.contact_channel(str(name)) for name in self._listed(person["channels"]))
        return f"• {self.person_in_full(person)}\n   {channels or 'unreachable'} · {seen}"

    def nobody_called(self, query: str) -> str:
        return (
            f"I know nobody called “{escape(query[:LONGEST_NAME])}”.\n\n"
            "A shorter beginning often helps: names, @username, email, Telegram id and external id are "
            "compared from the left. A user id has to be whole."
        )

    def nobody_of_kind(self, kind: str) -> str:
        return f"<b>{self.kinds_of_people[kind]}</b>\nNobody."

    def no_exact_match(self, query: str) -> str:
        return f"Nobody is exactly “{escape(query[:LONGEST_NAME])}”. One of these?"

    # /user

    how_to_see_a_profile = (
        "Whose profile? Send a Telegram id, @username, an email address or an id:\n<code>/user @ada</code>"
    )
    profile_addresses = "Reached by"
    no_addresses = "nothing: there is no way to reach them"
    profile_wishes = "Wishes"
    profile_engagement = "Engagement"
    profile_sequences = "Sequences"
    no_sequences_yet = "none"
    profile_messages = "Last messages"
    no_messages_yet = "none yet"
    user_is_gone = "This person is not here any more."
    address_states: Mapping[str, str] = {
        "active": "open",
        "unverified": "not confirmed yet",
        "unreachable": "unreachable",
        "suppressed": "closed",
    }
    refused_classes: Mapping[str, str] = {
        "opt_in_sequences": "no sequences",
        "opt_in_announcements": "no announcements",
        "opt_in_reminders": "no reminders",
    }
    at_time_of_day: Mapping[str, str] = {
        "morning": "in the morning",
        "afternoon": "in the afternoon",
        "evening": "in the evening",
    }
    enrollment_states: Mapping[str, str] = {
        "active": "running",
        "paused": "paused",
        "completed": "done",
        "cancelled": "ended",
    }

    def person_in_full(self, person: Mapping[str, object]) -> str:
        """A name in bold, the username, the roles."""
        handle = f" @{escape(str(person['username']))}" if person["username"] else ""
        roles = "".join(f", {self.role_names[str(role)]}" for role in self._listed(person["roles"]))
        return f"<b>{self.their_name(person['name'])}</b>{handle}{roles}"

    def their_name(self, name: object) -> str:
        return escape(self.their_plain_name(name))

    def their_plain_name(self, name: object) -> str:
        """For the label of a button."""
        return str(name)[:LONGEST_NAME] if name else "Somebody without a name"

    def contact_channel(self, channel: str) -> str:
        return self.contact_channels.get(channel, channel)

    def their_ids(self, user_id: str, external_id: str | None) -> str:
        external = f"\nexternal id <code>{escape(external_id[:LONGEST_NAME])}</code>" if external_id else ""
        return f"<code>{user_id}</code>{external}"

    def how_they_came(self, since: str, source: str | None, seen: str) -> str:
        by = f" by {escape(source[:LONGEST_NAME])}" if source else ""
        return f"Came {since}{by}; {seen}"

    def zone_and_language(self, zone: str, language: str | None) -> str:
        return f"{escape(zone)}, {escape(language)}" if language else escape(zone)

    def address_line(self, channel: str, address: str, state: str, reason: str | None) -> str:
        why = f" ({escape(self.reason_in_words(reason))})" if reason and state != "active" else ""
        where = f"{self.contact_channel(channel)} <code>{escape(address[:80])}</code>"
        return f"{where}: {self.address_states[state]}{why}"

    def left_since(self, when: str) -> str:
        return f"left {when}"

    def wishes_line(self, channel: str | None, time_of_day: str, quiet: str | None, most: int) -> str:
        where = f"{self.contact_channel(channel)} first" if channel else "whatever channel works best"
        silence = f", quiet {quiet}" if quiet else ""
        return f"{where}, {self.at_time_of_day[time_of_day]}{silence}, at most {most} a day"

    def stopped_since(self, when: str) -> str:
        return f"⏹ stopped everything {when}"

    def on_pause_until(self, when: str | None) -> str:
        return f"⏸ paused until {when}" if when else "⏸ paused until they resume"

    def engagement_line(self, overall: float, by_channel: Mapping[str, float]) -> str:
        others = ", ".join(f"{self.contact_channel(name)} {score:.0f}" for name, score in by_channel.items())
        return f"{overall:.0f} of 100" + (f" ({others})" if others else "")

    def risk_line(self, risk: Mapping[str, Any]) -> str:
        reasons = ", ".join(each["words"] for each in risk["reasons"])
        return f"risk of dropping off: {risk['risk']:.0f}%" + (f" ({reasons})" if reasons else "")

    def commitments_state(self, open_ones: int, kept: int, missed: int) -> str:
        return f"commitments: {open_ones:,} open, {kept:,} kept, {missed:,} missed"

    def sequences_running(self, running: int, count: int) -> str:
        return f"{running} running, {count} in all"

    def enrollment_line(self, title: str, step: int, steps: int, status: str, reason: str | None) -> str:
        why = f" ({escape(self.reason_in_words(reason))})" if reason else ""
        return (
            f"{escape(title[:LONGEST_NAME])}: step {step} of {steps}, {self.enrollment_states[status]}{why}"
        )

    def next_message_due(self, when: str) -> str:
        return f"next message {when}"

    def delivery_line(self, title: str, channel: str, what: str) -> str:
        return f"{escape(title[:LONGEST_NAME])}, {self.contact_channel(channel)}: {escape(what[:200])}"

    start_sequence_label = "🚀 Start a sequence"
    their_sequences_label = "🌱 Sequences"
    write_message_label = "✉️ Message"
    grant_role_label = "🔑 Role"
    explain_person_label = "🔎 Explain"
    their_profile_label = "👤 Profile"

    # a person's sequences

    pause_run_label = "⏸"
    end_run_label = "✖️"
    resume_run_label = "▶️"
    yes_end_run = "Yes, end it"
    no_keep_run = "No, keep it"
    run_had_ended = "It has ended already."
    run_changed: Mapping[str, str] = {"paused": "Paused.", "active": "It goes on.", "cancelled": "Ended."}

    def sequences_of(self, name: object) -> str:
        return f"<b>Sequences of {self.their_name(name)}</b>"

    def ask_end_run(self, title: str, name: object) -> str:
        return (
            f"Shall I end <b>{escape(title)}</b> for {self.their_name(name)}?\n"
            "What has not been sent yet never will be."
        )

    # /trigger

    how_to_trigger = (
        "For whom, and what? Send\n<code>/trigger @ada onboarding</code>\n"
        "or only <code>/trigger @ada</code>, and choose."
    )
    no_sequence_to_trigger = "There is no sequence that can be started by hand."

    def ask_sequence(self, name: object) -> str:
        return f"What shall I start for {self.their_name(name)}?"

    def unknown_sequence(self, typed: str, nearest: Sequence[str]) -> str:
        meant = " or ".join(f"<code>{escape(name)}</code>" for name in nearest)
        return f"There is no sequence “{escape(typed[:LONGEST_NAME])}”." + (
            f" Did you mean {meant}?" if meant else ""
        )

    def triggered(self, title: str, name: object) -> str:
        return f"✓ <b>{escape(title)}</b> has begun for {self.their_name(name)}."

    def triggered_before(self, title: str, name: object) -> str:
        return f"<b>{escape(title)}</b> is under way for {self.their_name(name)} already. Nothing to do."

    def trigger_declined(self, title: str, name: object) -> str:
        return (
            f"{self.their_name(name)} declined <b>{escape(title)}</b>. "
            "It does not begin as long as they do not want it."
        )

    def cannot_trigger(self, title: str, problem: str) -> str:
        return f"I cannot start <b>{escape(title)}</b> by hand: {escape(problem)}."

    # a message to one person

    send_message_label = "Send it"
    do_not_send_label = "Do not send it"
    message_not_sent = "Not sent."
    message_only_text = "Please write it as text: I can only pass on words."

    def ask_message(self, name: object) -> str:
        return f"What shall I tell {self.their_name(name)}? What you write next is what they get."

    def message_too_long(self, most: int) -> str:
        return f"That is too long: {most:,} characters at most. Please send me a shorter one."

    def message_preview(self, name: object, text: str) -> str:
        return (
            f"This goes to {self.their_name(name)}:\n\n<blockquote>{escape(text)}</blockquote>\n\n"
            "Shall I send it? To change it, write it again."
        )

    def message_sent(self, name: object) -> str:
        return (
            f"✓ On its way to {self.their_name(name)}.\n"
            "It keeps to their quiet hours and wishes; the profile says what became of it."
        )

    # roles

    no_role_label = "None"
    roles_explained = "A viewer looks at everything. An admin acts as well. An owner also grants roles."
    not_in_telegram = "They are not in Telegram, where a role would be of use."
    last_owner_stays = "Somebody has to stay owner: make somebody else one first."

    def ask_role(self, name: object, roles: Sequence[str]) -> str:
        now = ", ".join(self.role_names[role] for role in roles) or "none"
        return f"Which role shall {self.their_name(name)} have? Now: <b>{now}</b>.\n\n{self.roles_explained}"

    def owner_by_setting(self, name: object) -> str:
        """Shown above a button, as plain text."""
        return (
            f"{self.their_plain_name(name)} is an owner by the setting ADMIN_TELEGRAM_IDS, "
            "and stays one while they stand there."
        )

    def you_have_a_role(self, brand: str, role: str | None) -> str:
        """Sent to whom it was given or taken, as plain text."""
        if role is None:
            return f"You are no longer among those who look after {brand}. Thank you for all you did!"
        return f"You now look after {brand}, as {self.role_names[role]}. /admin shows what you can do."

    # /explain

    how_to_explain = (
        "Of whom? Send a Telegram id, @username, an email address or an id:\n<code>/explain @ada</code>"
    )

    def no_such_delivery(self, delivery_id: int, name: object) -> str:
        return f"{self.their_name(name)} has no message number {delivery_id}: /explain lists theirs."

    def story_attached(self, name: object) -> str:
        return f"The story of {self.their_name(name)} is long: here it is as a file."

    # /dashboard

    open_dashboard_label = "Open the dashboard"

    def dashboard_link(self, minutes: int) -> str:
        return (
            f"This opens the dashboard, once, within {minutes} minutes.\n"
            "It is for you alone: please do not pass it on."
        )

    # small words

    def reason_in_words(self, code: str | None) -> str:
        return in_words(code)

    def what_happened(self, delivery: Mapping[str, Any], zone: str) -> str:
        return what_happened(delivery, zone)

    def number_of(self, number: int, one: str, many: str) -> str:
        return f"one {one}" if number == 1 else f"{number:,} {many}"

    def at_moment(self, when: datetime) -> str:
        return f"{when:%a %-d %b %Y, %H:%M}"

    def last_seen_ago(self, ago: timedelta | None) -> str:
        return f"last seen {self.time_ago(ago)}" if ago is not None else "never seen"

    def time_ago(self, ago: timedelta) -> str:
        for length, unit in (
            (timedelta(days=1), "day"),
            (timedelta(hours=1), "hour"),
            (timedelta(minutes=1), "minute"),
        ):
            if ago >= length:
                return f"{self.number_of(ago // length, unit, unit + 's')} ago"
        return "just now"

    def _listed(self, value: object) -> Sequence[object]:
        return value if isinstance(value, list) else []
