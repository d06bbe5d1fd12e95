"""What a sequence or campaign would do: who gets what, when, over which channel, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sequences.audiences import load_audiences
from sequences.campaigns import definition_of
from sequences.definition import EVENT_NAME, MessageClass, Sequence
from sequences.drafting import BadDraft, read_steps, template_names
from sequences.simulation.comparing import Comparison, compare, in_pairs
from sequences.simulation.people import PRESETS
from sequences.simulation.playing import MOST_DAYS, MOST_PEOPLE, Cast, Plot, simulate
from sequences.simulation.report import Assumptions, Simulation
from webhooks import keys
from webhooks.access import record_act
from webhooks.api.asking import NUMBER, ask, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Channel, Duration, FilterIn, Moment, Slug, Title, Words, Zone
from webhooks.bodies import Body
from webhooks.pictures.timeline import timeline_svg
from webhooks.problems import Unprocessable


def _ahead(value: str) -> str:
    if value.startswith("-"):
        raise ValueError("is not negative")
    return value


def _event(value: str) -> str:
    if not EVENT_NAME.match(value):
        raise ValueError("a behavior event has at most 29 of a-z, 0-9 and _, a letter first")
    return value


Span = Annotated[Duration, AfterValidator(_ahead)]
Event = Annotated[str, AfterValidator(_event), Field(examples=["lesson_complete"])]
Label = Annotated[str, Field(min_length=1, max_length=100, examples=["somebody new"])]
Labels = Annotated[list[Label], Field(max_length=MOST_PEOPLE)]
Channels = Annotated[list[Channel], Field(max_length=3)]


class Failing(Body):
    """A channel that fails: for all, or for the `people` with these labels; of real users, their ids."""

    channel: Channel
    people: Labels | None = None


class Doing(Body):
    """What all do on the way, or the `people` with these labels, so long after the beginning."""

    type: Event
    after: Span = "0 seconds"
    metadata: dict[str, Any] = Field(default_factory=dict)
    people: Labels | None = None


class Done(Body):
    """What somebody did before."""

    type: Event
    ago: Span = "0 seconds"
    metadata: dict[str, Any] = Field(default_factory=dict)


class Promise(Body):
    text: Annotated[str, Field(min_length=1, max_length=500, examples=["Run 5 km"])]
    due_in_days: Annotated[int, Field(ge=0, le=400)] = 1


class Invented(Body):
    """Somebody who does not exist. `fails` names channels that do not arrive."""

    label: Label
    first_name: Title | None = None
    last_name: Title | None = None
    timezone: Zone = "UTC"
    locale: Annotated[str, Field(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    channels: Channels = Field(default_factory=lambda: ["telegram", "email"])
    unsubscribed: Channels = Field(default_factory=list)
    fails: Channels = Field(default_factory=list)
    preferences: dict[str, Any] = Field(default_factory=dict)
    attributes: dict[str, Any] = Field(default_factory=dict)
    joined: Span | None = None
    last_active: Span | None = None
    paused_for: Span | None = None
    did: Annotated[list[Done], Field(max_length=100)] = Field(default_factory=list)
    commitments: Annotated[list[Promise], Field(max_length=20)] = Field(default_factory=list)


class Assumed(Body):
    """`answers` is the share of messages that are clicked, the same ones every time."""

    answers: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    answer_after: Span = "1 hour"
    fails: Annotated[list[Failing], Field(max_length=20)] = Field(default_factory=list)
    behavior: Annotated[list[Doing], Field(max_length=100)] = Field(default_factory=list)


class Version(Body):
    """A published `version`, or `steps` that nobody has published, written as in a sequence."""

    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    steps: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.version is not None and self.steps is not None:
            raise PydanticCustomError("two", "take either version or steps")
        return self


class Simulated(Body):
    """Whom it is played for: `users` by any reference, a `sample` of an audience, and who is `invented`, as
    the name of a preset or in full.
    """

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30
    from_: Annotated[Moment | None, Field(alias="from")] = None
    users: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=320)]],
        Field(max_length=MOST_PEOPLE, examples=[["mira@example.org"]]),
    ] = Field(default_factory=list)
    audience: Slug | None = None
    filter: FilterIn | None = None
    sample: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 25
    invented: Annotated[list[Invented | Words], Field(max_length=MOST_PEOPLE, examples=[["early_bird"]])] = (
        Field(default_factory=list)
    )
    assumptions: Assumed = Field(default_factory=Assumed)
    compare_with: Version | None = None

    def cast(self, *, whole: bool) -> Cast:
        """With `whole`, a sample of the campaign's audience where nobody is named."""
        chosen = self.filter
        if self.audience is not None and chosen is not None:
            raise Unprocessable("filter: either an audience or a filter.", "filter")
        if self.audience is not None:
            known = load_audiences()
            if self.audience not in known:
                raise Unprocessable(f"audience: there are: {', '.join(known)}.", "audience")
            chosen = dict(known[self.audience].filter)
        is_named = bool(self.users or self.invented)
        invented = tuple(_person(person) for person in self.invented)
        labels = [person["label"] for person in invented]
        if len({*labels}) < len(labels):
            raise Unprocessable("invented: everybody needs a label of their own.", "invented")
        sample = self.sample if chosen is not None or (whole and not is_named) else 0
        return Cast(tuple(self.users), chosen, sample, invented)

    def assumed(self) -> Assumptions:
        taken = self.assumptions
        return Assumptions(
            taken.answers,
            taken.answer_after,
            tuple(each.model_dump(exclude_none=True) for each in taken.fails),
            tuple(each.model_dump(exclude_none=True) for each in taken.behavior),
        )


