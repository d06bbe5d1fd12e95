"""What admins ask about people who may leave: what was done for them, what it brought, whom to talk to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from bot.texts.english.basics import Basics
from sequences.interventions import Effect

ADMIN_COMMANDS: Mapping[str, str] = {
    "interventions": "What is done for those who may leave, and what it brings",
    "outreach": "Whom somebody should talk to",
}
FEW = 20  # people, of whom a rate says nothing yet

Row = Mapping[str, Any]


class Interventions(Basics):
    intervention_types: Mapping[str, str] = {
        "gentle_reminder": "A gentle reminder",
        "personalized_content": "Something for them",
        "peer_comparison": "How others do it",
        "streak_warning": "A streak that ends tonight",
        "achievement": "Something achieved",
        "milestone_celebration": "A milestone",
        "discount_offer": "An offer",
        "human_outreach": "A word from a person",
    }
    intervention_modes: Mapping[str, str] = {
        "off": "switched off: nobody is sent anything because of a risk",
        "suggest": "suggested only: an admin decides",
        "on": "sent without asking",
    }
    approve_label = "✓ Send"
    dismiss_label = "✕ Leave it"
    nothing_measured = "Nothing to compare yet: of nobody the week after is over."
    intervention_begun = "On its way"
    intervention_dropped = "Left"
    already_decided = "Somebody has decided that already."

    no_outreach = "✓ Nobody waits to be talked to."
    outreach_title = "<b>Whom somebody should talk to</b>"
    outreach_done_label = "✓ Done"
    outreach_not_needed_label = "✕ Not needed"
    outreach_later_label = "⏰ Later"

    def reasons_of(self, reasons: Sequence[Row]) -> str:
        return "; ".join(escape(str(each.get("words", ""))) for each in reasons)

    def interventions_title(self, mode: str, threshold: float | None, holdout: float | None) -> str:
        rules = "" if threshold is None else f"\nFrom a risk of {threshold:.0f} on; "
        share = "" if threshold is None else f"{holdout or 0:.0%} get nothing, to compare."
        return f"<b>Interventions</b>\n{self.intervention_modes[mode].capitalize()}.{rules}{share}"

    def interventions_effect(self, days: int, effect: Effect) -> str:
        got, nothing = effect.treated, effect.held_out
        lines = [
            f"<b>Back within a week</b>, of the last {days} days:",
            f"{self._rate(got.successes, got.n)} who were sent something,",
            f"{self._rate(nothing.successes, nothing.n)} who were not.",
        ]
        if effect.comparison is not None:
            found = effect.comparison
            low, high = 100 * found.interval.low, 100 * found.interval.high
            lines.append(f"That is {100 * found.difference:+.1f} points ({low:+.1f} to {high:+.1f}).")
        return "\n".join(lines)

    def type_line(self, kind: str, effect: Effect) -> str:
        got, nothing = effect.treated, effect.held_out
        name = escape(self.intervention_types.get(kind, kind))
        against = f", {self._rate(nothing.successes, nothing.n)} without" if nothing.n else ""
        return f"• {name}: {self._rate(got.successes, got.n)}{against}"

    def interventions_now(self, under_way: int, suggested: int, tasks: int) -> str:
        return f"Under way: {under_way:,} · suggested: {suggested:,} · for people: {tasks:,} (/outreach)"

    def suggested_line(self, number: int, made: Row) -> str:
        who, kind = escape(made["name"] or "?"), self.intervention_types.get(made["type"], made["type"])
        return f"<b>{number}. {who}</b>, risk {made['risk']:.0f}: {kind}\n{self.reasons_of(made['reasons'])}"

    def outreach_line(self, task: Row, since: datetime) -> str:
        ways = [f"@{task['username']}" if task["username"] else None, task["email"]]
        lines = [
            f"<b>{task['id']}. {_linked(task)}</b>, {self._risk_since(task['risk'] or 0, since)}",
            self.reasons_of(task["reasons"]),
            " · ".join(escape(way) for way in ways if way),
        ]
        return "\n".join(line for line in lines if line)

    def outreach_kept(self, status: str, name: str) -> str:
        who = escape(name or "?")
        match status:
            case "done":
                return f"✓ {who} was talked to. Thank you: nobody else is asked."
            case "not_needed":
                return f"✓ {who} needs nobody. Nobody else is asked."
            case "over":
                return f"{who} is no longer waited for: they came back, or a week went by."
            case _:
                return f"⏰ I ask again tomorrow about {who}."

    def _risk_since(self, risk: float, since: datetime) -> str:
        return f"risk {risk:.0f}, since {since:%-d %b, %H:%M}"

    def _rate(self, back: int, people: int) -> str:
        if people < FEW:
            return f"{back:,} of {people:,}"
        return f"{back / people:.0%} of {people:,}"


def _linked(task: Row) -> str:
    """Who has no username is reached by tapping their name."""
    name = escape(task["name"] or "?")
    if task["username"] or not task["telegram_id"]:
        return name
    return f'<a href="tg://user?id={task["telegram_id"]}">{name}</a>'
