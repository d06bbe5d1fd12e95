"""/commit, /list, /done, /progress, /feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from bot.texts.english.basics import Basics
from engagement.commitments import MOST_CHARACTERS, Rating
from engagement.due_words import Due

COMMANDS: Mapping[str, str] = {
    "commit": "Say what you will do, and by when",
    "list": "What you are committed to",
    "done": "Something is done",
    "progress": "How you are doing, as a picture",
    "feedback": "Tell us what you think",
}
DOTS = 5
SHOWN = 120


class Commitments(Basics):
    # /commit

    ask_commitment = "What will you do? One sentence is enough, such as:\n<i>Write two pages by Friday</i>"

    def commitment_is_too_long(self, count: int) -> str:
        return (
            f"That is {count} characters, and {MOST_CHARACTERS} are the most.\n"
            "The shorter a commitment, the easier it is to keep. Please say it in one sentence."
        )

    def ask_due(self, text: str) -> str:
        return (
            f"<b>{escape(text)}</b>\n\n"
            "By when? Tap one, or write a day: <i>Friday</i>, <i>in 3 days</i>, <i>12 March</i>."
        )

    due_not_understood = (
        "I could not read a day in that. Please write it like this: <i>Friday</i>, <i>in 3 days</i> or "
        "<i>12 March</i>, from today on and within a year."
    )
    due_labels: Mapping[str, str] = {
        "today": "Today",
        "tomorrow": "Tomorrow",
        "week": "This week",
        "next_week": "Next week",
    }

    def due_day(self, day: date, today: date) -> str:
        match (day - today).days:
            case 0:
                return "today"
            case 1:
                return "tomorrow"
            case _:
                return f"{day:%A, %-d %B}" if day.year == today.year else f"{day:%-d %B %Y}"

    def due(self, due: Due, today: date) -> str:
        return self.due_day(due.day, today) + (f", {due.at:%H:%M}" if due.at else "")

    def committed(self, text: str, due: Due, today: date) -> str:
        return f"✓ Noted: <b>{escape(text)}</b>\nDue {self.due(due, today)}. I will ask you then."

    def changed_to(self, text: str, due: Due, today: date) -> str:
        return f"✓ Now it says: <b>{escape(text)}</b>\nDue {self.due(due, today)}."

    parts: Sequence[str] = ("specific", "measurable", "bound to a time")

    def rating(self, rating: Rating) -> str:
        scores = (rating.specific, rating.measurable, rating.time_bound)
        bars = [f"{self._bar(score)} {part}" for score, part in zip(scores, self.parts, strict=True)]
        return "\n".join(bars) + f"\n\n{self.suggestion(rating)}"

    def _bar(self, score: int) -> str:
        full = round(score * DOTS / 100)
        return "●" * full + "○" * (DOTS - full)

    def suggestion(self, rating: Rating) -> str:
        if rating.suggestion:
            return escape(rating.suggestion)
        return self.advice[rating.advice] if rating.advice else self.nothing_to_improve

    nothing_to_improve = "Clear as day. Nothing to add."
    advice: Mapping[str, str] = {
        "vague": "“Better” and “more” have no end. What would somebody see you do?",
        "action": "Begin with a verb. What will you actually do: call, write, walk?",
        "detail": "Say a little more. What exactly, so that it is plain when it is done?",
        "shorter": "That is a lot at once. Which single step comes first?",
        "amount": "How much would be enough? A number makes it plain: pages, minutes, times.",
        "time": "Give it a moment of its own: after lunch, at six, before the news.",
    }
    improve_label = "Improve it"
    keep_label = "Keep it"
    kept_as_it_is = "Good, it stays as it is."

    def ask_better(self, text: str) -> str:
        return f"Write it again, and that takes the place of:\n<i>{escape(text)}</i>"

    def ask_smaller(self, text: str) -> str:
        return (
            f"This was it:\n<i>{escape(text)}</i>\n\n"
            "What would be half of that, or five minutes of it? Write it, with a day if you like."
        )

    not_open_any_more = "That one is not open any more. /list shows what is."

    # /list and /done

    nothing_is_open = "Nothing is open right now.\n/commit is where the next one begins."
    nothing_is_open_any_more = "Nothing else is open. Well done!"

    def open_commitments(self, lines: Sequence[str], more: int) -> str:
        rest = f"\n\nAnd {more} more." if more else ""
        return "You are committed to:\n\n" + "\n".join(lines) + rest

    which_is_done = "Which one is done?"

    was_due = "it was due"

    def open_commitment(self, number: int, text: str, due: Due, today: date) -> str:
        shown = text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + "…"
        when = f"{self.was_due} {self.due(due, today)}" if due.day < today else self.due(due, today)
        return f"{number}. <b>{escape(shown)}</b>\n    {when}"

    drop_label = "Drop"
    take_back_label = "Undo"

    def done_number(self, number: int) -> str:
        return f"✓ Done {number}"

    def drop_number(self, number: int) -> str:
        return f"{self.drop_label} {number}"

    def commitment_done(self, text: str, days: int) -> str:
        return f"✓ Done: <b>{escape(text)}</b>\n{self.streak(days)}"

    def streak(self, days: int) -> str:
        return f"🔥 {days} days in a row." if days > 1 else "🔥 That is day one of a streak."

    def commitment_dropped(self, text: str) -> str:
        return f"Let go: <b>{escape(text)}</b>\nIt no longer counts, and that is fine."

    def commitment_reopened(self, text: str) -> str:
        return f"Open again: <b>{escape(text)}</b>"

    # /progress

    progress_title = "Your progress"
    days_in_a_row = "days in a row"
    one_day = "day, the first of a streak"
    kept_label: Sequence[str] = ("of what you", "said, you did")
    nothing_ended_label: Sequence[str] = ("Nothing has", "ended yet")
    eight_weeks = "The last eight weeks"
    kept_word = "kept"
    missed_word = "missed"
    this_week = "This week"
    your_first_week = "Your first bar grows with your first commitment."

    def longest_streak(self, days: int) -> str:
        return f"Longest: {days}"

    def short_day(self, day: date) -> str:
        return f"{day:%-d %b}"

    def progress(self, done: int, missed: int, still_open: int) -> str:
        if not done and not missed and not still_open:
            return "Your story begins with the first /commit."
        return f"Kept {done}, missed {missed} in eight weeks; {still_open} open. What is next? /commit"

    # /feedback

    ask_feedback = "What should we know? Write it here; people read it, not machines."
    thanks_for_feedback = "Thank you! We read every word."
