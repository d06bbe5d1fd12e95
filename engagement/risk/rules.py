"""The transparent model: rules with points, read from rules.toml."""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("rules.toml")
LEAST, MOST = 1.0, 99.0
"""Nobody is certain to leave, or to stay."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds where the signal is known and within the bounds."""

    signal: str
    points: float
    at_least: float = -math.inf
    at_most: float = math.inf

    def holds(self, signals: Mapping[str, float | None]) -> bool:
        value = signals.get(self.signal)
        return value is not None and self.at_least <= value <= self.at_most


@dataclass(frozen=True, slots=True)
class Rules:
    start: float
    weekly: float
    monthly: float
    rules: Sequence[Rule]

    def risk(self, signals: Mapping[str, float | None]) -> float:
        """0–100."""
        return self.summed(self.shares(signals))

    def summed(self, shares: Mapping[str, float]) -> float:
        """The risk that these points make."""
        return min(MOST, max(LEAST, self.start + sum(shares.values())))

    def shares(self, signals: Mapping[str, float | None]) -> dict[str, float]:
        """The points that each signal brings."""
        shares: defaultdict[str, float] = defaultdict(float)
        for rule in self.rules:
            if rule.holds(signals):
                shares[rule.signal] += rule.points
        return shares

    def horizons(self, risk: float) -> tuple[float, float]:
        """The same risk over 7 and over 30 days."""
        odds = math.log(risk / (100 - risk))
        weekly, monthly = (100 / (1 + math.exp(-odds - more)) for more in (self.weekly, self.monthly))
        return weekly, monthly


def load_rules(file: Path = FILE) -> Rules:
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    rules = tuple(Rule(**rule) for rule in document["rules"])
    return Rules(float(document["start"]), document["weekly"], document["monthly"], rules)
