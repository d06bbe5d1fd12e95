"""What may be concluded from two groups: comparisons, intervals, corrections, and the check of the division.

Everything here supposes that one look is taken, at a time that was chosen before; for looks along the way
there is `sequential`. What each figure means is told in docs/statistics.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from sequences.experiments.distributions import (
    chi_square_beyond,
    normal_quantile,
    normal_two_sided,
    student_quantile,
    student_two_sided,
)

RATIO_ALARM = 0.001


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of `n` people did it."""

    successes: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.n:
            raise ValueError(f"{self.successes} of {self.n} is no proportion")

    @property
    def rate(self) -> float:
        """0 where there is nobody."""
        return self.successes / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of `n` people; `variance` is the unbiased one, divided by n − 1."""

    n: int
    mean: float
    variance: float

    def __post_init__(self) -> None:
        if self.n < 0 or self.variance < 0:
            raise ValueError("a sample has neither a negative size nor a negative variance")

    @classmethod
    def of(cls, n: int, total: float, total_of_squares: float) -> Sample:
        """From sums, as a database gives them."""
        if n == 0:
            return cls(0, 0.0, 0.0)
        mean = total / n
        # rounding may leave a little less than nothing
        return cls(n, mean, max(0.0, total_of_squares - n * mean * mean) / (n - 1) if n > 1 else 0.0)


@dataclass(frozen=True, slots=True)
class Interval:
    """A bound is infinite where nothing bounds it."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant against the control. `lift` is relative (0.1: a tenth more), None if that means nothing."""

    difference: float
    interval: Interval
    p_value: float
    lift: float | None
    lift_interval: Interval | None


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether people were divided as the weights say; `expected` in people."""

    expected: tuple[float, ...]
    p_value: float

    @property
    def is_alarming(self) -> bool:
        """Then the division is broken, and no other figure of the experiment means anything."""
        return self.p_value < RATIO_ALARM


# Proportions


def wilson(proportion: Proportion, confidence: float = 0.95) -> Interval:
    """The interval of one rate (Wilson 1927); honest also at 0 of n and n of n, where Wald's has no width."""
    return _wilson(proportion, normal_quantile(confidence))


def compare_proportions(control: Proportion, variant: Proportion, confidence: float = 0.95) -> Comparison:
    """By the pooled z; Newcombe's interval of the difference; the interval of the lift agrees with it.

    Newcombe's hybrid score interval (1998, method 10) is written down in one line, keeps its promise for
    few people and for none of n, and never leaves [−1, 1]; Miettinen and Nurminen's is as good, by a search.
    """
    p_value = normal_two_sided(pooled_z(control, variant))
    return proportions_within(control, variant, normal_quantile(confidence), p_value)


def pooled_z(control: Proportion, variant: Proportion) -> float:
    """0 where there is nothing to tell them apart by."""
    if not control.n or not variant.n:
        return 0.0
    pooled = (control.successes + variant.successes) / (control.n + variant.n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / control.n + 1 / variant.n))
    return (variant.rate - control.rate) / error if error else 0.0


def proportions_within(
    control: Proportion, variant: Proportion, critical: float, p_value: float
) -> Comparison:
    """With the intervals that reach `critical` standard errors far."""
    own, other = _wilson(variant, critical), _wilson(control, critical)
    difference = variant.rate - control.rate
    down = math.hypot(variant.rate - own.low, other.high - control.rate)
    up = math.hypot(own.high - variant.rate, control.rate - other.low)
    interval = Interval(max(-1.0, difference - down), min(1.0, difference + up))
    if not control.successes or not variant.n:
        return Comparison(difference, interval, p_value, None, None)
    ratios = _ratio_interval(variant.rate, own, control.rate, other)
    lift = variant.rate / control.rate - 1
    return Comparison(difference, interval, p_value, lift, Interval(ratios.low - 1, ratios.high - 1))


def _wilson(proportion: Proportion, critical: float) -> Interval:
    if not proportion.n:
        return Interval(0.0, 1.0)
    n, rate, z2 = proportion.n, proportion.rate, critical * critical
    middle = rate + z2 / (2 * n)
    reach = critical * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    # at the ends exactly: what rounding leaves would look like a bound
    low = (middle - reach) / (1 + z2 / n) if proportion.successes else 0.0
    high = (middle + reach) / (1 + z2 / n) if proportion.successes < n else 1.0
    return Interval(low, high)


def _ratio_interval(p1: float, one: Interval, p2: float, two: Interval) -> Interval:
    """Of p1 / p2, from the intervals of both (Donner & Zou 2012, MOVER-R).

    It contains 1 exactly where Newcombe's interval of the difference contains 0.
    """
    product = p1 * p2
    low = _ratio_bound(product, one.low * (2 * p1 - one.low), two.high * (2 * p2 - two.high), -1)
    high = _ratio_bound(product, one.high * (2 * p1 - one.high), two.low * (2 * p2 - two.low), 1)
    return Interval(max(0.0, low), high)


