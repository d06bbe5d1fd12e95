"""Who is likely to drop off, how many they are, and why."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.bodies import Body

Percent = Annotated[float, Field(ge=0, le=100)]


class RiskQuery(Body):
    threshold: Annotated[Percent, Field(description="Those whose risk is at least so high.")] = 60
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[UUID, Field(description="The `next_after` of the page before.")] | None = None


class Reason(TypedDict):
    """`value` is that of the signal; the signals are in docs/risk.md."""

    signal: str
    value: float | None
    words: str
    words_de: str


class AtRisk(TypedDict):
    """`risk`, `weekly` and `monthly`: per cent, that nothing is done in the coming 14, 7 and 30 days.

    `confidence` is from 0 to 1. `interventions` are kinds of messages that fit, the best first. `model` is
    `rules`, or `learned:` and a number. `rose_at` is when the risk last rose over 60.
    """

    user_id: str
    external_id: str | None
    name: str | None
    last_active_at: str | None
    risk: float
    weekly: float
    monthly: float
    confidence: float
    band: Literal["low", "medium", "high", "critical"]
    reasons: list[Reason]
    interventions: list[str]
    model: str
    calculated_at: str
    rose_at: str | None


class RiskStats(TypedDict):
    """Of those at or above the threshold; `percentage` is their share of all whose risk is `known`."""

    total: int
    critical: int
    high: int
    medium: int
    known: int
    percentage: float


class RiskPage(TypedDict):
    items: list[AtRisk]
    stats: RiskStats
    next_after: str | None


endpoints = Endpoints("Engagement")


@endpoints.get("/api/engagement/at-risk")
async def at_risk(request: web.Request, query: RiskQuery) -> RiskPage:
    """Lists who is likely to drop off, the highest risk first, with the reasons in words."""
    after = str(query.after) if query.after else None
    found: Any = await ask(
        request, "list_at_risk", threshold=query.threshold, limit_to=query.limit, after_user=after
    )
    page: RiskPage = found
    return page
