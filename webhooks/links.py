"""Tracked links: the open pixel and the click redirect.

The person always gets the picture or the page, whatever the database does. A redirect goes only to an
address that stands in a token of our own; a token that was touched leads nowhere.
"""

import base64
import random
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from channels.signing import BadToken, Purpose, Signer
from webhooks import keys
from webhooks.machines import looks_like_a_machine, traces
from webhooks.problems import Missing

PIXEL = base64.b64decode(
    "R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="
)  # 43 bytes, transparent
NEVER_KEPT = {"Cache-Control": "no-store, no-cache, must-revalidate, private", "Pragma": "no-cache"}
PICTURE = {"Content-Type": "image/gif", **NEVER_KEPT}
SCHEMES = frozenset({"http", "https", "tg"})


async def open_pixel(request: web.Request) -> web.Response:
    try:
        tracking_id = read_token(request, "open")
    except Missing:
        return _pixel()
    await _record(request, "opened", tracking_id)
    return _pixel()


async def click(request: web.Request) -> web.Response:
    tracking_id, url = read_token(request, "click")
    if urlsplit(url).scheme.lower() not in SCHEMES:
        raise Missing("This link leads nowhere.")
    await _record(request, "clicked", tracking_id, url=url)
    return web.Response(status=302, headers={"Location": url, **NEVER_KEPT})


async def trap(request: web.Request) -> web.Response:
    """What follows a link that nobody sees follows all. With no content a browser stays where it is."""
    await _record(request, "trapped", read_token(request, "trap"))
    return web.Response(status=204, headers=NEVER_KEPT)


def destination(signer: Signer, url: str) -> str:
    """Where a link leads: a click redirect of ours to the address inside it, any other to itself."""
    _, redirects, token = url.rpartition("/c/")
    try:
        return str(signer.read("click", token)[1]) if redirects else url
    except BadToken:
        return url


def read_token(request: web.Request, purpose: Purpose) -> Any:
    """The payload that we signed into the link, or Missing."""
    try:
        return request.app[keys.SIGNER].read(purpose, request.match_info["token"])
    except BadToken as error:
        raise Missing("This link is not one of ours, or it was changed on the way.") from error


async def _record(request: web.Request, kind: str, tracking_id: str, **details: str) -> None:
    """The time is the storage's clock: it is the only one. What looks like a person may still turn out, by
    when it came and what came with it, to be a machine.
    """
    is_machine = kind == "trapped" or request.method == "HEAD" or looks_like_a_machine(request.headers)
    request.app[keys.METRICS].link(kind, "machine" if is_machine else "person").inc()
    event = {
        "event_id": f"link:{random.getrandbits(128):032x}",  # unique, and no secret
        "source": "link",
        "type": kind,
        "tracking_id": tracking_id,
        "actor": "machine" if is_machine else "human",
        "may_be_machine": True,
        "details": {**traces(request.method, request.headers, request.remote), **details},
    }
    await request.app[keys.WRITER].record_or_postpone(event)


def _pixel() -> web.Response:
    return web.Response(body=PIXEL, headers=PICTURE)
