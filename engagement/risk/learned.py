"""A program: tells the risks of people by what was learned, and what each signal adds to them.

    python -m engagement.risk.learned DOCUMENT

The document is JSON, of plain numbers: reading it runs nothing, and a newer library reads it as well. On
standard input come lines, each {"rows": [{signal: value}, …]}. On standard output goes a line for each of
them, of a row each {"risk", "weekly", "monthly": 0–1 or null where that was not learned, "shares": by signal,
what it adds to the log-odds}.
In a process of its own, so that what it needs stays out of the service's memory.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engagement.risk.horizons import FORM, HORIZONS

Floats = NDArray[np.float64]


def squeezed(signals: Floats) -> Floats:
    """Counts have long tails; what is negative stays so."""
    return np.asarray(np.sign(signals) * np.log1p(np.abs(signals)))


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes side by side; `feature` is -1 at a leaf, `value` at a branch the mean of what is below."""

    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    value: Floats

    def add(self, signals: Floats, shares: Floats) -> float:
        """Adds to each person's shares what each signal on their way did. Gives what all begin with."""
        people = np.arange(len(signals))
        node = np.zeros(len(signals), dtype=np.int64)
        while len(people):
            feature = self.feature[node]
            is_branch = feature >= 0
            people, node, feature = people[is_branch], node[is_branch], feature[is_branch]
            value = signals[people, feature]
            goes_left = np.where(np.isnan(value), self.missing_left[node], value <= self.threshold[node])
            following = np.where(goes_left, self.left[node], self.right[node])
            shares[people, feature] += self.value[following] - self.value[node]
            node = following
        return float(self.value[0])


@dataclass(frozen=True, slots=True)
class Line:
    """A logistic regression over squeezed, filled and scaled signals; `missing` are those whose absence
    counts as a signal of its own.
    """

    medians: Floats
    missing: NDArray[np.int64]
    means: Floats
    scales: Floats
    weights: Floats
    intercept: float

    def add(self, signals: Floats, shares: Floats) -> float:
        known = squeezed(signals)
        is_missing = np.isnan(known)
        filled = np.column_stack([np.where(is_missing, self.medians, known), is_missing[:, self.missing]])
        each = (filled - self.means) / self.scales * self.weights
        width = signals.shape[1]
        shares += each[:, :width]
        shares[:, self.missing] += each[:, width:]
        return self.intercept


@dataclass(frozen=True, slots=True)
class Horizon:
    """The log-odds of both, the trees' by `weight`, are summed, and put right by `slope` and `shift`."""

    trees: Sequence[Tree]
    baseline: float
    line: Line
    weight: float
    slope: float
    shift: float

    def told(self, signals: Floats) -> tuple[Floats, Floats]:
        """Each person's probability, and what each signal adds to its log-odds."""
        trees, line = np.zeros_like(signals), np.zeros_like(signals)
        begin = self.weight * (self.baseline + sum(tree.add(signals, trees) for tree in self.trees))
        begin += (1 - self.weight) * self.line.add(signals, line)
        shares = self.slope * (self.weight * trees + (1 - self.weight) * line)
        odds = self.slope * begin + self.shift + shares.sum(axis=1)
        return 1 / (1 + np.exp(-odds)), shares


@dataclass(frozen=True, slots=True)
class Model:
    names: Sequence[str]
    horizons: Mapping[str, Horizon]

    def told(self, rows: Sequence[Mapping[str, float | None]]) -> list[dict[str, Any]]:
        signals = np.array([[row.get(name) for name in self.names] for row in rows], dtype=np.float64)
        told = {name: horizon.told(signals) for name, horizon in self.horizons.items()}
        # What lasts longer is never likelier.
        order = [name for name in ("weekly", "risk", "monthly") if name in told]
        chances = np.sort(np.column_stack([told[name][0] for name in order]), axis=1)[:, ::-1]
        shares = told["risk"][1].round(3).tolist()
        return [
            dict.fromkeys(HORIZONS)
            | dict(zip(order, row, strict=True))
            | {"shares": {name: share for name, share in zip(self.names, each, strict=True) if share}}
            for row, each in zip(chances.tolist(), shares, strict=True)
        ]


def read_model(document: Mapping[str, Any]) -> Model:
    """Raises KeyError, TypeError or ValueError where the document is not as `learning` writes it."""
    if document["form"] != FORM or "risk" not in document["horizons"]:
        raise ValueError(f"a model of another form: {document['form']!r}")
    horizons = {name: _horizon(each) for name, each in document["horizons"].items()}
    return Model(document["names"], horizons)


def _horizon(written: Mapping[str, Any]) -> Horizon:
    line = written["line"]
    return Horizon(
        [_tree(each) for each in written["trees"]],
        float(written["baseline"]),
        Line(
            medians=np.array(line["medians"], dtype=np.float64),
            missing=np.array(line["missing"], dtype=np.int64),
            means=np.array(line["means"], dtype=np.float64),
            scales=np.array(line["scales"], dtype=np.float64),
            weights=np.array(line["weights"], dtype=np.float64),
            intercept=float(line["intercept"]),
        ),
        float(written.get("weight", 0.5)),
        float(written["slope"]),
        float(written["shift"]),
    )


def _tree(written: Mapping[str, Any]) -> Tree:
    return Tree(
        feature=np.array(written["feature"], dtype=np.int64),
        threshold=np.array(written["threshold"], dtype=np.float64),
        left=np.array(written["left"], dtype=np.int64),
        right=np.array(written["right"], dtype=np.int64),
        missing_left=np.array(written["missing_left"], dtype=np.bool_),
        value=np.array(written["value"], dtype=np.float64),
    )


def main(document: Path) -> None:
    model = read_model(json.loads(document.read_text(encoding="utf-8")))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(model.told(json.loads(line)["rows"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
