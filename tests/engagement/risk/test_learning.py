"""What is learned from the service's own history beats what it has to beat, and otherwise is not used."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import pytest

from engagement.risk.history import TooLittleHistory, plans, train
from engagement.risk.horizons import FORM, HORIZONS
from engagement.risk.learned import read_model
from engagement.risk.learning import written
from engagement.risk.scoring import RiskTeller
from engagement.risk.training import Floats, Learned, side_by_side
from storage.store import Store
from tests.engagement.risk.population import DAYS, FIRST, settle
from tests.fixtures.database import Clock

TODAY = FIRST + timedelta(days=DAYS, hours=9)


@pytest.fixture
async def people(store: Store, clock: Clock, connection: asyncpg.Connection) -> list[str]:
    users = await settle(store, 500)
    await clock.set(TODAY)
    await connection.execute(
        "update tendril.users u set last_active_at = d.last_at from (select user_id, max(last_at) as last_at "
        "from tendril.behavior_days group by 1) d where d.user_id = u.id"
    )
    return users


async def told(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch("select * from tendril.drop_off_risks")]


def test_nothing_is_learned_from_what_came_after_the_day_it_is_judged_by() -> None:
    for horizon, plan in plans(date(2026, 6, 1)).items():
        (judged,) = plan["judge"]
        assert judged + timedelta(days=HORIZONS[horizon]) <= date(2026, 6, 1)
        assert all(day + timedelta(days=HORIZONS[horizon]) <= judged for day in plan["learn"])


async def test_what_is_learned_beats_the_rules_and_recency_is_taken_and_tells_the_risks(
    store: Store, connection: asyncpg.Connection, people: list[str], tmp_path: Path
) -> None:
    training = await train(store)

    card = training.card["horizons"]["risk"]
    learned = card["models"]["learned"]
    assert training.is_taken
    assert all(learned["auc"] > card["models"][name]["auc"] for name in ("rules", "recency"))
    assert learned["calibration_error"] < 0.06
    number = await RiskTeller(store, tmp_path).tell_due()
    rows = await told(connection)
    assert len(rows) == number > 150
    assert {row["model"] for row in rows} == {f"learned:{training.model}"}
    assert all(0 <= row["monthly"] <= row["risk"] <= row["weekly"] <= 100 for row in rows)
    assert all(json.loads(row["reasons"]) for row in rows if row["risk"] > 60)


def fitted(signals: Floats, left: Floats) -> tuple[Learned, Floats]:
    model = Learned().fit(signals, left)
    model.weight = 0.75  # as of many people
    return model, model.predict(signals)


def test_what_is_kept_of_a_model_tells_the_same_as_the_library_that_made_it() -> None:
    chance = np.random.default_rng(3)
    signals = chance.normal(2, 3, (2_000, 4))
    signals[chance.random(signals.shape) < 0.2] = np.nan
    signals[:, 3] = np.nan
    left = (np.nan_to_num(signals[:, 0]) - np.nan_to_num(signals[:, 1]) > 1).astype(float)
    ((model, expected),) = side_by_side([partial(fitted, signals, left)])

    names = ["a", "b", "c", "d"]
    document = json.loads(json.dumps({"form": FORM, "names": names, "horizons": {"risk": written(model)}}))
    rows = [
        dict(zip(names, (None if np.isnan(each) else each for each in row), strict=True)) for row in signals
    ]
    told = read_model(document).told(rows)
    assert np.allclose([each["risk"] for each in told], expected, atol=1e-9)
    assert all(set(each["shares"]) <= {"a", "b", "c"} for each in told)


async def test_a_history_that_says_too_little_is_refused(store: Store, clock: Clock) -> None:
    await clock.set(TODAY)
    with pytest.raises(TooLittleHistory, match="nobody did anything"):
        await train(store)
    await settle(store, 40)
    with pytest.raises(TooLittleHistory, match="are too few to learn from"):
        await train(store)
    assert await store.call("last_risk_model") is None


@pytest.mark.parametrize(
    "document",
    [
        {"form": FORM + 1, "names": [], "kinds": [], "horizons": {}},
        {"form": FORM, "kinds": [], "horizons": {"risk": {"trees": "gone"}}},
        {"form": FORM},
        "nothing",
    ],
)
async def test_a_model_that_does_not_work_gives_way_to_the_rules_and_says_so(
    store: Store, clock: Clock, connection: asyncpg.Connection, tmp_path: Path, document: Any
) -> None:
    await clock.set(TODAY)
    await store.call("create_user", external_id="ada")
    await store.call("store_risk_model", is_taken=True, card={}, document=document)

    assert await RiskTeller(store, tmp_path).tell_due() == 1

    assert [row["model"] for row in await told(connection)] == ["rules"]
    assert (await store.call("last_risk_model"))["problem"]
    assert await store.call("risk_model_in_use") is None
    assert [each["kind"] for each in await store.call("alert_causes")] == ["risk_model_broken"]
    assert (await store.call("queue_health"))["risk_model_problem"]


async def test_without_a_model_the_rules_tell_the_risk_of_who_goes_quiet(
    store: Store, clock: Clock, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await clock.set(TODAY)
    await store.call("create_user", external_id="ada")
    teller = RiskTeller(store, tmp_path)
    risks = []
    for _ in range(20):
        await teller.tell_due()
        risks.append((await told(connection))[0]["risk"])
        await clock.advance("1 day")

    assert risks == sorted(risks)
    assert risks[0] < 40 < 80 < risks[-1] <= 99
    (row,) = await told(connection)
    assert json.loads(row["reasons"])[0]["words"] == "nothing for 18 days"
    assert json.loads(row["interventions"])[0] == "human_outreach"
    rose = await connection.fetch(
        "select metadata ->> 'band' from tendril.behavior_events where type = 'risk_rose'"
    )
    assert [band for (band,) in rose] == ["high", "critical"]
