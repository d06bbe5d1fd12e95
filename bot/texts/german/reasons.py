"""Warum etwas (nicht) gesendet wurde, wie `sequences.reasons`. Was hier fehlt, wird auf Englisch gesagt."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sequences.reasons import in_words

REASONS: Mapping[str, str] = {
    # the policy gate
    "user_gone": "der Mensch ist gelöscht",
    "enrollment_ended": "die Serie war für diesen Menschen zu Ende",
    "enrollment_paused": "die Serie ist für diesen Menschen angehalten",
    "everything_paused": "alles ist angehalten",
    "sequence_paused": "die Serie ist für alle angehalten",
    "sequence_declined": "dieser Mensch hat die Serie abbestellt",
    "campaign_paused": "die Kampagne ist angehalten",
    "campaign_cancelled": "die Kampagne wurde abgebrochen",
    "holdout": "dieser Mensch gehört zu denen, die nichts bekommen, damit sich die Wirkung messen lässt",
    "exit_condition": "erreicht ist, wofür die Serie da ist",
    "address_suppressed": "von dort kam etwas zurück oder eine Beschwerde, also ist die Adresse gesperrt",
    "no_consent": "solche Nachrichten sind dort nicht erwünscht",
    "broadcast_stopped": "ein Admin hat diesen Rundruf angehalten",
    "user_stopped": "dieser Mensch hat alles beendet",
    "user_paused": "dieser Mensch hat um eine Pause gebeten",
    "condition_not_met": "die Bedingung des Schritts war nicht erfüllt",
    "arrived_after_all": "die Nachricht, für die sie einspringen sollte, war doch angekommen",
    "stale": "es war zu spät, um noch zu nützen",
    "quiet_hours": "es war Ruhezeit",
    "frequency_cap": "so viele Nachrichten, wie gewünscht, gab es an dem Tag schon",
    "rerouted": "ein anderer Kanal passt jetzt besser",
    "channel_paused": "der Kanal ist angehalten",
    "channel_off": "der Kanal ist nicht eingerichtet",
    "not_configured": "der Kanal ist nicht eingerichtet",
    "unreachable": "dort ist der Mensch nicht zu erreichen",
    "no_address": "dort gibt es keine Adresse",
    "no_channel_left": "alle Kanäle des Schritts waren versucht",
    "gate": "die Regeln haben es beendet",
    "came_back": "dieser Mensch kam von selbst zurück",
    "merged": "zwei Konten wurden eines, und beide hatten dieselbe Serie",
    # addresses
    "blocked": "der Bot ist blockiert",
    "unblocked": "der Bot ist nicht mehr blockiert",
    "user_deactivated": "das Telegram-Konto gibt es nicht mehr",
    "never_started": "der Bot wurde nie gestartet",
    "chat_not_found": "Telegram kennt diesen Chat nicht",
    "invalid_to_address": "der Anbieter hält das für keine E-Mail-Adresse",
    "hard_bounce": "das Postfach gibt es nicht",
    "soft_bounces": "das Postfach hat dreimal hintereinander abgelehnt",
    "complaint": "eine Mail wurde als Spam gemeldet",
    "provider": "die Adresse steht auf der Sperrliste des Anbieters",
    # what came back to the provider
    "no_email": "das Postfach gibt es nicht",
    "general": "der Server des Postfachs hat abgelehnt",
    "undetermined": "der Server des Postfachs hat abgelehnt und nicht gesagt, warum",
    "mailbox_full": "das Postfach war voll",
    "message_too_large": "dem Server des Postfachs war es zu groß",
    "content_rejected": "der Server des Postfachs hat den Inhalt abgelehnt",
    # providers that are busy or do not answer
    "rate_limited": "der Anbieter bat, langsamer zu senden",
    "rate_limit_exceeded": "der Anbieter bat, langsamer zu senden",
    "chat_flooded": "Telegram bat um eine Pause in diesem Chat",
    "daily_quota_exceeded": "das Tageskontingent beim Anbieter ist aufgebraucht",
    "server_error": "der Anbieter hatte Schwierigkeiten",
    "application_error": "der Anbieter hatte Schwierigkeiten",
    "internal_server_error": "der Anbieter hatte Schwierigkeiten",
    "service_unavailable": "der Anbieter hatte Schwierigkeiten",
    "not_connected": "der Anbieter war nicht zu erreichen",
    "no_answer": "der Anbieter hat nicht rechtzeitig geantwortet",
    "connection_lost": "die Verbindung zum Anbieter brach ab",
    # our account and settings
    "unauthorized": "der Anbieter nimmt unseren Schlüssel nicht an",
    "missing_api_key": "der Anbieter bekam keinen Schlüssel",
    "invalid_api_key": "der Anbieter nimmt unseren Schlüssel nicht an",
    "restricted_api_key": "unser Schlüssel darf das beim Anbieter nicht",
    "suspended_api_key": "der Anbieter hat unseren Schlüssel gesperrt",
    "invalid_from_address": "der Anbieter nimmt den Absender nicht an",
    "monthly_quota_exceeded": "das Monatskontingent beim Anbieter ist aufgebraucht",
    # messages that cannot be made
    "missing_value": "ein Wert fehlt, den der Text braucht",
    "no_content": "der Schritt hat keine Worte für diesen Kanal",
    "broken_template": "die Vorlage ist kaputt",
    "too_long": "der Text ist zu lang",
    "bad_markup": "der Anbieter konnte die Auszeichnung nicht lesen",
    # our own
    "stopped": "der Prozess wurde beim Senden angehalten",
    "lease_lost": "der Prozess, der sie senden wollte, ist verschwunden",
    "attempts_exhausted": "alle Versuche sind aufgebraucht",
    "by_admin": "ein Admin hat es so entschieden",
}


def in_german(reason: str | None) -> str:
    if status := re.fullmatch(r"http_(\d{3})", reason or ""):
        return f"der Anbieter antwortete mit HTTP {status[1]}"
    if (reason or "").startswith("admin:"):
        return "ein Admin hat angehalten"
    return REASONS.get(reason or "") or in_words(reason)
