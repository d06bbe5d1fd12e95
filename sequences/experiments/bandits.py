"""Who gets what while it is still being learned: Thompson sampling, and a softmax for what wears out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sequences.experiments.chances import chances_of_means, chances_of_proportions
from sequences.experiments.statistics import Proportion, Sample

# Thompson sampling


def thompson(arms: Sequence[Proportion], floor: float = 0.0) -> tuple[float, ...]:
    """The share that each arm gets: how likely it is the best (Thompson 1933), and at least `floor`.

    Sampling from the posteriors for each person would give the same shares; given as numbers, they can be
    shown, stored, and divided by a hash. The floor keeps learning about every arm; raises ValueError where
    it asks for more than there is.
    """
    return with_floor([chance.chance_to_win for chance in chances_of_proportions(arms)], floor)


def thompson_of_means(arms: Sequence[Sample], floor: float = 0.0) -> tuple[float, ...]:
    """As `thompson`, for a goal that has a value."""
    return with_floor([chance.chance_to_win for chance in chances_of_means(arms)], floor)


def with_floor(shares: Sequence[float], floor: float) -> tuple[float, ...]:
    """Shares that add up to 1, none below `floor`: what is above it shrinks alike."""
    left = 1 - floor * len(shares)
    if floor < 0 or left < -1e-9:
        raise ValueError(f"{len(shares)} arms cannot each have {floor}")
    return tuple(floor + max(0.0, left) * share for share in shares)


# The recovering difference softmax


@dataclass(frozen=True, slots=True)
class Softmax:
    """How strongly what is better is preferred, and how long what was just seen is spared.

    Penalty and half-life are those of the authors, for rewards such as "a lesson within two hours": a message
    that was seen today counts as 1.7 percentage points of relative difference worse, after 15 days as half of
    that. The temperature is ours.
    """

    temperature: float = 0.0025
    penalty: float = 0.017
    half_life_days: float = 15.0
    # how strong a difference is expected before anything is known: the standard deviation of the prior
    expected_spread: float = 0.02


DEFAULT_SOFTMAX = Softmax()


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an arm, from all rounds in which it could have been chosen.

    A round is weighted by one over the probability of what happened in it (that this arm was chosen, or
    that it was not), where the choice was not even; the sums are then of weights.
    """

    chosen: Sample
    passed_over: Sample


def relative_difference(record: Record, softmax: Softmax = DEFAULT_SOFTMAX) -> float:
    """How much better a round is with this arm than without it: (μ⁺ − μ⁻) / μ⁻, shrunk towards 0.

    Against the rounds without it, since an arm that only the keen may get looks good by its rate alone.
    Shrunk to the mean of the posterior with a normal prior around 0: few rounds move an arm little.
    """
    chosen, passed = record.chosen, record.passed_over
    if chosen.n < 2 or passed.n < 2 or passed.mean <= 0:
        return 0.0
    raw = chosen.mean / passed.mean - 1
    ratio2 = (chosen.mean / passed.mean) ** 2
    # the delta method, for a ratio of independent means
    error2 = (chosen.variance / chosen.n + ratio2 * passed.variance / passed.n) / passed.mean**2
    prior2 = softmax.expected_spread**2
    return raw * prior2 / (prior2 + error2) if error2 else raw


def recovering_shares(
    scores: Mapping[str, float], days_since: Mapping[str, float], softmax: Softmax = DEFAULT_SOFTMAX
) -> dict[str, float]:
    """How likely each of the arms that are awake (`scores`) is chosen for somebody with this history.

    `days_since` has, for each arm that they got, how many days ago that was the last time. From Yancey &
    Settles, "A Sleeping, Recovering Bandit Algorithm for Optimizing Recurring Notifications" (KDD 2020):
    softmax of (score − penalty · 0.5^(days / half-life)) / temperature.

    The operation of the same name does this for many people at once, and is held against this.
    """
    if not scores:
        return {}
    heights = {
        arm: (score - _weariness(days_since.get(arm), softmax)) / softmax.temperature
        for arm, score in scores.items()
    }
    highest = max(heights.values())
    raised = {arm: math.exp(height - highest) for arm, height in heights.items()}
    whole = sum(raised.values())
    return {arm: value / whole for arm, value in raised.items()}


def _weariness(days: float | None, softmax: Softmax) -> float:
    if days is None:
        return 0.0
    return float(softmax.penalty * 0.5 ** (max(0.0, days) / softmax.half_life_days))
