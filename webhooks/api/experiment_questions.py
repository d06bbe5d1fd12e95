"""What is asked of experiments: which there are, somebody's variant, an end, how many people they need."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from webhooks.api.asking import Listing
from webhooks.api.experiment_forms import Seed
from webhooks.api.fields import Slug
from webhooks.api.goals import Span
from webhooks.bodies import Body


class ExperimentListing(Listing):
    """Newest first."""

    status: Literal["draft", "running", "ended"] | None = None
    sequence: Slug | None = None
    campaign_id: Annotated[int, Field(ge=1, lt=2**63)] | None = None


class WhoseAssignment(Body):
    """Our id, an external id, a Telegram id, an email address or an @username."""

    user: Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]


class ReadoutWish(Body):
    """`metric` is the one that a picture shows; left out, the one that decides."""

    metric: Literal["conversion", "click", "retention", "revenue"] | None = None


class Ending(Body):
    """The winner, who has to be the one that the declared rule names; without one, nothing is published."""

    winner: Slug | None = None


class PowerQuestion(Body):
    """A rate, or a mean with its standard deviation, as it is now; and the lift to be found, or `people`."""

    rate: Annotated[float, Field(ge=1e-6, le=0.999)] | None = None
    mean: Annotated[float, Field(ge=1e-6, le=1e9)] | None = None
    deviation: Annotated[float, Field(ge=1e-6, le=1e9)] | None = None
    lift: Annotated[float, Field(ge=0.001, le=100, examples=[0.1])] | None = None
    people: Annotated[int, Field(ge=2, le=1_000_000_000)] | None = None
    variants: Annotated[int, Field(ge=2, le=10)] = 2
    confidence: Annotated[float, Field(ge=0.8, le=0.999)] = 0.95
    power: Annotated[float, Field(ge=0.5, le=0.99)] = 0.8
    a_day: Annotated[float, Field(ge=0.01, le=1e9)] | None = None


class LiftQuestion(Body):
    """The behavior event that counts, the field with its value, if it has one, and within how long."""

    event: Slug
    value: Annotated[str, Field(min_length=1, max_length=63, examples=["amount"])] | None = None
    within: Span = "7 days"


class NewHoldout(Body):
    """Keep the seed and a larger share keeps whom the smaller one had; another seed chooses anew."""

    share: Annotated[float, Field(ge=0, lt=1)]
    seed: Seed | None = None
