"""/broadcast and /broadcasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "broadcast": "Write to everybody, or to some",
    "broadcasts": "Broadcasts: how far they are, stop, edit, delete",
}
BAR = 12


class Broadcasts(Basics):
    """To be read aloud before it is changed."""

    audience_names: Mapping[str, str] = {
        "all_users": "everybody",
        "active_7_days": "active in the last 7 days",
        "inactive_7_days": "inactive for 7 days",
        "inactive_30_days": "inactive for 30 days",
        "onboarded": "finished with the onboarding",
        "still_onboarding": "not finished with the onboarding",
        "committed": "have committed to something",
        "never_committed": "never committed to anything",
        "in_a_pod": "in a pod",
        "reachable_only_by_email": "reachable only by email",
        "unverified_email": "email not confirmed",
    }

    # /broadcast

    ask_audience = "Whom is it for?"
    discard_label = "✖️ Do not send it"
    draft_discarded = "Not sent, and thrown away."
    only_text_in_broadcasts = (
        "I can pass on text to many, not pictures, files or voices. Please send the message as text; "
        "a link to a picture in it works."
    )
    send_now_label = "🚀 Now"
    send_later_label = "🗓 At another time"
    subject_label = "✏️ Subject of the email"
    mail_preview_label = "✉️ Email me a preview"
    mail_preview_sent = "It is on its way to your address."
    ask_when_broadcast = (
        "When? Send me a day and a time of your clock, for example <code>tomorrow 9:00</code> "
        "or <code>24.12. 18:30</code>."
    )
    moment_not_understood = (
        "I need a day and a time that are still to come, for example <code>tomorrow 9:00</code>."
    )
    ask_broadcast_subject = "What shall the subject of the email be? One line, please."
    nobody_would_get_it = "Nobody would get it now."
    broadcast_has_begun = "It has begun already."
    broadcast_is_gone = "It is no longer there. /broadcast begins a new one."
    would_not_get_it = "Left out:"

    def ask_broadcast_text(self, audience: str) -> str:
        return (
            f"For: <b>{escape(audience)}</b>\n\n"
            "Now send me the message as it should look: with bold, italic, links, hidden words, code."
        )

    def broadcast_problem(self, problem: str) -> str:
        return f"That cannot be sent: {escape(problem)}. Please send me another one."

    def broadcast_too_long(self, length: int, most: int) -> str:
        return f"That has {length:,} characters; Telegram takes {most:,}. Please send me a shorter one."

    def subject_too_long(self, most: int) -> str:
        return f"One line of at most {most} characters, please."

    def broadcast_review(self, audience: str, subject: str) -> str:
        return (
            "That is how it looks. To change it, write it again.\n\n"
            f"For: <b>{escape(audience)}</b>\nSubject of the email: {escape(subject)}"
        )

    def recipients(self, reachable: int, total: int, channels: Mapping[str, int]) -> str:
        ways = ", ".join(f"{name} {count:,}" for name, count in channels.items())
        return f"Would get it now: <b>{reachable:,}</b> of {total:,}" + (f" ({ways})" if ways else "")

    def of_them_paused(self, count: int) -> str:
        return f"Asked for a pause, and are waited for: {count:,}"

    def ask_recipient_count(self, count: int, when: datetime | None) -> str:
        begins = f"It begins on {self.moment(when)}. " if when else ""
        return f"{begins}To send it, type how many would get it now: <b>{count}</b>"

    def not_the_count(self, count: int) -> str:
        return f"That is not the number. If you mean it, type <b>{count}</b>; if not, tap the button."

    def count_has_changed(self, count: int) -> str:
        return f"The number has changed since. To send it, type <b>{count}</b>"

    # how far a broadcast has come

    no_broadcasts = "There has been no broadcast yet. /broadcast begins one."
    your_broadcasts = "The latest broadcasts:"
    all_broadcasts_label = "‹ All broadcasts"
    refresh_broadcast_label = "↻ Look again"
    stop_broadcast_label = "⏹ Stop"
    edit_broadcast_label = "✏️ Edit"
    delete_broadcast_label = "🗑 Delete"
    go_on_with_draft_label = "Go on with it"
    broadcast_was_stopped = "Stopped."
    broadcast_had_ended = "It had ended already."
    broadcast_states: Mapping[str, str] = {
        "draft": "a draft",
        "scheduled": "waits for its time",
        "sending": "on its way",
        "sent": "sent",
        "stopped": "stopped",
        "deleted": "deleted",
    }
    change_titles: Mapping[str, str] = {"edit": "Edited", "delete": "Deleted"}
    change_outcomes: Mapping[str, str] = {
        "done": "done",
        "left": "still to do",
        "too_old": "too old",
        "gone": "gone",
        "refused": "refused by Telegram",
    }

    def broadcast_title(self, number: int, audience: str) -> str:
        return f"<b>Broadcast {number}</b>, {escape(audience)}"

    def broadcast_begins(self, when: datetime) -> str:
        return f"Begins on {self.moment(when)}"

    def broadcast_line(self, number: int, audience: str, state: str, sent: int) -> str:
        return f"<b>{number}</b> {escape(audience)}: {state}, {sent:,} sent"

    def broadcast_bar(self, state: str, share: float) -> str:
        full = int(share * BAR)
        return f"{'▓' * full}{'░' * (BAR - full)} {int(share * 100)} %, {state}"

    def broadcast_sent(self, sent: int, planned: int, channels: Mapping[str, int]) -> str:
        ways = ", ".join(f"{name} {count:,}" for name, count in channels.items())
        return f"Sent: {sent:,} of {planned:,}" + (f" ({ways})" if ways else "")

    def broadcast_rest(self, waiting: int, failed: int, left_out: int, clicked: int) -> str:
        return (
            f"Waiting {waiting:,}, failed {failed:,}, left out {left_out:,}\nTapped a link in it: {clicked:,}"
        )

    still_planning = "People are still being added."

    def changed_so_far(self, change: str, counts: Mapping[str, int]) -> str:
        listed = ", ".join(
            f"{words} {counts[name]:,}" for name, words in self.change_outcomes.items() if name in counts
        )
        return f"{self.change_titles[change]}: {listed or self.change_outcomes['done'] + ' 0'}"

    # edit and delete

    nothing_to_change = "Nothing of it stands in a chat that Telegram still lets me change (48 hours)."
    replace_label = "✏️ Replace it"
    keep_broadcast_label = "Leave it as it is"
    broadcast_kept = "Left as it is."
    yes_delete_broadcast = "🗑 Yes, delete it"
    mails_stay = "Emails that have gone out stay as they are."

    def ask_new_text(self, changeable: int, waiting: int) -> str:
        lines = ["Send me the new text."]
        if changeable:
            lines.append(f"It takes the place of the old one in {changeable:,} chats. {self.mails_stay}")
        if waiting:
            lines.append(f"The {waiting:,} who have not got it yet get only the new one.")
        return "\n".join(lines)

    def ask_replace(self, changeable: int) -> str:
        return f"That is how it will look, in {changeable:,} chats. Shall I replace it?"

    def ask_delete_broadcast(self, changeable: int) -> str:
        return f"Shall I stop it and delete it from {changeable:,} chats? {self.mails_stay}"
