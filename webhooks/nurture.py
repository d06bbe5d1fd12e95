"""The JSON API of the nurture controller."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import AliasChoices, Field, field_validator

from webhooks import keys
from webhooks.access import record_act
from webhooks.bodies import Body, read_body, read_query


class Trigger(Body):
    """`user_id` may be our id, an external id, a Telegram id or an email address."""

    user_id: Annotated[str, Field(min_length=1, max_length=320)]
    sequence_type: Annotated[
        str, Field(min_length=1, max_length=200, validation_alias=AliasChoices("sequence_type", "sequence"))
    ]
    context: dict[str, Any] = Field(default_factory=dict)
    key: Annotated[str, Field(max_length=200)] = ""

    @field_validator("user_id", mode="before")
    @classmethod
    def _number_as_text(cls, value: Any) -> Any:
        """Telegram ids are numbers, and people send them as such."""
        return str(value) if type(value) is int else value


class Page(Body):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[int, Field(ge=0, lt=2**63)] = 0


async def trigger(request: web.Request) -> web.Response:
    body = await read_body(request, Trigger)
    enrolled = await request.app[keys.CONTROLLER].trigger(
        body.user_id, body.sequence_type, key=body.key, context=body.context, source="api"
    )
    await record_act(
        request, "nurture.trigger", str(enrolled["enrollment_id"]), sequence=body.sequence_type, key=body.key
    )
    return web.json_response(dict(enrolled), status=201 if enrolled["created"] else 200)


async def active(request: web.Request) -> web.Response:
    page = read_query(request, Page)
    rows = [dict(row) for row in await request.app[keys.CONTROLLER].active(page.limit, page.after)]
    after = rows[-1]["enrollment_id"] if len(rows) == page.limit else None
    return web.json_response({"enrollments": rows, "next_after": after})


async def process(request: web.Request) -> web.Response:
    """Runs a tick now and answers with what it did."""
    counts = dict(await request.app[keys.CONTROLLER].deliver_due())
    await record_act(request, "nurture.process", "tick", **counts)
    return web.json_response(counts)


async def pause(request: web.Request) -> web.Response:
    enrollment_id = int(request.match_info["id"])
    row = await request.app[keys.CONTROLLER].pause(enrollment_id)
    return await _changed(request, "pause", enrollment_id, row)


async def resume(request: web.Request) -> web.Response:
    enrollment_id = int(request.match_info["id"])
    row = await request.app[keys.CONTROLLER].resume(enrollment_id)
    return await _changed(request, "resume", enrollment_id, row)


async def cancel(request: web.Request) -> web.Response:
    enrollment_id = int(request.match_info["id"])
    row = await request.app[keys.CONTROLLER].cancel(enrollment_id)
    return await _changed(request, "cancel", enrollment_id, row)


async def _changed(request: web.Request, act: str, enrollment_id: int, row: Any) -> web.Response:
    await record_act(request, f"enrollment.{act}", str(enrollment_id))
    return web.json_response(dict(row))
