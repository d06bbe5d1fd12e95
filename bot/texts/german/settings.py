from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from bot.texts import english

COMMANDS: Mapping[str, str] = {
    "settings": "Was ich dir schicke, wohin, wann und wie oft; deine Daten",
}


class Settings(english.settings.Settings):
    settings_title = "<b>Deine Einstellungen</b>"
    no_choice = "wo es am besten geht"
    channels: Mapping[str, str] = {"telegram": "Telegram", "email": "E-Mail"}
    times: Mapping[str, str] = {"morning": "Morgens", "afternoon": "Nachmittags", "evening": "Abends"}
    kinds: Mapping[str, str] = {
        "sequences": "Serien",
        "announcements": "Neues",
        "reminders": "Erinnerungen",
    }
    frequencies: Mapping[str, str] = {
        "normal": "Bis zu 3 am Tag",
        "less": "Höchstens 1 am Tag",
        "few": "Höchstens 3 in der Woche",
        "rare": "Höchstens 1 in der Woche",
    }
    channel_label = "Wo"
    what_label = "Was"
    often_label = "Wie oft"
    time_label = "Tageszeit"
    zone_label = "Zeitzone"
    quiet_label = "Ruhezeit"
    language_label = "Sprache"
    boards_label = "Ranglisten"
    on_boards: Mapping[bool, str] = {True: "andere sehen dich", False: "niemand sieht dich"}
    declined_label = "Nicht gewünscht"
    pause_label = "Pause"
    resume_label = "Weiter"
    stop_label = "Alles beenden"
    come_back_label = "Wieder anfangen"
    page_label = "Im Web"
    data_label = "Meine Daten"
    best_label = "Wo es am besten geht"
    all_kinds = "alles"
    nothing = "nichts"
    no_quiet_hours = "keine"
    no_quiet_label = "Keine Ruhezeit"
    pauses: Mapping[str, str] = {
        "1 day": "Einen Tag",
        "1 week": "Eine Woche",
        "forever": "Bis ich mich melde",
    }
    until_day_label = "Bis zu einem Tag …"
    typed_words: Mapping[str, str] = {
        "kanal": "channel",
        "wo": "channel",
        "e-mail": "email",
        "egal": "any",
        "oft": "often",
        "weniger": "less",
        "wenige": "few",
        "selten": "rare",
        "tageszeit": "time",
        "zeit": "time",
        "morgens": "morning",
        "nachmittags": "afternoon",
        "abends": "evening",
        "zeitzone": "timezone",
        "stadt": "timezone",
        "ruhe": "quiet",
        "ruhezeit": "quiet",
        "an": "on",
        "aus": "off",
        "tag": "day",
        "woche": "week",
        "immer": "forever",
        "weiter": "resume",
        "sprache": "language",
        "ranglisten": "leaderboards",
    }

    ask_channel = "Wo soll ich dir schreiben? Was du antippst, kommt an die erste Stelle."
    ask_what = (
        "Was möchtest du haben, und wo?\n\n"
        "<b>Serien</b>: was ein Kurs oder ein Plan zu sagen hat, Schritt für Schritt.\n"
        "<b>Neues</b>: was es hier Neues gibt.\n"
        "<b>Erinnerungen</b>: an Termine und an das, was du dir vorgenommen hast."
    )
    ask_often = "Wie viele Nachrichten sind dir recht?"
    ask_time = "Welche Tageszeit passt dir?"
    ask_zone = "Wo bist du? Fehlt deine Stadt, dann schick mir etwa\n<code>/settings zeitzone Lissabon</code>"
    ask_quiet = "Wann soll ich still sein? Andere Zeiten:\n<code>/settings ruhe 21:30-07:00</code>"
    ask_pause = "Wie lange soll ich still sein?"
    ask_day = "Ab welchem Tag soll ich wieder schreiben? Schick mir das Datum, etwa <code>24.12.</code>"
    day_is_over = "Dieser Tag hat schon angefangen. Welcher spätere?"
    ask_language = "Welche Sprache soll ich sprechen?"
    ask_declined = "Das hier wolltest du nicht. Tippst du es an, darf es wieder kommen."
    ask_data = (
        "Alles, was ich über dich weiß, gehört dir.\nIch kann es dir als Datei schicken oder ganz vergessen."
    )

    def in_order(self, channels: Sequence[str]) -> str:
        return ", dann ".join(channels)

    def own_frequency(self, a_day: int, a_week: int | None) -> str:
        return f"höchstens {a_day} am Tag" + (f", {a_week} in der Woche" if a_week is not None else "")

    def quiet_hours(self, start: str, end: str) -> str:
        return f"{start} bis {end}"

    def paused_until(self, when: datetime | None) -> str:
        return f"⏸ Pause bis {self.moment(when)}." if when else "⏸ Pause, bis du weitermachst."

    everything_stopped = "Du hast meine Nachrichten beendet. /start holt sie zurück."

    def page_link(self, link: str) -> str:
        return (
            f'<a href="{escape(link)}">Deine Einstellungen im Web</a>\n'
            "Der Link gilt eine Stunde und ist nur für dich: Bitte gib ihn nicht weiter."
        )

    def unknown_zone(self, typed: str) -> str:
        return (
            f"Den Ort „{escape(typed[:60])}“ kenne ich nicht. Oft hilft eine größere Stadt in der Nähe, "
            "zum Beispiel\n<code>/settings zeitzone Berlin</code>"
        )

    how_settings_are_typed = (
        "Das habe ich nicht verstanden. So geht es:\n"
        "<code>/settings kanal email</code> (oder telegram, egal)\n"
        "<code>/settings oft weniger</code> (oder normal, wenige, selten)\n"
        "<code>/settings zeit abends</code> (oder morgens, nachmittags)\n"
        "<code>/settings zeitzone Berlin</code>\n"
        "<code>/settings ruhe 22:00-08:00</code> (oder aus)\n"
        "<code>/settings pause 1 Woche</code> (oder 1 Tag, immer, 24.12.)\n"
        "<code>/settings weiter</code>\n"
        "<code>/settings sprache English</code>\n"
        "<code>/settings ranglisten aus</code> (oder an)"
    )
    email_needed_first = "Dafür brauche ich zuerst deine E-Mail-Adresse: /email du@example.com"

    export_label = "Schick mir alles"
    delete_label = "Lösch mich"
    export_name = "meine-daten.json"
    export_caption = "Das ist alles, was ich über dich weiß."
    ask_delete = (
        "Soll ich dich vergessen? Alles, was ich über dich weiß, verschwindet: deine Einstellungen, "
        "Adressen, Antworten und dein Verlauf. Das lässt sich nicht rückgängig machen.\n\n"
        "Nur ein Fingerabdruck deiner Adressen bleibt, damit niemand aus Versehen dorthin schreibt."
    )
    yes_delete = "Ja, alles löschen"
    no_delete = "Nein, behalte mich"
    deleted = "Erledigt. Ich habe dich vergessen. Alles Gute!\nWillst du je neu anfangen: /start."
    not_deleted = "Schön! Alles bleibt, wie es ist."

    wish_granted: Mapping[str, str] = {
        "stop": "Erledigt, ich bin jetzt still.",
        "announcement": "Erledigt, nichts Neues mehr.",
    }
    undo_label = "Rückgängig"
    wish_taken_back = "In Ordnung, alles ist wieder wie vorher."
    already_rarest = "Seltener geht es nicht. Mit /stop beendest du alle Nachrichten."

    def less_granted(self, frequency: str) -> str:
        return f"Erledigt, ab jetzt weniger: <b>{self._in_a_sentence(frequency)}</b>."

    def _in_a_sentence(self, frequency: str) -> str:
        label = self.frequencies[frequency]
        return label[0].lower() + label[1:]

    def sequence_declined(self, title: str) -> str:
        return f"Erledigt, „{escape(title)}“ kommt nicht mehr."
