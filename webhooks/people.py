"""The JSON API about users and why they got what they got."""

import zoneinfo
from typing import Annotated, Any, Self

from aiohttp import web
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from webhooks import keys
from webhooks.access import record_act
from webhooks.bodies import Body, answer, read_body


def _real_address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error).rstrip(".")) from error


def _real_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not a time zone of the IANA list, as Europe/Berlin is") from error
    return value


Address = Annotated[str, AfterValidator(_real_address)]
Zone = Annotated[str, AfterValidator(_real_zone)]
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


async def create(request: web.Request) -> web.Response:
    body = await read_body(request, NewUser)
    given = body.model_dump(exclude_none=True)
    result = await request.app[keys.STORE].call("create_user", **given)
    await record_act(request, "user.create", str(result["user_id"]), fields=sorted(given))
    return answer(result, status=201 if result["created"] else 200)


async def explain(request: web.Request) -> web.Response:
    reference = request.match_info["reference"]
    return answer(await request.app[keys.STORE].call("explain_user", reference=reference))


async def explain_delivery(request: web.Request) -> web.Response:
    delivery_id = int(request.match_info["id"])
    return answer(await request.app[keys.STORE].call("explain_delivery", delivery_id=delivery_id))
