"""What the nurture controller does, on demand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import AliasChoices, Field, field_validator
from typing_extensions import TypedDict

from sequences.controller import ActiveEnrollment, Enrollment
from sequences.pipeline import Drained
from webhooks import keys
from webhooks.access import record_act
from webhooks.api.asking import NUMBER, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.bodies import Body, answer


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


class Started(TypedDict):
    """`created` is false where the user runs through it already: it is that run then."""

    enrollment_id: int
    user_id: str
    created: bool
    first_due_at: datetime | None


class ActiveEnrollments(TypedDict):
    enrollments: list[ActiveEnrollment]
    next_after: int | None


class Passed(TypedDict):
    """What one pass did, by channel, and how much is due still: held back by a rate budget, mostly."""

    claimed: int
    channels: Mapping[str, Drained]
    still_due: int
    followed_up: Mapping[str, int]


endpoints = Endpoints("Nurture")


@endpoints.post("/admin/api/nurture/trigger", status=201)
async def trigger(request: web.Request, body: Trigger) -> Started | web.Response:
    """Enrolls a user in a sequence; what is due leaves at once.

    A user runs through a sequence once per `key` at a time. 200 instead of 201 says that they do already.
    """
    enrolled = await request.app[keys.CONTROLLER].trigger(
        body.user_id, body.sequence_type, key=body.key, context=body.context, source="api"
    )
    subject = str(enrolled.enrollment_id)
    await record_act(request, "nurture.trigger", subject, sequence=body.sequence_type, key=body.key)
    return answer(enrolled, status=201 if enrolled.created else 200)


@endpoints.get("/admin/api/nurture/active")
async def active(request: web.Request, query: Page) -> ActiveEnrollments:
    """Lists the enrollments under way, newest first.

    `hold_reason` says why the next message waits, if it does.
    """
    rows = await request.app[keys.CONTROLLER].active(query.limit, query.after)
    after = rows[-1].enrollment_id if len(rows) == query.limit else None
    return {"enrollments": rows, "next_after": after}


@endpoints.post("/admin/api/nurture/process")
async def process(request: web.Request) -> Passed:
    """Sends what is due now, without waiting for the clock to tick."""
    controller = request.app[keys.CONTROLLER]
    followed_up = await controller.follow_up()
    delivered = await controller.deliver_due()
    await record_act(request, "nurture.process", "tick", claimed=delivered.claimed)
    return {
        "claimed": delivered.claimed,
        "channels": delivered.channels,
        "still_due": delivered.still_due,
        "followed_up": followed_up.counts,
    }


@endpoints.post(f"/admin/api/enrollments/{NUMBER}/pause")
async def pause(request: web.Request) -> Enrollment:
    """Holds what of an enrollment is not yet sent.

    The time until it goes on does not count for the steps that follow.
    """
    return await _changed(request, "pause", await request.app[keys.CONTROLLER].pause(number_in(request)))


@endpoints.post(f"/admin/api/enrollments/{NUMBER}/resume")
async def resume(request: web.Request) -> Enrollment:
    """Lets an enrollment go on."""
    return await _changed(request, "resume", await request.app[keys.CONTROLLER].resume(number_in(request)))


@endpoints.post(f"/admin/api/enrollments/{NUMBER}/cancel")
async def cancel(request: web.Request) -> Enrollment:
    """Ends an enrollment for good; what is being sent at this moment may still arrive."""
    return await _changed(request, "cancel", await request.app[keys.CONTROLLER].cancel(number_in(request)))


async def _changed(request: web.Request, act: str, enrollment: Enrollment) -> Enrollment:
    await record_act(request, f"enrollment.{act}", str(enrollment.id))
    return enrollment
