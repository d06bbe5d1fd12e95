"""What admins ask about the service: sequences, pauses, deliveries, statistics, health, alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "sequences": "The sequences, with figures; pause one, or look at its steps",
    "pause": "Hold a sequence, a channel or everything",
    "resume": "Let it go on",
    "deliveries": "Messages that failed, are stuck, wait or were sent",
    "retry": "Send once more what failed",
    "testemail": "Send one email, to see that it arrives",
    "unsuppress": "Write to an address again that bounced",
    "health": "Is everything all right, and what to do if not",
    "stats": "The last days as a picture",
    "alerts": "What needs you, and whether I tell you",
}

LONGEST_TITLE = 60


class Operations(Basics):
    contact_channels: Mapping[str, str]
    everything_words: Sequence[str] = ("everything", "all")

    # /sequences

    sequences_title = "<b>Sequences</b>"
    no_sequences = "There are no sequences yet."
    steps_title = "<b>Steps</b>: sent · opened · clicked · failed"
    all_sequences_label = "‹ Sequences"
    pause_it_label = "⏸ Pause"
    resume_it_label = "▶️ Resume"
    sequence_classes: Mapping[str, str] = {
        "transactional": "needed for the account: nobody can refuse it",
        "sequence": "only who wants sequences",
        "announcement": "only who wants announcements",
        "reminder": "only who wants reminders",
    }

    def sequence_line(self, place: int, sequence: Mapping[str, Any]) -> str:
        mark = "⏸ " if sequence["paused_at"] else ""
        return (
            f"{place}. {mark}<b>{escape(sequence['title'][:LONGEST_TITLE])}</b> "
            f"<code>{escape(sequence['name'])}</code>\n"
            f"    {sequence['running']:,} running · {sequence['completed']:,} completed · "
            f"{sequence['sent']:,} sent in 7 days"
        )

    def sequence_story(self, sequence: Mapping[str, Any]) -> str:
        begins = (
            f"\nBegins by itself at <code>{escape(sequence['event'])}</code>" if sequence["event"] else ""
        )
        paused = "\n⏸ <b>Paused for everybody</b>" if sequence["paused_at"] else ""
        held = f" ({sequence['paused']:,} paused)" if sequence["paused"] else ""
        return (
            f"<b>{escape(sequence['title'][:LONGEST_TITLE])}</b> <code>{escape(sequence['name'])}</code>\n"
            f"{escape(sequence['description'][:300])}\n\n"
            f"{self.sequence_classes[sequence['message_class']].capitalize()}{begins}{paused}\n"
            f"{sequence['active'] + sequence['paused']:,} running{held} · {sequence['completed']:,} completed"
            f" · {sequence['cancelled']:,} ended before"
        )

    def step_line(self, step: Mapping[str, Any]) -> str:
        channels = ", ".join(self.contact_channels[name] for name in step["channels"])
        figures = " · ".join(f"{step[name]:,}" for name in ("sent", "opened", "clicked", "failed"))
        return f"{step['position']}. {escape(step['name'])} ({channels}): {figures}"

    def switched(self, title: str, is_paused: bool, messages: int) -> str:
        """For a toast: no markup, and short."""
        waiting = self._several(messages, "message", "messages")
        if is_paused:
            return f"{title[:LONGEST_TITLE]} is paused: {waiting} planned."
        return f"{title[:LONGEST_TITLE]} goes on: {waiting} had to wait."

    def no_such_sequence(self, typed: str, nearest: Sequence[str]) -> str:
        meant = " or ".join(f"<code>{escape(name)}</code>" for name in nearest)
        return f"There is no sequence “{escape(typed[:LONGEST_TITLE])}”." + (
            f" Did you mean {meant}?" if meant else ""
        )

    # /pause, /resume

    ask_what_to_hold = (
        "<b>What shall I hold?</b>\nTap it, or type it: <code>/pause email</code>, "
        "<code>/pause onboarding</code>, <code>/pause everything</code>. Sequences also have a button each "
        "in /sequences."
    )
    ask_resume = "<b>What shall go on?</b>"
    nothing_is_paused = "Nothing is paused."
    everything_label = "Everything"

    def paused_everything(self, messages: int, people: int) -> str:
        return (
            "⏸ <b>Everything is paused.</b> Nothing leaves any more, over any channel, until /resume. "
            f"I still answer who writes to me.\n{self._held(messages, people)}"
        )

    def paused_channel(self, channel: str, messages: int, people: int) -> str:
        return (
            f"⏸ <b>{self.contact_channels[channel]} is paused.</b> Messages that may go another way do; "
            f"the others wait.\n{self._held(messages, people)}"
        )

    def paused_sequence(self, title: str, messages: int, people: int) -> str:
        return (
            f"⏸ <b>{escape(title)} is paused for everybody.</b> Nobody begins it by what they do.\n"
            f"{self._held(messages, people)}"
        )

    def was_paused(self, what: str) -> str:
        return f"{escape(what)} was paused before. /resume lets it go on."

    def goes_on(self, what: str, messages: int) -> str:
        leaving = (
            f"{self._several(messages, 'message that waited is', 'messages that waited are')} looked at now; "
            "what is too late by now is left out."
            if messages
            else "Nothing had to wait."
        )
        return f"▶️ <b>{escape(what)}</b> goes on. {leaving}"

    def was_not_paused(self, what: str) -> str:
        return f"{escape(what)} was not paused."

    def not_configured_channel(self, channel: str) -> str:
        return f"{self.contact_channels[channel]} is not configured, so there is nothing to hold or to open."

    def nothing_of_that_name(self, typed: str, nearest: Sequence[str]) -> str:
        meant = " or ".join(f"<code>{escape(name)}</code>" for name in nearest)
        hint = f" Did you mean {meant}?" if meant else ""
        return f"There is no channel and no sequence “{escape(typed[:LONGEST_TITLE])}”.{hint}"

    def _held(self, messages: int, people: int) -> str:
        if not messages:
            return "Nothing is planned that would have to wait."
        planned = self._several(messages, "message is", "messages are")
        return f"{planned} planned for {self._several(people, 'person', 'people')}, and will wait."

    # /deliveries, /retry

    kinds_of_deliveries: Mapping[str, str] = {
        "failed": "Failed",
        "parked": "Parked",
        "unknown": "Unknown",
        "held": "Held",
        "sent": "Sent",
    }
    kinds_explained: Mapping[str, str] = {
        "failed": "They were refused, or came back.",
        "parked": "They could not be written. Their sequences stand still.",
        "unknown": "Nobody can tell whether they arrived; usually they did.",
        "held": "They wait for a better moment, or for somebody.",
        "sent": "They left.",
    }
    nothing_of_this_kind = "None."
    retry_label = "🔁"
    explain_label = "🔎"
    send_again_label = "Send it once more"
    retry_all_label = "🔁 Retry all"
    yes_retry_all = "Yes, send them"
    how_to_retry = (
        "Which message? <code>/retry 42</code>, or <code>/retry all</code> for what failed or is parked."
    )
    nothing_to_retry = "There is nothing to send once more."
    not_that_many_retries = "No message has this number."

    def deliveries_title(self, kind: str, first: int, last: int, count: int, is_all: bool) -> str:
        figures = f"{first} to {last} of {count:,}{'' if is_all else ' or more'}"
        return f"<b>{self.kinds_of_deliveries[kind]}</b>, {figures}\n{self.kinds_explained[kind]}"

    def no_deliveries_of(self, kind: str) -> str:
        return f"<b>{self.kinds_of_deliveries[kind]}</b>: {self.nothing_of_this_kind}"

    def listed_delivery(self, delivery: Mapping[str, Any], name: str, what: str) -> str:
        step = f"{escape(delivery['title'][:LONGEST_TITLE])}, {escape(delivery['step_name'] or '')}"
        channel = self.contact_channels.get(delivery["channel"], delivery["channel"])
        return f"<b>{delivery['delivery_id']}</b> {escape(name)}: {step}, {channel}\n    {escape(what[:200])}"

    def retried(self, delivery: Mapping[str, Any], name: str) -> str:
        return (
            f"🔁 Message {delivery['delivery_id']} (<b>{escape(delivery['title'][:LONGEST_TITLE])}</b> to "
            f"{escape(name)}) is written anew and leaves as soon as it may."
        )

    def retried_toast(self, number: int) -> str:
        return f"Message {number} is tried again."

    def may_arrive_twice(self, delivery: Mapping[str, Any], name: str) -> str:
        return (
            f"⚠️ Nobody knows whether message {delivery['delivery_id']} "
            f"(<b>{escape(delivery['title'][:LONGEST_TITLE])}</b> to {escape(name)}) arrived. Usually "
            "it did, "
            "and then they get it <b>twice</b>."
        )

    def not_retried(self, delivery: Mapping[str, Any], what: str) -> str:
        return f"Message {delivery['delivery_id']} cannot be sent once more: {escape(what[:200])}"

    def ask_retry_all(self, failed: int, parked: int, oldest: str) -> str:
        return (
            f"{failed:,} failed and {parked:,} parked messages would be written anew and sent once more. "
            f"The oldest was due {oldest}. What is too old by now is left out, and so is whoever "
            "wants no more."
        )

    def retried_all(self, count: int) -> str:
        return f"🔁 {self._several(count, 'message is', 'messages are')} written anew and sent once more."

    # /testemail, /unsuppress

    how_to_try_email = "To whom? <code>/testemail you@example.com</code>"
    trial_email_is_off = "Email is off: set RESEND_API_KEY and EMAIL_FROM."
    nothing_may_leave = "Nothing may leave at the moment: /resume first."
    how_to_unsuppress = "Which address? <code>/unsuppress ada@example.com</code>"
    lift_it_label = "Write there again"
    leave_it_label = "Leave it"
    not_lifted = "It stays closed."
    lifted_by_owner_only = (
        "Whoever had this address asked to be deleted. Only they can come back, with /start or by "
        "confirming it."
    )

    def trial_email_sent(self, address: str, message_id: str) -> str:
        return (
            f"✓ Sent to {escape(address)}, Resend’s id <code>{escape(message_id)}</code>. Please look "
            "into the inbox."
        )

    def trial_email_failed(self, why: str) -> str:
        return f"✗ Not sent: {escape(why)}."

    def closed_address(self, address: str, why: str) -> str:
        return f"{escape(address)} is closed: {escape(why)}. /unsuppress opens it."

    def not_suppressed(self, address: str) -> str:
        return f"{escape(address)} is not closed: nothing to do."

    def ask_lift(self, address: str, why: str, since: str) -> str:
        return (
            f"{escape(address)} is closed since {since}: {escape(why)}.\n\nShall I write there again? "
            "Only do so "
            "if the mailbox works and its owner wants it; and remove it from Resend’s suppression "
            "list as well."
        )

    def ask_lift_complaint(self, address: str, since: str) -> str:
        return (
            f"⚠️ Whoever has {escape(address)} marked an email as <b>spam</b>, {since}. Another one "
            "harms every "
            "mail you send.\n\nOnly if they asked for it themselves: type the address again, and I open it."
        )

    def lifted(self, address: str) -> str:
        return (
            f"✓ {escape(address)} can be written to again. Remove it from Resend’s suppression list as well."
        )

    def another_address(self, address: str) -> str:
        return f"That is not {escape(address)}, so it stays closed."

    # /health

    health_well = "<b>✓ All is well</b>"
    health_ill = "<b>✗ Something needs you</b>"
    database_answers = "✓ The database answers"
    database_is_away = "✗ The database does not answer. I go on by myself when it is back."
    scheduler_ticks = "✓ The scheduler ticks"
    scheduler_stands = "✗ The scheduler has stopped. Restart this process, and keep its log."
    everything_is_held = "✗ Everything is paused. /resume lets it go on."
    queue_is_empty = "✓ Nothing waits to be sent"

    def channel_is_on(self, channel: str) -> str:
        return f"✓ {self.contact_channels[channel]} is open"

    def channel_is_off(self, channel: str, why: str) -> str:
        return f"– {self.contact_channels[channel]} is off: {escape(why)}"

    def channel_is_paused(self, channel: str, why: str, by_admin: bool) -> str:
        remedy = "/resume opens it" if by_admin else "ask <code>python -m bot doctor</code>, then /resume"
        return f"✗ {self.contact_channels[channel]} is closed ({escape(why)}): {remedy}"

    def channel_is_slowed(self, channel: str) -> str:
        return f"– {self.contact_channels[channel]} waits: the provider asked for a pause. It passes."

    def queue_waits(self, due: int, seconds: int, is_late: bool) -> str:
        oldest = f"{due:,} due, the oldest for {self.seconds(seconds)}"
        return (
            f"✗ Messages are late: {oldest}. See that a worker runs and the channels are open"
            if is_late
            else f"✓ {oldest}"
        )

    def stuck_messages(self, parked: int, unknown: int) -> list[str]:
        lines = [f"✗ {parked:,} cannot be written: /deliveries"] if parked else []
        return [*lines, f"– {unknown:,} of which nobody knows: /deliveries"] if unknown else lines

    def updates_waiting(self, count: int) -> str:
        return f"– {self._several(count, 'message', 'messages')} to me not answered yet"

    def other_trouble(self, problem: str, remedy: str) -> str:
        return f"✗ {escape(problem)} {escape(remedy)}"

    # /stats

    how_to_stats = "How many days? From 1 to 365: <code>/stats 30</code>"

    def stats_title(self, brand: str) -> str:
        return brand

    def last_days(self, days: int) -> str:
        return "Today" if days == 1 else f"The last {days} days"

    def stats_label(self, days: int) -> str:
        return "Today" if days == 1 else f"{days} days"

    def no_stats(self, days: int) -> str:
        return (
            f"<b>{self.last_days(days)}</b>: nothing was sent, and nobody was here. A picture comes "
            "with the first message."
        )

    stats_words: Mapping[str, str] = {
        "messages": "Messages sent",
        "active": "Active people",
        "new": "New",
        "unsubscribed": "Want no more",
        "delivered": "delivered",
        "opened": "of emails opened",
        "clicked": "clicked",
        "per_day": "Messages a day",
        "per_days": "Messages, {} days each",
        "active_a_day": "Active people a day",
        "most": "up to {}",
        "none": "none",
    }

    def stats_lines(self, figures: Mapping[str, Any]) -> str:
        by_channel = ", ".join(
            f"{self.contact_channels[name]} {count:,}" for name, count in figures["by_channel"].items()
        )
        return (
            f"📬 {figures['sent']:,} sent ({by_channel or 'none'})\n"
            f"👀 {figures['delivered']:,} delivered, {figures['opened']:,} opened, "
            f"{figures['clicked']:,} clicked\n"
            f"👥 {figures['active']:,} active, {figures['new']:,} new, {figures['unsubscribed']:,} "
            "want no more"
        )

    # /alerts

    no_alerts = "✓ Nothing needs you."
    alerts_title = "<b>What needs you</b>"
    alerts_on = "🔔 I tell you of each alert once, and when it is over."
    alerts_off = "🔕 I tell you of no alerts."
    alerts_for_admins = "Alerts and feedback go to admins and owners."
    alerts_on_label = "🔔 Tell me"
    alerts_off_label = "🔕 Do not tell me"
    switch_words: Mapping[str, bool] = {"on": True, "off": False}
    how_to_alerts = "<code>/alerts on</code> or <code>/alerts off</code>"

    def alert_line(self, kind: str, details: Mapping[str, Any], why: str, since: str) -> str:
        return f"⚠️ {self._alert(kind, details, escape(why))}\n    since {since}"

    def _alert(self, kind: str, details: Mapping[str, Any], why: str) -> str:
        channel = self.contact_channels.get(details.get("channel", ""), "")
        match kind:
            case "channel_paused":
                return f"{channel} is closed: {why}. Ask <code>python -m bot doctor</code>, then /resume"
            case "channel_blocked":
                return f"{channel} has to wait: the provider asked for a pause"
            case "template_parked":
                step = f"{escape(details['sequence'])}, step {escape(details['step'])}"
                return f"{step}, cannot be written: {why}. /deliveries"
            case "bounces":
                return f"{details['percent']}% of {details['mails']:,} emails came back. /deliveries"
            case "complaints":
                return f"{details['percent']}% of {details['mails']:,} emails were marked as spam. /pause"
            case "queue_late":
                return f"Messages over {channel} are late. /health"
            case "campaign_failed":
                return f"The campaign {escape(details['campaign'])} has stopped: pause and resume it"
            case "outreach_waiting":
                who = self._several(details["tasks"], "person waits", "people wait")
                return f"{who} to be talked to. /outreach"
            case "risk_model_broken":
                return "What was learned of risks cannot be used: the rules tell them"
            case "uneven_division":
                return f"The experiment {escape(details['experiment'])} is divided unevenly: do not trust it"
            case "updates_failed":
                what = self._several(details["updates"], "thing", "things")
                return f"I could not handle {what} that people wrote to me: look into the log"
            case "webhook_paused":
                return f"The webhook to {escape(details['host'])} takes nothing and is paused"
            case _:
                return (
                    f"Callbacks of {escape(details.get('provider', '').capitalize())} are refused: "
                    "compare the secrets"
                )

    def in_short(self, when: datetime) -> str:
        return f"{when:%-d %b, %H:%M}"

    def _several(self, number: int, one: str, many: str) -> str:
        return f"one {one}" if number == 1 else f"{number:,} {many}"
