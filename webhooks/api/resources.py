"""All resources of the JSON API, in the order in which they are described."""

from __future__ import annotations

from aiohttp import web

from webhooks.api import (
    analytics,
    audiences,
    behavior,
    callbacks,
    campaigns,
    cron,
    email,
    experiments,
    game,
    insights,
    interventions,
    leaderboard,
    messages,
    nurture,
    people,
    profile,
    rebuilding,
    risks,
    scores,
    service,
    simulation,
    templates,
)
from webhooks.api.endpoint import Endpoint

RESOURCES = (
    nurture.endpoints,
    people.endpoints,
    behavior.endpoints,
    profile.endpoints,
    scores.endpoints,
    risks.endpoints,
    game.endpoints,
    leaderboard.endpoints,
    email.endpoints,
    interventions.endpoints,
    templates.endpoints,
    audiences.endpoints,
    cron.endpoints,
    campaigns.endpoints,
    messages.endpoints,
    experiments.endpoints,
    simulation.endpoints,
    analytics.endpoints,
    rebuilding.endpoints,
    insights.endpoints,
    callbacks.endpoints,
    service.everyone,
    service.from_resend,
    service.from_telegram,
)


def all_endpoints() -> list[Endpoint]:
    return [endpoint for endpoints in RESOURCES for endpoint in endpoints]


def api_routes() -> list[web.RouteDef]:
    return [endpoint.route() for endpoint in all_endpoints()]
