"""The database chooses among messages that wear out as the formula says."""

from __future__ import annotations

from datetime import datetime

import pytest

from sequences.experiments.bandits import Softmax, recovering_shares, with_floor
from tests.sql.conftest import World, step
from tests.sql.experimenting import SPARING, assigned, begin

SCORES = {"as_it_is": -0.004, "other": 0.003}
FLOOR = 0.1


async def test_shares_of_somebody_with_a_history_are_those_of_the_formula(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="recovering", tuning=SPARING | {"floor": FLOOR})
    learned = [{"name": name, "score": score, "probability": None} for name, score in SCORES.items()]
    await world.call("record_look", experiment_id=experiment["id"], learned=learned)
    user = await world.person()
    for key in ("first", "second", "third"):
        await world.enroll(user, key=key)
        await world.clock.advance("6 days")
    runs = (await assigned(world, experiment, user))["runs"]
    now = datetime.fromisoformat(await world.call("clock"))

    rows = await world.call("recovering_shares", experiment_id=experiment["id"], users=[user])

    by_time = sorted((datetime.fromisoformat(run["enrolled_at"]), run["variant"]) for run in runs)
    last = {variant: at for at, variant in by_time}
    days = {name: (now - at).total_seconds() / 86400 for name, at in last.items()}
    expected = with_floor(list(recovering_shares(SCORES, days, Softmax()).values()), FLOOR)
    assert [row["share"] for row in rows] == pytest.approx(expected, rel=1e-4)
