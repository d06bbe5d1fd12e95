"""How two simulations of the same people differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sequences.simulation.report import SimulatedUser, Simulation, totals_of


@dataclass(frozen=True, slots=True)
class Difference:
    """What one user gets only in the first, and only in the second, each as a line of words."""

    label: str
    name: str
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Simulation
    after: Simulation
    users: tuple[Difference, ...]
    sent: Mapping[str, int]
    """How many more are sent over each channel in the second."""


def compare(before: Simulation, after: Simulation) -> Comparison:
    """Two simulations of the same people. A message that differs in its time alone is told of both sides."""
    later = {user.label: user for user in after.users}
    differing = []
    for user in before.users:
        if user.label in later:
            first, second = Counter(_lines(user)), Counter(_lines(later[user.label]))
            if first != second:
                only = tuple((first - second).elements()), tuple((second - first).elements())
                differing.append(Difference(user.label, user.name, *only))
    sent = Counter(after.totals.sent)
    sent.subtract(before.totals.sent)
    return Comparison(before, after, tuple(differing), {name: more for name, more in sent.items() if more})


def in_pairs(compared: Comparison) -> Simulation:
    """One to look at both in: each whom they differ for twice, as in the first and as in the second.

    Its totals add up both. Where they differ for nobody, the second.
    """
    if not compared.users:
        return compared.after
    first = {user.label: user for user in compared.before.users}
    second = {user.label: user for user in compared.after.users}
    users = tuple(
        replace(of[each.label], name=f"{each.name}: {place}")
        for each in compared.users
        for place, of in (("first", first), ("second", second))
    )
    totals = replace(totals_of(users), people=len(compared.users))
    return replace(compared.after, title=f"{compared.after.title}, compared", users=users, totals=totals)


def _lines(user: SimulatedUser) -> list[str]:
    return [
        f"{entry.at:%a %d %b %H:%M}  {entry.step}: {entry.words}"
        for entry in user.entries
        if not entry.is_other
    ]
