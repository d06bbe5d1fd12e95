"""The sidecar, put together. The routes below are all there are, and docs/ describes each."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from prometheus_client import CollectorRegistry

from channels.signing import Signer, webhook_key
from sequences.controller import NurtureController
from sequences.previewing import Previewer
from sequences.rendering import Brand
from storage.store import Store
from webhooks import (
    actions,
    confirmation,
    dashboard,
    health,
    keys,
    links,
    preferences,
    unsubscribe,
    wishes,
)
from webhooks.access import tell_limits
from webhooks.api import document
from webhooks.api.resources import api_routes
from webhooks.limits import Limits
from webhooks.metrics import WebhookMetrics
from webhooks.middleware import MAX_BODY, answering, guarded, identified
from webhooks.options import Health, OnUpdate, Sender, WebOptions
from webhooks.refusals import RefusedCallbacks
from webhooks.rendering import Pages
from webhooks.writing import EventWriter

STOP_SECONDS = 5.0  # for writing what is still queued


def build_app(
    options: WebOptions,
    store: Store,
    signer: Signer,
    controller: NurtureController,
    email_channel: Sender | None,
    registry: CollectorRegistry,
    health: Health,
    on_update: OnUpdate | None = None,
    *,
    telegram_channel: Sender | None = None,
    previewer: Previewer | None = None,
) -> web.Application:
    """Serve it with `access_log=None`: paths carry tokens, and `identified` logs the patterns instead.

    ValueError if a webhook secret is not one.
    """
    for secret in options.resend_webhook_secrets:
        webhook_key(secret)
    app = web.Application(middlewares=[identified, guarded, answering], client_max_size=MAX_BODY)
    metrics = WebhookMetrics(registry)
    app[keys.OPTIONS] = options
    app[keys.STORE] = store
    app[keys.SIGNER] = signer
    app[keys.CONTROLLER] = controller
    app[keys.EMAIL] = email_channel
    senders = {"email": email_channel, "telegram": telegram_channel}
    app[keys.SENDERS] = {name: sender for name, sender in senders.items() if sender is not None}
    app[keys.PREVIEWER] = previewer or Previewer(Brand(options.brand_name, options.email_from or ""), "")
    app[keys.REGISTRY] = registry
    app[keys.METRICS] = metrics
    app[keys.WRITER] = EventWriter(store, metrics, capacity=options.event_capacity)
    app[keys.LIMITS] = Limits(options.api_per_second) if options.api_per_second else None
    app[keys.REFUSED] = RefusedCallbacks(store)
    app[keys.PAGES] = Pages(options.brand_name, options.brand_url)
    app[keys.HEALTH] = health
    app[keys.ON_UPDATE] = on_update
    app.add_routes(routes())
    app.on_response_prepare.append(tell_limits)
    app.cleanup_ctx.extend([_writing, _telling_of_refusals])
    return app


def build_monitor(
    brand_name: str,
    store: Store,
    controller: NurtureController,
    registry: CollectorRegistry,
    health: Health,
) -> web.Application:
    """Only health and metrics, for a process without the sidecar."""
    app = web.Application(middlewares=[guarded, answering], client_max_size=MAX_BODY)
    app[keys.STORE] = store
    app[keys.CONTROLLER] = controller
    app[keys.REGISTRY] = registry
    app[keys.PAGES] = Pages(brand_name, None)
    app[keys.HEALTH] = health
    app.add_routes(_monitoring())
    return app


def _monitoring() -> list[web.RouteDef]:
    return [web.get("/", health.show), web.get("/metrics", health.expose)]


def routes() -> list[web.RouteDef]:
    return [*_for_people(), *api_routes(), *document.routes(), *_for_visitors()]


def _for_people() -> list[web.RouteDef]:
    return [
        web.get("/o/{token}", links.open_pixel),
        web.get("/c/{token}", links.click),
        web.get("/t/{token}", links.trap),
        web.get("/u/{token}", unsubscribe.show),
        web.post("/u/{token}", unsubscribe.act),
        web.get("/p/{token}", preferences.show),
        web.post("/p/{token}", preferences.act),
        web.get("/w/{token}", wishes.show),
        web.post("/w/{token}", wishes.act),
        web.get("/confirm/{token}", confirmation.show),
        web.post("/confirm/{token}", confirmation.act),
        web.get("/a/{token}", actions.show),
        web.post("/a/{token}", actions.act),
    ]


def _for_visitors() -> list[web.RouteDef]:
    """`leave` before the door, whose pattern it would fit."""
    return [
        web.get("/admin", dashboard.for_visitors(dashboard.overview)),
        web.post("/admin/leave", dashboard.leave),
        web.get("/admin/{token}", dashboard.show_door),
        web.post("/admin/{token}", dashboard.enter),
    ]


async def _writing(app: web.Application) -> AsyncIterator[None]:
    writer = app[keys.WRITER]
    task = asyncio.create_task(writer.run(), name="event-writer")
    yield
    await writer.finish(STOP_SECONDS)
    task.cancel()
    await asyncio.wait([task])


async def _telling_of_refusals(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[keys.REFUSED].run(), name="refused-callbacks")
    yield
    task.cancel()
    await asyncio.wait([task])
