"""Chances to win and expected losses, against sums, closed forms and draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import betaln

from sequences.experiments.chances import chances_of_means, chances_of_proportions
from sequences.experiments.statistics import Proportion, Sample


def beats(one: Proportion, other: Proportion) -> float:
    """Miller's exact sum for integers ("Formulas for Bayesian A/B testing", 2015)."""
    a, b = 1 + one.successes, 1 + one.n - one.successes
    c, d = 1 + other.successes, 1 + other.n - other.successes
    i = np.arange(a)
    return float(np.sum(np.exp(betaln(c + i, b + d) - np.log(b + i) - betaln(1 + i, b) - betaln(c, d))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, 1), (1, 1)), ((0, 0), (0, 0)), ((0, 10), (10, 10)), ((14, 100), (10, 100)),
        ((3, 7), (900, 10_000)), ((0, 1_000_000), (2, 1_000_000)),
        ((100_300, 1_000_000), (100_000, 1_000_000)),
    ],
)  # fmt: skip
def test_chance_of_two_rates_is_the_exact_sum(one: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = Proportion(*one), Proportion(*other)
    found = chances_of_proportions([first, second])
    assert found[0].chance_to_win == pytest.approx(beats(first, second), abs=1e-6)
    assert sum(each.chance_to_win for each in found) == pytest.approx(1)


def test_several_rates_are_as_in_a_million_draws() -> None:
    arms = [Proportion(3, 10), Proportion(100_000, 1_000_000), Proportion(40, 120), Proportion(0, 3)]
    rng = np.random.default_rng(5)
    drawn = np.array([rng.beta(1 + arm.successes, 1 + arm.n - arm.successes, 1_000_000) for arm in arms])
    best = drawn.max(axis=0)
    for found, draws in zip(chances_of_proportions(arms), drawn, strict=True):
        assert found.chance_to_win == pytest.approx(float(np.mean(draws >= best)), abs=0.003)
        assert found.expected_loss == pytest.approx(float(np.mean(best - draws)), abs=0.001)


def test_a_billion_people_take_no_longer_and_are_as_exact() -> None:
    arms = [Proportion(10**8, 10**9), Proportion(10**8 + 9000, 10**9)]
    error = math.sqrt(2 * 0.1 * 0.9 / 1e9)
    expected = 0.5 * math.erfc(-9e-6 / error / math.sqrt(2))
    assert chances_of_proportions(arms)[1].chance_to_win == pytest.approx(expected, abs=1e-5)


def test_chance_of_two_means_is_the_closed_form() -> None:
    better = chances_of_means([Sample(100, 10.0, 4.0), Sample(100, 10.3, 9.0)])[1]
    error = math.sqrt(0.04 + 0.09)
    z = 0.3 / error
    assert better.chance_to_win == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2)), abs=1e-9)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    loss = error * density - 0.3 * 0.5 * math.erfc(z / math.sqrt(2))
    assert better.expected_loss == pytest.approx(loss, abs=1e-6)


def test_means_of_which_nothing_is_known_are_alike() -> None:
    assert [each.chance_to_win for each in chances_of_means([Sample(1, 5.0, 0.0), Sample(9, 6.0, 1.0)])] == [
        0.5,
        0.5,
    ]
