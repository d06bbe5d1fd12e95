"""Why a risk is as high as it is, in words: what each signal adds to it, summed up by what it is about."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("reasons.toml")
MOST = 3
CRITICAL = 80.0
LAST_RESORT = "human_outreach"

Signals = Mapping[str, float | None]
Shares = Mapping[str, float]
"""By signal, how much it adds to a risk; what lowers it is negative. In points, or log-odds."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Holds where its signal is known and within the bounds."""

    signal: str
    words: str
    words_de: str
    one: str | None = None
    one_de: str | None = None
    at_least: float = -math.inf
    at_most: float = math.inf

    def holds(self, signals: Signals) -> bool:
        value = signals.get(self.signal)
        return value is not None and self.at_least <= value <= self.at_most

    def told(self, signals: Signals) -> Mapping[str, Any]:
        figures = _Figures(signals, self.signal)
        is_one = figures["n"] == 1
        return {
            "signal": self.signal,
            "value": signals[self.signal],
            "words": (self.one if is_one and self.one else self.words).format_map(figures),
            "words_de": (self.one_de if is_one and self.one_de else self.words_de).format_map(figures),
        }


@dataclass(frozen=True, slots=True)
class _Figures:
    """What a sentence's words ask for, rounded as they do; of a hundred signals that is one or two."""

    signals: Signals
    main: str

    def __getitem__(self, name: str) -> int:
        return round(self.signals[self.main if name == "n" else name] or 0)


@dataclass(frozen=True, slots=True)
class Family:
    name: str
    signals: Sequence[str]
    sentences: Sequence[Sentence]
    interventions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reasons:
    families: Sequence[Family]
    _places: Mapping[str, int] = field(repr=False)

    def raising(self, shares: Shares) -> list[Family]:
        """What raises the risk, the weightiest first."""
        sums = [0.0] * len(self.families)
        for signal, share in shares.items():
            if (place := self._places.get(signal)) is not None:
                sums[place] += share
        order = sorted((place for place, share in enumerate(sums) if share > 0), key=lambda each: -sums[each])
        return [self.families[place] for place in order]

    def told(self, shares: Shares, signals: Signals) -> list[Mapping[str, Any]]:
        """Three at most, each with its signal and that signal's value."""
        said: list[Mapping[str, Any]] = []
        for family in self.raising(shares):
            if sentence := next((each for each in family.sentences if each.holds(signals)), None):
                said.append(sentence.told(signals))
            if len(said) == MOST:
                break
        return said

    def interventions(self, shares: Shares, risk: float) -> list[str]:
        """Kinds of messages that fit what raises the risk, the best first; a person where time is short."""
        begun = [LAST_RESORT] if risk >= CRITICAL else []
        fitting = [kind for family in self.raising(shares) for kind in family.interventions]
        return [*dict.fromkeys([*begun, *fitting])][:MOST]


def load_reasons(file: Path = FILE) -> Reasons:
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    families = tuple(
        Family(
            each["name"],
            tuple(each["signals"]),
            tuple(Sentence(**sentence) for sentence in each["sentences"]),
            tuple(each["interventions"]),
        )
        for each in document["families"]
    )
    places = {signal: place for place, family in enumerate(families) for signal in family.signals}
    return Reasons(families, places)
