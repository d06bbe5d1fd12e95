"""The names under which the application keeps its parts."""

from collections.abc import Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry

from channels.signing import Signer
from sequences.controller import NurtureController
from sequences.previewing import Previewer
from storage.store import Store
from webhooks.limits import Limits
from webhooks.metrics import WebhookMetrics
from webhooks.options import Health, OnUpdate, Sender, WebOptions
from webhooks.refusals import RefusedCallbacks
from webhooks.rendering import Pages
from webhooks.writing import EventWriter

OPTIONS = web.AppKey("options", WebOptions)
STORE: web.AppKey[Store] = web.AppKey("store", Store)
SIGNER = web.AppKey("signer", Signer)
CONTROLLER = web.AppKey("controller", NurtureController)
EMAIL: web.AppKey[Sender | None] = web.AppKey("email")
SENDERS: web.AppKey[Mapping[str, Sender]] = web.AppKey("senders")
PREVIEWER = web.AppKey("previewer", Previewer)
REGISTRY = web.AppKey("registry", CollectorRegistry)
METRICS = web.AppKey("metrics", WebhookMetrics)
WRITER = web.AppKey("writer", EventWriter)
PAGES = web.AppKey("pages", Pages)
HEALTH: web.AppKey[Health] = web.AppKey("health")
LIMITS: web.AppKey[Limits | None] = web.AppKey("limits")
REFUSED = web.AppKey("refused", RefusedCallbacks)
ON_UPDATE: web.AppKey[OnUpdate | None] = web.AppKey("on_update")