def _ratio_bound(product: float, above: float, below: float, sign: int) -> float:
    root = math.sqrt(max(0.0, product * product - above * below))
    if sign > 0:
        return (product + root) / below if below > 0 else math.inf
    # the same as (product − root) / below, also where `below` is 0 or next to it
    return above / (product + root) if above else 0.0


# Means


def compare_means(control: Sample, variant: Sample, confidence: float = 0.95) -> Comparison:
    """By Welch's t (1947): the variances may differ. The interval of the lift is Fieller's (1954).

    Revenue is skewed: with few buyers the means are not yet normal, and the interval is too narrow.
    """
    df = _welch_freedom(control, variant)
    if df is None:
        return means_within(control, variant, math.inf, 1.0)
    p_value = student_two_sided(standardized(control, variant), df)
    return means_within(control, variant, student_quantile(confidence, df), p_value)


def standardized(control: Sample, variant: Sample) -> float:
    """The difference in standard errors; 0 where none can be told."""
    error = math.sqrt(_error2(control) + _error2(variant))
    difference = variant.mean - control.mean
    return difference / error if error else math.copysign(math.inf, difference) if difference else 0.0


def means_within(control: Sample, variant: Sample, critical: float, p_value: float) -> Comparison:
    """With the intervals that reach `critical` standard errors far."""
    difference = variant.mean - control.mean
    if math.isinf(critical):
        return Comparison(difference, Interval(-math.inf, math.inf), p_value, None, None)
    reach = critical * math.sqrt(_error2(control) + _error2(variant))
    interval = Interval(difference - reach, difference + reach)
    lift = difference / control.mean if control.mean > 0 else None
    return Comparison(difference, interval, p_value, lift, _fieller(control, variant, critical))


def _welch_freedom(control: Sample, variant: Sample) -> float | None:
    """The degrees of freedom (Satterthwaite 1946); None where the variance of one cannot be known."""
    if control.n < 2 or variant.n < 2:
        return None
    one, two = _error2(control), _error2(variant)
    if not one + two:
        return float(control.n + variant.n - 2)
    # as shares, since the squares of tiny errors vanish
    share = one / (one + two)
    return 1 / (share**2 / (control.n - 1) + (1 - share) ** 2 / (variant.n - 1))


def _error2(sample: Sample) -> float:
    return sample.variance / sample.n if sample.n else 0.0


def _fieller(control: Sample, variant: Sample, critical: float) -> Interval | None:
    """None where the control's mean is not surely more than 0: then any lift is possible."""
    spread = (critical * math.sqrt(_error2(control))) ** 2
    below = control.mean**2 - spread
    if control.mean <= 0 or below <= 0:
        return None
    product = control.mean * variant.mean
    above = variant.mean**2 - critical**2 * _error2(variant)
    root = math.sqrt(max(0.0, product * product - above * below))
    return Interval((product - root) / below - 1, (product + root) / below - 1)


# Several comparisons at once


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted so that all together keep the error rate of one (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    steps = (min(1.0, (len(order) - rank) * p_values[place]) for rank, place in enumerate(order))
    return _in_place(order, list(accumulate(steps, max)))


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted so that of what is found only the promised share is false (1995), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    count = len(order)
    steps = (min(1.0, p_values[place] * count / (count - rank)) for rank, place in enumerate(order))
    return _in_place(order, list(accumulate(steps, min)))


def _in_place(order: Sequence[int], adjusted: Sequence[float]) -> tuple[float, ...]:
    return tuple(value for _, value in sorted(zip(order, adjusted, strict=True)))


# The division


def sample_ratio(counts: Sequence[int], weights: Sequence[float]) -> SampleRatio:
    """Pearson's chi-square of how people were divided, against the weights (Fabijan et al., KDD 2019).

    A variant of weight 0 that has people is a division that cannot be: its p is 0.
    """
    total, whole = sum(counts), sum(weights)
    expected = tuple(total * weight / whole if whole else 0.0 for weight in weights)
    pairs = list(zip(counts, expected, strict=True))
    if any(count and not meant for count, meant in pairs):
        return SampleRatio(expected, 0.0)
    judged = [(count, meant) for count, meant in pairs if meant]
    if len(judged) < 2:
        return SampleRatio(expected, 1.0)
    statistic = sum((count - meant) ** 2 / meant for count, meant in judged)
    return SampleRatio(expected, chi_square_beyond(statistic, len(judged) - 1))
