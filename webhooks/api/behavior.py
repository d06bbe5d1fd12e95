"""What users do in your own product."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

from aiohttp import web
from pydantic import Field, model_validator
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
