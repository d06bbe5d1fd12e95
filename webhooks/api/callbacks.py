"""Outgoing webhooks: who is told of what happens here, and how that went."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from webhooks import keys
from webhooks.access import CALLER, record_act
from webhooks.api.asking import NUMBER, Listing, ask, number_in
from webhooks.api.endpoint import Endpoints
from webhooks.bodies import Body
from webhooks.callbacks import open_sender
from webhooks.problems import Unprocessable
from webhooks.receivers import Receivers, Unwanted

SECRET_BYTES = 32
CALLBACK = r"{callback:\d{1,18}}"
EventType = Literal[
    "delivery.sent",
    "delivery.delivered",
    "delivery.opened",
    "delivery.clicked",
    "delivery.failed",
    "delivery.bounced",
    "delivery.complained",
    "conversion.recorded",
    "user.unsubscribed",
]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://crm.example.com/tendril"])]
Events = Annotated[list[EventType], Field(min_length=1, max_length=9)]
Description = Annotated[str, Field(max_length=200)]


class NewWebhook(Body):
    url: Url
    events: Events
    description: Description = ""


class WebhookChanges(Body):
    """What is left out stays. `is_paused: false` begins again, also after too many failures."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    is_paused: bool | None = None


class CallbackListing(Body):
    """Newest first; `after` is the `next_after` of the page before."""

    status: Literal["pending", "delivered", "failed"] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class Webhook(TypedDict):
    """`paused_reason` is admin, failing (for 24 hours) or gone (it said so); `waiting` counts callbacks."""

    id: int
    url: str
    description: str
    events: list[EventType]
    paused_at: datetime | None
    paused_reason: Literal["admin", "failing", "gone"] | None
    failing_since: datetime | None
    succeeded_at: datetime | None
    waiting: int
    created_by: str
    created_at: datetime
    changed_at: datetime


class WebhookWithSecret(Webhook):
    """The secret is shown this once."""

    secret: str


class Webhooks(TypedDict):
    items: list[Webhook]
    next_after: int | None


class Attempt(TypedDict):
    """`status_code` is what was answered; without an answer, `error` says why."""

    at: datetime
    status_code: int | None
    error: str | None
    milliseconds: int


class Callback(TypedDict):
    """`message_id` is the `webhook-id` of every attempt."""

    id: int
    message_id: str
    type: str
    status: Literal["pending", "delivered", "failed"]
    user_id: str | None
    details: dict[str, Any]
    occurred_at: datetime
    created_at: datetime
    ended_at: datetime | None
    next_attempt_at: datetime | None
    attempts: list[Attempt]


class Callbacks(TypedDict):
    items: list[Callback]
    next_after: int | None


class Answered(TypedDict):
    status_code: int | None
    error: str | None
    milliseconds: int


class Resent(TypedDict):
    resent: int


endpoints = Endpoints("Webhooks")


@endpoints.get("/api/webhooks")
async def list_all(request: web.Request, query: Listing) -> Webhooks:
    """Lists who is told of what happens here."""
    items = await ask(request, "list_subscribers", after=query.after, batch=query.limit)
    return {"items": items, "next_after": _next_after(items, query.limit)}


@endpoints.post("/api/webhooks", status=201)
async def create(request: web.Request, body: NewWebhook) -> WebhookWithSecret:
    """Adds an address that is told of these events from now on.

    The answer has the secret with which callbacks are signed, and nothing ever shows it again. Addresses that
    are not of the public internet are refused.
    """
    await _check(request, body.url)
    secret = _new_secret()
    made: Webhook = await ask(
        request,
        "create_subscriber",
        url=body.url,
        events=sorted(set(body.events)),
        description=body.description,
        secret=secret,
        created_by=request[CALLER].actor,
    )
    await record_act(request, "webhook.create", str(made["id"]), url=body.url)
    return {**made, "secret": secret}


