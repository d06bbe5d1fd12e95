"""The statistics against scipy and statsmodels, over small, large and extreme numbers."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from sequences.experiments.distributions import (
    chi_square_beyond,
    normal_two_sided,
    regularized_beta,
    student_quantile,
    student_two_sided,
)
from sequences.experiments.statistics import (
    Proportion,
    Sample,
    benjamini_hochberg,
    compare_means,
    compare_proportions,
    holm,
    sample_ratio,
    wilson,
)

PROPORTIONS = [
    Proportion(*pair)
    for pair in [
        (0, 1), (1, 1), (0, 10), (10, 10), (3, 10), (9, 10), (1, 1000), (57, 1000), (999, 1000),
        (120_000, 1_000_000), (121_000, 1_000_000), (0, 10**9), (10**9, 10**9), (5, 10**9),
    ]
]  # fmt: skip
FREEDOM = [1, 2, 3.7, 30, 1000, 99_999.5, 5e6, 1e10]
GROUPS = [
    [0.0, 1.0],
    [3.0, 3.0, 3.0, 3.1],
    [0.0] * 90 + [10.0, 25.0, 400.0],
    [-5.0, 2.0, 8.0, 1e6],
    [9.99, 19.99] * 500,
]
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)
proportions = st.integers(1, 10**6).flatmap(lambda n: st.builds(Proportion, st.integers(0, n), st.just(n)))


def close(value: float, rel: float = 1e-9, abs: float = 1e-11) -> object:
    return pytest.approx(value, rel=rel, abs=abs)


@pytest.mark.parametrize("df", FREEDOM)
def test_student_t_is_that_of_scipy(df: float) -> None:
    for t in (0, 1e-6, 0.3, 1, 2.5, 8, 40):
        assert student_two_sided(t, df) == close(2 * scipy.stats.t.sf(t, df), abs=1e-11)
    for confidence in (0.1, 0.5, 0.95, 0.999):
        assert student_quantile(confidence, df) == close(scipy.stats.t.ppf((1 + confidence) / 2, df))


@pytest.mark.parametrize("df", [1, 2, 3, 9, 99])
def test_chi_square_is_that_of_scipy(df: int) -> None:
    for x in (0, 1e-9, 0.4, 1, 3.84, 20, 150, 900):
        assert chi_square_beyond(x, df) == close(scipy.stats.chi2.sf(x, df), abs=1e-13)


def test_incomplete_beta_is_that_of_scipy() -> None:
    for a, b, x in product([0.5, 1, 3, 200, 1e5], [0.5, 1, 7, 5000], [0, 1e-6, 0.1, 0.5, 0.97, 1]):
        assert regularized_beta(x, a, b) == close(scipy.stats.beta.cdf(x, a, b))


def test_far_tail_of_the_normal_keeps_its_digits() -> None:
    assert normal_two_sided(-12) == close(2 * scipy.stats.norm.sf(12), abs=0)


@pytest.mark.parametrize("one", PROPORTIONS)
def test_interval_of_one_rate_is_that_of_statsmodels(one: Proportion) -> None:
    for confidence in (0.5, 0.95, 0.999):
        low, high = proportion_confint(one.successes, one.n, 1 - confidence, method="wilson")
        interval = wilson(one, confidence)
        assert (interval.low, interval.high) == (close(low), close(high))


@pytest.mark.parametrize("control", PROPORTIONS)
def test_two_rates_are_compared_as_by_statsmodels(control: Proportion) -> None:
    for variant in PROPORTIONS:
        found = compare_proportions(control, variant)
        low, high = confint_proportions_2indep(
            variant.successes, variant.n, control.successes, control.n, method="newcomb"
        )
        assert (found.interval.low, found.interval.high) == (close(low), close(high))
        pooled = control.successes + variant.successes
        if 0 < pooled < control.n + variant.n:
            counts, sizes = [variant.successes, control.successes], [variant.n, control.n]
            assert found.p_value == close(proportions_ztest(counts, sizes)[1], abs=1e-300)
        else:
            assert found.p_value == 1


@given(proportions, proportions)
def test_interval_of_the_lift_agrees_with_that_of_the_difference(a: Proportion, b: Proportion) -> None:
    found = compare_proportions(a, b)
    if found.lift_interval is None or found.lift is None:
        assert a.successes == 0
        return
    assert found.lift_interval.low <= found.lift + 1e-9 and found.lift <= found.lift_interval.high + 1e-9
    touches = min(abs(found.interval.low), abs(found.interval.high)) < 1e-12
    assert touches or (0 in found.interval) == (0 in found.lift_interval)


def test_interval_of_a_lift_is_near_the_usual_one_for_many_people() -> None:
    control, variant = Proportion(9_000, 100_000), Proportion(9_900, 100_000)
    low, high = confint_proportions_2indep(9_900, 100_000, 9_000, 100_000, compare="ratio", method="score")
    found = compare_proportions(control, variant).lift_interval
    assert found is not None
    assert (found.low, found.high) == (close(low - 1, rel=1e-3), close(high - 1, rel=1e-3))


def test_interval_of_a_lift_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    draws = zip(rng.binomial(150, 0.1, 3000), rng.binomial(150, 0.15, 3000), strict=True)
    found = [compare_proportions(Proportion(int(a), 150), Proportion(int(b), 150)) for a, b in draws]
    assert (
        0.94
        < np.mean([each.lift_interval is not None and 0.5 in each.lift_interval for each in found])
        < 0.97
    )


def test_nobody_at_all_proves_nothing() -> None:
    nobody = Proportion(0, 0)
    found = compare_proportions(nobody, Proportion(3, 4))
    assert (found.p_value, found.lift) == (1, None)
    assert (wilson(nobody).low, wilson(nobody).high) == (0, 1)
    assert compare_proportions(Proportion(3, 4), nobody).lift is None


def test_more_successes_than_people_are_refused() -> None:
    with pytest.raises(ValueError, match="5 of 4"):
        Proportion(5, 4)


@pytest.mark.parametrize("values", GROUPS)
def test_two_means_are_compared_as_by_statsmodels(values: list[float]) -> None:
    for others in GROUPS:
        control, variant = sample(values), sample(others)
        found = compare_means(control, variant)
        theirs = CompareMeans(DescrStatsW(others), DescrStatsW(values))
        low, high = theirs.tconfint_diff(usevar="unequal")
        assert found.p_value == close(theirs.ttest_ind(usevar="unequal")[1])
        assert (found.interval.low, found.interval.high) == (close(low), close(high))


def test_lift_of_a_mean_agrees_with_its_difference() -> None:
    for values, others in product(GROUPS, GROUPS):
        found = compare_means(sample(values), sample(others))
        if found.lift_interval is not None and values != others:
            assert (0 in found.interval) == (0 in found.lift_interval)


def test_lift_of_a_mean_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    found = [
        compare_means(sample(rng.gamma(2, 10, 200)), sample(rng.gamma(2, 12, 200))).lift_interval
        for _ in range(1000)
    ]
    assert 0.93 < np.mean([each is not None and 0.2 in each for each in found]) < 0.97


def test_lift_over_a_mean_that_may_be_nothing_is_not_told() -> None:
    assert compare_means(Sample(10, 0.1, 50.0), Sample(10, 3.0, 50.0)).lift_interval is None


def test_one_person_or_no_variance_is_no_evidence_or_all_of_it() -> None:
    assert compare_means(Sample(1, 5.0, 0.0), Sample(1, 9.0, 0.0)).p_value == 1
    assert compare_means(Sample(5, 2.0, 0.0), Sample(5, 2.0, 0.0)).p_value == 1
    assert compare_means(Sample(5, 2.0, 0.0), Sample(5, 3.0, 0.0)).p_value == 0


def test_sums_from_a_database_make_the_same_sample() -> None:
    values = [0.0] * 5 + [9.99, 20.0]
    made = Sample.of(len(values), sum(values), sum(value * value for value in values))
    assert (made.mean, made.variance) == (close(float(np.mean(values))), close(float(np.var(values, ddof=1))))
    assert Sample.of(0, 0.0, 0.0) == Sample(0, 0.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(p_values)
def test_corrections_are_those_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == close(tuple(multipletests(p_values, method="holm")[1]))
    assert benjamini_hochberg(p_values) == close(tuple(multipletests(p_values, method="fdr_bh")[1]))


@pytest.mark.parametrize(
    ("counts", "weights"),
    [([500, 500], [1, 1]), ([520, 480], [0.5, 0.5]), ([821, 1588], [1, 2]), ([10, 20, 33, 0], [1, 2, 3, 1])],
)
def test_division_is_judged_as_by_scipy(counts: list[int], weights: list[float]) -> None:
    expected = [sum(counts) * weight / sum(weights) for weight in weights]
    assert sample_ratio(counts, weights).p_value == close(scipy.stats.chisquare(counts, expected)[1])


def test_broken_division_raises_the_alarm_and_a_fair_one_does_not() -> None:
    assert sample_ratio([50_000, 51_200], [1, 1]).is_alarming
    assert not sample_ratio([50_000, 50_300], [1, 1]).is_alarming
    assert not sample_ratio([0, 0], [1, 1]).is_alarming
    assert sample_ratio([500, 1], [1, 0]).is_alarming


def test_alarm_of_a_fair_division_is_as_rare_as_promised() -> None:
    rng = np.random.default_rng(3)
    alarms = [
        sample_ratio([int(a), 1000 - int(a)], [1, 1]).is_alarming for a in rng.binomial(1000, 0.5, 20_000)
    ]
    assert sum(alarms) < 40  # 20 are expected


def sample(values: object) -> Sample:
    array = np.asarray(values, dtype=float)
    return Sample(len(array), float(array.mean()), float(array.var(ddof=1)))


def test_infinite_bounds_never_become_numbers_that_are_none() -> None:
    for control, variant in product(PROPORTIONS, PROPORTIONS):
        found = compare_proportions(control, variant)
        figures = [found.difference, found.interval.low, found.interval.high, found.p_value]
        if found.lift_interval is not None:
            figures += [found.lift_interval.low, found.lift_interval.high]
        assert not any(math.isnan(figure) for figure in figures)
