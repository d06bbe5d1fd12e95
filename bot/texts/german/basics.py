from __future__ import annotations

from datetime import datetime

from bot.texts import english

WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)


class Basics(english.basics.Basics):
    back_label = "‹ Zurück"
    done_label = "Fertig"
    saved = "Gespeichert"

    def moment(self, when: datetime) -> str:
        return f"{WEEKDAYS[when.weekday()]}, {when.day}. {MONTHS[when.month - 1]}, {when:%H:%M} Uhr"

    def seconds(self, seconds: int) -> str:
        if seconds < 90:
            return "einer Sekunde" if seconds == 1 else f"{seconds} Sekunden"
        return f"{round(seconds / 60)} Minuten"
