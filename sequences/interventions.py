"""Messages because of a risk: the sequences that say them, doing what is due, and what they brought.

Whom to write to and what is chosen in the database (`users_to_keep`, `choose_interventions`); here are the
words, and the comparison with those who were held out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sequences.definition import NAME, Fallback
from sequences.definition import Sequence as Plan
from sequences.drafting import BadDraft, read_steps
from sequences.experiments.statistics import Comparison, Interval, Proportion, compare_proportions, wilson
from sequences.values import required_and_optional
from storage.store import Store

CHANNELS = ("telegram", "email")
KNOWN: Mapping[str, frozenset[str]] = {
    "gentle_reminder": frozenset(),
    "personalized_content": frozenset(),
    "peer_comparison": frozenset(),
    "streak_warning": frozenset({"days"}),
    "achievement": frozenset({"achievement"}),
    "milestone_celebration": frozenset({"milestone"}),
    "discount_offer": frozenset(),
    "human_outreach": frozenset(),
}
"""The types, and what of each template's context is always known when one of it is chosen."""

Row = Mapping[str, Any]


def one_message(
    template: Row, channels: Sequence[str] = (), *, fallback: Fallback = "on_failure", suffix: str = ""
) -> Plan:
    """Says a template, a row of `templates_named`, once. Raises BadDraft, or ValueError for its name."""
    chosen = tuple(channels) or CHANNELS
    parts = ("intervention", template["name"], *(chosen if chosen != CHANNELS else ()), suffix)
    name = "_".join(filter(None, parts))
    if not NAME.match(name):
        raise ValueError("the template's name is too long for an intervention")
    step = {
        "name": "message",
        "template": template["name"],
        "channels": list(chosen),
        "fallback": fallback,
    }
    return Plan(
        name=name,
        title=template["title"],
        description="One message, because of a risk.",
        steps=read_steps([step], {template["name"]: template}, template["context"]),
        context=tuple(template["context"]),
    )


# Doing what is due


class Interventions:
    """Remembers which templates it has published as sequences."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._published: dict[int, tuple[str, str]] = {}

    async def once(self) -> bool:
        """Whether anything was begun, or somebody is told of a task; any number of processes may ask."""
        begun, more, ways = False, True, await self.ways()
        while more:
            done = await self._store.call("intervene", ways=ways)
            begun, more = begun or bool(done.get("chosen")), done["more"]
        return bool(await self._store.call("tell_outreach")) or begun

    async def ways(self) -> list[dict[str, str]]:
        """For each type that can be said: its sequence, and the one that says it over both channels."""
        templates = await sayable_templates(self._store)
        return [
            {"type": kind, "sequence": names[0], "urgent": names[1]}
            for kind, template in templates.items()
            if (names := await self._sequences_of(template)) is not None
        ]

    async def _sequences_of(self, template: Row) -> tuple[str, str] | None:
        version = template["version_id"]
        if version not in self._published:
            try:
                plans = (one_message(template), one_message(template, fallback="both", suffix="both"))
            except (BadDraft, ValueError):
                return None
            for plan in plans:
                await self._store.call("publish_sequence", definition=plan.as_json())
            self._published[version] = (plans[0].name, plans[1].name)
        return self._published[version]


async def sayable_templates(store: Store) -> dict[str, Row]:
    """By type, the oldest template that needs nothing which we do not know, as the terms of an offer."""
    listed = [row for row in await store.call("list_templates", limit_to=1000) if row["type"] in KNOWN]
    found = await store.call("templates_named", names=[row["name"] for row in listed])
    by_name = {row["name"]: row for row in found}
    sayable: dict[str, Row] = {}
    for row in listed:
        template = by_name.get(row["name"])
        if template is not None and _is_sayable(template):
            sayable.setdefault(row["type"], template)
    return sayable


def _is_sayable(template: Row) -> bool:
    return required_and_optional(template["context"])[0] <= KNOWN[template["type"]]


# Why, and what it brought


def because(risk: float | None, reasons: Iterable[Row]) -> str:
    """For whoever asks why; the user is never told of a risk."""
    words = "; ".join(reason["words"] for reason in reasons if reason.get("words"))
    rose = "an admin asked for it" if risk is None else f"the risk of dropping off rose to {risk:.0f}"
    return f"{rose}: {words}" if words else rose


@dataclass(frozen=True, slots=True)
class Effect:
    """Of those who were meant to get something and of those held out: how many came back within seven days.

    `comparison` is None while one of the two is empty.
    """

    treated: Proportion
    held_out: Proportion
    comparison: Comparison | None

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Effect:
        """From rows of `intervention_outcomes`."""
        rows = list(rows)
        treated, held_out = (_came_back(rows, is_held_out=each) for each in (False, True))
        is_comparable = bool(treated.n and held_out.n)
        return cls(treated, held_out, compare_proportions(held_out, treated) if is_comparable else None)

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        """Of both rates (95 %)."""
        return wilson(self.treated), wilson(self.held_out)


def effects_by(rows: Iterable[Row], key: str) -> dict[str, Effect]:
    """By `type` or by `band`."""
    rows = list(rows)
    return {
        name: Effect.of(row for row in rows if row[key] == name)
        for name in sorted({row[key] for row in rows if row[key] is not None})
    }


def _came_back(rows: Iterable[Row], *, is_held_out: bool) -> Proportion:
    mine = [row for row in rows if row["is_held_out"] is is_held_out]
    return Proportion(sum(row["back"] for row in mine), sum(row["people"] for row in mine))
