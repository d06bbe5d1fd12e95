"""Bandits: they learn, and what wears out is rotated."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sequences.experiments.bandits import (
    Record,
    Softmax,
    recovering_shares,
    relative_difference,
    thompson,
    thompson_of_means,
    with_floor,
)
from sequences.experiments.statistics import Proportion, Sample


def record_of(chosen: Proportion, passed_over: Proportion) -> Record:
    """Of rounds that count alike."""
    return Record(_as_sample(chosen), _as_sample(passed_over))


def _as_sample(proportion: Proportion) -> Sample:
    """With a success and a failure more for the variance, so that 0 of n is not thought certain."""
    smoothed = (proportion.successes + 1) / (proportion.n + 2)
    return Sample(proportion.n, proportion.rate, smoothed * (1 - smoothed))


def test_regret_of_thompson_sampling_falls_from_day_to_day() -> None:
    rng = np.random.default_rng(1)
    rates, people = np.array([0.05, 0.06, 0.09]), 300
    regret = np.zeros(40)
    for _ in range(4):
        done, seen = np.zeros(3, int), np.zeros(3, int)
        for day in range(len(regret)):
            shares = thompson(
                [Proportion(int(s), int(n)) for s, n in zip(done, seen, strict=True)], floor=0.02
            )
            chosen = rng.multinomial(people, shares)
            done, seen = done + rng.binomial(chosen, rates), seen + chosen
            regret[day] += float((rates.max() - rates) @ chosen)
    assert regret[-10:].sum() < 0.35 * regret[:10].sum()


def test_shares_add_up_and_none_falls_below_the_floor() -> None:
    shares = thompson([Proportion(0, 1000), Proportion(500, 1000), Proportion(10, 1000)], floor=0.05)
    assert sum(shares) == pytest.approx(1)
    assert min(shares) == pytest.approx(0.05)
    assert shares[1] == pytest.approx(0.9)


def test_arms_that_nobody_has_seen_are_chosen_alike() -> None:
    assert thompson([Proportion(0, 0)] * 4) == pytest.approx((0.25,) * 4)
    assert thompson_of_means([Sample(0, 0.0, 0.0)] * 2) == (0.5, 0.5)


def test_a_floor_for_more_than_everybody_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot each have"):
        with_floor([0.5, 0.5, 0.0], 0.4)


def test_better_arm_is_chosen_more_and_a_recent_one_less() -> None:
    fresh = recovering_shares({"plain": 0.0, "streak": 0.005}, {})
    tired = recovering_shares({"plain": 0.0, "streak": 0.005}, {"streak": 0})
    rested = recovering_shares({"plain": 0.0, "streak": 0.005}, {"streak": 90})
    assert fresh["streak"] / fresh["plain"] == pytest.approx(np.exp(0.005 / 0.0025))
    assert tired["streak"] / tired["plain"] == pytest.approx(np.exp((0.005 - 0.017) / 0.0025))
    assert tired["streak"] < 0.1 < 0.8 < rested["streak"] < fresh["streak"]


def test_weariness_is_halved_by_the_half_life() -> None:
    shares = recovering_shares({"a": 0.0, "b": 0.0}, {"a": 15}, Softmax(temperature=1, penalty=2))
    assert shares["a"] / shares["b"] == pytest.approx(np.exp(-1))


def test_arms_that_sleep_are_not_chosen_and_extreme_scores_are_survived() -> None:
    assert recovering_shares({}, {"a": 1}) == {}
    assert recovering_shares({"a": 50.0, "b": -50.0}, {})["a"] == pytest.approx(1)


def test_a_message_that_only_the_keen_get_is_not_better_for_it() -> None:
    # they do it in half of all rounds, with this message or without
    record = record_of(Proportion(5000, 10_000), Proportion(5000, 10_000))
    assert relative_difference(record) == 0


def test_few_rounds_move_the_score_little_and_many_move_it_fully() -> None:
    few = relative_difference(record_of(Proportion(6, 20), Proportion(4, 20)))
    many = relative_difference(record_of(Proportion(10_200_000, 10**8), Proportion(10**7, 10**8)))
    assert 0 < few < 0.002
    assert many == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize("passed_over", [Proportion(0, 0), Proportion(0, 1000), Proportion(1, 1)])
def test_an_arm_without_a_comparison_has_no_score(passed_over: Proportion) -> None:
    assert relative_difference(record_of(Proportion(5, 10), passed_over)) == 0


def test_a_message_that_wears_out_is_rotated_and_does_better_than_the_best_alone() -> None:
    rng = np.random.default_rng(3)
    rates = {"a": 0.30, "b": 0.29, "c": 0.28}
    softmax = Softmax(temperature=0.05, penalty=0.5, half_life_days=5)
    scores = {arm: rate / 0.29 - 1 for arm, rate in rates.items()}

    def reward(arm: str, last: dict[str, int], day: int) -> float:
        return rates[arm] * (1 - 0.5 * 0.5 ** ((day - last.get(arm, -999)) / 5))

    earned, chosen, last, last_alone, alone = 0.0, [], {}, {}, 0.0
    for day in range(300):
        shares = recovering_shares(scores, {arm: day - at for arm, at in last.items()}, softmax)
        arm = str(rng.choice(list(shares), p=list(shares.values())))
        earned, alone = earned + reward(arm, last, day), alone + reward("a", last_alone, day)
        last[arm], last_alone["a"] = day, day
        chosen.append(arm)
    assert earned > 1.1 * alone
    assert min(chosen.count(arm) for arm in rates) > 50
    assert np.mean([one == next_ for one, next_ in pairwise(chosen)]) < 0.1
