"""The transparent model: rules with points, read from rules.toml."""

from __future__ import annotations

import tomllib
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
    words: str
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, signals: Mapping[str, float | None]) -> bool:
        value = signals[self.signal]
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True, slots=True)
class Rules:
    start: float
    rules: Sequence[Rule]

    def risk(self, signals: Mapping[str, float | None]) -> float:
        """0–100."""
        points = sum(rule.points for rule in self.rules if rule.holds(signals))
        return min(MOST, max(LEAST, self.start + points))

    def reasons(self, signals: Mapping[str, float | None], most: int = 3) -> list[str]:
        """Why the risk is as high as it is, the weightiest first."""
        raising = [rule for rule in self.rules if rule.points > 0 and rule.holds(signals)]
        return [rule.words for rule in sorted(raising, key=lambda rule: -rule.points)[:most]]


def load_rules(file: Path = FILE) -> Rules:
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return Rules(float(document["start"]), tuple(Rule(**rule) for rule in document["rules"]))
