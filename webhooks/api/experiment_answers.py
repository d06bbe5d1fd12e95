"""What is answered about experiments: themselves, who is in which variant, and how many people they need."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from webhooks.link_check import CheckedLink

NamespacePart = TypedDict("NamespacePart", {"name": str, "from": float, "until": float})


class DescribedVariant(TypedDict):
    """`number` is that of its version; `probability` and `score` are what a bandit learned."""

    name: str
    weight: float
    is_silent: bool
    changes: dict[str, Any]
    version_id: int | None
    number: int | None
    probability: float | None
    score: float | None


class Experiment(TypedDict):
    """`target` is the sequence that is compared with variants of itself; `days` it has run.

    `compared_from`: variants are compared among those who got a message that differs (exposure), or among all
    who were assigned, where a variant decides who gets one. `division_p` is how likely people are divided as
    unevenly by chance, at the last look.
    """

    id: int
    name: str
    title: str
    hypothesis: str
    status: Literal["draft", "running", "ended"]
    sequence: str | None
    campaign_id: int | None
    target: str
    hash_version: int
    seed: str
    coverage: float
    namespace: NamespacePart | None
    allocation: Literal["fixed", "thompson", "recovering"]
    tuning: dict[str, float]
    goal: dict[str, Any]
    decision: dict[str, Any]
    variants: list[DescribedVariant]
    revision: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    days: int | None
    winner: str | None
    first_difference: int | None
    compared_from: Literal["exposure", "assignment"] | None
    division_p: float | None
    looked_at: datetime | None


class StartedExperiment(Experiment):
    """`unchecked_links` could not be asked, or said nothing certain: whoever starts it looks at them."""

    unchecked_links: list[CheckedLink]


class Experiments(TypedDict):
    items: list[Experiment]
    next_after: int | None


class Run(TypedDict):
    enrollment_id: int
    variant: str
    enrolled_at: datetime
    exposed_at: datetime | None
    status: str
    status_reason: str | None


class Assignment(TypedDict):
    """`variant` is null where the experiment does not cover the user, or a bandit draws only on entering."""

    user_id: str
    bucket: float
    is_in_namespace: bool
    is_held_out: bool
    variant: str | None
    runs: list[Run]


class Holdout(TypedDict):
    share: float
    seed: str | None
    since: datetime | None


class PowerReadout(TypedDict):
    """`people` are needed for one look, `people_with_looks` for any number of looks; both per variant."""

    people: int
    people_with_looks: int
    smallest_lift: float | None
    days: int | None
