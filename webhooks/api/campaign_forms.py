"""Campaigns as they are written in JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sequences.campaigns import LONGEST_NAME
from sequences.definition import MESSAGE_CLASSES
from webhooks.api.asking import Listing
from webhooks.api.fields import Address, FilterIn, Slug, Title, Words, Zone
from webhooks.api.goals import Goal, Span
from webhooks.api.link_reports import Activation
from webhooks.bodies import Body

Kind = Literal["one_time", "recurring", "drip", "triggered"]
Status = Literal["draft", "active", "paused", "completed", "cancelled"]
MessageClass = Annotated[str, Field(pattern=f"^({'|'.join(MESSAGE_CLASSES)})$", examples=["announcement"])]
Steps = Annotated[
    list[dict[str, Any]],
    Field(
        min_length=1,
        max_length=100,
        examples=[
            [
                {
                    "name": "come_back",
                    "channels": ["telegram", "email"],
                    "content": {
                        "default": {"subject": "A seat is kept for you", "body": "Two minutes today?"}
                    },
                }
            ]
        ],
    ),
]
Schedule = Annotated[
    dict[str, Any],
    Field(examples=[{"every": "week", "on": ["mon", "wed", "fri"], "at": "09:00"}]),
]
Share = Annotated[float, Field(ge=0, lt=1, examples=[0.1])]
PerMinute = Annotated[int, Field(ge=1, le=1_000_000, examples=[600])]


def _short(value: str) -> str:
    if len(value) > LONGEST_NAME:
        raise ValueError(f"a campaign's name has at most {LONGEST_NAME} characters")
    return value


Name = Annotated[Slug, AfterValidator(_short)]


class Audience(Body):
    """One that has a name, or a filter of its own; `{}` is everybody. The name alone is understood too."""

    audience: Slug | None = None
    filter: FilterIn | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_its_name(cls, given: Any) -> Any:
        return {"audience": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _is_one_of_the_two(self) -> Self:
        if (self.audience is None) == (self.filter is None):
            raise PydanticCustomError("ambiguous", "an audience has either a name (audience) or a filter")
        return self


class NewCampaign(Body):
    """`timezone` is whose clock the schedule means; without it, each recipient's own."""

    name: Name
    title: Title
    description: Words = ""
    kind: Kind = Field(examples=["recurring"])
    audience: Audience = Field(examples=[{"audience": "inactive_7_days"}])
    sequence: Slug | None = Field(None, examples=["re_engagement"])
    steps: Steps | None = None
    message_class: MessageClass = "announcement"
    schedule: Schedule
    timezone: Zone | None = None
    stale_after: Span = "12 hours"
    per_minute: PerMinute | None = None
    holdout: Share = 0
    goal: Goal | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.sequence is None) == (self.steps is None):
            raise PydanticCustomError("ambiguous", "a campaign has either a sequence or steps of its own")
        return self


class CampaignChanges(Body):
    """What is left out stays as it is."""

    name: Name | None = None
    title: Title | None = None
    description: Words | None = None
    kind: Kind | None = None
    audience: Audience | None = None
    sequence: Slug | None = None
    steps: Steps | None = None
    message_class: MessageClass | None = None
    schedule: Schedule | None = None
    timezone: Zone | None = None
    stale_after: Span | None = None
    per_minute: PerMinute | None = None
    holdout: Share | None = None
    goal: Goal | None = None


class Copy(Body):
    name: Name


class CampaignActivation(Activation):
    """`paused` lets nobody enter before it is resumed, so that an experiment on it can be started first."""

    paused: bool = False

    @property
    def noted(self) -> dict[str, bool]:
        return super().noted | ({"paused": True} if self.paused else {})


class Trial(Body):
    """`user` may be our id, an external id, a Telegram id or an email address.

    With `to`, the mail that this user would get goes to that address instead. `context` has what the messages
    ask for, such as the `event` that would have begun them.
    """

    user: Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]
    to: Address | None = None
    context: dict[str, Any] = Field(default_factory=dict)


class CampaignListing(Listing):
    """Newest first; `after` is the `next_after` of the page before."""

    status: Status | None = None
    kind: Kind | None = None
