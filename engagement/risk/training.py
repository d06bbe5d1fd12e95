"""A program: learns from signals who leaves, and says how well it does on people it has not seen.

    python -m engagement.risk.training FOLDER

In a process of its own, so that what it needs stays out of the service's memory. In the folder, `names.json`
names the signals, and `signals` has, as 64-bit floats, a row of them per person (NaN where nothing can be
said), then each person's risk by the rules (0–1), and whether they left (1 or 0). What comes out are lines of
JSON, as `engagement.risk.evaluation` reads them: words of how far it is, and last what was found.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from engagement.risk.learned import squeezed

Floats = NDArray[np.float64]
Progress = Callable[[str], None]

SEED = 20_260_302
FOLDS = 5
BINS = 10
# Probabilities are kept off 0 and 1, whose logarithm of the odds is infinite.
EDGE = 1e-6
HELD_BACK = 0.15
MANY = 10_000
"""People to learn from. Of fewer, smaller trees do better, and the regression as well as they."""
IMPORTANCE_PEOPLE = 4_000


def logistic() -> Any:
    return make_pipeline(
        FunctionTransformer(squeezed),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=1_000),
    )


def boosting(people: int) -> ClassifierMixin:
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=600,
        max_leaf_nodes=15 if people >= MANY else 8,
        min_samples_leaf=max(20, people // 1_000),
        # many signals say nearly the same: trees that each see a few of them differ, and together err less
        max_features=0.25,
        l2_regularization=1.0,
        early_stopping=True,
        n_iter_no_change=25,
        random_state=SEED,
    )


class Learned:
    """Boosted trees and a logistic regression, their log-odds averaged and then calibrated by Platt's method
    on people whom neither has seen. The trees count for more where there are many people to learn from.
    """

    def fit(self, signals: Floats, left: Floats, held_back: NDArray[np.bool_] | None = None) -> Learned:
        seen, kept = (
            divided(signals, left, HELD_BACK)
            if held_back is None
            else (np.flatnonzero(~held_back), np.flatnonzero(held_back))
        )
        signals = without_empty(signals)
        self.weight = 0.75 if len(seen) >= MANY else 0.5
        self.trees = boosting(len(seen)).fit(signals[seen], left[seen])
        self.line = logistic().fit(signals[seen], left[seen])
        self._platt = LogisticRegression(C=1e6).fit(self._odds(signals[kept])[:, None], left[kept])
        return self

    def predict(self, signals: Floats) -> Floats:
        return np.asarray(self._platt.predict_proba(self._odds(signals)[:, None])[:, 1])

    @property
    def platt(self) -> tuple[float, float]:
        """By what log-odds are multiplied, and what is added."""
        return float(self._platt.coef_[0][0]), float(self._platt.intercept_[0])

    def _odds(self, signals: Floats) -> Floats:
        trees, line = (log_odds(model.predict_proba(signals)[:, 1]) for model in (self.trees, self.line))
        return np.asarray(self.weight * trees + (1 - self.weight) * line)


def without_empty(signals: Floats) -> Floats:
    """What can be said of nobody cannot be divided either: it is the same for all."""
    return np.asarray(np.where(np.isnan(signals).all(axis=0), 0.0, signals))


def divided(signals: Floats, left: Floats, kept: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Those to learn from, and the share that is kept back; in both as many of a hundred left."""
    halves = StratifiedShuffleSplit(1, train_size=1 - kept, random_state=SEED)
    seen, held_back = next(halves.split(signals, left))
    return np.asarray(seen), np.asarray(held_back)


class OfOneFigure:
    """What one figure tells by itself: who has more of it is not less likely to leave."""

    def __init__(self, place: Callable[[Floats], Floats]) -> None:
        self._place = place

    def fit(self, signals: Floats, left: Floats) -> OfOneFigure:
        self._steps = IsotonicRegression(out_of_bounds="clip").fit(self._place(signals), left)
        return self

    def predict(self, signals: Floats) -> Floats:
        return np.asarray(self._steps.predict(self._place(signals)))


def log_odds(probability: Floats) -> Floats:
    kept = np.clip(probability, EDGE, 1 - EDGE)
    return np.asarray(np.log(kept / (1 - kept)))


def out_of_fold(
    make: Callable[[], Any], signals: Floats, left: Floats, say: Progress = lambda _: None
) -> Floats:
    """Each person's probability, by a model that was fitted on others; the folds side by side."""
    folds = [*StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(signals, left)]
    told = np.zeros(len(left))
    tasks = [partial(_fold, make, signals, left, *fold) for fold in folds]
    for number, ((_, these), probabilities) in enumerate(zip(folds, side_by_side(tasks), strict=True), 1):
        told[these] = probabilities
        say(f"learning: {number} of {FOLDS} folds")
    return told


