"""How the service is, and where the providers call: answered as they are, without the admin's key."""

from typing import Any, Literal, NotRequired

from aiohttp import web
from typing_extensions import TypedDict

from webhooks import health, resend, telegram
from webhooks.api.endpoint import Endpoints


class ProblemNow(TypedDict):
    problem: str
    remedy: str


class DatabaseNow(TypedDict):
    status: Literal["ok", "away"]


class ChannelNow(TypedDict):
    """`why` says why it is off or paused."""

    status: Literal["on", "off", "paused"]
    why: str | None
    blocked_until: str | None


class QueueNow(TypedDict):
    """`age_seconds` is how long the oldest due message has waited. `parked` ones could not be rendered,
    `unknown` ones may or may not have been sent: both wait for a person. `updates_waiting` are updates of
    Telegram, `events_waiting` callbacks and clicks. Null: the database is away.
    """

    due: int | None
    age_seconds: float | None
    sending: int | None
    parked: int | None
    unknown: int | None
    updates_waiting: int | None
    events_waiting: int


class HealthNow(TypedDict):
    status: Literal["ok", "degraded"]
    problems: list[ProblemNow]
    version: str
    database: DatabaseNow
    channels: dict[str, ChannelNow]
    queue: QueueNow
    last_tick: str | None


class ResendEvent(TypedDict):
    """One of Resend's events, such as `email.delivered`; types that we do not know are stored."""

    type: str
    created_at: str
    data: dict[str, Any]


class Received(TypedDict):
    """`unmatched` is not a mail of ours; of what is `stored` there is nothing more to do."""

    verdict: Literal["applied", "duplicate", "unmatched", "stored"]


class Update(TypedDict):
    """An update of the Telegram Bot API, whatever it holds besides."""

    update_id: int
    message: NotRequired[dict[str, Any]]


class Nothing(TypedDict):
    pass


everyone = Endpoints("Service", access="everyone")
from_resend = Endpoints("Providers", access="resend")
from_telegram = Endpoints("Providers", access="telegram")


@everyone.get("/", also={503: HealthNow})
async def look(request: web.Request) -> HealthNow | web.Response:
    """Says how we are, as JSON for monitors and as a page for browsers.

    `problems` says in words why we are `degraded`, each with a remedy. While the database is away the status
    is 503.
    """
    return await health.show(request)


@everyone.get("/metrics", media="text/plain")
async def measure(request: web.Request) -> str | web.Response:
    """Gives everything that is counted, in Prometheus' text format.

    A process without the sidecar answers this and `/` at `METRICS_PORT`.
    """
    return await health.expose(request)


@from_resend.post("/webhooks/resend", takes=ResendEvent)
async def receive(request: web.Request) -> Received | web.Response:
    """Takes Resend's events, signed in the Svix way with one of `RESEND_WEBHOOK_SECRET`.

    Answered after the commit. An event sent again changes nothing, and any order ends in the same state. A
    missing, stale, forged or altered signature is a 401, and nothing is written.
    """
    return await resend.receive(request)


@from_resend.post("/admin/api/email/webhook", takes=ResendEvent)
async def receive_there(request: web.Request) -> Received | web.Response:
    """Takes Resend's events under another address; it needs the signature, not the admin key."""
    return await resend.receive(request)


@from_telegram.post("/webhooks/telegram", takes=Update)
async def update(request: web.Request) -> Nothing | web.Response:
    """Takes Telegram's updates when `TELEGRAM_MODE=webhook`.

    The header has to be `TELEGRAM_WEBHOOK_SECRET`. The raw update is stored before the answer, once per
    `update_id`.
    """
    return await telegram.receive(request)
