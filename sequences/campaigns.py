"""Campaigns as they are begun and looked after: what they say is read, when they come is reckoned.

Who is enrolled when, and in which pages, is the database's business: `tendril.carry_campaigns`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sequences.audiences import load_audiences
from sequences.definition import Content, Sequence, Step
from sequences.drafting import BadDraft, DraftProblem, read_steps, template_names
from sequences.previewing import addresses_in
from sequences.schedules import clock_of, next_times
from storage.store import Store

Row = Mapping[str, Any]
PREFIX = "campaign_"
LONGEST_NAME = 63 - len(PREFIX)
TRIAL = "campaign_trial"
TRIAL_ADDRESS = "trial_address"
_TIMED = ("one_time", "recurring")


async def activate_campaign(
    store: Store, campaign_id: int, revision: int | None = None, *, is_paused: bool = False
) -> Row:
    """Lets a draft begin, or raises BadDraft with all that is in its way."""
    campaign = await store.call("describe_campaign", campaign_id=campaign_id)
    problems: list[DraftProblem] = []
    chosen = _filter(campaign, problems)
    definition = await _own_definition(store, campaign, problems)
    await _look_at_times(store, campaign, problems)
    clock = clock_of(campaign["kind"], campaign["schedule"], campaign["timezone"])
    after = datetime.fromisoformat(await store.call("schedule_start", timezone=clock))
    times = next_times(campaign["kind"], campaign["schedule"], after)
    if problems and campaign["status"] == "draft":
        raise BadDraft(problems)
    activated: Row = await store.call(
        "activate_campaign",
        campaign_id=campaign_id,
        filter=chosen,
        definition=definition,
        upcoming=[each.isoformat() for each in times.upcoming],
        is_rule_over=times.is_over,
        revision=revision,
        is_paused=is_paused,
    )
    return activated


async def check_campaign(store: Store, campaign: Row) -> tuple[list[DraftProblem], list[str]]:
    """What is in the way of its beginning, and the addresses that its words lead to."""
    problems: list[DraftProblem] = []
    _filter(campaign, problems)
    definition = await _own_definition(store, campaign, problems)
    await _look_at_times(store, campaign, problems)
    if definition is None and campaign["sequence"] is not None:
        definition = await store.call("current_definition", sequence=campaign["sequence"])
    if definition is None:
        return problems, []
    brought = {"event"} & campaign["schedule"].keys()
    lacking = [name for name in definition["context"] if not name.endswith("?") and name not in brought]
    if lacking:
        place = "sequence" if campaign["steps"] is None else "steps"
        problems.append(DraftProblem(place, None, f"nobody brings what it needs: {', '.join(lacking)}"))
    steps = Sequence.from_json(definition).steps
    return problems, sorted({address for step in steps for address in addresses_in(step.content)})


async def next_runs(store: Store, campaign: Row, most: int = 10) -> list[Row]:
    """The next times on its clock, with the instants of the first and the last who see it."""
    clock = clock_of(campaign["kind"], campaign["schedule"], campaign["timezone"])
    after = datetime.fromisoformat(await store.call("schedule_start", timezone=clock))
    # The first may be over already for all that there are.
    times = next_times(campaign["kind"], campaign["schedule"], after, most + 2).upcoming
    rows: list[Row] = await store.call(
        "schedule_instants", local_times=[each.isoformat() for each in times], timezone=clock
    )
    return rows[:most]


async def schedule_campaigns(store: Store) -> None:
    """Reckons further times of the rules that have few left."""
    for row in await store.call("campaigns_to_schedule"):
        times = next_times("recurring", row["schedule"], datetime.fromisoformat(row["after"]))
        await store.call(
            "schedule_campaign",
            campaign_id=row["campaign_id"],
            after=row["after"],
            upcoming=[each.isoformat() for each in times.upcoming],
            is_rule_over=times.is_over,
        )


async def carry_campaign(store: Store) -> bool:
    """One piece further; whether there was anything to do, and so messages that may leave."""
    return await store.call("carry_campaigns") is not None


async def tidy_campaign(store: Store) -> bool:
    """A piece of what follows a resumption or a cancel; whether there was any, and so what may leave."""
    return await store.call("tidy_campaign") is not None


async def send_trial(store: Store, campaign_id: int, user_id: str, *, to: str | None, context: Row) -> int:
    """Sends every message of it at once to one user, or their version of it to an address.

    Gives the enrollment; raises BadDraft for messages that cannot be written yet.
    """
    campaign = await store.call("describe_campaign", campaign_id=campaign_id)
    definition = await definition_of(store, campaign)
    lacking = [name for name in definition["context"] if not name.endswith("?") and name not in context]
    if lacking:
        raise BadDraft([DraftProblem("context", None, f"its messages ask for {', '.join(lacking)}")])
    enrolled: int = await store.call(
        "send_campaign_trial",
        definition=trial_of(Sequence.from_json(definition), to_address=to is not None).as_json(),
        user_id=user_id,
        key=f"trial:{uuid4()}",
        context={**context, **({} if to is None else {TRIAL_ADDRESS: to})},
        address=to,
    )
    return enrolled


def trial_of(sequence: Sequence, *, to_address: bool) -> Sequence:
    """The same words, each step at once and whatever the hour, and marked as what they are."""
    fields = (*sequence.context, *([TRIAL_ADDRESS] if to_address else ()))
    steps = tuple(_trial_step(step, to_address) for step in sequence.steps)
    return replace(
        sequence, name=TRIAL, title="A trial of a campaign", message_class="transactional", steps=steps,
        context=fields, trigger=None, exit=None,
    )  # fmt: skip


def channels_of(definition: Row) -> list[str]:
    """Over which its messages may go, the preferred ones first."""
    named = [channel for step in definition["steps"] for channel in step["channels"]]
    return sorted(set(named), key=named.index)


async def definition_of(store: Store, campaign: Row) -> Row:
    """What it would publish, or what its sequence says; raises BadDraft."""
    problems: list[DraftProblem] = []
    definition = await _own_definition(store, campaign, problems)
    if problems:
        raise BadDraft(problems)
    return definition or await store.call("current_definition", sequence=campaign["sequence"])


def named_filter(name: str) -> Row | None:
    audience = load_audiences().get(name)
    return None if audience is None else audience.filter


async def _look_at_times(store: Store, campaign: Row, problems: list[DraftProblem]) -> None:
    if campaign["kind"] in _TIMED and not await next_runs(store, campaign, 1):
        problems.append(DraftProblem("schedule", None, "all its times are over"))


def _filter(campaign: Row, problems: list[DraftProblem]) -> Row:
    if campaign["audience"] is None:
        own: Row = campaign["filter"]
        return own
    chosen = named_filter(campaign["audience"])
    if chosen is None:
        problems.append(DraftProblem("audience", None, f"no audience is named {campaign['audience']!r}"))
    return chosen or {}


async def _own_definition(store: Store, campaign: Row, problems: list[DraftProblem]) -> Row | None:
    """None where the sequence is another's, and where its steps have problems, which are added."""
    if campaign["steps"] is None:
        return None
    # What a behavior event enrolls brings what was noted with it.
    context = ("event",) if "event" in campaign["schedule"] else ()
    templates = await store.call("templates_named", names=template_names(campaign["steps"]))
    try:
        steps = read_steps(campaign["steps"], {row["name"]: row for row in templates}, context)
    except BadDraft as bad:
        problems += bad.problems
        return None
    return Sequence(
        PREFIX + campaign["name"], campaign["title"], steps, campaign["description"],
        campaign["message_class"], context=context,
    ).as_json()  # fmt: skip


def _trial_step(step: Step, to_address: bool) -> Step:
    return Step(
        step.position,
        step.name,
        {channel: _marked(words) for channel, words in step.content.items()},
        ("email",) if to_address else step.channels,
        fallback="none",
        quiet_hours=False,
        recipient=TRIAL_ADDRESS if to_address else None,
    )


def _marked(words: Content) -> Content:
    return replace(
        words,
        subject=None if words.subject is None else f"Trial: {words.subject}",
        body=None if words.body is None else f"*A trial: nobody else got this.*\n\n{words.body}",
    )
