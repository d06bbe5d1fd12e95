"""Who may use the JSON API: whoever shows the admin key, and admins on a visit to the dashboard.

A visit is a cookie, which a browser sends by itself; so what changes something has to come from a page of
ours. Schedulers show a secret of their own.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlsplit

from aiohttp import web

from webhooks import keys
from webhooks.limits import Taken
from webhooks.middleware import Handler
from webhooks.problems import Forbidden, TooMany, Unauthorized
from webhooks.visits import hashed, visit_of

SAFE_METHODS = frozenset({"GET", "HEAD"})
MAY_CHANGE = frozenset({"admin", "owner"})


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is what the audit log calls them."""

    actor: str


CALLER = web.RequestKey("caller", Caller)
TAKEN = web.RequestKey("taken", Taken)


def same_secret(shown: str, expected: str) -> bool:
    """Compares in constant time; header bytes that are no UTF-8 simply differ."""
    return hmac.compare_digest(
        shown.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )


def for_admins(handler: Handler) -> Handler:
    return _for(_admin, handler)


def for_schedulers(handler: Handler) -> Handler:
    return _for(_scheduler, handler)


def _for(known: Callable[[web.Request], Awaitable[Caller]], handler: Handler) -> Handler:
    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        request[CALLER] = await known(request)
        return await handler(request)

    return guarded


async def _admin(request: web.Request) -> Caller:
    if not _shown_key(request):
        return await _visitor(request)
    return _holder(
        request, request.app[keys.OPTIONS].admin_api_key, "admin_api", "A valid admin key is needed."
    )


async def _scheduler(request: web.Request) -> Caller:
    return _holder(
        request, request.app[keys.OPTIONS].cron_secret, "cron", "The value of CRON_SECRET is needed."
    )


def _holder(request: web.Request, expected: str | None, actor: str, needed: str) -> Caller:
    """Of a secret; one that is not set fits nobody."""
    is_right = bool(expected) and same_secret(_shown_key(request), expected or "")
    _spend(request, actor if is_right else _address(request))
    if not is_right:
        raise Unauthorized(needed, scheme="Bearer")
    return Caller(actor)


async def _visitor(request: web.Request) -> Caller:
    visit = visit_of(request)
    _spend(request, f"visit:{hashed(visit)}" if visit else _address(request))
    visitor = visit and await request.app[keys.STORE].call("describe_visit", visit_hash=hashed(visit))
    if not visitor:
        raise Unauthorized("A valid admin key is needed, or a visit to the dashboard.", scheme="Bearer")
    if request.method not in SAFE_METHODS:
        if not is_from_our_page(request):
            raise Forbidden("A visit changes something only from a page of this site.")
        if not MAY_CHANGE.intersection(visitor["roles"]):
            raise Forbidden("Your role lets you look, and change nothing.")
    return Caller(visitor["actor"])


def is_from_our_page(request: web.Request) -> bool:
    """Browsers say it, and no page can make them say otherwise; who says nothing is not believed."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return bool(origin.netloc) and origin.netloc == request.host


def _spend(request: web.Request, who: str) -> None:
    limits = request.app[keys.LIMITS]
    if limits is None:
        return
    request[TAKEN] = taken = limits.take(who, time.monotonic())
    if taken.wait_seconds:
        raise TooMany(taken.wait_seconds)


async def tell_limits(request: web.Request, response: web.StreamResponse) -> None:
    """Also where the answer is an error."""
    if (taken := request.get(TAKEN)) is not None:
        response.headers.update(taken.headers)


def _address(request: web.Request) -> str:
    return f"address:{request.remote}"


def _shown_key(request: web.Request) -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return request.headers.get("X-API-Key") or request.headers.get("X-Admin-Key") or ""


async def record_act(request: web.Request, action: str, subject: str, **details: object) -> None:
    """Every admin act leaves a line in the audit log, with who it was."""
    await request.app[keys.STORE].call(
        "record_audit", actor=request[CALLER].actor, action=action, subject=subject, details=details
    )
