"""Intervals that may be looked at every day, and acted upon at any look.

An interval that is right 95 times in 100 at one look is wrong far more often at some look of many. These
are right at all looks together: with the promised confidence the truth is in every one of them. The price
is width, about half as much again at the size that they are tuned for.

They are the asymptotic confidence sequences of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform
central limit theory and asymptotic confidence sequences", Annals of Statistics 2024), Robbins' normal
mixture, which GrowthBook uses too; the p value is the inverse of the same boundary.
"""

from __future__ import annotations

import math

from sequences.experiments.statistics import (
    Comparison,
    Proportion,
    Sample,
    means_within,
    pooled_z,
    proportions_within,
    standardized,
)

TUNED_FOR = 5000
"""How many people, of both groups together, the intervals are narrowest at.

It has to be chosen before the first look. They are valid with any choice, only wider than they need to be
where the experiment ends far from it: five times as few people cost a tenth of the width, five times as
many a twenty-fifth.
"""


def watch_proportions(
    control: Proportion, variant: Proportion, confidence: float = 0.95, tuned_for: int = TUNED_FOR
) -> Comparison:
    """As `compare_proportions`, at any number of looks."""
    n = control.n + variant.n
    p_value = _always_valid_p(pooled_z(control, variant), n, confidence, tuned_for)
    return proportions_within(control, variant, critical_value(n, confidence, tuned_for), p_value)


def watch_means(
    control: Sample, variant: Sample, confidence: float = 0.95, tuned_for: int = TUNED_FOR
) -> Comparison:
    """As `compare_means`, at any number of looks."""
    n = control.n + variant.n if min(control.n, variant.n) > 1 else 0
    p_value = _always_valid_p(standardized(control, variant), n, confidence, tuned_for)
    return means_within(control, variant, critical_value(n, confidence, tuned_for), p_value)


def critical_value(n: int, confidence: float = 0.95, tuned_for: int = TUNED_FOR) -> float:
    """What stands in the place of 1.96 when `n` people were seen: their equation 9, in standard errors."""
    if n == 0:
        return math.inf
    spread = n * _rho2(confidence, tuned_for)
    return math.sqrt(2 * (spread + 1) / spread * math.log(math.sqrt(spread + 1) / (1 - confidence)))


def _always_valid_p(z: float, n: int, confidence: float, tuned_for: int) -> float:
    """The smallest error at which the boundary is crossed: one over the mixture's likelihood ratio."""
    spread = n * _rho2(confidence, tuned_for)
    evidence = spread * z * z / (2 * (spread + 1)) if n else 0.0
    return min(1.0, math.sqrt(spread + 1) * math.exp(-evidence))


def _rho2(confidence: float, tuned_for: int) -> float:
    """The mixture's variance with the narrowest interval at `tuned_for` (their appendix, nearly exact)."""
    error = -2 * math.log(1 - confidence)
    return (error + math.log(error + 1)) / tuned_for
