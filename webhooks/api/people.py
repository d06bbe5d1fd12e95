"""The JSON API about users and why they got what they got."""

from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from webhooks.access import record_act
from webhooks.api.asking import NUMBER, ask, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Address, Zone
from webhooks.bodies import Body, answer

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


endpoints = Endpoints("Users")


@endpoints.post("/admin/api/users", status=201)
async def create(request: web.Request, body: NewUser) -> CreatedUser | web.Response:
    """Creates a user, or changes the one who has this external id or address already (200 then)."""
    given = body.model_dump(exclude_none=True)
    result = await ask(request, "create_user", **given)
    await record_act(request, "user.create", str(result["user_id"]), fields=sorted(given))
    return answer(result, status=201 if result["created"] else 200)


@endpoints.get("/admin/api/users/{reference}/explain")
async def explain(request: web.Request) -> dict[str, Any]:
    """Says what a user got, did not get, and why.

    The reference is our id, an external id, a Telegram id, an email address or an @username.
    """
    found: dict[str, Any] = await ask(request, "explain_user", reference=request.match_info["reference"])
    return found


@endpoints.get(f"/admin/api/deliveries/{NUMBER}/explain")
async def explain_delivery(request: web.Request) -> dict[str, Any]:
    """Tells one delivery's whole story: each decision and each thing that happened to it."""
    found: dict[str, Any] = await ask(request, "explain_delivery", delivery_id=number_in(request))
    return found
