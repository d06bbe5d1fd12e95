from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from bot.texts import english

COMMANDS: Mapping[str, str] = {
    "broadcast": "Allen schreiben, oder einigen",
    "broadcasts": "Rundrufe: wie weit sie sind, anhalten, ändern, löschen",
}
BAR = english.broadcasts.BAR


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", ".")


class Broadcasts(english.broadcasts.Broadcasts):
    audience_names: Mapping[str, str] = {
        "all_users": "alle",
        "active_7_days": "in den letzten 7 Tagen aktiv",
        "inactive_7_days": "seit 7 Tagen nicht aktiv",
        "inactive_30_days": "seit 30 Tagen nicht aktiv",
        "onboarded": "fertig mit dem Einstieg",
        "still_onboarding": "noch im Einstieg",
        "committed": "haben sich etwas vorgenommen",
        "never_committed": "haben sich noch nie etwas vorgenommen",
        "in_a_pod": "in einer Gruppe",
        "reachable_only_by_email": "nur per E-Mail zu erreichen",
        "unverified_email": "E-Mail nicht bestätigt",
    }

    # /broadcast

    ask_audience = "Für wen ist es?"
    discard_label = "✖️ Nicht senden"
    draft_discarded = "Nicht gesendet, und verworfen."
    only_text_in_broadcasts = (
        "An viele kann ich Text weitergeben, aber keine Bilder, Dateien oder Sprachnachrichten. "
        "Schick die Nachricht bitte als Text; ein Link auf ein Bild darin geht."
    )
    send_now_label = "🚀 Jetzt"
    send_later_label = "🗓 Später"
    subject_label = "✏️ Betreff der E-Mail"
    mail_preview_label = "✉️ Vorschau per E-Mail"
    mail_preview_sent = "Sie ist unterwegs an deine Adresse."
    ask_when_broadcast = (
        "Wann? Schick mir einen Tag und eine Uhrzeit bei dir, zum Beispiel <code>morgen 9:00</code> "
        "oder <code>24.12. 18:30</code>."
    )
    moment_not_understood = (
        "Ich brauche einen Tag und eine Uhrzeit, die noch kommen, zum Beispiel <code>morgen 9:00</code>."
    )
    ask_broadcast_subject = "Welchen Betreff soll die E-Mail haben? Eine Zeile, bitte."
    nobody_would_get_it = "Jetzt bekäme es niemand."
    broadcast_has_begun = "Er hat schon begonnen."
    broadcast_is_gone = "Den gibt es nicht mehr. /broadcast beginnt einen neuen."
    would_not_get_it = "Nicht dabei:"

    def ask_broadcast_text(self, audience: str) -> str:
        return (
            f"Für: <b>{escape(audience)}</b>\n\n"
            "Schick mir jetzt die Nachricht, wie sie aussehen soll: mit Fett, Kursiv, Links, verdeckten "
            "Wörtern, Code."
        )

    def broadcast_problem(self, problem: str) -> str:
        return f"So lässt sich das nicht senden: {escape(problem)}. Schick mir bitte eine andere."

    def broadcast_too_long(self, length: int, most: int) -> str:
        return (
            f"Das sind {_figure(length)} Zeichen; Telegram nimmt {_figure(most)}. "
            "Schick mir bitte eine kürzere."
        )

    def subject_too_long(self, most: int) -> str:
        return f"Eine Zeile mit höchstens {most} Zeichen, bitte."

    def broadcast_review(self, audience: str, subject: str) -> str:
        return (
            "So sieht es aus. Um es zu ändern, schreib es noch einmal.\n\n"
            f"Für: <b>{escape(audience)}</b>\nBetreff der E-Mail: {escape(subject)}"
        )

    def recipients(self, reachable: int, total: int, channels: Mapping[str, int]) -> str:
        ways = ", ".join(f"{name} {_figure(count)}" for name, count in channels.items())
        return f"Jetzt bekämen es: <b>{_figure(reachable)}</b> von {_figure(total)}" + (
            f" ({ways})" if ways else ""
        )

    def of_them_paused(self, count: int) -> str:
        return f"Davon machen gerade Pause, auf die wird gewartet: {_figure(count)}"

    def ask_recipient_count(self, count: int, when: datetime | None) -> str:
        begins = f"Es beginnt am {self.moment(when)}. " if when else ""
        return f"{begins}Um es zu senden, tippe, wie viele es jetzt bekämen: <b>{count}</b>"

    def not_the_count(self, count: int) -> str:
        return f"Das ist nicht die Zahl. Wenn du es willst, tippe <b>{count}</b>; wenn nicht, nimm den Knopf."

    def count_has_changed(self, count: int) -> str:
        return f"Die Zahl hat sich inzwischen geändert. Um es zu senden, tippe <b>{count}</b>"

    # how far a broadcast has come

    no_broadcasts = "Es gab noch keinen Rundruf. /broadcast beginnt einen."
    your_broadcasts = "Die letzten Rundrufe:"
    all_broadcasts_label = "‹ Alle Rundrufe"
    refresh_broadcast_label = "↻ Noch einmal"
    stop_broadcast_label = "⏹ Anhalten"
    edit_broadcast_label = "✏️ Ändern"
    delete_broadcast_label = "🗑 Löschen"
    go_on_with_draft_label = "Damit weitermachen"
    broadcast_was_stopped = "Angehalten."
    broadcast_had_ended = "Er war schon zu Ende."
    broadcast_states: Mapping[str, str] = {
        "draft": "ein Entwurf",
        "scheduled": "wartet auf seine Zeit",
        "sending": "unterwegs",
        "sent": "gesendet",
        "stopped": "angehalten",
        "deleted": "gelöscht",
    }
    change_titles: Mapping[str, str] = {"edit": "Geändert", "delete": "Gelöscht"}
    change_outcomes: Mapping[str, str] = {
        "done": "erledigt",
        "left": "noch zu tun",
        "too_old": "zu alt",
        "gone": "nicht mehr da",
        "refused": "von Telegram abgelehnt",
    }

    def broadcast_title(self, number: int, audience: str) -> str:
        return f"<b>Rundruf {number}</b>, {escape(audience)}"

    def broadcast_begins(self, when: datetime) -> str:
        return f"Beginnt am {self.moment(when)}"

    def broadcast_line(self, number: int, audience: str, state: str, sent: int) -> str:
        return f"<b>{number}</b> {escape(audience)}: {state}, {_figure(sent)} gesendet"

    def broadcast_bar(self, state: str, share: float) -> str:
        full = int(share * BAR)
        return f"{'▓' * full}{'░' * (BAR - full)} {int(share * 100)} %, {state}"

    def broadcast_sent(self, sent: int, planned: int, channels: Mapping[str, int]) -> str:
        ways = ", ".join(f"{name} {_figure(count)}" for name, count in channels.items())
        return f"Gesendet: {_figure(sent)} von {_figure(planned)}" + (f" ({ways})" if ways else "")

    def broadcast_rest(self, waiting: int, failed: int, left_out: int, clicked: int) -> str:
        return (
            f"Warten {_figure(waiting)}, gescheitert {_figure(failed)}, nicht dabei {_figure(left_out)}\n"
            f"Einen Link darin angetippt: {_figure(clicked)}"
        )

    still_planning = "Es kommen noch Menschen dazu."

    def changed_so_far(self, change: str, counts: Mapping[str, int]) -> str:
        listed = ", ".join(
            f"{words} {_figure(counts[name])}"
            for name, words in self.change_outcomes.items()
            if name in counts
        )
        return f"{self.change_titles[change]}: {listed or self.change_outcomes['done'] + ' 0'}"

    # edit and delete

    nothing_to_change = "Nichts davon steht in einem Chat, den Telegram mich noch ändern lässt (48 Stunden)."
    replace_label = "✏️ Ersetzen"
    keep_broadcast_label = "So lassen"
    broadcast_kept = "So gelassen."
    yes_delete_broadcast = "🗑 Ja, löschen"
    mails_stay = "E-Mails, die schon hinausgegangen sind, bleiben."

    def ask_new_text(self, changeable: int, waiting: int) -> str:
        lines = ["Schick mir den neuen Text."]
        if changeable:
            lines.append(f"Er ersetzt, was in {_figure(changeable)} Chats steht. {self.mails_stay}")
        if waiting:
            lines.append(f"Die {_figure(waiting)}, die es noch nicht haben, bekommen nur den neuen.")
        return "\n".join(lines)

    def ask_replace(self, changeable: int) -> str:
        return f"So wird es aussehen, in {_figure(changeable)} Chats. Soll ich es ersetzen?"

    def ask_delete_broadcast(self, changeable: int) -> str:
        return f"Soll ich ihn anhalten und aus {_figure(changeable)} Chats löschen? {self.mails_stay}"
