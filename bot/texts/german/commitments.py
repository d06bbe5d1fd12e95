from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from bot.texts import english
from bot.texts.german.basics import MONTHS, WEEKDAYS
from engagement.commitments import MOST_CHARACTERS
from engagement.due_words import Due

COMMANDS: Mapping[str, str] = {
    "commit": "Sag, was du tun wirst, und bis wann",
    "list": "Was du dir vorgenommen hast",
    "done": "Etwas ist erledigt",
    "progress": "Wie es läuft, als Bild",
    "feedback": "Sag uns deine Meinung",
}


class Commitments(english.commitments.Commitments):
    ask_commitment = (
        "Was wirst du tun? Ein Satz genügt, zum Beispiel:\n<i>Bis Freitag zwei Seiten schreiben</i>"
    )

    def commitment_is_too_long(self, count: int) -> str:
        return (
            f"Das sind {count} Zeichen, und {MOST_CHARACTERS} sind das Höchste.\n"
            "Je kürzer ein Vorsatz, desto leichter hält man ihn. Sag es bitte in einem Satz."
        )

    def ask_due(self, text: str) -> str:
        return (
            f"<b>{escape(text)}</b>\n\n"
            "Bis wann? Tippe oder schreib einen Tag: <i>Freitag</i>, <i>in 3 Tagen</i>, <i>12. März</i>."
        )

    due_not_understood = (
        "Darin finde ich keinen Tag. Schreib ihn bitte so: <i>Freitag</i>, <i>in 3 Tagen</i> oder "
        "<i>12. März</i>, ab heute und innerhalb eines Jahres."
    )
    due_labels: Mapping[str, str] = {
        "today": "Heute",
        "tomorrow": "Morgen",
        "week": "Diese Woche",
        "next_week": "Nächste Woche",
    }

    def due_day(self, day: date, today: date) -> str:
        match (day - today).days:
            case 0:
                return "heute"
            case 1:
                return "morgen"
            case _:
                written = f"{day.day}. {MONTHS[day.month - 1]}"
                return (
                    f"{WEEKDAYS[day.weekday()]}, {written}"
                    if day.year == today.year
                    else f"{written} {day.year}"
                )

    def due(self, due: Due, today: date) -> str:
        return self.due_day(due.day, today) + (f", {due.at:%H:%M} Uhr" if due.at else "")

    def committed(self, text: str, due: Due, today: date) -> str:
        return f"✓ Notiert: <b>{escape(text)}</b>\nFällig {self.due(due, today)}. Dann frage ich dich."

    def changed_to(self, text: str, due: Due, today: date) -> str:
        return f"✓ Jetzt heißt es: <b>{escape(text)}</b>\nFällig {self.due(due, today)}."

    parts: Sequence[str] = ("konkret", "messbar", "mit Zeitpunkt")
    nothing_to_improve = "Klarer geht es nicht."
    advice: Mapping[str, str] = {
        "vague": "„Besser“ und „mehr“ haben kein Ende. Was könnte man dich tun sehen?",
        "action": "Nimm ein Verb dazu. Was wirst du wirklich tun: anrufen, schreiben, gehen?",
        "detail": "Sag etwas mehr. Was genau, damit klar ist, wann es getan ist?",
        "shorter": "Das ist viel auf einmal. Welcher eine Schritt kommt zuerst?",
        "amount": "Wie viel wäre genug? Eine Zahl macht es klar: Seiten, Minuten, wie oft.",
        "time": "Gib ihm einen festen Moment: nach dem Mittagessen, um sechs, vor den Nachrichten.",
    }
    improve_label = "Verbessern"
    keep_label = "So lassen"
    kept_as_it_is = "Gut, es bleibt so."

    def ask_better(self, text: str) -> str:
        return f"Schreib es noch einmal, und das kommt an die Stelle von:\n<i>{escape(text)}</i>"

    def ask_smaller(self, text: str) -> str:
        return (
            f"Das war es:\n<i>{escape(text)}</i>\n\n"
            "Was wäre die Hälfte davon, oder fünf Minuten? Schreib es, gern mit einem Tag."
        )

    not_open_any_more = "Das ist nicht mehr offen. /list zeigt, was es noch ist."

    nothing_is_open = "Gerade ist nichts offen.\nMit /commit beginnt das Nächste."
    nothing_is_open_any_more = "Sonst ist nichts offen. Gut gemacht!"

    def open_commitments(self, lines: Sequence[str], more: int) -> str:
        rest = f"\n\nUnd {more} weitere." if more else ""
        return "Das hast du dir vorgenommen:\n\n" + "\n".join(lines) + rest

    which_is_done = "Was ist erledigt?"

    was_due = "war fällig:"

    drop_label = "Loslassen"
    take_back_label = "Rückgängig"

    def done_number(self, number: int) -> str:
        return f"✓ Erledigt {number}"

    def commitment_done(self, text: str, days: int) -> str:
        return f"✓ Erledigt: <b>{escape(text)}</b>\n{self.streak(days)}"

    def streak(self, days: int) -> str:
        return f"🔥 {days} Tage in Folge." if days > 1 else "🔥 Das ist Tag eins einer Serie."

    def commitment_dropped(self, text: str) -> str:
        return f"Losgelassen: <b>{escape(text)}</b>\nEs zählt nicht mehr, und das ist in Ordnung."

    def commitment_reopened(self, text: str) -> str:
        return f"Wieder offen: <b>{escape(text)}</b>"

    progress_title = "Wie es läuft"
    days_in_a_row = "Tage in Folge"
    one_day = "Tag, der erste einer Serie"
    kept_label: Sequence[str] = ("der Vorsätze", "gehalten")
    nothing_ended_label: Sequence[str] = ("Noch ist", "nichts fällig")
    eight_weeks = "Die letzten acht Wochen"
    kept_word = "gehalten"
    missed_word = "verpasst"
    this_week = "Diese Woche"
    your_first_week = "Der erste Balken wächst mit deinem ersten Vorsatz."

    def longest_streak(self, days: int) -> str:
        return f"Längste: {days}"

    def short_day(self, day: date) -> str:
        return f"{day.day}.{day.month}."

    def progress(self, done: int, missed: int, still_open: int) -> str:
        if not done and not missed and not still_open:
            return "Deine Geschichte beginnt mit dem ersten /commit."
        return f"In acht Wochen {done} gehalten, {missed} verpasst; {still_open} offen. Und nun? /commit"

    ask_feedback = "Was sollten wir wissen? Schreib es hierher; das lesen Menschen, keine Maschinen."
    thanks_for_feedback = "Danke! Wir lesen jedes Wort."
