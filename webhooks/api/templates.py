"""Templates: words that steps and campaigns take by a name, in versions that never change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from aiohttp import web
from pydantic import Field, ValidationInfo, field_validator
from typing_extensions import TypedDict

from channels.channel import Outgoing
from channels.errors import DeliveryError
from sequences import analytics
from sequences.analytics import Figures, Period, Question
from sequences.definition import CHANNELS, Content
from sequences.drafting import read_content
from sequences.previewing import SAMPLE, Preview, addresses_in, missing_fields
from webhooks import keys
from webhooks.access import CALLER, record_act
from webhooks.api.asking import NUMBER, Listing, ask, number_in
from webhooks.api.email import not_sent
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Channel, Slug, Title, Words, real_address
from webhooks.api.link_reports import LinkReport, report_links
from webhooks.api.revisions import revision_asked
from webhooks.bodies import Body
from webhooks.problems import Off, TooMany, Unprocessable

HERE = "/api/engagement/templates"
ONE = f"{HERE}/{NUMBER}"
Level = Literal["low", "medium", "high"]
MessageClass = Literal["transactional", "sequence", "announcement", "reminder"]
Written = Annotated[
    dict[str, Any],
    Field(examples=[{"default": {"subject": "A seat is kept for you", "body": "Two minutes are enough."}}]),
]
ContextField = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}\??$")]
Fields = Annotated[list[ContextField], Field(max_length=50, examples=[["days?"]])]
Reference = Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]
Version = Annotated[int, Field(ge=1, lt=2**31)]


class NewTemplate(Body):
    """`content` has words for `default` or a channel each: subject, preheader, body, buttons.

    `context` names what an enrollment has to bring; a name that ends in `?` may be absent.
    """

    name: Slug
    title: Title
    type: Slug
    description: Words = ""
    content: Written
    context: Fields = Field(default_factory=list)


class TemplateChanges(Body):
    """What is left out stays. Other words make a new version."""

    title: Title | None = None
    type: Slug | None = None
    description: Words | None = None
    content: Written | None = None
    context: Fields | None = None


class Copy(Body):
    name: Slug
    title: Title | None = None


class TemplateListing(Listing):
    type: Slug | None = None
    archived: bool = False


class WhichVersion(Body):
    """The current one where none is named."""

    version: Version | None = None


class PreviewOf(Body):
    """`user` is a reference to somebody; without one a sample person is shown the words.

    `content` and `context_fields` are words that are not saved yet, in place of the template's.
    """

    version: Version | None = None
    content: Written | None = None
    context_fields: Fields | None = None
    user: Reference | None = None
    engagement: Level | None = None
    context: dict[str, Any] = Field(default_factory=dict)
    channels: Annotated[list[Channel], Field(min_length=1, max_length=3)] = Field(
        default_factory=lambda: list(CHANNELS)
    )
    message_class: MessageClass = "sequence"


class Trial(Body):
    """`to` is an email address, or a chat's id on Telegram."""

    channel: Literal["email", "telegram"]
    to: Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]
    version: Version | None = None
    user: Reference | None = None
    engagement: Level | None = None
    context: dict[str, Any] = Field(default_factory=dict)

    @field_validator("to")
    @classmethod
    def _fits_the_channel(cls, value: str, info: ValidationInfo) -> str:
        return real_address(value) if info.data.get("channel") == "email" else value


class TemplateLine(TypedDict):
    id: int
    name: str
    title: str
    description: str
    type: str
    version: int
    revision: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None


class TemplateLines(TypedDict):
    items: list[TemplateLine]
    next_after: int | None


class UsingCampaign(TypedDict):
    id: int
    name: str
    title: str
    status: str


class UsedBy(TypedDict):
    sequences: list[str]
    campaigns: list[UsingCampaign]


class Template(TemplateLine):
    """`version` is the number of the words that are shown, `revision` counts the changes."""

    version_id: int
    content: dict[str, Any]
    context: list[str]
    used_by: UsedBy


class TemplateVersion(TypedDict):
    number: int
    version_id: int
    content: dict[str, Any]
    context: list[str]
    created_by: str
    created_at: datetime


class TemplateVersions(TypedDict):
    items: list[TemplateVersion]
    next_after: int | None


class Previews(TypedDict):
    """`missing` names fields of the context that the words need and nobody gave."""

    items: list[Preview]
    missing: list[str]


class SentTrial(TypedDict):
    """The provider's id of the message."""

    id: str


class Performance(TypedDict):
    period: Period
    total: Figures
    versions: list[Figures]
    channels: list[Figures]
    variants: list[Figures]


endpoints = Endpoints("Templates")


@endpoints.get(HERE)
async def listed(request: web.Request, query: TemplateListing) -> TemplateLines:
    """Lists the templates of one type, or all, oldest first."""
    found = await ask(
        request,
        "list_templates",
        type=query.type,
        is_archived=query.archived,
        limit_to=query.limit,
        after_id=query.after,
    )
    return {"items": found, "next_after": found[-1]["id"] if len(found) == query.limit else None}


@endpoints.post(HERE, status=201)
async def create(request: web.Request, body: NewTemplate) -> Template:
    """Writes down a template and its first version.

    Mistakes in the words are named with their path and line, and nothing is stored then.
    """
    read_content(body.content, body.context)
    created: Template = await ask(request, "create_template", **body.model_dump(), author=_author(request))
    await record_act(request, "template.create", str(created["id"]), name=body.name)
    return created


@endpoints.get(ONE)
async def show(request: web.Request, query: WhichVersion) -> Template:
    """Tells what a template says, in one of its versions, and which sequences and campaigns use it."""
    return await _template(request, query.version)


