"""Looking every day: the sequential intervals keep their promise, those of one look do not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sequences.experiments.sequential import critical_value, watch_means, watch_proportions
from sequences.experiments.statistics import (
    Comparison,
    Proportion,
    Sample,
    compare_means,
    compare_proportions,
)

EXPERIMENTS, DAYS = 1000, 28


def finds_something(compare: Callable[..., Comparison], rate: float, a_day: int, seed: int) -> float:
    """The share of A/A experiments in which some daily look, by interval or by p, finds a difference."""
    rng = np.random.default_rng(seed)
    counts = rng.binomial(a_day, rate, (EXPERIMENTS, 2, DAYS)).cumsum(axis=2)
    return float(np.mean([any(_found(compare, pair, a_day, day) for day in range(DAYS)) for pair in counts]))


def _found(compare: Callable[..., Comparison], counts: np.ndarray, a_day: int, day: int) -> bool:
    n = a_day * (day + 1)
    found = compare(Proportion(int(counts[0, day]), n), Proportion(int(counts[1, day]), n))
    return found.p_value < 0.05 or 0 not in found.interval


@pytest.mark.parametrize(("rate", "a_day"), [(0.01, 500), (0.1, 20), (0.1, 100), (0.5, 3), (0.9, 1000)])
def test_a_thousand_experiments_without_a_difference_rarely_find_one(rate: float, a_day: int) -> None:
    assert finds_something(watch_proportions, rate, a_day, seed=1) < 0.05


def test_one_look_intervals_looked_at_daily_find_differences_that_are_not_there() -> None:
    assert finds_something(compare_proportions, 0.1, 100, seed=1) > 0.2


def test_means_without_a_difference_rarely_differ_at_any_look() -> None:
    assert means_differ(watch_means, EXPERIMENTS) < 0.05


def test_one_look_intervals_of_means_differ_at_some_look_far_more_often() -> None:
    assert means_differ(compare_means, 200) > 0.2


def means_differ(compare: Callable[..., Comparison], experiments: int) -> float:
    """The share of A/A experiments on what one in ten spends in which some daily look finds a difference."""
    rng = np.random.default_rng(2)
    bought = rng.random((experiments, 2, DAYS * 100)) < 0.1
    values = np.where(bought, rng.gamma(2, 15, bought.shape), 0.0)
    daily = [np.cumsum(power, axis=2)[:, :, 99::100] for power in (values, values**2)]
    return float(
        np.mean(
            [
                any(
                    0 not in compare(*(Sample.of(100 * day + 100, *arm[:, day]) for arm in arms)).interval
                    for day in range(DAYS)
                )
                for arms in np.stack(daily, axis=2)
            ]
        )
    )


def test_truth_lies_in_the_intervals_of_all_looks_together() -> None:
    rng = np.random.default_rng(4)
    counts = np.stack([rng.binomial(100, rate, (500, DAYS)).cumsum(axis=1) for rate in (0.1, 0.13)], axis=1)
    holds = [
        all(
            0.03 in watch_proportions(*(Proportion(int(c[day]), 100 * (day + 1)) for c in pair)).interval
            for day in range(DAYS)
        )
        for pair in counts
    ]
    assert np.mean(holds) > 0.95


def test_a_real_difference_is_found_at_last() -> None:
    assert 0 not in watch_proportions(Proportion(1000, 10_000), Proportion(1300, 10_000)).interval
    assert watch_means(Sample(5000, 10.0, 100.0), Sample(5000, 11.0, 100.0)).p_value < 0.01


def test_interval_is_about_half_as_wide_again_and_narrowest_where_it_was_tuned() -> None:
    assert 1.5 < critical_value(5000) / 1.96 < 1.6
    assert critical_value(1000) < 1.15 * critical_value(1000, tuned_for=1000)
    assert critical_value(25_000) < 1.05 * critical_value(25_000, tuned_for=25_000)


def test_p_value_falls_under_the_promise_where_the_boundary_is_crossed() -> None:
    edge = critical_value(4000)
    inside, outside = (Sample(2000, edge * step * 0.1, 10.0) for step in (0.999, 1.001))
    control = Sample(2000, 0.0, 10.0)
    assert watch_means(control, inside).p_value > 0.05 > watch_means(control, outside).p_value


def test_nobody_yet_means_that_anything_may_be() -> None:
    nothing = watch_proportions(Proportion(0, 0), Proportion(0, 0))
    assert (nothing.interval.low, nothing.interval.high, nothing.p_value) == (-1, 1, 1)
    for unknown in (Sample(0, 0.0, 0.0), Sample(1, 3.0, 0.0)):
        found = watch_means(unknown, Sample(9, 4.0, 1.0))
        assert (found.interval.low, found.interval.high, found.p_value) == (-math.inf, math.inf, 1)
