"""What users do in your own product, what became of them since, and how active they all are."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import uuid4

from aiohttp import web
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from typing_extensions import TypedDict

from webhooks import keys
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Moment, Slug
from webhooks.bodies import Body

MOST_EVENTS = 1_000
Word = Annotated[str, Field(min_length=1, max_length=200)]


class Event(Body):
    """`user` is our id, an external id, a Telegram id or an email address.

    `event_id` is what makes an event count once, however often it is sent. `occurred_at` may be long ago;
    without it, the event happened now. `session_id`, `device` and `platform` stand in its metadata.
    """

    user: Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]
    type: Slug = Field(examples=["lesson_complete"])
    event_id: Word | None = None
    occurred_at: Moment | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    session_id: Word | None = None
    device: Word | None = None
    platform: Word | None = None

    def as_row(self) -> dict[str, Any]:
        about = {"session_id": self.session_id, "device": self.device, "platform": self.platform}
        return {
            "user": self.user,
            "type": self.type,
            # apart from the ids of what we notice ourselves
            "event_id": f"api:{self.event_id or uuid4()}",
            "occurred_at": None if self.occurred_at is None else self.occurred_at.isoformat(),
            "metadata": self.metadata | {name: value for name, value in about.items() if value is not None},
        }


class Events(Body):
    """Up to a thousand; a single event may stand for itself."""

    events: Annotated[list[Event], Field(min_length=1, max_length=MOST_EVENTS)]

    @model_validator(mode="before")
    @classmethod
    def _one_for_itself(cls, given: Any) -> Any:
        return {"events": [given]} if isinstance(given, dict) and "events" not in given else given


class Tracked(TypedDict):
    """`duplicates` were recorded before; `enrolled` counts the sequences and campaigns that began by it."""

    recorded: int
    duplicates: int
    enrolled: int


Kind = Literal["behavior", "message", "enrolled", "enrollment_ended"]


class Place(TypedDict):
    """Where in a timeline something stands."""

    at: Moment
    kind: Kind
    id: int


_PLACE = TypeAdapter(Place)


def _place(written: str) -> str:
    try:
        _read_place(written)
    except ValidationError as wrong:
        raise ValueError("give the `next_after` of the page before, as it was") from wrong
    return written


def _read_place(written: str) -> Place:
    return _PLACE.validate_strings(dict(zip(("at", "kind", "id"), written.split("~"), strict=False)))


def _after(last: TimelineEntry) -> str:
    """Such that it can stand in an address as it is, where + would be a space."""
    return f"{last['at'].replace('+00:00', 'Z')}~{last['kind']}~{last['id']}"


class TimelineQuery(Body):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: (
        Annotated[str, AfterValidator(_place), Field(description="The `next_after` of the page before.")]
        | None
    ) = None


class TimelineEntry(TypedDict):
    """`details` are those of the kind.

    Of a behavior event its type, source and metadata; of a message what it was and what became of it; of an
    enrollment its sequence, and of its end why.
    """

    at: str
    kind: Kind
    id: int
    details: dict[str, Any]


class Timeline(TypedDict):
    items: list[TimelineEntry]
    next_after: str | None


class MetricsQuery(Body):
    days: Annotated[int, Field(ge=1, le=400, description="The last so many days.")] = 30


class Active(TypedDict):
    """How many people did something within the last 24 hours, seven days and thirty days."""

    daily: int
    weekly: int
    monthly: int


class ActiveDay(TypedDict):
    """How many people did something on a day, each of their own calendar, and how often."""

    day: str
    people: int
    events: int


class TypeCount(TypedDict):
    type: str
    events: int


class Activation(TypedDict):
    """Of those who signed up in as many days, at least `after_days` ago: who came back within that time.

    To come back is to do something on another day.
    """

    after_days: int
    signed_up: int
    came_back: int
    share: float | None


class Silence(TypedDict):
    """How many people did something last so many days ago.

    Without `most` it is open; without both, they never did anything.
    """

    least: int | None
    most: int | None
    people: int


class Metrics(TypedDict):
    """How active `people`, all users, are.

    `by_day`, `by_type` and `activation` are as of `counted_at`, about a minute ago; the rest is as of now.
    """

    days: int
    counted_at: str | None
    people: int
    active: Active
    by_day: list[ActiveDay]
    by_type: list[TypeCount]
    activation: list[Activation]
    days_since_active: list[Silence]


endpoints = Endpoints("Behavior")


@endpoints.post("/api/engagement/track")
async def track(request: web.Request, body: Events) -> Tracked:
    """Records what users did: triggers, goals, scores and filters go by it.

    All of them or, where one cannot be, none. Events may come late, in any order and more than once.
    """
    tracked: Tracked = await ask(request, "track_behavior", events=[event.as_row() for event in body.events])
    if tracked["enrolled"]:
        request.app[keys.CONTROLLER].wake()
    return tracked


@endpoints.get("/api/engagement/users/{reference}/timeline")
async def timeline(request: web.Request, query: TimelineQuery) -> Timeline:
    """Lists all that is known to have happened to a user, newest first.

    What they did and what was noticed of them (a level, a streak, a risk), each message sent to them and what
    came of it, and where they were enrolled. The reference is our id, an external id, a Telegram id, an email
    address or an @username.
    """
    before = _read_place(query.after) if query.after else None
    rows: list[TimelineEntry] = await ask(
        request,
        "behavior_timeline",
        reference=request.match_info["reference"],
        limit_to=query.limit,
        before_at=before["at"].isoformat() if before else None,
        before_kind=before["kind"] if before else None,
        before_id=before["id"] if before else None,
    )
    return {"items": rows, "next_after": _after(rows[-1]) if len(rows) == query.limit else None}


@endpoints.get("/api/engagement/metrics")
async def metrics(request: web.Request, query: MetricsQuery) -> Metrics:
    """Tells how active people are.

    Active people by day, week and month; who came back after signing up; how long ago people did something
    last; and how often each type of behavior event came.
    """
    told: Metrics = await ask(request, "activity_metrics", days=query.days)
    return told
