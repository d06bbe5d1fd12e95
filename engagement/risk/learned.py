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
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engagement.risk.horizons import FORM, HORIZONS

Floats = NDArray[np.float64]


def squeezed(signals: Floats) -> Floats:
    """Counts have long tails; what is negative stays so."""
    return np.asarray(np.sign(signals) * np.log1p(np.abs(signals)))


@dataclass(frozen=True, slots=True)
class Trees:
    """All of a horizon side by side. Each branch is asked of everybody at once, and which leaves of its tree
    the answer leaves over is a number with a bit for each: what all of a tree's branches leave over is one.

    `effects` are of a leaf, by signal: what the branches on the way to it add.
    """

    feature: NDArray[np.int64]
    threshold: Floats
    missing_left: NDArray[np.bool_]
    if_left: NDArray[np.int64]
    if_right: NDArray[np.int64]
    first_branch: NDArray[np.int64]
    first_leaf: NDArray[np.int64]
    effects: Floats
    begin: float

    def odds(self, signals: Floats) -> Floats:
        each = self.effects.sum(axis=1)
        return np.asarray(self.begin + each[self._leaves(signals)].sum(axis=0))

    def shares(self, signals: Floats) -> Floats:
        shares = np.zeros_like(signals)
        for leaf in self._leaves(signals):
            shares += self.effects[leaf]
        return shares

    def _leaves(self, signals: Floats) -> NDArray[np.int64]:
        """Of each tree, of each person."""
        if not len(self.first_branch):
            return np.zeros((0, len(signals)), dtype=np.int64)
        value = np.ascontiguousarray(signals.T)[self.feature]
        goes_left = (value <= self.threshold[:, None]) | (np.isnan(value) & self.missing_left[:, None])
        each = np.where(goes_left, self.if_left[:, None], self.if_right[:, None])
        left_over = np.bitwise_and.reduceat(each, self.first_branch)
        # of the bits above those of its leaves nothing is known
        place = np.frexp(left_over & -left_over)[1].astype(np.int64) - 1
        return np.asarray(place + self.first_leaf[:, None])


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

    def odds(self, signals: Floats) -> Floats:
        return np.asarray(self.intercept + self.shares(signals).sum(axis=1))

    def shares(self, signals: Floats) -> Floats:
        known = squeezed(signals)
        is_missing = np.isnan(known)
        filled = np.column_stack([np.where(is_missing, self.medians, known), is_missing[:, self.missing]])
        each = (filled - self.means) / self.scales * self.weights
        width = signals.shape[1]
        shares = each[:, :width]
        shares[:, self.missing] += each[:, width:]
        return shares


@dataclass(frozen=True, slots=True)
class Horizon:
    """The log-odds of both, the trees' by `weight`, are summed, and put right by `slope` and `shift`."""

    trees: Trees
    line: Line
    weight: float
    slope: float
    shift: float

    def chances(self, signals: Floats) -> Floats:
        odds = self.weight * self.trees.odds(signals) + (1 - self.weight) * self.line.odds(signals)
        return np.asarray(1 / (1 + np.exp(-self.slope * odds - self.shift)))

    def shares(self, signals: Floats) -> Floats:
        """What each signal adds to the log-odds."""
        both = self.weight * self.trees.shares(signals) + (1 - self.weight) * self.line.shares(signals)
        return np.asarray(self.slope * both)


@dataclass(frozen=True, slots=True)
class Model:
    names: Sequence[str]
    horizons: Mapping[str, Horizon]

    def told(self, rows: Sequence[Mapping[str, float | None]]) -> list[dict[str, Any]]:
        signals = np.array([[row.get(name) for name in self.names] for row in rows], dtype=np.float64)
        told = {name: horizon.chances(signals) for name, horizon in self.horizons.items()}
        # What lasts longer is never likelier.
        order = [name for name in ("weekly", "risk", "monthly") if name in told]
        chances = np.sort(np.column_stack([told[name] for name in order]), axis=1)[:, ::-1]
        shares = self.horizons["risk"].shares(signals).round(3).tolist()
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
    names = document["names"]
    horizons = {name: _horizon(each, len(names)) for name, each in document["horizons"].items()}
    return Model(names, horizons)


def _horizon(written: Mapping[str, Any], width: int) -> Horizon:
    line = written["line"]
    return Horizon(
        _trees(written["trees"], float(written["baseline"]), width),
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


def _trees(written: Sequence[Mapping[str, Any]], baseline: float, width: int) -> Trees:
    """Each is written as nodes side by side: `feature` is -1 at a leaf, `value` at a branch the mean of what
    is below it.
    """
    branches: list[_Branch] = []
    effects: list[Mapping[int, float]] = []
    firsts = []
    for tree in written:
        if tree["feature"][0] >= 0:
            firsts.append((len(branches), len(effects)))
            _grow(tree, 0, {}, branches, effects)
    table = np.zeros((len(effects), width))
    for leaf, effect in enumerate(effects):
        for signal, share in effect.items():
            table[leaf, signal] = share
    return Trees(
        feature=np.array([each.feature for each in branches], dtype=np.int64),
        threshold=np.array([each.threshold for each in branches], dtype=np.float64),
        missing_left=np.array([each.missing_left for each in branches], dtype=np.bool_),
        if_left=np.array([each.if_left for each in branches], dtype=np.int64),
        if_right=np.array([each.if_right for each in branches], dtype=np.int64),
        first_branch=np.array([branch for branch, _ in firsts], dtype=np.int64),
        first_leaf=np.array([leaf for _, leaf in firsts], dtype=np.int64),
        effects=table,
        begin=baseline + sum(float(tree["value"][0]) for tree in written),
    )


class _Branch(NamedTuple):
    feature: int
    threshold: float
    missing_left: bool
    if_left: int
    if_right: int


def _grow(
    tree: Mapping[str, Any],
    node: int,
    effect: Mapping[int, float],
    branches: list[_Branch],
    effects: list[Mapping[int, float]],
    leaf: int = 0,
) -> int:
    """Adds what is below a node, whose first leaf is the `leaf`-th of its tree. Gives its leaves as bits."""
    feature = tree["feature"][node]
    if feature < 0:
        effects.append(effect)
        return 1 << leaf
    sides = []
    for child in (tree["left"][node], tree["right"][node]):
        more = tree["value"][child] - tree["value"][node]
        further = {**effect, feature: effect.get(feature, 0.0) + more}
        sides.append(_grow(tree, child, further, branches, effects, leaf))
        leaf = sides[-1].bit_length()
    left, right = sides
    branches.append(_Branch(feature, tree["threshold"][node], tree["missing_left"][node], ~right, ~left))
    return left | right


def main(document: Path) -> None:
    model = read_model(json.loads(document.read_text(encoding="utf-8")))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(model.told(json.loads(line)["rows"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
