"""A visit to the dashboard: the cookie that carries its secret, of which the database has a hash."""

from hashlib import sha256

from aiohttp import web

from channels.signing import BadToken
from webhooks import keys

COOKIE = "tendril_visit"
HOURS = 12


def visit_of(request: web.Request) -> str | None:
    """The secret in the cookie, if we signed it."""
    try:
        return str(request.app[keys.SIGNER].read("visit", request.cookies.get(COOKIE, "")))
    except BadToken:
        return None


def hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
