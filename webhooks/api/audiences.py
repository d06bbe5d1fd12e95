"""Audiences: those that have a name, and how many people one reaches."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from sequences.audiences import Audience, load_audiences
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Channel, FilterIn, Slug
from webhooks.bodies import Body
from webhooks.problems import Unprocessable

AUDIENCES = load_audiences()


class Wishes(Body):
    """Counting asks for everybody, so it is done only where it is wished."""

    counts: bool = False


class Preview(Body):
    """Either `audience`, a name, or `filter`. With `sequence`, who declined that one counts as excluded."""

    audience: Slug | None = None
    filter: FilterIn | None = None
    message_class: Literal["transactional", "sequence", "announcement", "reminder"] = "announcement"
    channels: Annotated[list[Channel], Field(min_length=1, max_length=3)] = Field(
        default_factory=lambda: ["telegram", "email"]
    )
    sequence: Slug | None = None
    sample: Annotated[int, Field(ge=0, le=100)] = 5

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.audience is None) == (self.filter is None):
            raise PydanticCustomError("audience", "either audience or filter is needed")
        return self


class NamedAudience(TypedDict):
    """`people` is null where it was not asked for."""

    name: str
    title: str
    description: str
    filter: dict[str, Any]
    people: int | None


class NamedAudiences(TypedDict):
    items: list[NamedAudience]


class Sampled(TypedDict):
    """`reason` is why they would not be reached, null where they would."""

    user_id: str
    name: str | None
    channel: str | None
    reason: str | None


class Previewed(TypedDict):
    """Of `total` people so many would get a message now, over which channel, and `excluded` would not, why.

    `held` are reached as well, but later: they paused messages.
    """

    total: int
    reachable: int
    held: int
    channels: dict[str, int]
    excluded: dict[str, int]
    sample: list[Sampled]


endpoints = Endpoints("Audiences")


@endpoints.get("/api/engagement/audiences")
async def listed(request: web.Request, query: Wishes) -> NamedAudiences:
    """Lists the audiences that have a name, with their filters; `?counts=true` counts them too."""
    return {"items": [await _described(request, each, query.counts) for each in AUDIENCES.values()]}


@endpoints.post("/api/engagement/audiences/preview")
async def preview(request: web.Request, body: Preview) -> Previewed:
    """Counts whom a message to this audience would reach now, over which channel, and whom not and why."""
    given = body.model_dump(exclude={"audience", "filter"})
    chosen = body.filter if body.audience is None else _named(body.audience).filter
    counted: Previewed = await ask(request, "preview_audience", filter=chosen, **given)
    return counted


def _named(name: str) -> Audience:
    if name not in AUDIENCES:
        raise Unprocessable(f"There is no audience named {name!r}.", "audience")
    return AUDIENCES[name]


async def _described(request: web.Request, audience: Audience, is_counted: bool) -> NamedAudience:
    people = None
    if is_counted:
        people = (await ask(request, "preview_audience", filter=audience.filter, sample=0))["total"]
    return {
        "name": audience.name,
        "title": audience.title,
        "description": audience.description,
        "filter": dict(audience.filter),
        "people": people,
    }
