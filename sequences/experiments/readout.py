"""What an experiment says so far: rates and values with counts and intervals, and whether anybody has won.

Variants are compared among the people who were exposed, or among all who were assigned where a variant
decides who is reached at all. Against silence everybody counts from the assignment on: those who are held
out are never exposed, and only with all of the others are they alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from sequences.experiments.chances import Chances, chances_of_means, chances_of_proportions
from sequences.experiments.distributions import student_quantile
from sequences.experiments.experiments import Row, counted, division
from sequences.experiments.sequential import TUNED_FOR, watch_means, watch_proportions
from sequences.experiments.statistics import (
    RATIO_ALARM,
    Comparison,
    Interval,
    Proportion,
    Sample,
    compare_means,
    compare_proportions,
    holm,
    sample_ratio,
    wilson,
)

RATES: Mapping[str, tuple[str, str]] = {
    "conversion": ("complete", "reached"),
    "click": ("complete", "clicked"),
    "retention": ("settled", "active"),
}
"""Of how many, and how many did it: columns of `experiment_outcomes`."""
METRICS = (*RATES, "revenue")
SILENCE = "silence"
"""What all who are held out are called together."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A bound is null where nothing bounds it."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class GroupReadout:
    """One variant, or several together.

    `people` belong to it, of whom `complete` have had their whole time: only those are counted. `mean` is a
    rate, or the value per person. What is null does not exist for this metric or this group,
    as the mean of nobody.
    """

    name: str
    people: int
    complete: int
    successes: int | None
    mean: float | None
    interval: Bounds
    chance_to_win: float | None = None
    expected_loss: float | None = None


@dataclass(frozen=True, slots=True)
class WatchedReadout:
    """What stays valid however often somebody looks."""

    interval: Bounds
    lift_interval: Bounds | None
    p_value: float


@dataclass(frozen=True, slots=True)
class ComparisonReadout:
    """A variant against the first one, or against silence; `interval` is of the difference.

    `p_value` and the intervals beside it hold for one look at a time that was chosen before; `p_corrected`
    takes into account how many variants there are.
    """

    variant: str
    difference: float
    interval: Bounds
    lift: float | None
    lift_interval: Bounds | None
    p_value: float
    p_corrected: float
    always_valid: WatchedReadout


@dataclass(frozen=True, slots=True)
class SilenceReadout:
    silent: GroupReadout
    written_to: GroupReadout
    comparisons: tuple[ComparisonReadout, ...]


@dataclass(frozen=True, slots=True)
class MetricReadout:
    """`counted_from` says who is counted among the variants: the exposed, or all who were assigned."""

    metric: str
    counted_from: str
    variants: tuple[GroupReadout, ...]
    comparisons: tuple[ComparisonReadout, ...]
    against_silence: SilenceReadout | None


