"""Messages because of a risk: which are there, whom one would recommend them for, and sending them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Annotated, Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from sequences.audiences import load_audiences
from sequences.definition import Sequence
from sequences.drafting import BadDraft
from sequences.interventions import BASED_ON, advise, one_message
from webhooks import keys
from webhooks.access import CALLER, record_act
from webhooks.api.asking import Listing, ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Channel, FilterIn, Slug
from webhooks.bodies import Body, answer
from webhooks.problems import Missing, Unprocessable

Reference = Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]


class TemplateListing(Listing):
    type: Slug | None = None


class TemplateLine(TypedDict):
    """`type` says what it is for."""

    id: int
    name: str
    title: str
    description: str
    type: str
    version: int


class TemplateLines(TypedDict):
    items: list[TemplateLine]
    next_after: int | None


class RecommendationListing(Body):
    audience: Slug = "at_risk"
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: UUID | None = None


class Recommendation(TypedDict):
    """`type` is that of the template that fits, `template` the first of that type, null where there is none.

    `factors` say how the `score` came about; `why` is a sentence for you, not for the user.
    """

    user_id: str
    name: str | None
    score: float
    factors: dict[str, float | None]
    type: str
    template: str | None
    why: str


class Recommendations(TypedDict):
    """`based_on` says what this is, and what it is not."""

    based_on: str
    items: list[Recommendation]
    next_after: str | None


class Message(Body):
    """A template by its name, or by what it is for: then the first of that type."""

    template: Slug | None = Field(
        None, examples=["gentle_reminder"], description="Its name; instead of a type."
    )
    type: Slug | None = Field(None, description="What it is for: the first template of this type.")
    channels: Annotated[list[Channel], Field(max_length=3)] = Field(
        default_factory=list, description="In order of preference; Telegram, then email, unless told."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.template is None) == (self.type is None):
            raise PydanticCustomError("template", "either a template or a type is needed")
        return self


class Targeting(Message):
    audience: Slug | None = Field(None, examples=["at_risk"], description="The name of an audience.")
    filter: FilterIn | None = Field(None, description="Instead of an audience: a filter over users.")


class Preview(TypedDict):
    """How many would get it now and over which channel, and how many would not and why; with a sample."""

    total: int
    reachable: int
    held: int
    channels: dict[str, int]
    excluded: dict[str, int]
    sample: list[dict[str, Any]]


class NewIntervention(Targeting):
    """For one user, or for an audience. `context` is what the words of the template need, for one user."""

    user_id: Reference | None = Field(
        None, description="One user, by our id, an external id, a Telegram id or an email address."
    )
    context: dict[str, Any] = Field(default_factory=dict)
    key: Annotated[str, Field(max_length=200, description="Tells runs of one user apart.")] = ""

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if sum(each is not None for each in (self.user_id, self.audience, self.filter)) != 1:
            raise PydanticCustomError("whom", "one of user_id, audience and filter is needed")
        return self


class Intervention(TypedDict):
    """For one user an enrollment, for an audience a campaign. `created` is false where it is under way."""

    sequence: str
    created: bool
    user_id: str | None
    enrollment_id: int | None
    first_due_at: datetime | None
    campaign_id: int | None


endpoints = Endpoints("Interventions")


@endpoints.get("/api/interventions/templates")
async def templates(request: web.Request, query: TemplateListing) -> TemplateLines:
    """Lists the templates that an intervention can say, oldest first."""
    rows = await ask(request, "list_templates", type=query.type, limit_to=query.limit, after_id=query.after)
    lines: list[TemplateLine] = [{key: row[key] for key in TemplateLine.__annotations__} for row in rows]  # type: ignore[misc]
    return {"items": lines, "next_after": lines[-1]["id"] if len(lines) == query.limit else None}


@endpoints.get("/api/interventions/recommendations")
async def recommendations(request: web.Request, query: RecommendationListing) -> Recommendations:
    """Recommends a kind of message for each of those at risk, and says why.

    It is based on rules over the engagement score and the streak: `based_on` says so. Whoever was sent an
    intervention within seven days is left out.
    """
    page = await ask(
        request,
        "intervention_candidates",
        filter=_named_filter(query.audience),
        after_user=str(query.after) if query.after else None,
        most=query.limit,
    )
    names = {
        row["type"]: row["name"] for row in reversed(await ask(request, "list_templates", limit_to=1000))
    }
    items = [_recommended(row, names) for row in page["items"]]
    return {"based_on": BASED_ON, "items": items, "next_after": page["next_after"]}


@endpoints.post("/api/interventions/preview_targeting")
async def preview_targeting(request: web.Request, body: Targeting) -> Preview:
    """Counts whom an intervention would reach now; nothing is sent. Without an audience: everybody."""
    plan = await _plan(request, body)
    filter_ = _filter(body)
    previewed: Preview = await ask(
        request,
        "preview_audience",
        filter=filter_,
        message_class=plan.message_class,
        channels=list(plan.steps[0].channels),
        sample=10,
        sequence=plan.name,
    )
    return previewed


@endpoints.post("/api/interventions", status=201)
async def create(request: web.Request, body: NewIntervention) -> Intervention | web.Response:
    """Sends a message to one user, or to an audience as a campaign that begins within a minute.

    The policy gate stands before it as before everything: consent, quiet hours, limits. 200 instead of 201
    says that the user has it under way already, under this `key`.
    """
    plan = await _plan(request, body)
    if body.user_id is None:
        return await _to_audience(request, body, plan)
    return await _to_one(request, body, body.user_id, plan)


async def _to_one(request: web.Request, body: NewIntervention, user_id: str, plan: Sequence) -> web.Response:
    if lacking := [field for field in _needed(plan) if body.context.get(field) is None]:
        raise Unprocessable(f'context: the template needs "{lacking[0]}".', "context")
    await ask(request, "find_user", reference=user_id)  # before anything is written down
    await ask(request, "publish_sequence", definition=plan.as_json())
    enrolled = await request.app[keys.CONTROLLER].trigger(
        user_id, plan.name, key=body.key, context=body.context, source="intervention"
    )
    await record_act(request, "intervention.create", str(enrolled.enrollment_id), sequence=plan.name)
    made = Intervention(
        sequence=plan.name,
        created=enrolled.created,
        user_id=enrolled.user_id,
        enrollment_id=enrolled.enrollment_id,
        first_due_at=enrolled.first_due_at,
        campaign_id=None,
    )
    return answer(made, status=201 if enrolled.created else 200)


async def _to_audience(request: web.Request, body: NewIntervention, plan: Sequence) -> Intervention:
    if needed := _needed(plan):
        message = f'template: it needs "{needed[0]}", which differs from user to user: send it one by one.'
        raise Unprocessable(message, "template")
    filter_ = _filter(body)
    await ask(request, "publish_sequence", definition=plan.as_json())
    begins = await _next_minute(request)
    drafted = await ask(
        request,
        "draft_campaign",
        campaign={
            "name": f"intervention_{begins:%Y%m%d%H%M}_{token_hex(4)}",
            "title": plan.title,
            "kind": "one_time",
            "audience": body.audience,
            "filter": filter_,
            "sequence": plan.name,
            "message_class": plan.message_class,
            "schedule": {"at": f"{begins:%Y-%m-%dT%H:%M}Z"},
        },
        created_by=request[CALLER].actor,
    )
    upcoming = [f"{begins:%Y-%m-%dT%H:%M}"]
    await ask(request, "activate_campaign", campaign_id=drafted["id"], filter=filter_, upcoming=upcoming)
    await record_act(request, "intervention.create", f"campaign:{drafted['id']}", sequence=plan.name)
    return Intervention(
        sequence=plan.name,
        created=True,
        user_id=None,
        enrollment_id=None,
        first_due_at=begins,
        campaign_id=drafted["id"],
    )


def _needed(plan: Sequence) -> list[str]:
    return [field for field in plan.context if not field.endswith("?")]


async def _next_minute(request: web.Request) -> datetime:
    """A campaign's time lies ahead when it is activated, and has no seconds."""
    now = datetime.fromisoformat(await ask(request, "clock")).astimezone(UTC)
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _recommended(row: Mapping[str, Any], names: Mapping[str, str]) -> Recommendation:
    advice = advise(row["factors"], row["streak"])
    return Recommendation(
        user_id=row["user_id"],
        name=row["name"],
        score=row["score"],
        factors=row["factors"],
        type=advice.type,
        template=names.get(advice.type),
        why=advice.why,
    )


async def _plan(request: web.Request, body: Message) -> Sequence:
    name = body.template
    if name is None:
        found = await ask(request, "list_templates", type=body.type, limit_to=1)
        if not found:
            raise Missing(f'There is no template of the type "{body.type}".')
        name = found[0]["name"]
    rows = await ask(request, "templates_named", names=[name])
    if not rows:
        raise Missing(f'There is no template "{name}".')
    try:
        return one_message(rows[0], body.channels)
    except BadDraft as bad:
        raise Unprocessable(str(bad), "template") from bad
    except ValueError as bad:
        raise Unprocessable(f"template: {bad}.", "template") from bad


def _filter(body: Targeting) -> Mapping[str, Any]:
    if body.audience is not None and body.filter is not None:
        raise Unprocessable("filter: either an audience or a filter.", "filter")
    return body.filter or {} if body.audience is None else _named_filter(body.audience)


def _named_filter(name: str) -> Mapping[str, Any]:
    if (found := load_audiences().get(name)) is None:
        raise Unprocessable(f'audience: there is no audience "{name}".', "audience")
    return found.filter
