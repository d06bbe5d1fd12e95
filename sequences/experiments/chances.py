"""What is believed after the data, rather than what the data would be if nothing differed.

The rates have Beta posteriors (prior Beta(1, 1): any rate is as likely as any other), the means normal ones.
The chance to win is that of being the best of all; the expected loss is what choosing this one costs, on
average, if another is better (VWO's SmartStats: Stucchio 2015). Both by quadrature, without chance.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import NormalDist
from typing import Protocol

from sequences.experiments.statistics import Proportion, Sample

_NODES = 240
_REACH = 9.0  # standard deviations; beyond lies less than 1e-18


@dataclass(frozen=True, slots=True)
class Chances:
    """`expected_loss` is in the units of the goal: points of a rate, or of money."""

    chance_to_win: float
    expected_loss: float


def chances_of_proportions(arms: Sequence[Proportion]) -> tuple[Chances, ...]:
    """In the order given."""
    return _chances([_LogitBeta(1 + arm.successes, 1 + arm.n - arm.successes) for arm in arms])


def chances_of_means(arms: Sequence[Sample]) -> tuple[Chances, ...]:
    """In the order given. Without two values and a variance for each, nothing is known: all are alike."""
    if any(arm.n < 2 or not arm.variance for arm in arms):
        return tuple(Chances(1 / len(arms), 0.0) for _ in arms)
    return _chances([_Normal(arm.mean, math.sqrt(arm.variance / arm.n)) for arm in arms])


class _Posterior(Protocol):
    """On whatever scale makes it smooth; `value` leads back from there."""

    nodes: list[float]
    mean: float

    def density(self, x: float) -> float: ...
    def below(self, x: float) -> float: ...
    def value(self, x: float) -> float: ...


def _chances(arms: Sequence[_Posterior]) -> tuple[Chances, ...]:
    """P(i is best) = ∫ fᵢ ∏ Fⱼ, and E[the best] = Σᵢ ∫ value·fᵢ ∏ Fⱼ, each by Simpson's rule."""
    weights = _simpson(sorted({node for arm in arms for node in arm.nodes}))
    wins = [0.0] * len(arms)
    best = 0.0
    for x, weight in weights:
        shares = [weight * share for share in _shares(arms, x)]
        wins = [win + share for win, share in zip(wins, shares, strict=True)]
        best += arms[0].value(x) * sum(shares)
    whole = sum(wins)
    return tuple(
        Chances(win / whole, max(0.0, best / whole - arm.mean)) for win, arm in zip(wins, arms, strict=True)
    )


def _simpson(nodes: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The points and their weights: each node, and the middle of each gap."""
    before = 0.0
    for low, high in pairwise(nodes):
        third = (high - low) / 6
        yield low, before + third
        yield (low + high) / 2, 4 * third
        before = third
    yield nodes[-1], before


def _shares(arms: Sequence[_Posterior], x: float) -> list[float]:
    """For each arm, how dense it is here times how likely all the others are below."""
    below = [arm.below(x) for arm in arms]
    return [arm.density(x) * math.prod(below[:place] + below[place + 1 :]) for place, arm in enumerate(arms)]


class _Normal:
    def __init__(self, mean: float, deviation: float) -> None:
        self.mean = mean
        self._law = NormalDist(mean, deviation)
        self.nodes = _spread(mean - _REACH * deviation, mean + _REACH * deviation)

    def density(self, x: float) -> float:
        return self._law.pdf(x)

    def below(self, x: float) -> float:
        return self._law.cdf(x)

    def value(self, x: float) -> float:
        return x


class _LogitBeta:
    """Beta(a, b) of a rate, on the scale of its log odds: smooth and log-concave there, even for Beta(1, 1).

    The distribution function is tabulated once (Simpson) and interpolated (Hermite): the same for ten people
    and for ten million, where the incomplete beta function takes thousands of steps.
    """

    def __init__(self, a: float, b: float) -> None:
        self.mean = a / (a + b)
        self._a, self._both = a, a + b
        mode = math.log(a / b)
        self._peak = self._log_density(mode)
        self.nodes = _spread(self._end(mode, -1), self._end(mode, 1))
        self._whole = 1.0
        masses = (
            (high - low) / 6 * (self.density(low) + 4 * self.density((low + high) / 2) + self.density(high))
            for low, high in pairwise(self.nodes)
        )
        table = list(accumulate(masses, initial=0.0))
        self._whole = table[-1]
        self._below = [mass / self._whole for mass in table]

    def density(self, x: float) -> float:
        return math.exp(self._log_density(x) - self._peak) / self._whole

    def below(self, x: float) -> float:
        """The cubic through the values and slopes at both ends of the gap."""
        place = bisect_right(self.nodes, x)
        if place == 0 or place == len(self.nodes):
            return float(place > 0)
        low, high = self.nodes[place - 1], self.nodes[place]
        width = high - low
        t = (x - low) / width
        start, end = self._below[place - 1], self._below[place]
        slopes = width * t * (1 - t) * ((1 - t) * self.density(low) - t * self.density(high))
        return start + (end - start) * t * t * (3 - 2 * t) + slopes

    def value(self, x: float) -> float:
        return 1 / (1 + math.exp(-x))

    def _log_density(self, x: float) -> float:
        return self._a * x - self._both * (max(x, 0.0) + math.log1p(math.exp(-abs(x))))

    def _end(self, mode: float, direction: int) -> float:
        """Where next to nothing lies beyond: the density has fallen as a normal one does at `_REACH`."""
        near, far = 0.0, 1.0
        while self._fall(mode + direction * far) < _REACH**2 / 2:
            near, far = far, far * 2
        for _ in range(60):
            middle = (near + far) / 2
            if self._fall(mode + direction * middle) < _REACH**2 / 2:
                near = middle
            else:
                far = middle
        return mode + direction * far

    def _fall(self, x: float) -> float:
        return self._peak - self._log_density(x)


def _spread(low: float, high: float) -> list[float]:
    return [low + (high - low) * place / _NODES for place in range(_NODES + 1)]
