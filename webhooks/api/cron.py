"""What a scheduler may set off. The process does all of it by its own clock, for whoever has no other."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from typing_extensions import TypedDict

import insights.patterns
from sequences.pipeline import Drained
from webhooks import keys
from webhooks.access import record_act
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.insights import PatternListing, Patterns, patterns_found


class Told(TypedDict):
    """How many causes admins were told of: each once when it begins, and once when it is over."""

    alerts: int


class Delivered(TypedDict):
    """By channel, what one pass did; `still_due` waits, for a rate budget mostly."""

    channels: Mapping[str, Drained]
    still_due: int


class DeliveredAndFollowed(Delivered):
    """`followed_up`: what the passing of time brought about, such as messages that fell back."""

    followed_up: Mapping[str, int]


endpoints = Endpoints("Cron", access="scheduler")


@endpoints.get("/api/cron/generate-alerts")
@endpoints.post("/api/cron/generate-alerts")
async def generate_alerts(request: web.Request) -> Told:
    """Tells admins of what needs them, such as a channel that is paused or messages that wait."""
    alerts = await ask(request, "raise_alerts")
    if alerts:
        request.app[keys.CONTROLLER].wake()
        await record_act(request, "cron.generate_alerts", "alerts", alerts=alerts)
    return {"alerts": alerts}


@endpoints.get("/api/cron/send-emails")
@endpoints.post("/api/cron/send-emails")
async def send_emails(request: web.Request) -> Delivered:
    """Sends what is due over email."""
    return await _delivered(request, "cron.send_emails", "email")


@endpoints.get("/api/cron/send-notifications")
@endpoints.post("/api/cron/send-notifications")
async def send_notifications(request: web.Request) -> DeliveredAndFollowed:
    """Lets time take effect, and sends what is due over Telegram.

    What nobody answered falls back to the next channel, and pauses end.
    """
    followed_up = await request.app[keys.CONTROLLER].follow_up()
    delivered = await _delivered(request, "cron.send_notifications", "telegram")
    return {**delivered, "followed_up": followed_up.counts}


@endpoints.get("/api/cron/discover-patterns")
@endpoints.post("/api/cron/discover-patterns")
async def discover_patterns(request: web.Request) -> Patterns:
    """Looks for patterns in what became of the messages of eight weeks, and gives what it found.

    A look at the same days finds the same.
    """
    await insights.patterns.discover_patterns(request.app[keys.STORE])
    return await patterns_found(request, PatternListing())


async def _delivered(request: web.Request, action: str, channel: str) -> Delivered:
    """Leaves a line in the audit log where something was done: a scheduler comes each minute."""
    passed = await request.app[keys.CONTROLLER].deliver_due(channel)
    if passed.claimed:
        await record_act(request, action, channel, claimed=passed.claimed)
    return {"channels": passed.channels, "still_due": passed.still_due}
