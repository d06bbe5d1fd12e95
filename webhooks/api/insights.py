"""What was found about the population."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from aiohttp import web
from typing_extensions import TypedDict

from insights.patterns import in_words
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.bodies import Body

Measure = Literal["answered", "returned"]
Subject = Literal[
    "channel",
    "hour",
    "weekday",
    "sequence",
    "step",
    "template",
    "mail_provider",
    "language",
    "source",
    "tenure",
]


class PatternListing(Body):
    """`gone` adds those that were found once and are not any more."""

    measure: Measure | None = None
    subject: Subject | None = None
    gone: bool = False


class Pattern(TypedDict):
    """Messages with the same `key` of a subject, against the others over their channel.

    `hits` were answered, or led their people back. `low` and `high` bound the `difference` of the two rates;
    `q_value` is the share of false ones among all that are at least as striking.
    """

    words: str
    measure: Measure
    subject: Subject
    key: str
    channel: str
    messages: int
    people: int
    hits: int
    other_messages: int
    other_people: int
    other_hits: int
    difference: float
    low: float
    high: float
    p_value: float
    q_value: float
    first_found_at: datetime
    found_at: datetime
    gone_at: datetime | None


class Look(TypedDict):
    """Of how many messages of these days of sending, and how many comparisons were made of them."""

    looked_at: datetime
    since: date
    until: date
    messages: int
    people: int
    comparisons: int
    found: int


class Patterns(TypedDict):
    look: Look | None
    items: list[Pattern]


endpoints = Endpoints("Insights")


@endpoints.get("/api/insights/patterns")
async def patterns(request: web.Request, query: PatternListing) -> Patterns:
    """Lists what the latest look at the messages of eight weeks found, the most striking first.

    The process looks once a day; `/api/cron/discover-patterns` looks now. docs/patterns.md says how.
    """
    return await patterns_found(request, query)


async def patterns_found(request: web.Request, query: PatternListing) -> Patterns:
    found: dict[str, Any] = await ask(
        request, "list_patterns", measure=query.measure, subject=query.subject, with_gone=query.gone
    )
    items: Any = [{"words": in_words(row), **row} for row in found["items"]]
    return {"look": found["look"], "items": items}
