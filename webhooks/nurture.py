"""The JSON API of the nurture controller."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import AliasChoices, Field, field_validator

from sequences.controller import Enrollment
from webhooks import keys
from webhooks.access import record_act
from webhooks.bodies import Body, answer, read_body, read_query


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
    """Newest first; `after` is the last id of the page before."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[int, Field(ge=0, lt=2**63)] = 2**63 - 1


async def trigger(request: web.Request) -> web.Response:
    body = await read_body(request, Trigger)
    enrolled = await request.app[keys.CONTROLLER].trigger(
        body.user_id, body.sequence_type, key=body.key, context=body.context, source="api"
    )
    subject = str(enrolled.enrollment_id)
    await record_act(request, "nurture.trigger", subject, sequence=body.sequence_type, key=body.key)
    return answer(enrolled, status=201 if enrolled.created else 200)


async def active(request: web.Request) -> web.Response:
    page = read_query(request, Page)
    rows = await request.app[keys.CONTROLLER].active(page.limit, page.after)
    after = rows[-1].enrollment_id if len(rows) == page.limit else None
    return answer({"enrollments": rows, "next_after": after})


async def process(request: web.Request) -> web.Response:
    """Runs a tick now and answers with what it did."""
    controller = request.app[keys.CONTROLLER]
    followed_up = await controller.follow_up()
    delivered = await controller.deliver_due()
    await record_act(request, "nurture.process", "tick", claimed=delivered.claimed)
    return answer(
        {
            "claimed": delivered.claimed,
            "channels": delivered.channels,
            "still_due": delivered.still_due,
            "followed_up": followed_up.counts,
        }
    )


async def pause(request: web.Request) -> web.Response:
    enrollment = await request.app[keys.CONTROLLER].pause(_enrollment_id(request))
    return await _changed(request, "pause", enrollment)


async def resume(request: web.Request) -> web.Response:
    enrollment = await request.app[keys.CONTROLLER].resume(_enrollment_id(request))
    return await _changed(request, "resume", enrollment)


async def cancel(request: web.Request) -> web.Response:
    enrollment = await request.app[keys.CONTROLLER].cancel(_enrollment_id(request))
    return await _changed(request, "cancel", enrollment)


def _enrollment_id(request: web.Request) -> int:
    return int(request.match_info["id"])


async def _changed(request: web.Request, act: str, enrollment: Enrollment) -> web.Response:
    await record_act(request, f"enrollment.{act}", str(enrollment.id))
    return answer(enrollment)
