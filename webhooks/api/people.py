"""The JSON API about users and why they got what they got."""

from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import AliasChoices, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from webhooks.access import record_act
from webhooks.api.asking import NUMBER, ask, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Address, FilterIn, Zone
from webhooks.bodies import Body, answer, parse_object
from webhooks.problems import Unprocessable

Name = Annotated[str, Field(max_length=200)]


class NewUser(Body):
    external_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    email_address: Address | None = Field(
        default=None, validation_alias=AliasChoices("email_address", "email")
    )
    locale: Annotated[str, Field(max_length=35)] | None = None
    timezone: Zone | None = None
    attributes: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _can_be_found_again(self) -> Self:
        if self.external_id is None and self.email_address is None:
            raise PydanticCustomError("nameless", "an external_id or an email_address is needed")
        return self


class CreatedUser(TypedDict):
    user_id: str
    created: bool


def _parsed(written: Any) -> Any:
    """Behind a `?` a filter is text."""
    try:
        return parse_object(written.encode()) if isinstance(written, str) else written
    except Unprocessable as wrong:
        raise ValueError("a filter is a JSON object") from wrong


class Search(Body):
    search: Annotated[str, Field(max_length=200, description="What somebody typed who means a user.")] = ""
    filter: Annotated[
        FilterIn,
        BeforeValidator(_parsed),
        WithJsonSchema({"type": "string", "description": "A filter, as JSON.", "examples": ["{}"]}),
    ] = Field(default_factory=dict)
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[UUID, Field(description="The `next_after` of the page before.")] | None = None


class UserLine(TypedDict):
    """`channels` are those over which they can be reached now."""

    user_id: str
    external_id: str | None
    name: str | None
    username: str | None
    locale: str | None
    timezone: str
    roles: list[str]
    attributes: dict[str, Any]
    source: str | None
    channels: list[str]
    created_at: str
    last_active_at: str | None


class Users(TypedDict):
    items: list[UserLine]
    next_after: str | None


class PersonDetails(TypedDict):
    id: str
    name: str | None
    username: str | None
    external_id: str | None
    locale: str | None
    timezone: str
    roles: list[str]
    source: str | None
    last_active_at: str | None
    created_at: str


class Person(TypedDict):
    """`scores` are from 0 to 100; `sequences` and `deliveries` the last ones.

    `risk` is that of dropping off, as `/api/engagement/at-risk` tells it, null of who is new or has left.
    """

    at: str
    user: PersonDetails
    contact_points: list[dict[str, Any]]
    preferences: dict[str, Any]
    preferred_channel: str | None
    scores: dict[str, float]
    risk: dict[str, Any] | None
    commitments: dict[str, int]
    sequences: dict[str, Any]
    deliveries: list[dict[str, Any]]


endpoints = Endpoints("Users")


@endpoints.post("/admin/api/users", status=201)
async def create(request: web.Request, body: NewUser) -> CreatedUser | web.Response:
    """Creates a user, or changes the one who has this external id or address already (200 then)."""
    given = body.model_dump(exclude_none=True)
    result = await ask(request, "create_user", **given)
    await record_act(request, "user.create", str(result["user_id"]), fields=sorted(given))
    return answer(result, status=201 if result["created"] else 200)


@endpoints.get("/admin/api/users")
async def find(request: web.Request, query: Search) -> Users:
    """Lists users, those whom a search means and who meet a filter where these are given.

    A search finds what names, usernames, external ids and email addresses begin with, and whole ids. The
    order is that of the ids, so that pages neither miss nor repeat anybody.
    """
    rows = await ask(
        request,
        "list_users",
        typed=query.search,
        filter=query.filter,
        after_user=str(query.after) if query.after else None,
        most=query.limit,
    )
    return {"items": rows, "next_after": rows[-1]["user_id"] if len(rows) == query.limit else None}


@endpoints.get("/admin/api/users/{reference}")
async def describe(request: web.Request) -> Person:
    """Tells what there is to know of somebody at a glance.

    How they are reached, what they wish, how engaged they are and what they got last. The reference is our
    id, an external id, a Telegram id, an email address or an @username.
    """
    found: Person = await ask(
        request, "describe_user", reference=request.match_info["reference"], last_deliveries=10
    )
    return found


@endpoints.get("/admin/api/users/{reference}/explain")
async def explain(request: web.Request) -> dict[str, Any]:
    """Says what a user got, did not get, and why.

    The reference is our id, an external id, a Telegram id, an email address or an @username. `held_back` has
    the campaigns that were to reach them and have not: `throttled` until `again_at`, or `stale`.
    """
    found: dict[str, Any] = await ask(request, "explain_user", reference=request.match_info["reference"])
    return found


@endpoints.get(f"/admin/api/deliveries/{NUMBER}/explain")
async def explain_delivery(request: web.Request) -> dict[str, Any]:
    """Tells one delivery's whole story: each decision and each thing that happened to it."""
    found: dict[str, Any] = await ask(request, "explain_delivery", delivery_id=number_in(request))
    return found
