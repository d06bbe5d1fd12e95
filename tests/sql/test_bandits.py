"""Variants that a bandit chooses: drawn by what it has learned, and spared when they were had lately."""

from __future__ import annotations

import math
import uuid
from collections import Counter

import pytest

from tests.sql.conftest import World, step
from tests.sql.experimenting import SPARING, assigned, audience, begin, drawn


async def test_a_bandit_draws_by_what_it_has_learned(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="thompson")
    await world.call(
        "record_look",
        experiment_id=experiment["id"],
        learned=[{"name": "as_it_is", "probability": 0.1}, {"name": "other", "probability": 0.9}],
    )
    users = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(1000)]

    counted = Counter((await drawn(world, users)).values())

    assert 850 < counted["other"] < 950


async def test_a_message_that_somebody_had_lately_is_spared_and_recovers(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="recovering", tuning=SPARING)
    user_id = await world.person()
    shares: list[float] = []

    async def share_of(variant: str) -> float:
        rows = await world.call("recovering_shares", experiment_id=experiment["id"], users=[user_id])
        return float(rows[["as_it_is", "other"].index(variant)]["share"])

    assert await share_of("other") == pytest.approx(0.5)
    await world.enroll(user_id)
    (run,) = (await assigned(world, experiment, user_id))["runs"]
    for _ in range(4):
        shares.append(await share_of(run["variant"]))
        await world.clock.advance("15 days")

    # exp(-6.8) to exp(-0.85), against 1
    expected = [1 / (1 + math.exp(6.8 * 0.5**halvings)) for halvings in range(4)]
    assert shares == pytest.approx(expected, rel=0.01)


async def test_a_bandit_learns_from_complete_runs_weighted_by_their_chances(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="recovering", tuning=SPARING)
    users = [await world.person() for _ in range(8)]
    await audience(world)
    for user_id in users[:3]:
        await world.did(user_id, "lesson")
    await world.clock.advance("8 days")

    rounds = await world.call("bandit_rounds", experiment_id=experiment["id"])

    assert sum(row["weight"] for row in rounds if row["is_chosen"]) == pytest.approx(16)
    assert sum(row["total"] for row in rounds if row["is_chosen"]) == pytest.approx(6)
