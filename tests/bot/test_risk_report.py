"""What came of a training is told in words: how good it is, and whether it is used."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from bot.risk import reported, risk
from bot.settings import Settings, SettingsError

MODEL = {
    "auc": 0.9,
    "auc_low": 0.88,
    "auc_high": 0.92,
    "brier": 0.1,
    "calibration_error": 0.01,
    "lift": 3.0,
}
FOUND = {
    "models": {"learned": MODEL, "rules": MODEL | {"auc": 0.8}, "recency": MODEL | {"auc": 0.7}},
    "chosen": "learned",
    "importance": [{"signal": "overdue", "auc_lost": 0.1}],
    "lessons": 8_000,
    "learned_from": ["2026-05-24"],
    "judged_on": ["2026-06-07"],
    "people": 2_000,
    "left": 300,
}


def training(**changes: Any) -> dict[str, Any]:
    horizons = {"risk": FOUND, "monthly": {"chosen": "rules", "why": "90 people are too few to learn from"}}
    told = {"id": 4, "trained_at": "2026-06-30T09:02:00+00:00", "is_taken": True, "problem": None}
    return told | {"card": {"horizons": horizons}} | changes


def test_a_report_says_what_is_used_and_what_was_not_learned() -> None:
    lines = reported(training())

    assert lines[0] == "Model 4, trained 2026-06-30 09:02 UTC. It tells the risks."
    assert "judged by 2,000 people on 2026-06-07, 300 left." in lines[3]
    assert any(line.startswith("the learned model") and "0.900 (0.880–0.920)" in line for line in lines)
    assert lines[-1] == "Not learned: 90 people are too few to learn from."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"is_taken": False}, "It is not used: the rules tell the risks."),
        ({"problem": "it is torn"}, "It does not work any longer (it is torn): the rules tell the risks."),
    ],
)
def test_a_model_that_is_not_used_is_reported_as_such(changes: dict[str, Any], said: str) -> None:
    assert reported(training(**changes))[0].endswith(said)


async def test_a_log_has_to_be_named_before_it_is_learned_from(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="which log"):
        await risk(settings, Namespace(what="evaluate", file=None))


async def test_before_anything_is_learned_the_report_says_that_the_rules_tell(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await risk(settings, Namespace(what="report", card=None)) == 0
    assert "Nothing was learned yet" in capsys.readouterr().out


async def test_a_training_without_history_says_what_is_lacking(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="nothing was learned: nobody did anything"):
        await risk(settings, Namespace(what="train", card=None))