def side_by_side(tasks: Sequence[Callable[[], Any]]) -> Iterator[Any]:
    """With one thread each: several would wait for each other by spinning, on a busy machine a hundred times
    as long as they work.
    """
    with ThreadPoolExecutor(os.cpu_count(), initializer=threadpool_limits, initargs=(1,)) as threads:
        yield from threads.map(lambda task: task(), tasks)


def _fold(
    make: Callable[[], Any], signals: Floats, left: Floats, others: NDArray[Any], these: NDArray[Any]
) -> Floats:
    return np.asarray(make().fit(signals[others], left[others]).predict(signals[these]))


def calibration(told: Floats, left: Floats) -> list[dict[str, float]]:
    """Tenths of the people by their probability: what was told of each tenth, and what came true."""
    tenths = np.array_split(np.argsort(told, kind="stable"), BINS)
    return [
        {"people": len(each), "told": float(told[each].mean()), "true": float(left[each].mean())}
        for each in tenths
        if len(each)
    ]


def measured(told: Floats, left: Floats) -> dict[str, float]:
    """The interval of the area under the curve is Hanley and McNeil's (1982)."""
    area = float(roc_auc_score(left, told))
    leavers, stayers = float(left.sum()), float((1 - left).sum())
    spread = area * (1 - area)
    spread += (leavers - 1) * (area / (2 - area) - area**2)
    spread += (stayers - 1) * (2 * area**2 / (1 + area) - area**2)
    error = 1.96 * (max(spread, 0) / (leavers * stayers)) ** 0.5
    bins = calibration(told, left)
    gaps = [each["people"] * abs(each["told"] - each["true"]) for each in bins]
    return {
        "auc": area,
        "auc_low": max(0.0, area - error),
        "auc_high": min(1.0, area + error),
        "brier": float(brier_score_loss(left, np.clip(told, 0, 1))),
        "calibration_error": sum(gaps) / len(left),
        "lift": bins[-1]["true"] / float(left.mean()),
    }


def importance(
    trees: ClassifierMixin, signals: Floats, left: Floats, names: list[str], repeats: int = 1
) -> list[dict[str, Any]]:
    """How much of the area is lost when one signal is shuffled, on people that the trees have not seen."""
    found = permutation_importance(
        trees, signals, left, scoring="roc_auc", n_repeats=repeats, random_state=SEED
    ).importances_mean
    order = np.argsort(-found)[:15]
    return [{"signal": names[place], "auc_lost": float(found[place])} for place in order]


def _importance(signals: Floats, left: Floats, names: list[str]) -> list[dict[str, Any]]:
    seen, kept = divided(signals, left, min(0.3, IMPORTANCE_PEOPLE / len(left)))
    signals = without_empty(signals)
    trees = boosting(len(seen)).fit(signals[seen], left[seen])
    return importance(trees, signals[kept], left[kept], names, repeats=3)


def curve(told: Floats, left: Floats) -> list[list[float]]:
    """At most a hundred points of the receiver operating characteristic."""
    wrong, right, _ = roc_curve(left, told)
    places = np.unique(np.linspace(0, len(wrong) - 1, 100).astype(int))
    return [[float(wrong[place]), float(right[place])] for place in places]


def evaluated(
    signals: Floats, left: Floats, rules: Floats, names: list[str], say: Progress
) -> dict[str, Any]:
    recency = names.index("days_since_active")
    beside = np.column_stack([signals, rules])
    told = {
        "recency": out_of_fold(lambda: OfOneFigure(lambda x: known_days(x[:, recency])), beside, left),
        "rules": out_of_fold(lambda: OfOneFigure(lambda x: x[:, -1]), beside, left),
        "learned": out_of_fold(Learned, signals, left, say),
    }
    say("seeing what counts most")
    (weighed,) = side_by_side([partial(_importance, signals, left, names)])
    models = {name: measured(each, left) for name, each in told.items()}
    beaten = (models["recency"], models["rules"])
    is_better = all(
        models["learned"]["auc"] > each["auc"] and models["learned"]["brier"] < each["brier"]
        for each in beaten
    )
    return {
        "models": models,
        "chosen": "learned" if is_better else max(models, key=lambda name: models[name]["auc"]),
        "calibration": {name: calibration(each, left) for name, each in told.items()},
        "curves": {name: curve(each, left) for name, each in told.items()},
        "importance": weighed,
    }


def known_days(days: Floats) -> Floats:
    """Who was never there is longer away than anybody."""
    return np.asarray(np.where(np.isnan(days), 1e6, days))


def main(folder: Path) -> None:
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    numbers = np.fromfile(folder / "signals")
    people = len(numbers) // (len(names) + 2)
    signals, rules, left = np.split(numbers, [people * len(names), people * (len(names) + 1)])
    _say(evaluated(signals.reshape(people, len(names)), left, rules, names, _say))


def _say(told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
