"""Resend's callbacks: verified on the raw bytes, normalized, committed, and only then answered.

`svix-id` stays the same when an event is sent again, so it is the event's id and a repetition changes
nothing.
"""

import json
import time
from functools import cache

from aiohttp import web

from channels.signing import BadSignature, verify_webhook
from storage.store import StorageError
from webhooks import keys
from webhooks.bodies import parse_object
from webhooks.links import destination
from webhooks.problems import Problem, Unauthorized
from webhooks.resend_events import FAILURES, as_delivery_event

UNFIT = {"no_match", "too_old", "too_new"}  # what is worth an alert: the rest is no callback at all
HEADERS = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


async def receive(request: web.Request) -> web.Response:
    raw = await request.read()
    try:
        _verify(request, raw)
        event = as_delivery_event(request.headers["svix-id"], parse_object(raw))
        if url := event["details"].get("url"):
            event["details"]["url"] = destination(request.app[keys.SIGNER], url)
        recorded = await request.app[keys.WRITER].record(event)
    except (Problem, StorageError) as error:
        _count(request, _verdict_of(error))
        raise
    _count(request, recorded.verdict)
    if recorded.fell_back_to:
        request.app[keys.CONTROLLER].came_back("email", recorded.fell_back_to)
    elif event["type"] in FAILURES and recorded.verdict == "applied":
        request.app[keys.CONTROLLER].wake()  # the next step may be due now
    return web.Response(body=_body(recorded.verdict), headers=HEADERS)


@cache
def _body(verdict: str) -> bytes:
    """There are four."""
    return json.dumps({"verdict": verdict}).encode()


class Forged(Unauthorized):
    def __init__(self, verdict: str) -> None:
        super().__init__("The signature does not fit.")
        self.verdict = verdict


def _verify(request: web.Request, raw: bytes) -> None:
    secrets = request.app[keys.OPTIONS].resend_webhook_secrets
    if not secrets:
        raise Forged("not_configured")
    try:
        verify_webhook(secrets, request.headers, raw, time.time())
    except BadSignature as error:
        if error.reason in UNFIT:
            request.app[keys.REFUSED].count("resend")
        raise Forged(error.reason) from error


def _verdict_of(error: Problem | StorageError) -> str:
    match error:
        case Forged():
            return error.verdict
        case Problem():
            return "malformed"
        case _:
            return "not_stored"


def _count(request: web.Request, verdict: str) -> None:
    request.app[keys.METRICS].verdict("resend", verdict).inc()
