from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from bot.texts import english

COMMANDS: Mapping[str, str] = {
    "sequences": "Die Serien mit Zahlen; eine anhalten oder ihre Schritte ansehen",
    "pause": "Eine Serie, einen Kanal oder alles anhalten",
    "resume": "Es weitergehen lassen",
    "deliveries": "Nachrichten, die gescheitert sind, feststecken, warten oder gesendet sind",
    "retry": "Noch einmal senden, was gescheitert ist",
    "testemail": "Eine E-Mail senden, um zu sehen, ob sie ankommt",
    "unsuppress": "Wieder an eine Adresse schreiben, von der etwas zurückkam",
    "health": "Ist alles in Ordnung, und was hilft, wenn nicht",
    "stats": "Die letzten Tage als Bild",
    "alerts": "Was dich braucht, und ob ich es dir sage",
}

LONGEST_TITLE = english.operations.LONGEST_TITLE


class Operations(english.operations.Operations):
    everything_words: Sequence[str] = ("alles", "everything", "all")

    # /sequences

    sequences_title = "<b>Serien</b>"
    no_sequences = "Es gibt noch keine Serien."
    steps_title = "<b>Schritte</b>: gesendet · geöffnet · geklickt · gescheitert"
    all_sequences_label = "‹ Serien"
    pause_it_label = "⏸ Anhalten"
    resume_it_label = "▶️ Weiter"
    sequence_classes: Mapping[str, str] = {
        "transactional": "für das Konto nötig: niemand kann sie abbestellen",
        "sequence": "nur, wer Serien möchte",
        "announcement": "nur, wer Neuigkeiten möchte",
        "reminder": "nur, wer Erinnerungen möchte",
    }

    def sequence_line(self, place: int, sequence: Mapping[str, Any]) -> str:
        mark = "⏸ " if sequence["paused_at"] else ""
        return (
            f"{place}. {mark}<b>{escape(sequence['title'][:LONGEST_TITLE])}</b> "
            f"<code>{escape(sequence['name'])}</code>\n"
            f"    {self._german(sequence['running'])} laufen · {self._german(sequence['completed'])} fertig"
            f" · {self._german(sequence['sent'])} gesendet in 7 Tagen"
        )

    def sequence_story(self, sequence: Mapping[str, Any]) -> str:
        begins = (
            f"\nBeginnt von selbst bei <code>{escape(sequence['event'])}</code>" if sequence["event"] else ""
        )
        paused = "\n⏸ <b>Für alle angehalten</b>" if sequence["paused_at"] else ""
        held = f" ({self._german(sequence['paused'])} angehalten)" if sequence["paused"] else ""
        running = self._german(sequence["active"] + sequence["paused"])
        kind = self.sequence_classes[sequence["message_class"]]
        return (
            f"<b>{escape(sequence['title'][:LONGEST_TITLE])}</b> <code>{escape(sequence['name'])}</code>\n"
            f"{escape(sequence['description'][:300])}\n\n"
            f"{kind[0].upper()}{kind[1:]}{begins}{paused}\n"
            f"{running} laufen{held} · {self._german(sequence['completed'])} fertig · "
            f"{self._german(sequence['cancelled'])} vorher beendet"
        )

    def step_line(self, step: Mapping[str, Any]) -> str:
        channels = ", ".join(self.contact_channels[name] for name in step["channels"])
        figures = " · ".join(self._german(step[name]) for name in ("sent", "opened", "clicked", "failed"))
        return f"{step['position']}. {escape(step['name'])} ({channels}): {figures}"

    def switched(self, title: str, is_paused: bool, messages: int) -> str:
        waiting = self._several(messages, "Nachricht", "Nachrichten")
        if is_paused:
            return f"{title[:LONGEST_TITLE]} ist angehalten: {waiting} geplant."
        return f"{title[:LONGEST_TITLE]} geht weiter: {waiting} mussten warten."

    def no_such_sequence(self, typed: str, nearest: Sequence[str]) -> str:
        meant = " oder ".join(f"<code>{escape(name)}</code>" for name in nearest)
        return f"Es gibt keine Serie „{escape(typed[:LONGEST_TITLE])}“." + (
            f" Meintest du {meant}?" if meant else ""
        )

    # /pause, /resume

    ask_what_to_hold = (
        "<b>Was soll ich anhalten?</b>\nTippe es an, oder schreib es: <code>/pause email</code>, "
        "<code>/pause onboarding</code>, <code>/pause everything</code>. Serien haben auch je einen Knopf "
        "in /sequences."
    )
    ask_resume = "<b>Was soll weitergehen?</b>"
    nothing_is_paused = "Nichts ist angehalten."
    everything_label = "Alles"

    def paused_everything(self, messages: int, people: int) -> str:
        return (
            "⏸ <b>Alles ist angehalten.</b> Nichts geht mehr hinaus, über keinen Kanal, bis zu /resume. "
            f"Wer mir schreibt, bekommt weiter Antwort.\n{self._held(messages, people)}"
        )

    def paused_channel(self, channel: str, messages: int, people: int) -> str:
        return (
            f"⏸ <b>{self.contact_channels[channel]} ist angehalten.</b> Was anders gehen darf, geht anders; "
            f"der Rest wartet.\n{self._held(messages, people)}"
        )

    def paused_sequence(self, title: str, messages: int, people: int) -> str:
        return (
            f"⏸ <b>{escape(title)} ist für alle angehalten.</b> Niemand beginnt sie durch das, was er tut.\n"
            f"{self._held(messages, people)}"
        )

    def was_paused(self, what: str) -> str:
        return f"{escape(what)} war schon angehalten. Mit /resume geht es weiter."

    def goes_on(self, what: str, messages: int) -> str:
        leaving = (
            f"{self._several(messages, 'Nachricht, die wartete, ist', 'Nachrichten, die warteten, sind')}"
            " jetzt an der Reihe; was inzwischen zu spät ist, entfällt."
            if messages
            else "Nichts musste warten."
        )
        return f"▶️ <b>{escape(what)}</b> geht weiter. {leaving}"

    def was_not_paused(self, what: str) -> str:
        return f"{escape(what)} war nicht angehalten."

    def not_configured_channel(self, channel: str) -> str:
        return (
            f"{self.contact_channels[channel]} ist nicht eingerichtet: Da gibt es nichts anzuhalten "
            "oder zu öffnen."
        )

    def nothing_of_that_name(self, typed: str, nearest: Sequence[str]) -> str:
        meant = " oder ".join(f"<code>{escape(name)}</code>" for name in nearest)
        hint = f" Meintest du {meant}?" if meant else ""
        return f"Es gibt keinen Kanal und keine Serie „{escape(typed[:LONGEST_TITLE])}“.{hint}"

    def _held(self, messages: int, people: int) -> str:
        if not messages:
            return "Nichts ist geplant, das warten müsste."
        planned = self._several(messages, "Nachricht ist", "Nachrichten sind")
        return f"{planned} für {self._several(people, 'Menschen', 'Menschen')} geplant und werden warten."

    # /deliveries, /retry

    kinds_of_deliveries: Mapping[str, str] = {
        "failed": "Gescheitert",
        "parked": "Geparkt",
        "unknown": "Ungewiss",
        "held": "Wartend",
        "sent": "Gesendet",
    }
    kinds_explained: Mapping[str, str] = {
        "failed": "Sie wurden abgelehnt oder kamen zurück.",
        "parked": "Sie ließen sich nicht schreiben. Ihre Serien stehen still.",
        "unknown": "Niemand weiß, ob sie ankamen; meistens ja.",
        "held": "Sie warten auf einen besseren Moment, oder auf jemanden.",
        "sent": "Sie sind hinausgegangen.",
    }
    nothing_of_this_kind = "Keine."
    send_again_label = "Noch einmal senden"
    retry_all_label = "🔁 Alle noch einmal"
    yes_retry_all = "Ja, senden"
    how_to_retry = (
        "Welche Nachricht? <code>/retry 42</code>, oder <code>/retry all</code> für alles "
        "Gescheiterte und Geparkte."
    )
    nothing_to_retry = "Es gibt nichts, das noch einmal zu senden wäre."
    not_that_many_retries = "Keine Nachricht hat diese Nummer."

    def deliveries_title(self, kind: str, first: int, last: int, count: int, is_all: bool) -> str:
        figures = f"{first} bis {last} von {self._german(count)}{'' if is_all else ' oder mehr'}"
        return f"<b>{self.kinds_of_deliveries[kind]}</b>, {figures}\n{self.kinds_explained[kind]}"

    def retried(self, delivery: Mapping[str, Any], name: str) -> str:
        return (
            f"🔁 Nachricht {delivery['delivery_id']} (<b>{escape(delivery['title'][:LONGEST_TITLE])}</b> an "
            f"{escape(name)}) wird neu geschrieben und geht hinaus, sobald sie darf."
        )

    def retried_toast(self, number: int) -> str:
        return f"Nachricht {number} wird noch einmal versucht."

    def may_arrive_twice(self, delivery: Mapping[str, Any], name: str) -> str:
        return (
            f"⚠️ Niemand weiß, ob Nachricht {delivery['delivery_id']} "
            f"(<b>{escape(delivery['title'][:LONGEST_TITLE])}</b> an {escape(name)}) ankam. Meistens ja, "
            "und dann kommt sie <b>zweimal</b>."
        )

    def not_retried(self, delivery: Mapping[str, Any], what: str) -> str:
        return (
            f"Nachricht {delivery['delivery_id']} lässt sich nicht noch einmal senden: {escape(what[:200])}"
        )

    def ask_retry_all(self, failed: int, parked: int, oldest: str) -> str:
        return (
            f"{self._german(failed)} gescheiterte und {self._german(parked)} geparkte Nachrichten würden neu "
            f"geschrieben und noch einmal gesendet. Die älteste war {oldest} fällig. Was inzwischen "
            "zu alt ist, "
            "entfällt, und wer nichts mehr möchte, bekommt nichts."
        )

    def retried_all(self, count: int) -> str:
        written = self._several(count, "Nachricht wird neu geschrieben", "Nachrichten werden neu geschrieben")
        return f"🔁 {written} und noch einmal gesendet."

    # /testemail, /unsuppress

    how_to_try_email = "An wen? <code>/testemail du@example.com</code>"
    trial_email_is_off = "E-Mail ist aus: Setze RESEND_API_KEY und EMAIL_FROM."
    nothing_may_leave = "Im Moment darf nichts hinaus: erst /resume."
    how_to_unsuppress = "Welche Adresse? <code>/unsuppress ada@example.com</code>"
    lift_it_label = "Wieder dorthin schreiben"
    leave_it_label = "So lassen"
    not_lifted = "Sie bleibt geschlossen."
    lifted_by_owner_only = (
        "Wem diese Adresse gehörte, der wollte gelöscht werden. Nur er selbst kann wiederkommen, mit /start "
        "oder indem er sie bestätigt."
    )

    def trial_email_sent(self, address: str, message_id: str) -> str:
        return (
            f"✓ Gesendet an {escape(address)}, bei Resend <code>{escape(message_id)}</code>. "
            "Sieh bitte im Posteingang nach."
        )

    def trial_email_failed(self, why: str) -> str:
        return f"✗ Nicht gesendet: {escape(why)}."

    def closed_address(self, address: str, why: str) -> str:
        return f"{escape(address)} ist geschlossen: {escape(why)}. /unsuppress öffnet sie."

    def not_suppressed(self, address: str) -> str:
        return f"{escape(address)} ist nicht geschlossen: nichts zu tun."

    def ask_lift(self, address: str, why: str, since: str) -> str:
        return (
            f"{escape(address)} ist seit {since} geschlossen: {escape(why)}.\n\nSoll ich wieder "
            "dorthin schreiben? "
            "Nur, wenn das Postfach geht und wem es gehört es möchte; und nimm sie auch von Resends "
            "Sperrliste."
        )

    def ask_lift_complaint(self, address: str, since: str) -> str:
        return (
            f"⚠️ Von {escape(address)} wurde am {since} eine E-Mail als <b>Spam</b> gemeldet. Noch "
            "eine schadet "
            "allen, die du sendest.\n\nNur wenn der Mensch selbst darum gebeten hat: Schreib die "
            "Adresse noch "
            "einmal, dann öffne ich sie."
        )

    def lifted(self, address: str) -> str:
        return f"✓ An {escape(address)} wird wieder geschrieben. Nimm sie auch von Resends Sperrliste."

    def another_address(self, address: str) -> str:
        return f"Das ist nicht {escape(address)}: Sie bleibt geschlossen."

    # /health

    health_well = "<b>✓ Alles in Ordnung</b>"
    health_ill = "<b>✗ Etwas braucht dich</b>"
    database_answers = "✓ Die Datenbank antwortet"
    database_is_away = "✗ Die Datenbank antwortet nicht. Ist sie wieder da, mache ich von selbst weiter."
    scheduler_ticks = "✓ Der Taktgeber läuft"
    scheduler_stands = "✗ Der Taktgeber steht. Starte diesen Prozess neu, und hebe sein Log auf."
    everything_is_held = "✗ Alles ist angehalten. Mit /resume geht es weiter."
    queue_is_empty = "✓ Nichts wartet darauf, gesendet zu werden"

    def channel_is_on(self, channel: str) -> str:
        return f"✓ {self.contact_channels[channel]} ist offen"

    def channel_is_off(self, channel: str, why: str) -> str:
        return f"– {self.contact_channels[channel]} ist aus: {escape(why)}"

    def channel_is_paused(self, channel: str, why: str, by_admin: bool) -> str:
        remedy = "/resume öffnet es" if by_admin else "frag <code>python -m bot doctor</code>, dann /resume"
        return f"✗ {self.contact_channels[channel]} ist zu ({escape(why)}): {remedy}"

    def channel_is_slowed(self, channel: str) -> str:
        return f"– {self.contact_channels[channel]} wartet: Der Anbieter bat um eine Pause. Sie vergeht."

    def queue_waits(self, due: int, seconds: int, is_late: bool) -> str:
        oldest = f"{self._german(due)} fällig, am längsten seit {self.seconds(seconds)}"
        return (
            f"✗ Nachrichten sind zu spät: {oldest}. Sieh nach, ob ein Worker läuft und die Kanäle offen sind"
            if is_late
            else f"✓ {oldest}"
        )

    def stuck_messages(self, parked: int, unknown: int) -> list[str]:
        lines = [f"✗ {self._german(parked)} lassen sich nicht schreiben: /deliveries"] if parked else []
        return [*lines, f"– {self._german(unknown)} sind ungewiss: /deliveries"] if unknown else lines

    def updates_waiting(self, count: int) -> str:
        return f"– {self._several(count, 'Nachricht', 'Nachrichten')} an mich noch ohne Antwort"

    # /stats

    how_to_stats = "Wie viele Tage? Von 1 bis 365: <code>/stats 30</code>"

    def last_days(self, days: int) -> str:
        return "Heute" if days == 1 else f"Die letzten {days} Tage"

    def stats_label(self, days: int) -> str:
        return "Heute" if days == 1 else f"{days} Tage"

    def no_stats(self, days: int) -> str:
        return (
            f"<b>{self.last_days(days)}</b>: Nichts wurde gesendet, und niemand war hier. "
            "Ein Bild gibt es mit der ersten Nachricht."
        )

    stats_words: Mapping[str, str] = {
        "messages": "Gesendet",
        "active": "Aktive Menschen",
        "new": "Neu",
        "unsubscribed": "Abgemeldet",
        "delivered": "zugestellt",
        "opened": "der E-Mails geöffnet",
        "clicked": "angeklickt",
        "per_day": "Nachrichten am Tag",
        "per_days": "Nachrichten in je {} Tagen",
        "active_a_day": "Aktiv am Tag",
        "most": "bis {}",
        "none": "keine",
    }

    def stats_lines(self, figures: Mapping[str, Any]) -> str:
        by_channel = ", ".join(
            f"{self.contact_channels[name]} {self._german(count)}"
            for name, count in figures["by_channel"].items()
        )
        shown = {name: self._german(value) for name, value in figures.items() if name != "by_channel"}
        return (
            f"📬 {shown['sent']} gesendet ({by_channel or 'keine'})\n"
            f"👀 {shown['delivered']} zugestellt, {shown['opened']} geöffnet, {shown['clicked']} angeklickt\n"
            f"👥 {shown['active']} aktiv, {shown['new']} neu, {shown['unsubscribed']} abgemeldet"
        )

    # /alerts

    no_alerts = "✓ Nichts braucht dich."
    alerts_title = "<b>Was dich braucht</b>"
    alerts_on = "🔔 Ich sage dir jeden Alarm einmal, und wenn er vorbei ist."
    alerts_off = "🔕 Ich sage dir keine Alarme."
    alerts_for_admins = "Alarme und Rückmeldungen gehen an Admins und Owner."
    alerts_on_label = "🔔 Sag es mir"
    alerts_off_label = "🔕 Sag es mir nicht"
    switch_words: Mapping[str, bool] = {"on": True, "off": False}
    how_to_alerts = "<code>/alerts on</code> oder <code>/alerts off</code>"

    def alert_line(self, kind: str, details: Mapping[str, Any], why: str, since: str) -> str:
        return f"⚠️ {self._alert(kind, details, escape(why))}\n    seit {since}"

    def _alert(self, kind: str, details: Mapping[str, Any], why: str) -> str:
        channel = self.contact_channels.get(details.get("channel", ""), "")
        match kind:
            case "channel_paused":
                return f"{channel} ist zu: {why}. Frag <code>python -m bot doctor</code>, dann /resume"
            case "channel_blocked":
                return f"{channel} muss warten: Der Anbieter bat um eine Pause"
            case "template_parked":
                step = f"{escape(details['sequence'])}, Schritt {escape(details['step'])}"
                return f"{step}, lässt sich nicht schreiben: {why}. /deliveries"
            case "bounces":
                return (
                    f"{details['percent']} % von {self._german(details['mails'])} E-Mails kamen "
                    "zurück. /deliveries"
                )
            case "complaints":
                return (
                    f"{details['percent']} % von {self._german(details['mails'])} E-Mails galten als "
                    "Spam. /pause"
                )
            case "queue_late":
                return f"Nachrichten über {channel} sind zu spät. /health"
            case "campaign_failed":
                return f"Die Kampagne {escape(details['campaign'])} steht: anhalten und weiterlaufen lassen"
            case "outreach_waiting":
                who = self._several(details["tasks"], "Mensch wartet", "Menschen warten")
                return f"{who} auf ein Gespräch. /outreach"
            case "risk_model_broken":
                return "Was über Risiken gelernt wurde, lässt sich nicht nutzen: die Regeln sagen sie"
            case "uneven_division":
                return f"Das Experiment {escape(details['experiment'])} ist ungleich verteilt: Trau ihm nicht"
            case "updates_failed":
                what = self._several(details["updates"], "Nachricht", "Nachrichten")
                return f"Mit {what} von Menschen kam ich nicht zurecht: Sieh ins Log"
            case "webhook_paused":
                return f"Der Webhook an {escape(details['host'])} nimmt nichts an und pausiert"
            case _:
                provider = escape(details.get("provider", "").capitalize())
                return f"Rückrufe von {provider} werden abgelehnt: Vergleiche die Geheimnisse"

    def in_short(self, when: datetime) -> str:
        return f"{when.day}.{when.month}., {when:%H:%M}"

    def _several(self, number: int, one: str, many: str) -> str:
        return f"1 {one}" if number == 1 else f"{self._german(number)} {many}"

    def _german(self, number: int) -> str:
        return f"{number:,}".replace(",", ".")
