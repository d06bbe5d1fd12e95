"""Experiments as they are written in JSON, and what a draft has to keep to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sequences.experiments.experiments import TUNING
from sequences.experiments.readout import METRICS
from webhooks.api.fields import Slug, Title, Words
from webhooks.api.goals import Goal
from webhooks.bodies import Body

Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=1e-6, le=1_000_000, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
# Bytes and characters are the same there, so that every tool hashes alike.
Seed = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[ -~]+$", examples=["shorter_subject"])]
Allocation = Literal["fixed", "bandit", "thompson", "recovering"]


def _bandit(value: Allocation) -> Allocation:
    """The usual one is meant by whoever does not say which."""
    return "thompson" if value == "bandit" else value


WrittenAllocation = Annotated[Allocation, AfterValidator(_bandit)]


def _metric(value: str) -> str:
    if value.removesuffix("s") in ("open", "opened", "open_rate"):
        raise ValueError("nobody wins on opens: mail programs open mails by themselves")
    if value not in METRICS:
        raise ValueError(f"there are: {', '.join(METRICS)}")
    return value


class Namespace(Body):
    """Experiments in different parts of one namespace never share anybody."""

    name: Seed
    from_: Annotated[float, Field(alias="from", ge=0, lt=1)] = 0
    until: Share = 1

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.from_ >= self.until:
            raise PydanticCustomError("empty", "from has to be less than until")
        return self


class Variant(Body):
    """`changes` has what differs, by the name of the step, with the keys of a step; the first has none.

    `is_silent`: whoever gets this one gets nothing.
    """

    name: Slug
    weight: Share | None = None
    is_silent: bool = False
    changes: Annotated[
        dict[Literal["steps"], dict[str, Any]],
        Field(examples=[{"steps": {"hello": {"content": {"default": {"subject": "Two minutes?"}}}}}]),
    ] = Field(default_factory=dict)


class ExperimentGoal(Goal):
    """`active`: somebody who does anything between these days after the start has been retained."""

    active: tuple[Annotated[int, Field(ge=0, le=365)], Annotated[int, Field(ge=1, le=366)]] = (7, 14)

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.active[0] >= self.active[1]:
            raise PydanticCustomError("empty", "active has to begin before it ends")
        return self


class Decision(Body):
    """The rule by which a variant wins: never before `minimum` people in each and so many `days`.

    `always_valid`: its interval of the difference, valid at every look, leaves out 0. `bayes`: its chance to
    be best is at least `chance`, and the loss expected if it is not at most `loss`.
    """

    metric: Annotated[str, AfterValidator(_metric), Field(examples=["conversion"])]
    minimum: Annotated[int, Field(ge=10, le=10_000_000)]
    days: Annotated[int, Field(ge=1, le=365)]
    rule: Literal["always_valid", "bayes"] = "always_valid"
    confidence: Annotated[float, Field(ge=0.8, lt=1)] = 0.95
    chance: Annotated[float, Field(ge=0.8, lt=1)] = 0.95
    loss: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _says_what_may_be_lost(self) -> Self:
        if self.rule == "bayes" and self.loss is None:
            raise PydanticCustomError("lossless", "the rule bayes needs the loss that you would accept")
        return self


class Tuning(Body):
    """Of a bandit: the least share of a variant (`floor`), and how the recovering one forgets, in days."""

    temperature: Positive | None = None
    penalty: Positive | None = None
    half_life: Positive | None = None
    floor: Annotated[float, Field(ge=0, lt=0.5)] | None = None


class NewExperiment(Body):
    """Divides those who enter a sequence, or are enrolled by one campaign, among variants."""

    name: Slug
    title: Title
    hypothesis: Words = ""
    sequence: Slug | None = None
    campaign_id: Annotated[Number | None, Field(validate_default=True)] = None
    seed: Seed | None = None
    hash_version: Literal[1, 2] = 2
    coverage: Share = 1
    namespace: Namespace | None = None
    allocation: WrittenAllocation = "fixed"
    tuning: Tuning = Tuning()
    goal: ExperimentGoal
    decision: Decision | None = None
    variants: Annotated[list[Variant], Field(min_length=2, max_length=10)]

    @field_validator("campaign_id")
    @classmethod
    def _is_about_one_thing(cls, campaign_id: int | None, known: ValidationInfo) -> int | None:
        if "sequence" in known.data and (known.data["sequence"] is None) == (campaign_id is None):
            raise ValueError("an experiment needs either a sequence or a campaign_id")
        return campaign_id

    @field_validator("decision")
    @classmethod
    def _can_be_decided(cls, decision: Decision | None, known: ValidationInfo) -> Decision | None:
        goal, allocation = known.data.get("goal"), known.data.get("allocation", "fixed")
        if decision is None or goal is None:
            return decision
        if decision.metric == "revenue" and goal.value is None:
            raise ValueError("revenue needs the field of the event with its value, in goal.value")
        if allocation != "fixed" and decision.rule != "bayes":
            raise ValueError("a bandit divides people unevenly, and only the rule bayes fits that")
        return decision

    @field_validator("variants")
    @classmethod
    def _differ(cls, variants: list[Variant], known: ValidationInfo) -> list[Variant]:
        tuning = known.data.get("tuning") or Tuning()
        if problem := _problem_of(variants, known.data.get("allocation", "fixed"), tuning.floor or 0):
            raise ValueError(problem)
        return variants

    def stored(self) -> dict[str, Any]:
        """As the operation `create_experiment` takes it."""
        return {
            **self.model_dump(include={"name", "title", "hypothesis", "sequence", "campaign_id"}),
            **self.model_dump(include={"hash_version", "coverage", "allocation"}),
            "seed": self.seed or self.name,
            "namespace": self.namespace and self.namespace.name,
            "namespace_from": self.namespace and self.namespace.from_,
            "namespace_until": self.namespace and self.namespace.until,
            "tuning": {**TUNING[self.allocation], **self._tuned()},
            "goal": self.goal.model_dump(exclude_none=True),
            "decision": self.decision.model_dump(exclude_none=True) if self.decision else {},
            "variants": [
                {**variant.model_dump(), "weight": variant.weight or 1 / len(self.variants)}
                for variant in self.variants
            ],
        }

    def _tuned(self) -> dict[str, float]:
        given = self.tuning.model_dump(exclude_none=True)
        return {key: value for key, value in given.items() if key in TUNING[self.allocation]}


def _problem_of(variants: Sequence[Variant], allocation: Allocation, floor: float) -> str | None:
    names = [variant.name for variant in variants]
    weights = [variant.weight for variant in variants if variant.weight is not None]
    if len(set(names)) < len(names):
        return "every variant needs a name of its own"
    if weights and (len(weights) < len(variants) or abs(sum(weights) - 1) > 0.001):
        return "the weights add up to 1, or none has one"
    if variants[0].changes or variants[0].is_silent:
        return "the first variant is the sequence as it is, without changes"
    if any(variant.is_silent and variant.changes for variant in variants):
        return "a silent variant says nothing, so it changes nothing"
    if allocation != "fixed" and any(variant.is_silent for variant in variants):
        return "a bandit has no silent variant: measure against silence with the holdout of a campaign"
    if floor * len(variants) > 1:
        return "so many variants cannot each have the share of tuning.floor"
    return None


class ExperimentChanges(Body):
    """What is left out stays. Once it runs, only title and hypothesis change."""

    name: Slug | None = None
    title: Title | None = None
    hypothesis: Words | None = None
    sequence: Slug | None = None
    campaign_id: Number | None = None
    seed: Seed | None = None
    hash_version: Literal[1, 2] | None = None
    coverage: Share | None = None
    namespace: Namespace | None = None
    allocation: WrittenAllocation | None = None
    tuning: Tuning | None = None
    goal: ExperimentGoal | None = None
    decision: Decision | None = None
    variants: Annotated[list[Variant], Field(min_length=2, max_length=10)] | None = None

    def over(self, current: Mapping[str, Any]) -> dict[str, Any]:
        """The experiment as it would have been written, to be checked as a whole."""
        changed = {**as_written(current), **self.model_dump(exclude_unset=True, by_alias=True)}
        if changed["allocation"] != current["allocation"] and self.tuning is None:
            changed["tuning"] = {}
        return changed


def as_written(described: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody could have written to get this experiment."""
    kept = {key: described[key] for key in NewExperiment.model_fields}
    variants = [
        {key: variant[key] for key in ("name", "weight", "is_silent", "changes")}
        for variant in described["variants"]
    ]
    return {**kept, "decision": described["decision"] or None, "variants": variants}
