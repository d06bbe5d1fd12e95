"""A program: learns from the service's own history who leaves, and judges itself on what came later.

    python -m engagement.risk.learning FOLDER

In the folder, `lessons.json` names the signals, says how many rows of `lessons` there are of which day, and
which horizons are learned from which days and judged on which. `lessons` has, as 64-bit floats, a row per
person and day: the person's number, each signal (NaN where nothing can be said), the risk by the rules (0–1),
and for each horizon whether they left (1, 0, or NaN where that is not known yet). What comes out is JSON: for
each horizon what `measured` says of the three models, and what was learned.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engagement.risk.horizons import HORIZONS
from engagement.risk.training import (
    Floats,
    Learned,
    OfOneFigure,
    calibration,
    curve,
    importance,
    known_days,
    measured,
    side_by_side,
)

FEWEST = 200
FEWEST_OF_EACH = 50
HELD_BACK_OF = 6
"""Every sixth person is held back for the calibration, on all days."""
IMPORTANCE_PEOPLE = 1_000


def learned(folder: Path) -> dict[str, Any]:
    told = json.loads((folder / "lessons.json").read_text(encoding="utf-8"))
    names: list[str] = told["names"]
    table = np.fromfile(folder / "lessons").reshape(-1, 2 + len(names) + len(HORIZONS))
    days = np.repeat([each["day"] for each in told["days"]], [each["rows"] for each in told["days"]])
    tasks = []
    for place, plan in enumerate(told["plans"].values()):
        rows = [np.isin(days, plan[part]) for part in ("learn", "judge")]
        tasks.append(partial(_one, names, *(_part(table[each], len(names), place) for each in rows)))
    return {
        horizon: found | {"learned_from": plan["learn"], "judged_on": plan["judge"]}
        for (horizon, plan), found in zip(told["plans"].items(), side_by_side(tasks), strict=True)
    }


def _part(table: Floats, signals: int, horizon: int) -> tuple[Floats, Floats, Floats, Floats]:
    """People, signals, risks by the rules, and whether they left."""
    left = table[:, signals + 2 + horizon]
    table, left = table[~np.isnan(left)], left[~np.isnan(left)]
    return table[:, 0], table[:, 1 : signals + 1], table[:, signals + 1], left


def _one(
    names: list[str],
    learn: tuple[Floats, Floats, Floats, Floats],
    judge: tuple[Floats, Floats, Floats, Floats],
) -> dict[str, Any]:
    for part, what in ((learn, "learn from"), (judge, "judge by")):
        if too_few := _too_few(part[3]):
            return {"chosen": "rules", "why": f"{too_few} are too few to {what}"}
    people, signals, rules, left = learn
    model = Learned().fit(signals, left, people % HELD_BACK_OF == 0)
    recency = names.index("days_since_active")
    told = {
        "recency": _of_one(known_days(signals[:, recency]), left, known_days(judge[1][:, recency])),
        "rules": _of_one(rules, left, judge[2]),
        "learned": model.predict(judge[1]),
    }
    return _judged(told, judge[3]) | {
        "people": len(judge[3]),
        "lessons": len(left),
        "left": int(judge[3].sum()),
        "importance": importance(
            model.trees, judge[1][:IMPORTANCE_PEOPLE], judge[3][:IMPORTANCE_PEOPLE], names
        ),
        "document": written(model),
    }


def _too_few(left: Floats) -> str:
    of_each = min(left.sum(), len(left) - left.sum())
    is_enough = len(left) >= FEWEST and of_each >= FEWEST_OF_EACH
    return "" if is_enough else f"{len(left)} people, of whom {int(left.sum())} left,"


def _of_one(figure: Floats, left: Floats, judged: Floats) -> Floats:
    return OfOneFigure(lambda each: each[:, 0]).fit(figure[:, None], left).predict(judged[:, None])


def _judged(told: Mapping[str, Floats], left: Floats) -> dict[str, Any]:
    models = {name: measured(each, left) for name, each in told.items()}
    best = models["learned"]
    is_better = all(
        best["auc"] > models[name]["auc"] and best["brier"] < models[name]["brier"]
        for name in ("recency", "rules")
    )
    return {
        "models": models,
        "chosen": "learned" if is_better else "rules",
        "calibration": {name: calibration(each, left) for name, each in told.items()},
        "curves": {name: curve(each, left) for name, each in told.items()},
    }


# What was learned, as numbers


def written(model: Learned) -> dict[str, Any]:
    """As `engagement.risk.learned` reads it."""
    slope, shift = model.platt
    return {
        "trees": [_tree(each.nodes) for (each,) in model.trees._predictors],
        "baseline": float(np.ravel(model.trees._baseline_prediction)[0]),
        "line": _line(model.line),
        "weight": model.weight,
        "slope": slope,
        "shift": shift,
    }


def _tree(nodes: NDArray[Any]) -> dict[str, Sequence[Any]]:
    is_leaf = nodes["is_leaf"].astype(bool)
    value = nodes["value"].astype(float)
    # Children come after their parents.
    for place in np.flatnonzero(~is_leaf)[::-1]:
        below = [nodes["left"][place], nodes["right"][place]]
        value[place] = np.average(value[below], weights=nodes["count"][below])
    return {
        "feature": np.where(is_leaf, -1, nodes["feature_idx"]).tolist(),
        # where only the unknown are divided off it is infinite, which JSON does not know
        "threshold": np.where(is_leaf, 0, np.nan_to_num(nodes["num_threshold"])).tolist(),
        "left": nodes["left"].tolist(),
        "right": nodes["right"].tolist(),
        "missing_left": nodes["missing_go_to_left"].astype(int).tolist(),
        "value": value.tolist(),
    }


def _line(pipeline: Any) -> dict[str, Any]:
    _, imputer, scaler, line = (each for _, each in pipeline.steps)
    return {
        "medians": np.nan_to_num(imputer.statistics_).tolist(),
        "missing": imputer.indicator_.features_.tolist(),
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
        "weights": line.coef_[0].tolist(),
        "intercept": float(line.intercept_[0]),
    }


def main(folder: Path) -> None:
    os.nice(10)  # people who wait come first
    # in one piece: json.dump writes a model of many numbers bit by bit
    sys.stdout.write(json.dumps(learned(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
