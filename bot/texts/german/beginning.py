from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.texts import english

COMMANDS: Mapping[str, str] = {
    "name": "Ändern, wie ich dich nenne",
}


class Beginning(english.beginning.Beginning):
    skip_label = "Überspringen"
    later_label = "Später"
    go_on_label = "Weiter"
    share_location_label = "📍 Zeigen, wo ich bin"
    city_hint = "Deine Stadt, zum Beispiel Lissabon"

    def hello(self, name: str | None) -> str:
        return f"Hallo{self._comma(name)}! Schön, dass du da bist."

    def ask_what_to_call(self, name: str | None) -> str:
        if not name:
            return "Wie darf ich dich nennen? Schick mir einfach deinen Namen."
        return (
            f"Wie darf ich dich nennen? Wenn <b>{escape(name)}</b> stimmt, tipp darauf; "
            "sonst schick mir einen anderen Namen."
        )

    ask_where_you_live = (
        "Wo wohnst du? Schick mir den Namen deiner Stadt, oder zeig mir, wo du bist.\n"
        "Ich merke mir nur die Zeitzone, damit dich nachts nichts von mir weckt."
    )
    ask_time_of_day = "Wann hörst du gern von mir?"

    def ask_for_email(self, waiting: str | None) -> str:
        if waiting:
            return (
                f"Ich warte auf den Code, den ich an <b>{escape(waiting)}</b> geschickt habe.\n"
                "Schick mir seine sechs Ziffern, oder eine andere Adresse."
            )
        return (
            "Ein Letztes: Wie ist deine E-Mail-Adresse?\n"
            "Längeres liest sich dort besser. Ohne sie kommt alles hierher."
        )

    def will_call_you(self, name: str) -> str:
        return f"Schön, dich kennenzulernen, {escape(name)}!"

    name_is_too_long = (
        "Das ist mehr, als ich mir merken kann. Welchen Namen mit bis zu 64 Buchstaben soll ich nehmen?"
    )

    def time_where_you_live(self, place: str, time: str) -> str:
        return f"In {escape(place)} ist es jetzt {time} Uhr. Ich achte auf die Zeit."

    def which_place(self, typed: str) -> str:
        return f"{escape(typed[:60])} gibt es mehr als einmal. Wo wohnst du?"

    def no_such_place(self, typed: str) -> str:
        return (
            f"„{escape(typed[:60])}“ finde ich nicht auf meiner Karte. "
            "Gibt es eine größere Stadt in der Nähe, oder schreibt man sie auch anders?"
        )

    time_of_day_not_understood = "Ich kenne nur drei Tageszeiten. Welche passt dir am besten?"

    def will_write_then(self, time: str) -> str:
        return f"{escape(time)} also."

    skipped = "Gut, das lassen wir offen."
    left_for_later = "Keine Eile. Mit /start machen wir weiter, wann immer du magst."

    def introduced(
        self, name: str | None, zone: str, time: str, email: str | None, is_confirmed: bool
    ) -> str:
        lines = [
            f"Mehr wollte ich nicht wissen{self._comma(name)}. Danke!",
            "",
            f"Zeitzone: <b>{escape(self.zone(zone))}</b>",
            f"Tageszeit: <b>{escape(time)}</b>",
        ]
        if email:
            waiting = "" if is_confirmed else ", sobald ich den Code daraus habe"
            lines.append(f"E-Mail: <b>{escape(email)}</b>{waiting}")
        return "\n".join([*lines, "", self.what_happens_next])

    what_happens_next = (
        "Von jetzt an schreibe ich dir hin und wieder und frage, wie es lief. Wenn du weißt, was du schaffen "
        "willst, sag es mir mit /commit. All das änderst du in /settings, deinen Namen mit /name."
    )

    ask_for_name = "Wie soll ich dich nennen? Schick mir einfach den Namen."

    def renamed(self, name: str) -> str:
        return f"Gut, dann {escape(name)}."
