"""Messages because of a risk: which are there, for whom, sending them, and what they brought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from aiohttp import web

from sequences.audiences import load_audiences
from sequences.definition import Sequence
from sequences.drafting import BadDraft
from sequences.experiments.statistics import Interval, Proportion
from sequences.interventions import Effect, Interventions, because, effects_by, one_message, sayable_templates
from sequences.previewing import addresses_in
from webhooks import keys
from webhooks.access import CALLER, record_act
from webhooks.api.asking import NUMBER, ask, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.api.intervention_forms import (
    CameBack,
    Days,
    DescribedIntervention,
    DescribedInterventions,
    Effectiveness,
    Intervention,
    InterventionListing,
    MeasuredEffect,
    Message,
    NewIntervention,
    Preview,
    RecommendationListing,
    Recommendations,
    Targeting,
    Task,
    TaskAnswer,
    TaskListing,
    Tasks,
    TemplateLine,
    TemplateLines,
    TemplateListing,
)
from webhooks.api.link_reports import Activation, unchecked_links
from webhooks.bodies import answer
from webhooks.link_check import CheckedLink
from webhooks.problems import Missing, Unprocessable

endpoints = Endpoints("Interventions")


@endpoints.get("/api/interventions/templates")
async def templates(request: web.Request, query: TemplateListing) -> TemplateLines:
    """Lists the templates that an intervention can say, oldest first."""
    rows = await ask(request, "list_templates", type=query.type, limit_to=query.limit, after_id=query.after)
    lines: list[TemplateLine] = [{key: row[key] for key in TemplateLine.__annotations__} for row in rows]  # type: ignore[misc]
    return {"items": lines, "next_after": lines[-1]["id"] if len(lines) == query.limit else None}


@endpoints.get("/api/interventions/recommendations")
async def recommendations(request: web.Request, query: RecommendationListing) -> Recommendations:
    """Says what one would do for each of those at risk, and why, by their risk and by what has worked.

    Whoever had an intervention within seven days is left out.
    """
    templates = await sayable_templates(request.app[keys.STORE])
    page = await ask(
        request,
        "intervention_candidates",
        filter=_named_filter(query.audience) if query.audience else None,
        ways=[{"type": kind} for kind in templates],
        after_user=str(query.after) if query.after else None,
        most=query.limit,
    )
    items = [
        row
        | {
            "why": because(row["risk"], row["reasons"]),
            "template": templates[row["type"]]["name"] if row["type"] in templates else None,
        }
        for row in page["items"]
    ]
    return {"items": items, "next_after": page["next_after"]}


@endpoints.get("/api/interventions")
async def listed(request: web.Request, query: InterventionListing) -> DescribedInterventions:
    """Lists interventions, newest first: for whom, why, what was sent and what came of it."""
    user = await ask(request, "find_user", reference=query.user) if query.user else {"id": None}
    rows = await ask(
        request,
        "list_interventions",
        status=query.status,
        type=query.type,
        user_id=user["id"],
        is_held_out=query.is_held_out,
        limit_to=query.limit,
        after_id=query.after,
    )
    items = [_described(row) for row in rows]
    return {"items": items, "next_after": items[-1]["id"] if len(items) == query.limit else None}


@endpoints.get("/api/interventions/effectiveness")
async def effectiveness(request: web.Request, query: Days) -> Effectiveness:
    """Compares how many came back within seven days: of those meant to get something, and of those held out.

    Both were drawn by chance, so the difference is what the interventions bring. Everybody counts from the
    moment of the decision, whether or not the message arrived. What admins chose is left out.
    """
    found = await ask(request, "intervention_outcomes", days=query.days)
    rows = found["rows"]
    return {
        **{key: found[key] for key in ("mode", "threshold", "holdout", "suggested", "tasks")},  # type: ignore[typeddict-item]
        "days": query.days,
        "under_way": sum(row["under_way"] for row in rows),
        "all": _measured(Effect.of(rows)),
        "by_type": {name: _measured(effect) for name, effect in effects_by(rows, "type").items()},
        "by_band": {name: _measured(effect) for name, effect in effects_by(rows, "band").items()},
    }


@endpoints.get("/api/interventions/outreach")
async def tasks(request: web.Request, query: TaskListing) -> Tasks:
    """Lists what people are asked to do: get in touch with somebody; the oldest first."""
    rows: list[Task] = await ask(
        request, "list_outreach", is_open=query.is_open, limit_to=query.limit, after_id=query.after
    )
    return {"items": rows, "next_after": rows[-1]["id"] if len(rows) == query.limit else None}


@endpoints.post(f"/api/interventions/outreach/{NUMBER}")
async def answer_task(request: web.Request, body: TaskAnswer) -> Task:
    """Keeps what became of a task. One that is over already stays as it is: 409."""
    kept: Task = await ask(
        request,
        "decide_outreach",
        task_id=number_in(request),
        answer=body.answer,
        actor=request[CALLER].actor,
    )
    return kept


@endpoints.post(f"/api/interventions/{NUMBER}/approve")
async def approve(request: web.Request) -> DescribedIntervention:
    """Begins an intervention that was only suggested."""
    return await _decided(request, is_approved=True)


@endpoints.post(f"/api/interventions/{NUMBER}/dismiss")
async def dismiss(request: web.Request) -> DescribedIntervention:
    """Drops an intervention that was only suggested."""
    return await _decided(request, is_approved=False)


@endpoints.post("/api/interventions/preview_targeting")
async def preview_targeting(request: web.Request, body: Targeting) -> Preview:
    """Counts whom an intervention would reach now; nothing is sent. Without an audience: everybody."""
    plan = _plan(await _template(request, body), body)
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
async def create(
    request: web.Request, query: Activation, body: NewIntervention
) -> Intervention | web.Response:
    """Sends a message to one user, or to an audience as a campaign that begins within a minute.

    The policy gate stands before it as before everything: consent, quiet hours, limits. A link that is broken
    refuses it, unless `force` is given; one that could not be asked within five seconds is named in the
    answer. 200 instead of 201 says that the user has it under way already, under this `key`.
    """
    template = await _template(request, body)
    plan = _plan(template, body)
    if body.user_id is None:
        return await _to_audience(request, query, body, plan)
    return await _to_one(request, query, body, body.user_id, plan, template["type"])


async def _to_one(
    request: web.Request, query: Activation, body: NewIntervention, user_id: str, plan: Sequence, kind: str
) -> web.Response:
    if lacking := [field for field in _needed(plan) if body.context.get(field) is None]:
        raise Unprocessable(f'context: the template needs "{lacking[0]}".', "context")
    await ask(request, "find_user", reference=user_id)  # before anything is written down
    unchecked = await _unchecked(request, query, plan)
    await ask(request, "publish_sequence", definition=plan.as_json())
    enrolled = await request.app[keys.CONTROLLER].trigger(
        user_id, plan.name, key=body.key, context=body.context, source="intervention"
    )
    if enrolled.created:
        await ask(
            request,
            "note_intervention",
            enrollment_id=enrolled.enrollment_id,
            type=kind,
            actor=request[CALLER].actor,
        )
    await record_act(
        request, "intervention.create", str(enrolled.enrollment_id), sequence=plan.name, **query.noted
    )
    made = Intervention(
        sequence=plan.name,
        created=enrolled.created,
        user_id=enrolled.user_id,
        enrollment_id=enrolled.enrollment_id,
        first_due_at=enrolled.first_due_at,
        campaign_id=None,
        unchecked_links=unchecked,
    )
    return answer(made, status=201 if enrolled.created else 200)


async def _to_audience(
    request: web.Request, query: Activation, body: NewIntervention, plan: Sequence
) -> Intervention:
    if needed := _needed(plan):
        message = f'template: it needs "{needed[0]}", which differs from user to user: send it one by one.'
        raise Unprocessable(message, "template")
    filter_ = _filter(body)
    unchecked = await _unchecked(request, query, plan)
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
    await record_act(
        request, "intervention.create", f"campaign:{drafted['id']}", sequence=plan.name, **query.noted
    )
    return Intervention(
        sequence=plan.name,
        created=True,
        user_id=None,
        enrollment_id=None,
        first_due_at=begins,
        campaign_id=drafted["id"],
        unchecked_links=unchecked,
    )


async def _unchecked(request: web.Request, query: Activation, plan: Sequence) -> list[CheckedLink]:
    if query.force:
        return []
    links = sorted({address for step in plan.steps for address in addresses_in(step.content)})
    return await unchecked_links(request, links, "template")


def _needed(plan: Sequence) -> list[str]:
    return [field for field in plan.context if not field.endswith("?")]


async def _next_minute(request: web.Request) -> datetime:
    """A campaign's time lies ahead when it is activated, and has no seconds."""
    now = datetime.fromisoformat(await ask(request, "clock")).astimezone(UTC)
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


