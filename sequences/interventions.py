"""Messages because of a risk: which kind fits whom, and the sequence of one message that says it.

What fits is judged by rules over what is known today, the engagement score above all. That is no probability
of anything, and whoever is told is told so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sequences.definition import NAME
from sequences.definition import Sequence as Plan
from sequences.drafting import read_steps

BASED_ON = "Rules over the engagement score and the streak. It is no probability of dropping off."
CHANNELS = ("telegram", "email")
STREAK_WORTH_KEEPING = 3
MESSAGES_WITHOUT_ANSWER = 3
DAYS_AWAY = 7


@dataclass(frozen=True, slots=True)
class Advice:
    """`type` is that of a template; `why` a sentence for the admin, never for the user."""

    type: str
    why: str


def advise(factors: Mapping[str, Any], streak: Mapping[str, Any]) -> Advice:
    """The first rule that holds; `factors` as calculate_engagement_score gives them."""
    days_away, received = factors["days_since_last_activity"], factors["asked"]
    if streak["days"] >= STREAK_WORTH_KEEPING and not streak["kept_today"] and not streak["freezes"]:
        return Advice("streak_warning", f"A streak of {streak['days']} days ends today if nothing is kept.")
    if received >= MESSAGES_WITHOUT_ANSWER and not factors["answered"]:
        return Advice("human_outreach", f"Got {received:.0f} messages lately and answered none.")
    if days_away is None:
        return Advice("personalized_content", "Never did anything yet, as far as we know.")
    if days_away >= DAYS_AWAY:
        return Advice("gentle_reminder", f"Did nothing for {days_away:.0f} days.")
    active = factors["active_days"]
    return Advice("personalized_content", f"Still comes, on about {active:.0f} days of late.")


def one_message(template: Mapping[str, Any], channels: Sequence[str]) -> Plan:
    """Says a template, a row of `templates_named`, once. Raises BadDraft, or ValueError for its name."""
    chosen = tuple(channels) or CHANNELS
    name = "_".join(("intervention", template["name"], *(chosen if chosen != CHANNELS else ())))
    if not NAME.match(name):
        raise ValueError("the template's name is too long for an intervention")
    step = {"name": "message", "template": template["name"], "channels": list(chosen)}
    return Plan(
        name=name,
        title=template["title"],
        description="One message, because of a risk.",
        steps=read_steps([step], {template["name"]: template}, template["context"]),
        context=tuple(template["context"]),
    )
