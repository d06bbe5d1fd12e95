"""The JSON API of experiments: drafting, beginning, reading out and ending them, and the global holdout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sequences.drafting import BadDraft
from sequences.experiments.experiments import compare, new_links, start_experiment
from sequences.experiments.power import (
    Plan,
    days_needed,
    for_looks,
    people_for_mean,
    people_for_rate,
    smallest_lift_of_mean,
    smallest_lift_of_rate,
)
from sequences.experiments.readout import METRICS, LiftReadout, Readout, read_lift, read_out
from storage.store import Conflict
from webhooks import keys
from webhooks.access import CALLER, record_act
from webhooks.api.asking import NUMBER, ask, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.api.experiment_answers import (
    Assignment,
    Experiment,
    Experiments,
    Holdout,
    PowerReadout,
    StartedExperiment,
)
from webhooks.api.experiment_forms import ExperimentChanges, NewExperiment
from webhooks.api.experiment_picture import picture_of
from webhooks.api.experiment_questions import (
    Ending,
    ExperimentListing,
    LiftQuestion,
    NewHoldout,
    PowerQuestion,
    ReadoutWish,
    WhoseAssignment,
)
from webhooks.api.link_reports import Activation, unchecked_links
from webhooks.api.revisions import revision_asked
from webhooks.bodies import checked
from webhooks.link_check import CheckedLink
from webhooks.problems import Problem, Unprocessable

endpoints = Endpoints("Experiments")


@endpoints.get("/api/experiments")
async def list_all(request: web.Request, query: ExperimentListing) -> Experiments:
    """Lists experiments, newest first."""
    given = query.model_dump(exclude_none=True, exclude={"limit"})
    found = await ask(request, "list_experiments", limit_to=query.limit, **given)
    is_full = len(found) == query.limit
    return {"items": found, "next_after": found[-1]["id"] if is_full else None}


@endpoints.post("/api/experiments", status=201)
async def create(request: web.Request, body: NewExperiment) -> Experiment:
    """Drafts an experiment.

    Nobody is assigned before it is started. Changes that cannot be made to the sequence as it is now are
    refused with their path.
    """
    stored = body.stored()
    await _check_changes(request, stored)
    actor = request[CALLER].actor
    created: Experiment = await ask(request, "create_experiment", experiment=stored, actor=actor)
    await record_act(request, "experiment.create", created["name"])
    return created


@endpoints.get("/api/experiments/power")
async def power(request: web.Request, query: PowerQuestion) -> PowerReadout:
    """Reckons how many people an experiment needs, or what so many can find.

    With `lift`: how many in each variant find it. With `people`: the smallest lift that they find. `a_day` is
    how many enter the sequence in a day, all variants together.
    """
    plan = Plan(query.confidence, query.power, query.variants - 1)
    lift = query.lift if query.people is None else _smallest_lift(query, plan)
    if query.people is None and lift is None:
        raise Unprocessable("lift: give the lift to be found, or people.", "lift")
    people = query.people or _people(query, lift or 0.0, plan)
    return {
        "people": people,
        "people_with_looks": for_looks(people, plan),
        "smallest_lift": lift,
        "days": None if query.a_day is None else days_needed(people, query.variants, query.a_day),
    }


@endpoints.get(f"/api/experiments/{NUMBER}")
async def describe(request: web.Request) -> Experiment:
    """Tells of one experiment."""
    return await _described(request)


@endpoints.patch(f"/api/experiments/{NUMBER}")
async def change(request: web.Request, body: ExperimentChanges) -> Experiment:
    """Changes a draft; of a running experiment only title and hypothesis.

    With `If-Match`, only if nobody has changed it since.
    """
    current = await _described(request)
    changes: Mapping[str, Any] = body.model_dump(exclude_unset=True)
    if current["status"] == "draft":
        stored = checked(NewExperiment, body.over(current)).stored()
        await _check_changes(request, stored)
        changes = stored
    changed: Experiment = await ask(
        request,
        "change_experiment",
        experiment_id=number_in(request),
        changes=changes,
        revision=revision_asked(request),
    )
    await record_act(request, "experiment.change", changed["name"], fields=sorted(body.model_fields_set))
    return changed


@endpoints.delete(f"/api/experiments/{NUMBER}", status=204)
async def delete(request: web.Request) -> None:
    """Deletes a draft; what has begun is kept."""
    current = await _described(request)
    await ask(request, "delete_experiment", experiment_id=number_in(request))
    await record_act(request, "experiment.delete", current["name"])


@endpoints.post(f"/api/experiments/{NUMBER}/start")
async def start(request: web.Request, query: Activation) -> StartedExperiment:
    """Begins it: whoever enters the sequence from now on is assigned.

    Each variant becomes a version of the sequence that is not the current one. A link that is broken in the
    words of a variant refuses it, unless `force` is given; one that could not be asked within five seconds is
    named in the answer.
    """
    store, draft = request.app[keys.STORE], await _described(request)
    unchecked: list[CheckedLink] = []
    try:
        if draft["status"] == "draft" and not query.force:
            unchecked = await unchecked_links(request, await new_links(store, draft), "variants")
        await start_experiment(store, draft["id"])
    except BadDraft as bad:
        raise _unprocessable(bad) from bad
    started = await _described(request)
    await record_act(request, "experiment.start", started["name"], **query.noted)
    return {**started, "unchecked_links": unchecked}


@endpoints.post(f"/api/experiments/{NUMBER}/end")
async def end(request: web.Request, body: Ending) -> Experiment:
    """Ends it, with the winner that the declared rule names, or with none.

    The winner's version becomes the current one of the sequence. Whoever was assigned keeps their version.
    """
    if body.winner is not None:
        _refuse_other_winner(await _read_out(request), body.winner)
    ended: Experiment = await ask(
        request, "end_experiment", experiment_id=number_in(request), winner=body.winner
    )
    await record_act(request, "experiment.end", ended["name"], winner=body.winner)
    return ended


@endpoints.get(f"/api/experiments/{NUMBER}/readout", on_wish=("image/svg+xml",))
async def readout(request: web.Request, query: ReadoutWish) -> Readout | web.Response:
    """Says what has come of each variant so far, and whether one has won.

    With `Accept: image/svg+xml`, a picture of one metric. Only people whose whole time is over are counted.
    Variants are compared with the first one, and with those who were held out, where there are any.
    """
    found = await _read_out(request)
    if "image/svg+xml" not in request.headers.get("Accept", ""):
        return found
    metric = query.metric or (await _described(request))["decision"].get("metric", METRICS[0])
    return web.Response(
        text=picture_of(found, metric), content_type="image/svg+xml", headers={"Cache-Control": "no-store"}
    )


@endpoints.get(f"/api/experiments/{NUMBER}/assignment")
async def assignment(request: web.Request, query: WhoseAssignment) -> Assignment:
    """Says which variant a user has, or would get if they entered now, and what became of their runs."""
    found: Assignment = await ask(
        request, "experiment_assignment", experiment_id=number_in(request), reference=query.user
    )
    return found


@endpoints.get(f"/api/engagement/campaigns/{NUMBER}/lift")
async def lift(request: web.Request) -> LiftReadout:
    """Compares those whom a campaign wrote to with those who were held out, by itself or by all campaigns.

    Everybody counts from the first time that the campaign would have written to them, and only once their
    whole time is over.
    """
    return read_lift(await ask(request, "measure_lift", campaign_id=number_in(request)))


@endpoints.get("/api/holdout")
async def get_holdout(request: web.Request) -> Holdout:
    """Says which share of everybody no campaign writes to."""
    found: Holdout = await ask(request, "get_holdout")
    return found


@endpoints.get("/api/holdout/lift")
async def global_lift(request: web.Request, query: LiftQuestion) -> LiftReadout:
    """Compares those whom campaigns wrote to, all of them together, with the global holdout.

    Everybody counts from the first time since the holdout has its share that a campaign meant them. What
    holds one of them back from a single campaign changes nothing: they are among those written to.
    """
    goal = query.model_dump(exclude_none=True)
    return read_lift(await ask(request, "measure_lift", goal=goal))


@endpoints.put("/api/holdout")
async def put_holdout(request: web.Request, body: NewHoldout) -> Holdout:
    """Sets the share of everybody that no campaign writes to, so that all campaigns are measured together.

    It holds for whom campaigns enroll from now on; transactional messages reach everybody.
    """
    kept: Holdout = await ask(request, "set_holdout", **body.model_dump(exclude_none=True))
    await record_act(request, "holdout.set", "everybody", share=body.share)
    return kept


async def _described(request: web.Request) -> Experiment:
    found: Experiment = await ask(request, "describe_experiment", experiment_id=number_in(request))
    return found


async def _read_out(request: web.Request) -> Readout:
    experiment = await _described(request)
    return read_out(experiment, await ask(request, "experiment_outcomes", experiment_id=experiment["id"]))


async def _check_changes(request: web.Request, stored: Mapping[str, Any]) -> None:
    """A campaign that has not been activated has no messages yet; then it is the start that checks."""
    try:
        await compare(request.app[keys.STORE], stored)
    except BadDraft as bad:
        raise _unprocessable(bad) from bad
    except Conflict:
        return


def _unprocessable(bad: BadDraft) -> Unprocessable:
    first = bad.problems[0]
    return Unprocessable(str(first), first.path)


def _refuse_other_winner(found: Readout, winner: str) -> None:
    verdict = found.verdict
    if verdict.winner == winner:
        return
    reason = f"that is {verdict.winner}" if verdict.winner else " ".join(verdict.waits_for)
    raise Problem(
        409, "conflict", f"Only who wins by the declared rule is a winner: {reason}", field="winner"
    )


def _people(query: PowerQuestion, lift: float, plan: Plan) -> int:
    try:
        if query.rate is not None:
            return people_for_rate(query.rate, lift, plan)
        return people_for_mean(*_mean_of(query), lift, plan)
    except ValueError as error:
        raise Unprocessable(f"lift: {error}.", "lift") from error


def _smallest_lift(query: PowerQuestion, plan: Plan) -> float | None:
    people = query.people or 0
    if query.rate is not None:
        return smallest_lift_of_rate(query.rate, people, plan)
    return smallest_lift_of_mean(*_mean_of(query), people, plan)


def _mean_of(query: PowerQuestion) -> tuple[float, float]:
    if query.mean is None or query.deviation is None:
        raise Unprocessable("rate: give a rate, or a mean and its deviation.", "rate")
    return query.mean, query.deviation