@dataclass(frozen=True, slots=True)
class DivisionReadout:
    """Whether people were divided as the weights say. With an alarm, no other figure means anything.

    `exposed_p_value` asks the same of those who were exposed, where they are the ones who are compared.
    """

    people: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float
    exposed_p_value: float | None
    is_alarming: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who has won by the declared rule, or what the rule still waits for."""

    winner: str | None
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readout:
    """`counts` is what is counted: every user once, or every run where a bandit draws anew."""

    experiment: str
    status: str
    days: int
    counts: str
    division: DivisionReadout | None
    metrics: tuple[MetricReadout, ...]
    verdict: Verdict


def read_out(experiment: Row, outcomes: Sequence[Row]) -> Readout:
    """From the answers of the operations `describe_experiment` and `experiment_outcomes`."""
    metrics = tuple(
        _metric(experiment, outcomes, metric)
        for metric in METRICS
        if metric != "revenue" or "value" in experiment["goal"]
    )
    divided = _division(experiment, outcomes)
    return Readout(
        experiment=experiment["name"],
        status=experiment["status"],
        days=experiment["days"] or 0,
        counts="users" if experiment["allocation"] == "fixed" else "runs",
        division=divided,
        metrics=metrics,
        verdict=_verdict(experiment, divided, {each.metric: each for each in metrics}),
    )


@dataclass(frozen=True, slots=True)
class LiftReadout:
    """What a campaign adds to silence, for each metric; nothing where nobody was held out.

    `campaign` is null for all of them together.
    """

    campaign: str | None
    metrics: Mapping[str, SilenceReadout]


def read_lift(found: Row) -> LiftReadout:
    """From the answer of the operation `measure_lift`."""
    goal = found["goal"] or {}
    asked = {"conversion": "event" in goal, "retention": True, "revenue": "value" in goal}
    metrics = {}
    for metric in (metric for metric, is_asked in asked.items() if is_asked):
        groups = _Groups(found["outcomes"], metric)
        silent = groups.of(SILENCE, "assignment", [None])
        written_to = groups.of("written to", "assignment", ["written to"])
        if silent.people and written_to.people:
            compared = _compared(silent, [written_to], 0.95, TUNED_FOR)
            metrics[metric] = SilenceReadout(silent.readout(0.95), written_to.readout(0.95), compared)
    return LiftReadout(found["name"], metrics)


# Groups


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    people: int
    counts: Proportion | Sample

    def readout(self, confidence: float, chances: Chances | None = None) -> GroupReadout:
        successes: int | None = None
        match self.counts:
            case Proportion() as rate:
                successes, mean, interval = rate.successes, rate.rate, wilson(rate, confidence)
            case sample:
                mean, interval = sample.mean, _of_mean(sample, confidence)
        return GroupReadout(
            name=self.name,
            people=self.people,
            complete=self.counts.n,
            successes=successes,
            mean=mean if self.counts.n else None,
            interval=_bounds(interval),
            chance_to_win=chances.chance_to_win if chances else None,
            expected_loss=chances.expected_loss if chances else None,
        )


class _Groups:
    """The groups of one metric, by how they are counted."""

    def __init__(self, outcomes: Sequence[Row], metric: str) -> None:
        self._outcomes = outcomes
        self._metric = metric

    def of(self, name: str, counted_from: str, members: Sequence[str | None]) -> _Group:
        people = self._sum("people", counted_from, members)
        if self._metric in RATES:
            n, successes = (int(self._sum(what, counted_from, members)) for what in RATES[self._metric])
            return _Group(name, int(people), Proportion(successes, n))
        n = int(self._sum("complete", counted_from, members))
        total, squares = (self._sum(what, counted_from, members) for what in ("total", "total_of_squares"))
        return _Group(name, int(people), Sample.of(n, total, squares))

    def _sum(self, what: str, counted_from: str, members: Sequence[str | None]) -> float:
        found = counted(self._outcomes, counted_from, what)
        return float(sum(found.get(member, 0) for member in members))


def _of_mean(sample: Sample, confidence: float) -> Interval:
    if sample.n < 2:
        return Interval(-math.inf, math.inf)
    reach = student_quantile(confidence, sample.n - 1) * math.sqrt(sample.variance / sample.n)
    return Interval(sample.mean - reach, sample.mean + reach)


@overload
def _bounds(interval: Interval) -> Bounds: ...
@overload
def _bounds(interval: None) -> None: ...
def _bounds(interval: Interval | None) -> Bounds | None:
    if interval is None:
        return None
    low, high = (bound if math.isfinite(bound) else None for bound in (interval.low, interval.high))
    return Bounds(low, high)


# One metric


def _metric(experiment: Row, outcomes: Sequence[Row], metric: str) -> MetricReadout:
    groups, confidence = _Groups(outcomes, metric), _confidence(experiment)
    counted_from = experiment["compared_from"] or "exposure"
    if experiment["allocation"] != "fixed":
        counted_from = "assignment"  # as the bandit itself counts
    spoken = [variant["name"] for variant in experiment["variants"] if not variant["is_silent"]]
    arms = [groups.of(name, counted_from, [name]) for name in spoken]
    chances = _chances([arm.counts for arm in arms])
    return MetricReadout(
        metric=metric,
        counted_from=counted_from,
        variants=tuple(arm.readout(confidence, chance) for arm, chance in zip(arms, chances, strict=True)),
        comparisons=_compared(arms[0], arms[1:], confidence, _tuned_for(experiment)),
        against_silence=_against_silence(experiment, groups, spoken) if metric != "click" else None,
    )


def _against_silence(experiment: Row, groups: _Groups, spoken: Sequence[str]) -> SilenceReadout | None:
    """None where nobody is held out. Clicks are not asked about: silence cannot be clicked."""
    silent_names = [variant["name"] for variant in experiment["variants"] if variant["is_silent"]]
    silent = groups.of(SILENCE, "assignment", [*silent_names, None])
    if not silent.people:
        return None
    together = groups.of("all variants", "assignment", spoken)
    each = [groups.of(name, "assignment", [name]) for name in spoken]
    confidence = _confidence(experiment)
    return SilenceReadout(
        silent.readout(confidence),
        together.readout(confidence),
        (
            *_compared(silent, [together], confidence, _tuned_for(experiment)),
            *_compared(silent, each, confidence, _tuned_for(experiment)),
        ),
    )


def _chances(arms: Sequence[Proportion | Sample]) -> tuple[Chances, ...]:
    rates = [arm for arm in arms if isinstance(arm, Proportion)]
    values = [arm for arm in arms if isinstance(arm, Sample)]
    return chances_of_proportions(rates) if rates else chances_of_means(values)


def _compared(
    control: _Group, others: Sequence[_Group], confidence: float, tuned_for: int
) -> tuple[ComparisonReadout, ...]:
    # Bonferroni for the intervals: each of several has to be surer, so that all together are as sure as one.
    surer = 1 - (1 - confidence) / max(1, len(others))
    once = [_compare(control.counts, other.counts, confidence) for other in others]
    watched = [_watch(control.counts, other.counts, surer, tuned_for) for other in others]
    corrected = holm([each.p_value for each in once])
    return tuple(
        ComparisonReadout(
            variant=other.name,
            difference=look.difference,
            interval=_bounds(look.interval),
            lift=look.lift,
            lift_interval=_bounds(look.lift_interval),
            p_value=look.p_value,
            p_corrected=p_corrected,
            always_valid=WatchedReadout(
                _bounds(always.interval),
                _bounds(always.lift_interval),
                always.p_value,
            ),
        )
        for other, look, always, p_corrected in zip(others, once, watched, corrected, strict=True)
    )


def _compare(control: Any, other: Any, confidence: float) -> Comparison:
    is_rate = isinstance(control, Proportion)
    return (compare_proportions if is_rate else compare_means)(control, other, confidence)


def _watch(control: Any, other: Any, confidence: float, tuned_for: int) -> Comparison:
    is_rate = isinstance(control, Proportion)
    return (watch_proportions if is_rate else watch_means)(control, other, confidence, tuned_for)


def _confidence(experiment: Row) -> float:
    return float(experiment["decision"].get("confidence", 0.95))


def _tuned_for(experiment: Row) -> int:
    """The intervals are narrowest when the rule may be met first: it was declared before anybody came."""
    minimum = experiment["decision"].get("minimum")
    return TUNED_FOR if minimum is None else 2 * int(minimum)


# The division


def _division(experiment: Row, outcomes: Sequence[Row]) -> DivisionReadout | None:
    """None of a bandit, which divides unevenly on purpose."""
    p_value = division(experiment, outcomes)
    if p_value is None:
        return None
    weights = {variant["name"]: variant["weight"] for variant in experiment["variants"]}
    found = counted(outcomes, "assignment", "people")
    people = {name: found.get(name, 0) for name in weights}
    whole, total = sum(weights.values()), sum(people.values())
    exposed = _exposed_p_value(experiment, outcomes)
    return DivisionReadout(
        people=people,
        expected={name: total * weight / whole for name, weight in weights.items()},
        p_value=p_value,
        exposed_p_value=exposed,
        is_alarming=min(p_value, 1.0 if exposed is None else exposed) < RATIO_ALARM,
    )


def _exposed_p_value(experiment: Row, outcomes: Sequence[Row]) -> float | None:
    if experiment["compared_from"] != "exposure":
        return None
    exposed = counted(outcomes, "exposure", "people")
    spoken = [variant for variant in experiment["variants"] if not variant["is_silent"]]
    people = [exposed.get(variant["name"], 0) for variant in spoken]
    return sample_ratio(people, [variant["weight"] for variant in spoken]).p_value


# The verdict


def _verdict(
    experiment: Row, divided: DivisionReadout | None, metrics: Mapping[str, MetricReadout]
) -> Verdict:
    rule = experiment["decision"]
    if not rule:
        return Verdict(None, ("No rule was declared before it began, so nobody can win.",))
    metric = metrics[rule["metric"]]
    if waits_for := _waits_for(experiment, divided, metric):
        return Verdict(None, waits_for)
    winner = _by_chances(metric, rule) if rule["rule"] == "bayes" else _by_intervals(metric)
    if winner is None:
        return Verdict(None, ("No variant is far enough ahead of the others.",))
    return Verdict(winner, ())


def _waits_for(experiment: Row, divided: DivisionReadout | None, metric: MetricReadout) -> tuple[str, ...]:
    rule, days = experiment["decision"], experiment["days"] or 0
    reasons = [
        f"{variant.name} has {variant.complete} of the {rule['minimum']} that the rule asks for."
        for variant in metric.variants
        if variant.complete < rule["minimum"]
    ]
    if days < rule["days"]:
        reasons.append(f"{days} of the {rule['days']} days that the rule asks for have passed.")
    if divided is not None and divided.is_alarming:
        reasons.append("People are not divided as the weights say, so no figure means anything.")
    return tuple(reasons)


def _by_intervals(metric: MetricReadout) -> str | None:
    """Whoever is surely better than the first variant; the first where all others are surely worse."""
    bounds = [(each, each.always_valid.interval) for each in metric.comparisons]
    better = [each for each, interval in bounds if interval.low is not None and interval.low > 0]
    if better:
        return max(better, key=lambda each: each.difference).variant
    if all(interval.high is not None and interval.high < 0 for _, interval in bounds):
        return metric.variants[0].name
    return None


def _by_chances(metric: MetricReadout, rule: Row) -> str | None:
    for variant in metric.variants:
        chance, loss = variant.chance_to_win or 0.0, variant.expected_loss
        if chance >= rule["chance"] and loss is not None and loss <= rule["loss"]:
            return variant.name
    return None
