"""Planning an experiment, against statsmodels."""

from __future__ import annotations

import pytest
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from sequences.experiments.power import (
    Plan,
    days_needed,
    for_looks,
    people_for_mean,
    people_for_rate,
    smallest_lift_of_mean,
    smallest_lift_of_rate,
)


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.3, 0.7])
@pytest.mark.parametrize("lift", [-0.2, 0.05, 0.4])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
def test_so_many_people_have_the_power_that_statsmodels_says(rate: float, lift: float, power: float) -> None:
    people = people_for_rate(rate, lift, Plan(power=power))
    reached = power_proportions_2indep(rate * lift, rate, people).power
    assert power - 1e-9 <= reached < power + 0.03


@pytest.mark.parametrize("lift", [0.02, 0.1, -0.5])
def test_people_for_a_mean_are_those_of_the_t_test_but_for_two(lift: float) -> None:
    theirs = TTestIndPower().solve_power(effect_size=abs(lift) * 10 / 12, alpha=0.05, power=0.8)
    assert people_for_mean(10, 12, lift) == pytest.approx(theirs, abs=2)


def test_smallest_lift_is_what_so_many_people_were_asked_for() -> None:
    assert smallest_lift_of_rate(0.1, people_for_rate(0.1, 0.2)) == pytest.approx(0.2, rel=0.001)
    assert smallest_lift_of_mean(10, 12, people_for_mean(10, 12, 0.1)) == pytest.approx(0.1, rel=0.001)


def test_a_handful_of_people_finds_no_lift_at_all() -> None:
    assert smallest_lift_of_rate(0.5, 3) is None
    assert smallest_lift_of_mean(0, 12, 1000) is None


def test_more_variants_or_more_looks_need_more_people() -> None:
    one = people_for_rate(0.1, 0.2)
    assert people_for_rate(0.1, 0.2, Plan(comparisons=3)) > 1.2 * one
    assert 1.5 * one < for_looks(one) < 2.2 * one


def test_days_are_those_until_every_group_is_full() -> None:
    assert days_needed(1000, 2, 150) == 14
    assert days_needed(1000, 2, 0) is None


@pytest.mark.parametrize(("rate", "lift"), [(0, 0.1), (1, 0.1), (0.6, 1.0), (0.1, 0)])
def test_what_cannot_happen_is_not_planned(rate: float, lift: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        people_for_rate(rate, lift)
