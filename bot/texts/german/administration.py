from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from bot.texts import english
from bot.texts.english.administration import in_zone
from bot.texts.german.reasons import in_german

COMMANDS: Mapping[str, str] = {
    "admin": "Alles, was Admins tun können",
    "users": "Menschen finden",
    "user": "Ein Profil, und was du für jemanden tun kannst",
    "explain": "Was jemand bekommen hat, was nicht, und warum",
    "trigger": "Eine Serie für jemanden beginnen",
    "dashboard": "Ein Link zum Dashboard im Browser",
}

LONGEST_NAME = english.administration.LONGEST_NAME
_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_OUTCOMES = {
    "skipped": "übersprungen",
    "cancelled": "abgesagt",
    "failed": "gescheitert",
    "bounced": "zurückgekommen",
    "complained": "als Spam gemeldet",
    "unknown": "niemand weiß, ob sie ankam",
    "parked": "wartet auf einen Admin",
}
_UNITS = (
    (timedelta(days=1), "einem Tag", "Tagen"),
    (timedelta(hours=1), "einer Stunde", "Stunden"),
    (timedelta(minutes=1), "einer Minute", "Minuten"),
)


class Administration(english.administration.Administration):
    role_names: Mapping[str, str] = {"owner": "Owner", "admin": "Admin", "viewer": "Viewer"}
    contact_channels: Mapping[str, str] = {
        "telegram": "Telegram",
        "email": "E-Mail",
        "sms": "SMS",
        "push": "Push",
        "in_app": "In der App",
    }

    # /admin

    menu_labels: Mapping[str, str] = {
        "users": "👥 Menschen",
        "user": "👤 Ein Profil",
        "explain": "🔎 Erklären",
        "trigger": "🚀 Serie beginnen",
        "dashboard": "🖥 Dashboard",
        "sequences": "🌱 Serien",
        "pause": "⏸ Anhalten",
        "resume": "▶️ Weiter",
        "stats": "📊 Zahlen",
        "deliveries": "📬 Zustellungen",
        "retry": "🔁 Noch einmal",
        "testemail": "✉️ Probemail",
        "health": "🩺 Zustand",
        "alerts": "🔔 Alarme",
        "interventions": "🛟 Interventionen",
        "outreach": "🤝 Wer ein Gespräch braucht",
        "unsuppress": "🔓 Adresse freigeben",
        "broadcast": "📣 Rundruf",
        "broadcasts": "🗂 Rundrufe",
        "attended": "🙋 Anwesenheit",
        "newpod": "🌿 Neue Gruppe",
    }
    refresh_label = "↻ Neu ansehen"
    all_is_held = "⏸ alles ist angehalten: Nichts geht hinaus, bis es jemand weiterlaufen lässt"
    all_channels_open = "alle Kanäle sind offen"

    def menu_title(self, brand: str) -> str:
        return f"<b>{escape(brand)} auf einen Blick</b>"

    def people_state(self, people: int, new: int, admins: int) -> str:
        everybody = self.number_of(people, "Mensch", "Menschen")
        return (
            f"👥 {everybody}, davon {new:,} neu in dieser Woche; {self.number_of(admins, 'Admin', 'Admins')}"
        )

    def queue_state(self, due: int, oldest_seconds: float, stuck: int) -> str:
        waiting = f"{due:,} fällig, am längsten seit {self.seconds(round(oldest_seconds))}"
        wanting = f"; nach {stuck:,} muss jemand sehen" if stuck else ""
        return f"📬 {waiting if due else 'nichts wartet'}{wanting}"

    def runs_state(self, running: int, paused: int) -> str:
        held = f", {paused:,} angehalten" if paused else ""
        return f"🌱 {self.number_of(running, 'Serie läuft', 'Serien laufen')}{held}"

    def channels_state(self, closed: Mapping[str, str]) -> str:
        shut = ", ".join(
            f"{self.contact_channel(name)} ist zu ({escape(why)})" for name, why in closed.items()
        )
        return f"📡 {shut or self.all_channels_open}"

    def alerts_state(self, alerts: int) -> str:
        return f"🔔 {self.number_of(alerts, 'Alarm', 'Alarme')} offen" if alerts else "🔔 kein Alarm"

    # /users

    how_to_find_people = (
        "Wen suchst du? Schick mir, wie Name, @username oder E-Mail beginnen, oder eine Id:\n"
        "<code>/users ada</code>\n"
        "<code>/users @ada</code>\n"
        "<code>/users ada@example.com</code>\n\n"
        "Oder wähle:"
    )
    kinds_of_people: Mapping[str, str] = {
        "new": "Neu diese Woche",
        "inactive": "Eine Woche still",
        "unreachable": "Unerreichbar",
        "admins": "Admins",
    }
    too_many_found = "Es sind mehr, als ich zeigen kann: Ein längerer Anfang des Namens hilft."

    def people_called(self, query: str) -> str:
        return f"<b>Menschen namens „{escape(query[:LONGEST_NAME])}“</b>"

    def people_found(self, first: int, last: int, count: int, is_all: bool) -> str:
        return f"{first} bis {last} von {count:,}" + ("" if is_all else " oder mehr")

    def person_line(self, person: Mapping[str, object], seen: str) -> str:
        channels = ", ".join(self.contact_channel(str(name)) for name in self._listed(person["channels"]))
        return f"• {self.person_in_full(person)}\n   {channels or 'unerreichbar'} · {seen}"

    def nobody_called(self, query: str) -> str:
        return (
            f"Ich kenne niemanden namens „{escape(query[:LONGEST_NAME])}“.\n\n"
            "Oft hilft ein kürzerer Anfang: Namen, @username, E-Mail, Telegram-Id und externe Id vergleiche "
            "ich von links. Eine Nutzer-Id muss vollständig sein."
        )

    def nobody_of_kind(self, kind: str) -> str:
        return f"<b>{self.kinds_of_people[kind]}</b>\nNiemand."

    def no_exact_match(self, query: str) -> str:
        return f"Genau „{escape(query[:LONGEST_NAME])}“ ist niemand. Vielleicht:"

    # /user

    how_to_see_a_profile = (
        "Wessen Profil? Schick mir eine Telegram-Id, @username, E-Mail oder Id:\n<code>/user @ada</code>"
    )
    profile_addresses = "Erreichbar über"
    no_addresses = "nichts: Es gibt keinen Weg dorthin"
    profile_wishes = "Wünsche"
    profile_engagement = "Beteiligung"
    profile_sequences = "Serien"
    no_sequences_yet = "keine"
    profile_messages = "Letzte Nachrichten"
    no_messages_yet = "noch keine"
    user_is_gone = "Diesen Menschen gibt es hier nicht mehr."
    address_states: Mapping[str, str] = {
        "active": "offen",
        "unverified": "noch nicht bestätigt",
        "unreachable": "unerreichbar",
        "suppressed": "gesperrt",
    }
    refused_classes: Mapping[str, str] = {
        "opt_in_sequences": "keine Serien",
        "opt_in_announcements": "keine Neuigkeiten",
        "opt_in_reminders": "keine Erinnerungen",
    }
    at_time_of_day: Mapping[str, str] = {
        "morning": "morgens",
        "afternoon": "nachmittags",
        "evening": "abends",
    }
    enrollment_states: Mapping[str, str] = {
        "active": "läuft",
        "paused": "angehalten",
        "completed": "fertig",
        "cancelled": "beendet",
    }

    def their_name(self, name: object) -> str:
        return escape(self.their_plain_name(name))

    def their_plain_name(self, name: object) -> str:
        return str(name)[:LONGEST_NAME] if name else "Jemand ohne Namen"

    def their_ids(self, user_id: str, external_id: str | None) -> str:
        external = f"\nexterne Id <code>{escape(external_id[:LONGEST_NAME])}</code>" if external_id else ""
        return f"<code>{user_id}</code>{external}"

    def how_they_came(self, since: str, source: str | None, seen: str) -> str:
        by = f" über {escape(source[:LONGEST_NAME])}" if source else ""
        return f"Kam am {since}{by}; {seen}"

    def left_since(self, when: str) -> str:
        return f"abgemeldet am {when}"

    def wishes_line(self, channel: str | None, time_of_day: str, quiet: str | None, most: int) -> str:
        where = f"zuerst {self.contact_channel(channel)}" if channel else "über den besten Kanal"
        silence = f", Ruhe {quiet}" if quiet else ""
        return f"{where}, {self.at_time_of_day[time_of_day]}{silence}, höchstens {most} am Tag"

    def stopped_since(self, when: str) -> str:
        return f"⏹ alles beendet am {when}"

    def on_pause_until(self, when: str | None) -> str:
        return f"⏸ Pause bis {when}" if when else "⏸ Pause ohne Ende"

    def engagement_line(self, overall: float, by_channel: Mapping[str, float]) -> str:
        others = ", ".join(f"{self.contact_channel(name)} {score:.0f}" for name, score in by_channel.items())
        return f"{overall:.0f} von 100" + (f" ({others})" if others else "")

    def risk_line(self, risk: Mapping[str, Any]) -> str:
        reasons = ", ".join(each.get("words_de") or each["words"] for each in risk["reasons"])
        return f"Risiko abzuspringen: {risk['risk']:.0f} %" + (f" ({reasons})" if reasons else "")

    def commitments_state(self, open_ones: int, kept: int, missed: int) -> str:
        return f"Vorhaben: {open_ones:,} offen, {kept:,} gehalten, {missed:,} verpasst"

    def sequences_running(self, running: int, count: int) -> str:
        return f"{running} {'läuft' if running == 1 else 'laufen'}, {count} insgesamt"

    def enrollment_line(self, title: str, step: int, steps: int, status: str, reason: str | None) -> str:
        why = f" ({escape(self.reason_in_words(reason))})" if reason else ""
        state = f"{self.enrollment_states[status]}{why}"
        return f"{escape(title[:LONGEST_NAME])}: Schritt {step} von {steps}, {state}"

    def next_message_due(self, when: str) -> str:
        return f"nächste Nachricht {when}"

    start_sequence_label = "🚀 Serie beginnen"
    their_sequences_label = "🌱 Serien"
    write_message_label = "✉️ Nachricht"
    grant_role_label = "🔑 Rolle"
    explain_person_label = "🔎 Erklären"
    their_profile_label = "👤 Profil"

    # a person's sequences

    yes_end_run = "Ja, beenden"
    no_keep_run = "Nein, weiter"
    run_had_ended = "Sie ist schon zu Ende."
    run_changed: Mapping[str, str] = {
        "paused": "Angehalten.",
        "active": "Sie geht weiter.",
        "cancelled": "Beendet.",
    }

    def sequences_of(self, name: object) -> str:
        return f"<b>Serien von {self.their_name(name)}</b>"

    def ask_end_run(self, title: str, name: object) -> str:
        return (
            f"Soll ich <b>{escape(title)}</b> für {self.their_name(name)} beenden?\n"
            "Was noch nicht gesendet ist, wird es dann nie."
        )

    # /trigger

    how_to_trigger = (
        "Für wen, und was? Schick mir\n<code>/trigger @ada onboarding</code>\n"
        "oder nur <code>/trigger @ada</code>, und wähle."
    )
    no_sequence_to_trigger = "Es gibt keine Serie, die sich von Hand beginnen lässt."

    def ask_sequence(self, name: object) -> str:
        return f"Was soll ich für {self.their_name(name)} beginnen?"

    def unknown_sequence(self, typed: str, nearest: Sequence[str]) -> str:
        meant = " oder ".join(f"<code>{escape(name)}</code>" for name in nearest)
        unknown = f"Eine Serie „{escape(typed[:LONGEST_NAME])}“ gibt es nicht."
        return unknown + (f" Meinst du {meant}?" if meant else "")

    def triggered(self, title: str, name: object) -> str:
        return f"✓ <b>{escape(title)}</b> hat für {self.their_name(name)} begonnen."

    def triggered_before(self, title: str, name: object) -> str:
        return f"<b>{escape(title)}</b> läuft für {self.their_name(name)} schon. Nichts zu tun."

    def trigger_declined(self, title: str, name: object) -> str:
        return (
            f"{self.their_name(name)} hat <b>{escape(title)}</b> abbestellt. "
            "Die Serie beginnt nicht, solange das so bleibt."
        )

    def cannot_trigger(self, title: str, problem: str) -> str:
        return f"<b>{escape(title)}</b> kann ich nicht von Hand beginnen: {escape(problem)}."

    # a message to one person

    send_message_label = "Senden"
    do_not_send_label = "Nicht senden"
    message_not_sent = "Nicht gesendet."
    message_only_text = "Bitte schreib es als Text: Ich kann nur Worte weitergeben."

    def ask_message(self, name: object) -> str:
        return f"Was soll ich {self.their_name(name)} sagen? Was du als Nächstes schreibst, kommt dort an."

    def message_too_long(self, most: int) -> str:
        return f"Das ist zu lang: höchstens {most:,} Zeichen. Bitte schick mir etwas Kürzeres."

    def message_preview(self, name: object, text: str) -> str:
        return (
            f"Das geht an {self.their_name(name)}:\n\n<blockquote>{escape(text)}</blockquote>\n\n"
            "Soll ich es senden? Um es zu ändern, schreib es noch einmal."
        )

    def message_sent(self, name: object) -> str:
        return (
            f"✓ Unterwegs zu {self.their_name(name)}.\n"
            "Ruhezeiten und Wünsche gelten auch hier; das Profil sagt, was daraus wurde."
        )

    # roles

    no_role_label = "Keine"
    roles_explained = "Ein Viewer sieht alles. Ein Admin handelt auch. Ein Owner vergibt außerdem die Rollen."
    not_in_telegram = "Nicht in Telegram, wo eine Rolle etwas nützt."
    last_owner_stays = "Jemand muss Owner bleiben: Mach erst jemand anderen dazu."

    def ask_role(self, name: object, roles: Sequence[str]) -> str:
        now = ", ".join(self.role_names[role] for role in roles) or "keine"
        return (
            f"Welche Rolle soll {self.their_name(name)} haben? Jetzt: <b>{now}</b>.\n\n{self.roles_explained}"
        )

    def owner_by_setting(self, name: object) -> str:
        return (
            f"{self.their_plain_name(name)} ist durch die Einstellung ADMIN_TELEGRAM_IDS Owner "
            "und bleibt es, solange die Id dort steht."
        )

    def you_have_a_role(self, brand: str, role: str | None) -> str:
        if role is None:
            return f"Du kümmerst dich nicht mehr um {brand}. Danke für alles!"
        return f"Du kümmerst dich jetzt um {brand}, als {self.role_names[role]}. /admin zeigt, was du kannst."

    # /explain

    how_to_explain = (
        "Über wen? Schick mir eine Telegram-Id, @username, E-Mail oder Id:\n<code>/explain @ada</code>"
    )

    def no_such_delivery(self, delivery_id: int, name: object) -> str:
        return (
            f"Eine Nachricht Nummer {delivery_id} hat {self.their_name(name)} nicht: /explain zählt sie auf."
        )

    def story_attached(self, name: object) -> str:
        return f"Die Geschichte von {self.their_name(name)} ist lang: Hier ist sie als Datei."

    # /dashboard

    open_dashboard_label = "Dashboard öffnen"

    def dashboard_link(self, minutes: int) -> str:
        return (
            f"Das öffnet das Dashboard, einmal, innerhalb von {minutes} Minuten.\n"
            "Es ist nur für dich: Bitte gib es nicht weiter."
        )

    # small words

    def reason_in_words(self, code: str | None) -> str:
        return in_german(code)

    def what_happened(self, delivery: Mapping[str, Any], zone: str) -> str:
        reason = in_german(delivery["failure_reason"] or delivery["reason"])
        match delivery["delivery_status"]:
            case "pending":
                until = delivery["next_attempt_at"]
                when = self.at_moment(in_zone(until, zone)) if until else "auf Weiteres"
                return f"wartet bis {when}" + (f": {reason}" if reason else "")
            case "sending":
                return "wird gerade gesendet"
            case "sent" | "delivered" | "opened" | "clicked":
                return (
                    f"gesendet {self.at_moment(in_zone(delivery['sent_at'], zone))}{self._reacted(delivery)}"
                )
            case status:
                what = _OUTCOMES.get(status, status)
                return f"{what}: {reason or 'ein Grund wurde nicht notiert'}"

    def _reacted(self, delivery: Mapping[str, Any]) -> str:
        if delivery["clicked_at"]:
            return ", geklickt"
        return ", geöffnet" if delivery["opened_at"] else ""

    def number_of(self, number: int, one: str, many: str) -> str:
        return f"1 {one}" if number == 1 else f"{number:,} {many}".replace(",", ".")

    def at_moment(self, when: datetime) -> str:
        return f"{_DAYS[when.weekday()]} {when:%-d.%-m.%Y, %H:%M}"

    def last_seen_ago(self, ago: timedelta | None) -> str:
        return f"zuletzt gesehen {self.time_ago(ago)}" if ago is not None else "nie gesehen"

    def time_ago(self, ago: timedelta) -> str:
        for length, one, many in _UNITS:
            if ago >= length:
                count = ago // length
                return f"vor {one}" if count == 1 else f"vor {count} {many}"
        return "gerade eben"
