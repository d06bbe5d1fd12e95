"""Campaigns: who is written to when, by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from aiohttp import web

from sequences.campaigns import (
    activate_campaign,
    channels_of,
    check_campaign,
    definition_of,
    named_filter,
    next_runs,
    send_trial,
)
from sequences.drafting import BadDraft
from sequences.schedules import BadSchedule, read_schedule
from webhooks import keys
from webhooks.access import CALLER, record_act
from webhooks.api.asking import NUMBER, Listing, ask, number_in
from webhooks.api.campaign_answers import (
    ActivatedCampaign,
    Campaign,
    CampaignReport,
    Campaigns,
    Run,
    Runs,
    RunWithMessages,
    Times,
    Tried,
)
from webhooks.api.campaign_forms import (
    Audience,
    CampaignActivation,
    CampaignChanges,
    CampaignListing,
    Copy,
    NewCampaign,
    Trial,
)
from webhooks.api.endpoint import Endpoints
from webhooks.api.link_reports import report_links, unchecked_links
from webhooks.api.revisions import revision_asked
from webhooks.bodies import Body
from webhooks.link_check import CheckedLink
from webhooks.problems import Unprocessable

PATH = "/api/engagement/campaigns"
ONE = f"{PATH}/{NUMBER}"
RUN = r"{run:\d{1,18}}"
EMPTIABLE = ("timezone", "per_minute", "goal")
T = TypeVar("T")


endpoints = Endpoints("Campaigns")


@endpoints.get(PATH)
async def list_(request: web.Request, query: CampaignListing) -> Campaigns:
    """Lists campaigns, newest first."""
    rows: list[Campaign] = await ask(
        request,
        "list_campaigns",
        status=query.status,
        kind=query.kind,
        limit_to=query.limit,
        after=query.after,
    )
    return {"items": rows, "next_after": rows[-1]["id"] if len(rows) == query.limit else None}


@endpoints.post(PATH, status=201)
async def create(request: web.Request, body: NewCampaign) -> Campaign:
    """Drafts a campaign, which does nothing until it is activated.

    docs/campaigns.md says what its kinds are, how their schedules are written, and has examples.
    """
    written = _written(body, body.kind)
    drafted: Campaign = await ask(
        request, "draft_campaign", campaign=written, created_by=request[CALLER].actor
    )
    await record_act(request, "campaign.create", drafted["name"])
    return drafted


@endpoints.get(ONE)
async def show(request: web.Request) -> Campaign:
    """Gives a campaign and how it stands."""
    return await _described(request)


@endpoints.patch(ONE)
async def change(request: web.Request, body: CampaignChanges) -> Campaign:
    """Changes a campaign; what is left out stays.

    A draft may change in everything. One under way may change its title, description, audience, `per_minute`,
    `stale_after` and `goal`; for the rest it is duplicated. If-Match with the ETag of the campaign keeps two
    people from overwriting each other.
    """
    kind = body.kind or (await _described(request))["kind"]
    if body.kind is not None and body.schedule is None:
        raise Unprocessable("schedule: another kind needs another schedule.", "schedule")
    changed: Campaign = await ask(
        request,
        "change_campaign",
        campaign_id=number_in(request),
        changes=_written(body, kind),
        revision=revision_asked(request),
    )
    await record_act(request, "campaign.change", changed["name"], fields=sorted(body.model_fields_set))
    return changed


@endpoints.delete(ONE, status=204)
async def delete(request: web.Request) -> None:
    """Deletes a draft; one that was active is cancelled instead."""
    name = (await _described(request))["name"]
    await ask(request, "delete_campaign", campaign_id=number_in(request), revision=revision_asked(request))
    await record_act(request, "campaign.delete", name)


@endpoints.post(f"{ONE}/activate")
async def activate(request: web.Request, query: CampaignActivation) -> ActivatedCampaign:
    """Lets a draft begin, after all of it was checked: audience, messages, templates, schedule and links.

    Messages of its own are published as the sequence `campaign_NAME`. A link that is broken refuses it,
    unless `force` is given; one that could not be asked within five seconds is named in the answer. With
    `paused`, nobody enters before it is resumed: so that an experiment on it can be started first.
    """
    store, campaign = request.app[keys.STORE], await _described(request)
    unchecked = [] if query.force else await _unchecked_links(request, campaign)
    # What was looked at is what begins.
    revision = revision_asked(request) or campaign["revision"]
    await _readable(activate_campaign(store, campaign["id"], revision, is_paused=query.paused))
    activated = await _acted(request, "activate", **query.noted)
    return {**activated, "unchecked_links": unchecked}


@endpoints.post(f"{ONE}/check")
async def check(request: web.Request) -> CampaignReport:
    """Looks at a draft as its activation would, and asks each link of its messages whether it leads anywhere.

    Missing variables, templates, audiences and times are problems, and so is a link that is broken. At most
    twenty links are asked; private addresses, and links with a value inside, are not.
    """
    problems, links = await check_campaign(request.app[keys.STORE], await _described(request))
    report = await report_links(request, links)
    return {
        "problems": [{"path": each.path, "line": each.line, "message": each.message} for each in problems],
        "links": report,
        "is_fine": not problems and report["is_fine"],
    }


@endpoints.post(f"{ONE}/pause")
async def pause(request: web.Request) -> Campaign:
    """Holds a campaign: nobody more is enrolled, and nothing leaves that is not with a provider yet."""
    return await _moved(request, "pause")


@endpoints.post(f"{ONE}/resume")
async def resume(request: web.Request) -> Campaign:
    """Lets a paused campaign go on: what waited for it leaves now, unless it has become stale."""
    resumed = await _moved(request, "resume")
    request.app[keys.CONTROLLER].wake()
    return resumed


@endpoints.post(f"{ONE}/cancel")
async def cancel(request: web.Request) -> Campaign:
    """Ends a campaign for good; what is being sent at this moment may still arrive."""
    return await _moved(request, "cancel")


@endpoints.post(f"{ONE}/duplicate", status=201)
async def duplicate(request: web.Request, body: Copy) -> Campaign:
    """Makes a draft like it, under another name."""
    drafted: Campaign = await ask(
        request,
        "duplicate_campaign",
        campaign_id=number_in(request),
        name=body.name,
        created_by=request[CALLER].actor,
    )
    await record_act(request, "campaign.duplicate", drafted["name"], of=number_in(request))
    return drafted


@endpoints.get(f"{ONE}/schedule")
async def schedule(request: web.Request) -> Times:
    """Gives the next ten times at which it comes; none for a drip and one that is triggered."""
    rows: Any = await next_runs(request.app[keys.STORE], await _described(request))
    return {"items": rows}


@endpoints.get(f"{ONE}/executions")
async def executions(request: web.Request, query: Listing) -> Runs:
    """Lists its runs, newest first: how many people each saw, enrolled, held out and left out, and why."""
    await _described(request)
    rows: list[Run] = await ask(
        request, "list_campaign_runs", campaign_id=number_in(request), limit_to=query.limit, after=query.after
    )
    last = rows[-1]["id"] if len(rows) == query.limit else None
    return {"items": rows[: query.limit], "next_after": last}


@endpoints.get(f"{ONE}/executions/{RUN}")
async def execution(request: web.Request) -> RunWithMessages:
    """Gives one run, with what became of its messages and why."""
    found: RunWithMessages = await ask(
        request,
        "describe_campaign_run",
        campaign_id=number_in(request),
        run_id=int(request.match_info["run"]),
    )
    return found


@endpoints.post(f"{ONE}/test")
async def try_out(request: web.Request, body: Trial) -> Tried:
    """Sends every message of it now to one user, marked as a trial, which no figure of the campaign counts.

    Refused where the address is suppressed.
    """
    user = await ask(request, "find_user", reference=body.user)
    store = request.app[keys.STORE]
    sending = send_trial(store, number_in(request), user["id"], to=body.to, context=body.context)
    enrollment_id = await _readable(sending)
    request.app[keys.CONTROLLER].wake()
    await record_act(request, "campaign.trial", str(number_in(request)), user=user["id"])
    return {"enrollment_id": enrollment_id}


@endpoints.get(f"{ONE}/audience")
async def audience(request: web.Request) -> dict[str, Any]:
    """Counts its audience as it is now: who can be reached over which channel, and who cannot, and why."""
    campaign = await _described(request)
    definition = await _readable(definition_of(request.app[keys.STORE], campaign))
    named = None if campaign["audience"] is None else named_filter(campaign["audience"])
    counted: dict[str, Any] = await ask(
        request,
        "preview_audience",
        filter=campaign["filter"] if named is None else named,
        message_class=definition["message_class"],
        channels=channels_of(definition),
        sequence=definition["name"],
    )
    return counted


async def _described(request: web.Request) -> Campaign:
    found: Campaign = await ask(request, "describe_campaign", campaign_id=number_in(request))
    return found


async def _moved(request: web.Request, act: str) -> Campaign:
    await ask(request, f"{act}_campaign", campaign_id=number_in(request), revision=revision_asked(request))
    return await _acted(request, act)


async def _acted(request: web.Request, act: str, **details: object) -> Campaign:
    campaign = await _described(request)
    await record_act(request, f"campaign.{act}", campaign["name"], **details)
    return campaign


async def _unchecked_links(request: web.Request, campaign: Campaign) -> list[CheckedLink]:
    """Of a draft that nothing else is in the way of, which the activation tells."""
    problems, links = await check_campaign(request.app[keys.STORE], campaign)
    if problems or campaign["status"] != "draft":
        return []
    return await unchecked_links(request, links, "sequence" if campaign["steps"] is None else "steps")


async def _readable(work: Awaitable[T]) -> T:
    try:
        return await work
    except BadDraft as bad:
        raise Unprocessable(str(bad), bad.problems[0].path) from bad


def _written(body: Body, kind: str) -> dict[str, Any]:
    """As it is stored: what was given, the schedule and the audience in one form."""
    given = body.model_dump(exclude_unset=isinstance(body, CampaignChanges))
    if isinstance(body, CampaignChanges):
        given |= _in_place_of(given)
    if isinstance(chosen := getattr(body, "audience", None), Audience):
        given |= _audience(chosen)
    if given.get("schedule") is not None:
        given["schedule"] = _schedule(kind, given["schedule"])
    return given


def _in_place_of(given: Mapping[str, Any]) -> dict[str, None]:
    """What a change takes away: messages of its own those of a sequence, and the other way round."""
    for name, value in given.items():
        if value is None and name not in EMPTIABLE:
            raise Unprocessable(f"{name}: cannot be empty.", name)
    if "sequence" in given and "steps" in given:
        raise Unprocessable("steps: a campaign has either a sequence or steps of its own.", "steps")
    return {"steps": None} if "sequence" in given else {"sequence": None} if "steps" in given else {}


def _audience(chosen: Audience) -> Mapping[str, Any]:
    if chosen.audience is None:
        return {"audience": None, "filter": chosen.filter}
    if (named := named_filter(chosen.audience)) is None:
        raise Unprocessable(
            f"audience.audience: no audience is named {chosen.audience!r}.", "audience.audience"
        )
    return {"audience": chosen.audience, "filter": named}


def _schedule(kind: str, written: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return read_schedule(kind, written)
    except BadSchedule as bad:
        place = f"schedule.{bad.path}".rstrip(".")
        raise Unprocessable(f"{place}: {bad}.", place) from bad
