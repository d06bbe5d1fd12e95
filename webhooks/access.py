"""Who may use the JSON API: whoever shows the admin key."""

import hmac
from functools import wraps

from aiohttp import web

from webhooks import keys
from webhooks.middleware import Handler
from webhooks.problems import Unauthorized


def same_secret(shown: str, expected: str) -> bool:
    """Compares in constant time; header bytes that are no UTF-8 simply differ."""
    return hmac.compare_digest(
        shown.encode("utf-8", "surrogateescape"), expected.encode("utf-8", "surrogateescape")
    )


def for_admins(handler: Handler) -> Handler:
    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        expected = request.app[keys.OPTIONS].admin_api_key
        if not expected or not same_secret(_shown_key(request), expected):
            raise Unauthorized("A valid admin key is needed.", scheme="Bearer")
        return await handler(request)

    return guarded


def _shown_key(request: web.Request) -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return request.headers.get("X-API-Key") or request.headers.get("X-Admin-Key") or ""


async def record_act(request: web.Request, action: str, subject: str, **details: object) -> None:
    """Every admin act leaves a line in the audit log."""
    await request.app[keys.STORE].call(
        "record_audit", actor="admin_api", action=action, subject=subject, details=details
    )
