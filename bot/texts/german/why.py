from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from bot.texts import english

COMMANDS: Mapping[str, str] = {
    "why": "Warum ich dir geschrieben habe oder warum ich still bin",
}


class Why(english.why.Why):
    # behind „Das begann“
    begun_by: Mapping[str, str] = {
        "user_started": ", weil du mich begrüßt hast",
        "goal_set": ", weil du dir ein Ziel gesetzt hast",
        "commitment_created": " wegen etwas, das du dir vorgenommen hast",
        "commitment_completed": ", weil du geschafft hast, was du dir vorgenommen hattest",
        "commitment_missed": ", weil ein Termin von dir verstrichen ist",
        "streak_milestone": ", weil du schon eine Weile dranbleibst",
        "pod_joined": ", weil du einer Gruppe beigetreten bist",
        "pod_member_inactive": ", weil in deiner Gruppe jemand still geworden ist",
        "meeting_missed": ", weil ein Treffen ohne dich war",
        "inactive_7_days": ", weil ich eine Woche nichts von dir gehört hatte",
        "inactive_14_days": ", weil ich zwei Wochen nichts von dir gehört hatte",
        "email_verified": ", weil du deine Adresse bestätigt hast",
        "request_email": ", weil du mir deine Adresse gegeben hast",
        "preference_page": ", weil auf der Seite deiner Einstellungen darum gebeten wurde",
        "direct": ", weil dir jemand vom Team geschrieben hat",
        "intervention": ", weil es still um dich geworden war",
        "trigger": " wegen etwas, das du hier getan hast",
    }
    begun = ", weil jemand vom Team es für dich gestartet hat"
    classes: Mapping[str, str] = {
        "transactional": "Sie gehört zu etwas, um das du gebeten hast, und kommt deshalb immer.",
        "sequence": "Du bekommst dort Serien, weil du sie nicht abbestellt hast.",
        "announcement": "Du bekommst dort Neues, weil du es nicht abbestellt hast.",
        "reminder": "Du bekommst dort Erinnerungen, weil du sie nicht abbestellt hast.",
    }
    holds: Mapping[str, str] = {
        "quiet_hours": "dann ist deine Ruhezeit vorbei",
        "user_paused": "du hast mich um eine Pause gebeten",
        "frequency_cap": "du hattest so viele Nachrichten, wie du möchtest",
        "channel_paused": "der Weg zu dir ist gerade versperrt",
        "channel_off": "der Weg zu dir ist gerade versperrt",
        "enrollment_paused": "sie wurde angehalten",
        "sequence_paused": "sie wurde angehalten",
        "everything_paused": "im Moment ruhen alle Nachrichten",
    }
    on_channel: Mapping[str, str] = {"telegram": "über Telegram", "email": "per E-Mail", "sms": "per SMS"}

    nothing_yet = "Von mir aus habe ich dir noch nichts geschickt."
    nothing_planned = "Weiter ist im Moment nichts für dich geplant."
    nothing_comes = "Du hast meine Nachrichten beendet, also kommt nichts mehr. /start holt sie zurück."
    less_label = "Weniger"
    not_label = "Das nicht"
    open_settings_label = "Einstellungen"

    def why_last(self, title: str, channel: str, when: datetime, begun: str, message_class: str) -> str:
        return (
            f"<b>Die letzte Nachricht</b> kam am {self.moment(when)}, "
            f"{self.on_channel.get(channel, channel)}.\n"
            f"Sie gehört zu „{escape(title)}“. Das begann{begun}.\n{self.classes[message_class]}"
        )

    def why_next(self, title: str, when: datetime | None, hold: str | None) -> str:
        begins = f"<b>Die nächste</b>, aus „{escape(title)}“,"
        if when is None:
            return (
                f"{begins} wartet bis auf Weiteres: {hold}." if hold else f"{begins} wartet bis auf Weiteres."
            )
        if hold is None:
            return f"{begins} ist für {self.moment(when)} geplant."
        return f"{begins} wartet bis {self.moment(when)}: {hold}."

    def due_now(self, title: str) -> str:
        return f"<b>Die nächste</b>, aus „{escape(title)}“, kommt gleich."
