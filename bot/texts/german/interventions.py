from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from bot.texts import english
from bot.texts.english.interventions import FEW
from sequences.interventions import Effect

ADMIN_COMMANDS: Mapping[str, str] = {
    "interventions": "Was für die getan wird, die gehen könnten, und was es bringt",
    "outreach": "Mit wem jemand reden sollte",
}

Row = Mapping[str, Any]


class Interventions(english.interventions.Interventions):
    intervention_types: Mapping[str, str] = {
        "gentle_reminder": "Eine sanfte Erinnerung",
        "personalized_content": "Etwas für sie",
        "peer_comparison": "Wie es andere machen",
        "streak_warning": "Eine Serie, die heute endet",
        "achievement": "Etwas erreicht",
        "milestone_celebration": "Ein Meilenstein",
        "discount_offer": "Ein Angebot",
        "human_outreach": "Ein Wort von einem Menschen",
    }
    intervention_modes: Mapping[str, str] = {
        "off": "ausgeschaltet: niemand bekommt etwas wegen eines Risikos",
        "suggest": "nur vorgeschlagen: ein Admin entscheidet",
        "on": "gesendet, ohne zu fragen",
    }
    approve_label = "✓ Senden"
    dismiss_label = "✕ Lassen"
    nothing_measured = "Noch nichts zu vergleichen: von niemandem ist die Woche danach vorbei."
    intervention_begun = "Unterwegs"
    intervention_dropped = "Gelassen"
    already_decided = "Das hat schon jemand entschieden."

    no_outreach = "✓ Auf niemanden wartet ein Gespräch."
    outreach_title = "<b>Mit wem jemand reden sollte</b>"
    outreach_done_label = "✓ Erledigt"
    outreach_not_needed_label = "✕ Nicht nötig"
    outreach_later_label = "⏰ Später"

    def reasons_of(self, reasons: Sequence[Row]) -> str:
        return "; ".join(escape(str(each.get("words_de") or each.get("words", ""))) for each in reasons)

    def interventions_title(self, mode: str, threshold: float | None, holdout: float | None) -> str:
        rules = "" if threshold is None else f"\nAb einem Risiko von {threshold:.0f}; "
        share = "" if threshold is None else f"{100 * (holdout or 0):.0f} % bekommen nichts, zum Vergleich."
        mode_in_words = self.intervention_modes[mode]
        return f"<b>Interventionen</b>\n{mode_in_words[0].upper()}{mode_in_words[1:]}.{rules}{share}"

    def interventions_effect(self, days: int, effect: Effect) -> str:
        got, nothing = effect.treated, effect.held_out
        lines = [
            f"<b>Binnen einer Woche zurück</b>, aus den letzten {days} Tagen:",
            f"{self._rate(got.successes, got.n)}, die etwas bekamen,",
            f"{self._rate(nothing.successes, nothing.n)}, die nichts bekamen.",
        ]
        if effect.comparison is not None:
            found = effect.comparison
            low, high = 100 * found.interval.low, 100 * found.interval.high
            points = f"{100 * found.difference:+.1f} Punkte ({low:+.1f} bis {high:+.1f})"
            lines.append(f"Das sind {points.replace('.', ',')}.")
        return "\n".join(lines)

    def type_line(self, kind: str, effect: Effect) -> str:
        got, nothing = effect.treated, effect.held_out
        name = escape(self.intervention_types.get(kind, kind))
        against = f", {self._rate(nothing.successes, nothing.n)} ohne" if nothing.n else ""
        return f"• {name}: {self._rate(got.successes, got.n)}{against}"

    def interventions_now(self, under_way: int, suggested: int, tasks: int) -> str:
        return f"Unterwegs: {under_way} · vorgeschlagen: {suggested} · für Menschen: {tasks} (/outreach)"

    def suggested_line(self, number: int, made: Row) -> str:
        who, kind = escape(made["name"] or "?"), self.intervention_types.get(made["type"], made["type"])
        reasons = self.reasons_of(made["reasons"])
        return f"<b>{number}. {who}</b>, Risiko {made['risk']:.0f}: {kind}\n{reasons}"

    def outreach_kept(self, status: str, name: str) -> str:
        who = escape(name or "?")
        match status:
            case "done":
                return f"✓ Mit {who} hat jemand geredet. Danke: sonst wird niemand gefragt."
            case "not_needed":
                return f"✓ {who} braucht niemanden. Sonst wird niemand gefragt."
            case "over":
                return f"Auf {who} wartet niemand mehr: zurückgekommen, oder die Woche ist vorbei."
            case _:
                return f"⏰ Morgen frage ich noch einmal wegen {who}."

    def _risk_since(self, risk: float, since: datetime) -> str:
        return f"Risiko {risk:.0f}, seit {since:%-d.%-m., %H:%M}"

    def _rate(self, back: int, people: int) -> str:
        if people < FEW:
            return f"{back} von {people}"
        return f"{100 * back / people:.0f} % von {people}"
