"""What a measurement is, and what is said about it: medians with their range, ratios, verdicts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

ROUNDS = 3
# A goal that is met or missed by less than this share is not judged without another look.
TOO_CLOSE = 0.15

Side = Callable[[], Awaitable[Mapping[str, float]]]


@dataclass(slots=True)
class Figures:
    """One side's figure of each round."""

    rounds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def as_json(self) -> dict[str, object]:
        return {"median": self.median, "rounds": self.rounds}

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(min(self.rounds))}–{_short(max(self.rounds))})"


@dataclass(frozen=True, slots=True)
class Goal:
    """`at_least`, or at most if not: a goal for `name` divided by `of` (or for `name` alone)."""

    label: str
    name: str
    of: str | None
    bound: float
    at_least: bool = True
    margin: float = TOO_CLOSE

    def ratio(self, figures: Mapping[str, Figures]) -> float | None:
        if self.name not in figures or (self.of is not None and self.of not in figures):
            return None
        return figures[self.name].median / (figures[self.of].median if self.of else 1)

    def verdict(self, ratio: float | None) -> str:
        if ratio is None:
            return "not measured"
        is_met = ratio >= self.bound if self.at_least else ratio <= self.bound
        is_close = abs(ratio - self.bound) < self.margin * self.bound
        return ("met" if is_met else "missed") + (", close" if is_close else "")


async def interleaved(sides: Sequence[Side], figures: dict[str, Figures], rounds: int = ROUNDS) -> None:
    """Each round asks every side once, so that a busy moment of the machine meets all of them."""
    for number in range(rounds):
        for side in sides:
            began = time.perf_counter()
            for name, figure in (await side()).items():
                figures.setdefault(name, Figures()).rounds.append(figure)
                took = time.perf_counter() - began
                print(f"  round {number + 1}  {name:48s} {_short(figure):>10s}  {took:6.1f} s", flush=True)


def table(goals: Sequence[Goal], figures: Mapping[str, Figures]) -> str:
    lines = [f"{'goal':72s} {'ratio':>7s} {'goal':>7s}  verdict"]
    for goal in goals:
        ratio = goal.ratio(figures)
        bound = ("≥ " if goal.at_least else "≤ ") + f"{goal.bound:g}"
        shown = "–" if ratio is None else f"{ratio:.4g}"
        lines.append(f"{goal.label:72s} {shown:>7s} {bound:>7s}  {goal.verdict(ratio)}")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