async def _decided(request: web.Request, *, is_approved: bool) -> DescribedIntervention:
    decided = await ask(
        request,
        "decide_intervention",
        intervention_id=number_in(request),
        is_approved=is_approved,
        actor=request[CALLER].actor,
        ways=await Interventions(request.app[keys.STORE]).ways() if is_approved else [],
    )
    request.app[keys.CONTROLLER].wake()
    return _described(decided)


def _described(row: Mapping[str, Any]) -> DescribedIntervention:
    whole = {**row, "why": because(row["risk"], row["reasons"])}
    return {key: whole[key] for key in DescribedIntervention.__annotations__}  # type: ignore[return-value]


def _measured(effect: Effect) -> MeasuredEffect:
    treated, held_out = effect.intervals
    found = effect.comparison
    return {
        "treated": _came_back(effect.treated, treated),
        "held_out": _came_back(effect.held_out, held_out),
        "compared": None
        if found is None
        else {
            "difference": found.difference,
            "interval": [found.interval.low, found.interval.high],
            "p_value": found.p_value,
            "lift": found.lift,
        },
    }


def _came_back(share: Proportion, interval: Interval) -> CameBack:
    return {
        "people": share.n,
        "came_back": share.successes,
        "rate": share.rate if share.n else None,
        "interval": [interval.low, interval.high] if share.n else None,
    }


async def _template(request: web.Request, body: Message) -> Mapping[str, Any]:
    name = body.template
    if name is None:
        found = await ask(request, "list_templates", type=body.type, limit_to=1)
        if not found:
            raise Missing(f'There is no template of the type "{body.type}".')
        name = found[0]["name"]
    rows = await ask(request, "templates_named", names=[name])
    if not rows:
        raise Missing(f'There is no template "{name}".')
    template: Mapping[str, Any] = rows[0]
    return template


def _plan(template: Mapping[str, Any], body: Message) -> Sequence:
    try:
        return one_message(template, body.channels)
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
