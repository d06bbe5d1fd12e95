"""What is told as a pattern is one, as far as messages can tell; of chance nothing is told."""

from __future__ import annotations

import asyncpg
import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests

from insights.patterns import RATE, Comparison, discover_patterns, found, in_words
from tests.insights.conftest import Flood
from tests.sql.conftest import World


def compared(hits: int, other_hits: int, key: str = "09") -> Comparison:
    """As if each of two thousand messages had gone to somebody else."""
    shares = np.array([hits, other_hits]) / 1000
    variance = float((shares * (1 - shares)).sum() / 1000)
    return Comparison("answered", "hour", key, "email", 1000, 1000, hits, 1000, 1000, other_hits, variance)


def test_what_is_chosen_is_what_statsmodels_chooses() -> None:
    rng = np.random.default_rng(1)
    comparisons = [compared(int(rng.binomial(1000, 0.2 + 0.004 * n)), 200) for n in range(30)]
    p_values = [each.p_value for each in comparisons]

    chosen = found(comparisons)

    reject, adjusted, _, _ = multipletests(p_values, RATE, "fdr_bh")
    assert sorted(each.q_value for each in chosen) == pytest.approx(sorted(adjusted[reject]))
    assert 0 < len(chosen) < 30


def test_the_p_value_is_that_of_two_proportions() -> None:
    one = compared(250, 200)
    z = sm.stats.test_proportions_2indep(250, 1000, 200, 1000, method="wald", compare="diff")

    assert one.p_value == pytest.approx(z.pvalue)


def test_among_what_is_told_at_most_the_promised_share_is_false() -> None:
    rng = np.random.default_rng(2)
    told, false = 0, list[float]()
    for _ in range(300):
        drawn = [
            compared(
                int(rng.binomial(1000, 0.2 if n < 40 else 0.27)), int(rng.binomial(1000, 0.2)), key=str(n)
            )
            for n in range(50)
        ]
        chosen = found(drawn)
        told += len(chosen)
        false.append(sum(int(each.comparison.key) < 40 for each in chosen) / max(1, len(chosen)))
    assert np.mean(false) < RATE
    assert told > 300 * 10 * 0.5


def test_the_intervals_hold_for_what_was_chosen_too() -> None:
    rng = np.random.default_rng(3)
    missed = list[float]()
    for _ in range(300):
        drawn = [
            compared(
                int(rng.binomial(1000, 0.2 if n < 30 else 0.25)), int(rng.binomial(1000, 0.2)), key=str(n)
            )
            for n in range(40)
        ]
        chosen = found(drawn)
        truth = [0.0 if int(each.comparison.key) < 30 else 0.05 for each in chosen]
        wrong = sum(not each.low <= true <= each.high for each, true in zip(chosen, truth, strict=True))
        missed.append(wrong / max(1, len(chosen)))
    assert np.mean(missed) < RATE


@pytest.mark.parametrize("seed", [0.1, 0.2, 0.3])
async def test_in_noise_nothing_is_found(world: World, flood: Flood, seed: float) -> None:
    await flood(seed=seed)

    look = await discover_patterns(world.store)

    assert look is not None
    assert look.comparisons > 40
    assert look.found == ()


async def test_what_was_planted_is_found_with_its_size_and_told(world: World, flood: Flood) -> None:
    await flood(at_nine=0.3)

    await discover_patterns(world.store)

    listed = await world.call("list_patterns")
    (pattern,) = listed["items"]
    assert (pattern["measure"], pattern["subject"], pattern["key"]) == ("answered", "hour", "09")
    assert pattern["low"] < 0.3 < pattern["high"]
    assert in_words(pattern).startswith(
        "Messages over telegram that left between 09:00 and 09:59 of the recipient were answered more often: "
    )


async def test_messages_of_one_person_do_not_count_as_independent(
    world: World, connection: asyncpg.Connection, flood: Flood
) -> None:
    await flood(people=150)
    rows = await connection.fetch(
        "select user_id::text, engaged_at is not null as hit,"
        " extract(isodow from sent_at at time zone 'UTC') = 1 as day from tendril.message_deliveries"
    )
    fit = sm.OLS(
        [float(row["hit"]) for row in rows], sm.add_constant([float(row["day"]) for row in rows])
    ).fit(
        cov_type="cluster",
        cov_kwds={
            "groups": np.unique([row["user_id"] for row in rows], return_inverse=True)[1],
            "use_correction": False,
        },
    )

    counts = await world.call("pattern_counts", since="2026-01-01", until="2026-03-01")

    (monday,) = [
        each
        for each in counts["comparisons"]
        if (each["measure"], each["subject"], each["key"]) == ("answered", "weekday", "1")
    ]
    assert Comparison(**monday).difference == pytest.approx(fit.params[1])
    assert monday["variance"] == pytest.approx(fit.bse[1] ** 2)


async def test_the_same_look_twice_remembers_the_same_and_what_is_gone_says_since_when(
    world: World, connection: asyncpg.Connection, flood: Flood
) -> None:
    await flood(at_nine=0.3)
    await discover_patterns(world.store)
    once = await connection.fetch("select * from tendril.patterns")

    await discover_patterns(world.store)
    assert len(await connection.fetch("select * from tendril.pattern_looks")) == 1
    (again,) = await connection.fetch("select * from tendril.patterns")
    assert (again["id"], again["first_found_at"]) == (once[0]["id"], once[0]["first_found_at"])

    await connection.execute("update tendril.message_deliveries set engaged_at = null")
    await discover_patterns(world.store)
    assert (await world.call("list_patterns"))["items"] == []
    assert [
        each["gone_at"] is None for each in (await world.call("list_patterns", with_gone=True))["items"]
    ] == [False]


async def test_by_itself_it_looks_once_a_day(world: World, flood: Flood) -> None:
    await flood(people=80)

    looks = [await discover_patterns(world.store, always=False) for _ in "12"]
    await world.clock.advance("25 hours")
    looks.append(await discover_patterns(world.store, always=False))

    assert [look is None for look in looks] == [False, True, False]


async def test_of_few_messages_nothing_is_compared(world: World) -> None:
    look = await discover_patterns(world.store)

    assert look is not None
    assert (look.messages, look.comparisons, look.found) == (0, 0, ())