class NewSimulation(Simulated, Version):
    """Of a sequence, in its current version, another `version`, or with other `steps`; without `sequence`,
    of `steps` alone.
    """

    sequence: Slug | None = None
    message_class: Literal["transactional", "sequence", "announcement", "reminder"] = "sequence"
    context: dict[str, Any] = Field(default_factory=dict)
    key: Annotated[str, Field(max_length=200)] = ""


endpoints = Endpoints("Simulation")


@endpoints.post("/api/engagement/simulations", on_wish=("image/svg+xml",))
async def play(request: web.Request, body: NewSimulation) -> Simulation | Comparison | web.Response:
    """Plays a sequence for some people, without sending anything: who gets what, when, where, and why not.

    With `compare_with`, plays another version for the same people and tells what differs. With
    `Accept: image/svg+xml`, a timeline; of a comparison, each whom it differs for twice.
    """
    if body.sequence is None and body.steps is None:
        raise Unprocessable("sequence: needed where there are no steps.", "sequence")
    first = await _plot(request, body, body.sequence, body.message_class, body.context, body.key)
    second = None
    if body.compare_with is not None:
        second = await _plot(
            request, body.compare_with, body.sequence, body.message_class, body.context, body.key
        )
    await record_act(request, "simulation.play", body.sequence or "steps")
    return await _played(request, body, first, second)


@endpoints.post(f"/api/engagement/campaigns/{NUMBER}/simulate", on_wish=("image/svg+xml",))
async def play_campaign(request: web.Request, body: Simulated) -> Simulation | Comparison | web.Response:
    """Plays a campaign as if it were active: at each of its times, who is in its audience then gets it.

    Without `users` and `invented`, for a sample of its audience. With `compare_with`, plays it with another
    version of its messages, too. With `Accept: image/svg+xml`, a timeline; of a comparison, each whom it
    differs for twice.
    """
    campaign = await ask(request, "describe_campaign", campaign_id=number_in(request))
    first = Plot(campaign["sequence"], campaign=campaign)
    if campaign["sequence"] is None:
        first = replace(first, definition=await _of_draft(request, campaign))
    second = None
    if body.compare_with is not None:
        context: dict[str, Any] = {"event": {}} if "event" in campaign["schedule"] else {}
        kind = campaign["message_class"]
        second = await _plot(request, body.compare_with, campaign["sequence"], kind, context, "", campaign)
        second = replace(second, context={})
    await record_act(request, "campaign.simulate", str(campaign["id"]))
    return await _played(request, body, first, second)


async def _played(
    request: web.Request, body: Simulated, first: Plot, second: Plot | None
) -> Simulation | Comparison | web.Response:
    store, cast = request.app[keys.STORE], body.cast(whole=first.campaign is not None)
    options: dict[str, Any] = {"days": body.days, "begins": body.from_, "assumptions": body.assumed()}
    played = await simulate(store, first, cast, **options)
    compared = None
    if second is not None:
        compared = compare(played, await simulate(store, second, cast, **options))
    if "image/svg+xml" in request.headers.get("Accept", ""):
        shown = timeline_svg(played if compared is None else in_pairs(compared))
        return web.Response(text=shown, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})
    return compared or played


async def _plot(
    request: web.Request,
    version: Version,
    sequence: str | None,
    message_class: MessageClass,
    context: Mapping[str, Any],
    key: str,
    campaign: Mapping[str, Any] | None = None,
) -> Plot:
    definition = None
    if version.steps is not None:
        definition = await _definition(request, version.steps, sequence, message_class, context, campaign)
    return Plot(sequence, version.version, definition, campaign, context, key)


async def _of_draft(request: web.Request, campaign: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return await definition_of(request.app[keys.STORE], campaign)
    except BadDraft as bad:
        raise _unprocessable(bad) from bad


async def _definition(
    request: web.Request,
    steps: list[dict[str, Any]],
    sequence: str | None,
    message_class: MessageClass,
    context: Mapping[str, Any],
    campaign: Mapping[str, Any] | None,
) -> dict[str, Any]:
    rows = await ask(request, "templates_named", names=template_names(steps))
    try:
        read = read_steps(steps, {row["name"]: row for row in rows}, tuple(context))
    except BadDraft as bad:
        raise _unprocessable(bad) from bad
    name = sequence or "unpublished"
    title = campaign["title"] if campaign is not None else sequence or "Unpublished steps"
    return Sequence(name, title, read, message_class=message_class, context=tuple(context)).as_json()


def _unprocessable(bad: BadDraft) -> Unprocessable:
    first = bad.problems[0]
    return Unprocessable(str(first), first.path)


def _person(person: Invented | str) -> Mapping[str, Any]:
    if isinstance(person, Invented):
        return person.model_dump(exclude_none=True)
    if person not in PRESETS:
        raise Unprocessable(f"invented: there are: {', '.join(PRESETS)}.", "invented")
    return {"label": person, **PRESETS[person]}
