"""What is sent to, and answered by, the JSON API of interventions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from webhooks.api.asking import Listing
from webhooks.api.fields import Channel, FilterIn, Slug
from webhooks.bodies import Body
from webhooks.link_check import CheckedLink

Reference = Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]


class TemplateListing(Listing):
    type: Slug | None = None


class TemplateLine(TypedDict):
    """`type` says what it is for."""

    id: int
    name: str
    title: str
    description: str
    type: str
    version: int


class TemplateLines(TypedDict):
    items: list[TemplateLine]
    next_after: int | None


class RecommendationListing(Body):
    audience: Slug | None = Field(
        None, description="Of its members; without it, of those over the threshold."
    )
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: UUID | None = None


class Weighed(TypedDict):
    """A type that would fit.

    `fit` says how well, by the reasons; of `people` who got it with a risk like this, `back` came back in a
    week; `expected` is the share of whom one expects back, drawn towards all types while they are few.
    """

    type: str
    fit: float
    people: int
    back: int
    expected: float


class Recommendation(TypedDict):
    """`why` is a sentence for you, not for the user; `choice` what was weighed, the best first.

    `template` is the one that would say it, null for a task that needs none. `risk` is null for somebody of
    whom none is known.
    """

    user_id: str
    name: str | None
    risk: float | None
    band: str | None
    reasons: list[dict[str, Any]]
    type: str
    template: str | None
    choice: list[Weighed]
    why: str


class Recommendations(TypedDict):
    items: list[Recommendation]
    next_after: str | None


Status = Literal["suggested", "open", "came_back", "stayed_away", "dismissed"]


class InterventionListing(Listing):
    """Newest first."""

    status: Status | None = None
    type: Slug | None = None
    user: Reference | None = Field(None, description="Of one user, by any of their ids or an address.")
    is_held_out: bool | None = None


class SentMessage(TypedDict):
    delivery_id: int
    channel: str
    status: str
    reason: str | None
    sent_at: datetime | None
    is_answered: bool


class TaskOf(TypedDict):
    id: int
    status: str
    decided_by: str | None
    decided_at: datetime | None


class DescribedIntervention(TypedDict):
    """`why` is a sentence for you; `decided_by` an admin, null where the controller decided by itself.

    `status`: only suggested, open, came_back within the week, stayed_away, or dismissed by an admin. Whoever
    is held out gets nothing, so that it can be told what the messages bring.
    """

    id: int
    user_id: str
    name: str | None
    type: str
    status: str
    is_held_out: bool
    risk: float | None
    band: str | None
    reasons: list[dict[str, Any]]
    choice: list[Weighed]
    why: str
    sequence: str | None
    channels: list[str]
    enrollment_id: int | None
    messages: list[SentMessage]
    task: TaskOf | None
    decided_by: str | None
    created_at: datetime
    begun_at: datetime | None
    until: datetime
    came_back_at: datetime | None
    ended_at: datetime | None


class DescribedInterventions(TypedDict):
    items: list[DescribedIntervention]
    next_after: int | None


class Days(Body):
    days: Annotated[int, Field(ge=7, le=730)] = 90


class CameBack(TypedDict):
    """So many of so many came back within seven days, with the interval of the rate (95 %, Wilson)."""

    people: int
    came_back: int
    rate: float | None
    interval: list[float] | None


class Difference(TypedDict):
    """In points of the rate (0.05: five more of a hundred), with its interval (95 %, Newcombe)."""

    difference: float
    interval: list[float]
    p_value: float
    lift: float | None


class MeasuredEffect(TypedDict):
    """`compared` is null while one of the two is empty."""

    treated: CameBack
    held_out: CameBack
    compared: Difference | None


class Effectiveness(TypedDict):
    """What the controller decided by itself; `under_way` are those whose week is not over yet.

    `mode` is whether it may act: off, suggest or on.
    """

    mode: str
    threshold: float | None
    holdout: float | None
    days: int
    under_way: int
    suggested: int
    tasks: int
    all: MeasuredEffect
    by_type: dict[str, MeasuredEffect]
    by_band: dict[str, MeasuredEffect]


class TaskListing(Listing):
    is_open: bool = True


class Task(TypedDict):
    """`username`, `telegram_id` and `email` are the ways to them, as far as there are any."""

    id: int
    intervention_id: int
    user_id: str
    name: str
    username: str
    telegram_id: str | None
    email: str | None
    risk: float | None
    band: str | None
    reasons: list[dict[str, Any]]
    status: str
    created_at: datetime
    times_told: int
    tell_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None


class Tasks(TypedDict):
    items: list[Task]
    next_after: int | None


class TaskAnswer(Body):
    """`later`: admins are told once more tomorrow."""

    answer: Literal["done", "not_needed", "later"]


class Message(Body):
    """A template by its name, or by what it is for: then the first of that type."""

    template: Slug | None = Field(
        None, examples=["gentle_reminder"], description="Its name; instead of a type."
    )
    type: Slug | None = Field(None, description="What it is for: the first template of this type.")
    channels: Annotated[list[Channel], Field(max_length=3)] = Field(
        default_factory=list, description="In order of preference; Telegram, then email, unless told."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.template is None) == (self.type is None):
            raise PydanticCustomError("template", "either a template or a type is needed")
        return self


class Targeting(Message):
    audience: Slug | None = Field(None, examples=["at_risk"], description="The name of an audience.")
    filter: FilterIn | None = Field(None, description="Instead of an audience: a filter over users.")


class Preview(TypedDict):
    """How many would get it now and over which channel, and how many would not and why; with a sample."""

    total: int
    reachable: int
    held: int
    channels: dict[str, int]
    excluded: dict[str, int]
    sample: list[dict[str, Any]]


class NewIntervention(Targeting):
    """For one user, or for an audience. `context` is what the words of the template need, for one user."""

    user_id: Reference | None = Field(
        None, description="One user, by our id, an external id, a Telegram id or an email address."
    )
    context: dict[str, Any] = Field(default_factory=dict)
    key: Annotated[str, Field(max_length=200, description="Tells runs of one user apart.")] = ""

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if sum(each is not None for each in (self.user_id, self.audience, self.filter)) != 1:
            raise PydanticCustomError("whom", "one of user_id, audience and filter is needed")
        return self


class Intervention(TypedDict):
    """For one user an enrollment, for an audience a campaign. `created` is false where it is under way.

    `unchecked_links` could not be asked, or said nothing certain: whoever sends it looks at them.
    """

    sequence: str
    created: bool
    user_id: str | None
    enrollment_id: int | None
    first_due_at: datetime | None
    campaign_id: int | None
    unchecked_links: list[CheckedLink]