@endpoints.patch(ONE)
async def change(request: web.Request, body: TemplateChanges) -> Template:
    """Changes a template. Other words make a new version; what was published keeps the words that it has.

    With `If-Match`, only the revision that you have seen is changed.
    """
    changes = body.model_dump(exclude_none=True)
    if "content" in changes or "context" in changes:
        before = await _template(request)
        read_content(changes.get("content", before["content"]), changes.get("context", before["context"]))
    changed: Template = await ask(
        request,
        "change_template",
        template_id=number_in(request),
        changes=changes,
        author=_author(request),
        revision=revision_asked(request),
    )
    await record_act(request, "template.change", str(changed["id"]), fields=sorted(changes))
    return changed


@endpoints.delete(ONE)
async def archive(request: web.Request) -> Template:
    """Puts a template away: no new step can take its words.

    One that a campaign under way uses stays (409).
    """
    archived: Template = await ask(request, "archive_template", template_id=number_in(request))
    await record_act(request, "template.archive", str(archived["id"]))
    return archived


@endpoints.post(f"{ONE}/restore")
async def restore(request: web.Request) -> Template:
    """Takes a template out of the archive."""
    restored: Template = await ask(request, "restore_template", template_id=number_in(request))
    await record_act(request, "template.restore", str(restored["id"]))
    return restored


@endpoints.post(f"{ONE}/duplicate", status=201)
async def duplicate(request: web.Request, body: Copy) -> Template:
    """Writes down a template of another name that begins with the same words."""
    copied: Template = await ask(
        request,
        "duplicate_template",
        template_id=number_in(request),
        name=body.name,
        title=body.title,
        author=_author(request),
    )
    await record_act(request, "template.duplicate", str(copied["id"]), of=number_in(request))
    return copied


@endpoints.get(f"{ONE}/versions")
async def versions(request: web.Request, query: Listing) -> TemplateVersions:
    """Lists the versions of a template, newest first; `after` is a version's number."""
    found = await ask(
        request,
        "template_versions_of",
        template_id=number_in(request),
        limit_to=query.limit,
        before_number=None if query.after is None else min(query.after, 2**31 - 1),
    )
    return {"items": found, "next_after": found[-1]["number"] if len(found) == query.limit else None}


@endpoints.post(f"{ONE}/preview")
async def preview(request: web.Request, body: PreviewOf) -> Previews:
    """Shows what a reader would get on each channel: text and buttons, the mail as HTML and text, the SMS.

    With lengths and warnings: what Gmail clips or a mail client does not show, pictures without a
    description, links that are not encrypted.
    """
    template = await _template(request, body.version)
    context = template["context"] if body.context_fields is None else body.context_fields
    content = read_content(template["content"] if body.content is None else body.content, context)
    reader = await _reader(request, body.user, body.engagement)
    shown = [
        request.app[keys.PREVIEWER].preview(
            content, channel, reader=reader, context=body.context, message_class=body.message_class
        )
        for channel in body.channels
    ]
    return {"items": shown, "missing": missing_fields(tuple(context), body.context)}


@endpoints.post(f"{ONE}/test")
async def send_trial(request: web.Request, body: Trial) -> SentTrial:
    """Sends a version to one address or chat at once. It counts for nothing and follows nobody.

    Suppressed addresses are refused; it waits for nothing, and is refused (429) while the channel is busy.
    """
    sender = request.app[keys.SENDERS].get(body.channel)
    if sender is None:
        raise Off(f"The channel {body.channel} is off.")
    template = await _template(request, body.version)
    content = {channel: Content.from_json(words) for channel, words in template["content"].items()}
    reader = await _reader(request, body.user, body.engagement)
    shown = request.app[keys.PREVIEWER].preview(content, body.channel, reader=reader, context=body.context)
    if shown.content is None:
        missing = missing_fields(tuple(template["context"]), body.context)
        raise Unprocessable(f"It cannot be written: {shown.problem}.", "context" if missing else "channel")
    if not await ask(request, "take_trial", channel=body.channel, address=body.to):
        raise TooMany(1)
    tracking_id = str(uuid4())
    try:
        (message_id,) = await sender.send(
            [Outgoing(tracking_id, body.to, shown.content)], f"trial/{tracking_id}"
        )
    except DeliveryError as error:
        raise not_sent(error) from error
    await record_act(request, "template.trial", str(template["id"]), channel=body.channel)
    return {"id": message_id}


@endpoints.post(f"{ONE}/check")
async def check(request: web.Request, body: WhichVersion) -> LinkReport:
    """Asks each link of the words whether it leads anywhere, at most twenty.

    Private addresses are not asked. A link with a value inside is another for each reader, and left out.
    """
    template = await _template(request, body.version)
    return await report_links(request, addresses_in(read_content(template["content"], template["context"])))


@endpoints.get(f"{ONE}/performance")
async def performance(request: web.Request) -> Performance:
    """Counts what became of the messages with these words in the last thirty days.

    By version, channel and variant: sent, opened and clicked by people, converted, each rate with its counts.
    """
    store, template = request.app[keys.STORE], await _template(request)
    question = Question(filters={"template": template["name"]})
    return {
        "period": await analytics.period(store, question),
        "total": await analytics.total(store, question),
        "versions": await analytics.grouped(store, "template_version", question),
        "channels": await analytics.grouped(store, "channel", question),
        "variants": await analytics.grouped(store, "variant", question),
    }


async def _template(request: web.Request, version: int | None = None) -> Template:
    found: Template = await ask(request, "describe_template", template_id=number_in(request), number=version)
    return found


async def _reader(request: web.Request, user: str | None, engagement: str | None) -> Mapping[str, Any]:
    found = SAMPLE if user is None else await ask(request, "template_reader", reference=user)
    return found if engagement is None else {**found, "engagement": engagement}


def _author(request: web.Request) -> str:
    return request[CALLER].actor