@endpoints.get(f"/api/webhooks/{NUMBER}")
async def show(request: web.Request) -> Webhook:
    """Shows one, and whether it answers."""
    shown: Webhook = await ask(request, "describe_subscriber", subscriber_id=number_in(request))
    return shown


@endpoints.patch(f"/api/webhooks/{NUMBER}")
async def change(request: web.Request, body: WebhookChanges) -> Webhook:
    """Changes an address, its events, or whether it is paused.

    While it is paused nothing new is kept for it; what waited before is sent when it begins again, if that is
    within 24 hours.
    """
    if body.url is not None:
        await _check(request, body.url)
    changes = body.model_dump(exclude_none=True)
    changed: Webhook = await ask(
        request, "change_subscriber", subscriber_id=number_in(request), changes=changes
    )
    await record_act(request, "webhook.change", str(changed["id"]), **changes)
    return changed


@endpoints.delete(f"/api/webhooks/{NUMBER}", status=204)
async def delete(request: web.Request) -> None:
    """Deletes one, with the log of what it was told."""
    deleted = await ask(request, "delete_subscriber", subscriber_id=number_in(request))
    await record_act(request, "webhook.delete", str(deleted["id"]), url=deleted["url"])


@endpoints.post(f"/api/webhooks/{NUMBER}/secret")
async def change_secret(request: web.Request) -> WebhookWithSecret:
    """Makes a new secret and shows it this once; the one before signs beside it for 24 hours."""
    secret = _new_secret()
    changed: Webhook = await ask(
        request, "change_subscriber", subscriber_id=number_in(request), changes={"secret": secret}
    )
    await record_act(request, "webhook.change_secret", str(changed["id"]))
    return {**changed, "secret": secret}


@endpoints.post(f"/api/webhooks/{NUMBER}/ping")
async def ping(request: web.Request) -> Answered:
    """Sends a callback of the type "ping" now, also to one that is paused, and says what was answered."""
    callback = await ask(request, "begin_ping", subscriber_id=number_in(request))
    async with open_sender(_receivers(request)) as sender:
        outcome = await sender.send(callback)
    await ask(request, "record_callbacks", outcomes=[outcome])
    await record_act(request, "webhook.ping", str(callback["subscriber_id"]))
    return {
        "status_code": outcome.get("status_code"),
        "error": outcome.get("error"),
        "milliseconds": outcome["milliseconds"],
    }


@endpoints.get(f"/api/webhooks/{NUMBER}/deliveries")
async def list_callbacks(request: web.Request, query: CallbackListing) -> Callbacks:
    """Lists what it was told or will be, with each attempt, for 30 days."""
    items = await ask(
        request,
        "list_callbacks",
        subscriber_id=number_in(request),
        status=query.status,
        before=query.after,
        batch=query.limit,
    )
    return {"items": items, "next_after": _next_after(items, query.limit)}


@endpoints.post(f"/api/webhooks/{NUMBER}/deliveries/{CALLBACK}/resend")
async def resend(request: web.Request) -> Resent:
    """Sends one once more, with the id that it had."""
    callback = int(request.match_info["callback"])
    return await _resend(request, callback_id=callback)


@endpoints.post(f"/api/webhooks/{NUMBER}/resend")
async def resend_failed(request: web.Request) -> Resent:
    """Sends all that failed once more."""
    return await _resend(request)


async def _resend(request: web.Request, **which: int) -> Resent:
    resent = await ask(request, "resend_callbacks", subscriber_id=number_in(request), **which)
    await record_act(request, "webhook.resend", str(number_in(request)), resent=resent, **which)
    return {"resent": resent}


async def _check(request: web.Request, url: str) -> None:
    try:
        await _receivers(request).resolved(url)
    except Unwanted as unwanted:
        raise Unprocessable(f"url: {unwanted}.", "url") from unwanted


def _receivers(request: web.Request) -> Receivers:
    return Receivers(request.app[keys.OPTIONS].webhook_allowed_hosts)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _next_after(items: list[Any], limit: int) -> int | None:
    return int(items[-1]["id"]) if len(items) == limit else None
