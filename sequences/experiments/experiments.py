"""Experiments as they are begun and looked after: variants become versions, bandits learn.

A variant says what differs, step by step, with the keys of a sequence.toml:

    {"steps": {"hello": {"content": {"default": {"subject": "Two minutes for you?"}}}}}

Words are laid over those of the sequence, channel by channel; every other key takes the place of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sequences.definition import Step
from sequences.drafting import BadDraft, DraftProblem, read_steps, template_names
from sequences.experiments.bandits import (
    Record,
    Softmax,
    relative_difference,
    thompson,
    thompson_of_means,
)
from sequences.experiments.statistics import Proportion, Sample, sample_ratio
from sequences.previewing import addresses_in
from storage.store import Store

Row = Mapping[str, Any]
ComparedFrom = Literal["exposure", "assignment"]

# What is only read once it has arrived; all else may decide whether and when it arrives.
WORDS = frozenset({"content", "template"})
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RECOVERING = Softmax()
TUNING: Mapping[str, Mapping[str, float]] = {
    "fixed": {},
    "thompson": {"floor": 0.05},
    "recovering": {
        "temperature": RECOVERING.temperature,
        "penalty": RECOVERING.penalty,
        "half_life": RECOVERING.half_life_days,
        "floor": 0.05,
    },
}
"""What a bandit is told where its author says nothing; the half-life is in days."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The variants of a sequence, as they are published; one that changes nothing has no definition.

    `first_difference` is the position of the first step that is not the same in all of them.
    """

    definitions: Mapping[str, Row]
    first_difference: int
    compared_from: ComparedFrom


async def start_experiment(store: Store, experiment_id: int) -> None:
    """Raises BadDraft where a change cannot be made to the sequence as it is now."""
    experiment = await store.call("describe_experiment", experiment_id=experiment_id)
    base, comparison = await compare(store, experiment)
    await store.call(
        "start_experiment",
        experiment_id=experiment_id,
        base_version=base["version_id"],
        definitions=comparison.definitions,
        first_difference=comparison.first_difference,
        compared_from=comparison.compared_from,
    )


async def new_links(store: Store, experiment: Row) -> list[str]:
    """The addresses that its variants lead to and its sequence does not; raises BadDraft."""
    base, comparison = await compare(store, experiment)
    found = [_links_of(definition) for definition in comparison.definitions.values()]
    return sorted(set().union(*found) - _links_of(base["definition"]))


async def compare(store: Store, experiment: Row) -> tuple[Row, Comparison]:
    """The version that the variants are made from, and what they are; raises BadDraft."""
    base = await store.call(
        "experiment_base", sequence=experiment["sequence"], campaign_id=experiment["campaign_id"]
    )
    wanted = [step for variant in experiment["variants"] for step in changed_steps(variant).values()]
    templates = await store.call("templates_named", names=template_names(wanted))
    return base, comparison_of(
        base["definition"], experiment["variants"], {row["name"]: row for row in templates}
    )


def changed_steps(variant: Row) -> Mapping[str, Any]:
    steps = variant["changes"].get("steps", {})
    return steps if isinstance(steps, Mapping) else {}


def comparison_of(base: Row, variants: Sequence[Row], templates: Mapping[str, Row]) -> Comparison:
    """Raises BadDraft with paths such as `variants.1.changes.steps.hello.after`."""
    problems: list[DraftProblem] = []
    definitions: dict[str, Row] = {}
    differing: dict[int, set[str]] = {}
    for place, variant in enumerate(variants):
        if not changed_steps(variant):
            continue
        try:
            steps = _steps_of(base, variant, templates, f"variants.{place}.changes.steps")
        except BadDraft as bad:
            problems += bad.problems
            continue
        definitions[variant["name"]] = {**base, "steps": steps}
        for old, new in zip(base["steps"], steps, strict=True):
            differing.setdefault(old["position"], set()).update(_differences(old, new))
    if problems:
        raise BadDraft(problems)
    kinds = set().union(*differing.values())
    first = min((position for position, kind in differing.items() if kind), default=1)
    return Comparison(definitions, first, "exposure" if kinds <= WORDS else "assignment")


def _links_of(definition: Row) -> set[str]:
    steps = (Step.from_json(step) for step in definition["steps"])
    return {address for step in steps for address in addresses_in(step.content)}


def _steps_of(base: Row, variant: Row, templates: Mapping[str, Row], path: str) -> list[Row]:
    changes = changed_steps(variant)
    names = [step["name"] for step in base["steps"]]
    if problems := list(_misplaced(changes, names, path)):
        raise BadDraft(problems)
    written = [_laid_over(as_written(step), changes.get(step["name"], {})) for step in base["steps"]]
    try:
        steps = read_steps(written, templates, tuple(base.get("context", ())))
    except BadDraft as bad:
        raise BadDraft([_at_its_name(problem, names, path) for problem in bad.problems]) from bad
    return [
        _as_published(new, old, changes[old["name"]]) if old["name"] in changes else old
        for new, old in zip(steps, base["steps"], strict=True)
    ]


def _misplaced(changes: Mapping[str, Any], names: Sequence[str], path: str) -> Iterator[DraftProblem]:
    for name, change in changes.items():
        if name not in names:
            yield DraftProblem(
                f"{path}.{name}", None, f"no step has this name; there are: {', '.join(names)}"
            )
        elif not isinstance(change, Mapping) or not change:
            yield DraftProblem(f"{path}.{name}", None, "a change is an object with keys of a step")
        elif "name" in change:
            yield DraftProblem(f"{path}.{name}.name", None, "a variant leaves the step its name")


def _at_its_name(problem: DraftProblem, names: Sequence[str], path: str) -> DraftProblem:
    """Whoever wrote the change named the step and did not count it."""
    _, number, *rest = problem.path.split(".")
    return replace(problem, path=".".join([path, names[int(number)], *rest]))


def as_written(step: Row) -> dict[str, Any]:
    """A published step with the keys and spellings of its author."""
    left_out = ("position", "weekdays", "fallback", "fallback_after", "template")
    written = {key: value for key, value in step.items() if key not in left_out and value is not None}
    if step.get("weekdays"):
        written["weekdays"] = [WEEKDAYS[day - 1] for day in step["weekdays"]]
    if fallback := step.get("fallback"):
        waits = fallback == "no_engagement"
        written["fallback"] = f"no_engagement within {step['fallback_after']}" if waits else fallback
    return written


def _laid_over(written: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    changed = {**written, **change}
    if change.get("template") is not None and "content" not in change:
        del changed["content"]
    elif isinstance(change.get("content"), Mapping):
        changed["content"] = {**written["content"], **_words_over(written["content"], change["content"])}
    return changed


def _words_over(content: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {
        channel: {**content.get(channel, {}), **words} if isinstance(words, Mapping) else words
        for channel, words in change.items()
    }


def _as_published(step: Step, old: Row, change: Mapping[str, Any]) -> Row:
    """Words that were left alone are still those of the template that they came from."""
    published = step.as_json()
    if WORDS.isdisjoint(change) and "template" in old:
        published["template"] = old["template"]
    return published


def _differences(old: Row, new: Row) -> set[str]:
    if old == new:
        return set()
    before, after = Step.from_json(old).as_json(), Step.from_json(new).as_json()
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


# What is looked at now and then


async def look_after_experiments(store: Store) -> None:
    """Bandits learn from what has come of their runs, and uneven divisions are noticed; any number may."""
    for experiment_id in await store.call("claim_looks"):
        experiment = await store.call("describe_experiment", experiment_id=experiment_id)
        outcomes = await store.call("experiment_outcomes", experiment_id=experiment_id)
        learned = await _learned(store, experiment, outcomes)
        await store.call(
            "record_look",
            experiment_id=experiment_id,
            division_p=division(experiment, outcomes),
            learned=learned,
        )


def division(experiment: Row, outcomes: Sequence[Row]) -> float | None:
    """How likely people are divided as unevenly by chance; None where a bandit divides them on purpose."""
    if experiment["allocation"] != "fixed":
        return None
    people = counted(outcomes, "assignment", "people")
    variants = experiment["variants"]
    return sample_ratio(
        [people.get(variant["name"], 0) for variant in variants], [variant["weight"] for variant in variants]
    ).p_value


def counted(outcomes: Sequence[Row], counted_from: str, what: str) -> dict[str | None, Any]:
    """By variant; None are those held out by their campaign or the global holdout."""
    return {row["variant"]: row[what] for row in outcomes if row["counted_from"] == counted_from}


async def _learned(store: Store, experiment: Row, outcomes: Sequence[Row]) -> list[dict[str, Any]]:
    names = [variant["name"] for variant in experiment["variants"]]
    tuning = experiment["tuning"]
    match experiment["allocation"]:
        case "thompson":
            shares = _thompson_shares(experiment, names, outcomes, tuning["floor"])
            return [{"name": name, "probability": share} for name, share in zip(names, shares, strict=True)]
        case "recovering":
            rounds = await store.call("bandit_rounds", experiment_id=experiment["id"])
            softmax = Softmax(tuning["temperature"], tuning["penalty"], tuning["half_life"])
            return [
                {"name": name, "score": relative_difference(_record_of(rounds, name), softmax)}
                for name in names
            ]
        case _:
            return []


def _thompson_shares(
    experiment: Row, names: Sequence[str], outcomes: Sequence[Row], floor: float
) -> tuple[float, ...]:
    complete = counted(outcomes, "assignment", "complete")
    if "value" not in experiment["goal"]:
        reached = counted(outcomes, "assignment", "reached")
        return thompson([Proportion(reached.get(name, 0), complete.get(name, 0)) for name in names], floor)
    total = counted(outcomes, "assignment", "total")
    squares = counted(outcomes, "assignment", "total_of_squares")
    samples = [
        Sample.of(complete.get(name, 0), total.get(name, 0.0), squares.get(name, 0.0)) for name in names
    ]
    return thompson_of_means(samples, floor)


def _record_of(rounds: Sequence[Row], name: str) -> Record:
    chosen, passed_over = (
        next(
            (_sample(row) for row in rounds if row["variant"] == name and row["is_chosen"] is is_chosen),
            NOTHING,
        )
        for is_chosen in (True, False)
    )
    return Record(chosen, passed_over)


NOTHING = Sample(0, 0.0, 0.0)


def _sample(row: Row) -> Sample:
    """Weighted rounds, which tell as much as `n` that count alike (Kish 1965)."""
    mean = row["total"] / row["weight"]
    variance = max(0.0, row["total_of_squares"] / row["weight"] - mean * mean)
    return Sample(round(row["weight"] ** 2 / row["weight_squared"]), mean, variance)
