"""Leaving: GET shows the choices, POST acts. The same address is the one-click address of RFC 8058.

Links never expire: who finds the mail after years can still leave.
"""

import re
from typing import Literal
from urllib.parse import parse_qs

from aiohttp import web

from storage.store import NotFound
from webhooks import keys
from webhooks.links import read_token
from webhooks.problems import Missing, Unprocessable

Scope = Literal["channel", "everything"]

_ONE_CLICK = re.compile(rb"list-unsubscribe.{0,200}one-click", re.IGNORECASE | re.DOTALL)


async def show(request: web.Request) -> web.Response:
    tracking_id = read_token(request, "unsubscribe")
    try:
        subscription = await request.app[keys.STORE].call("describe_unsubscribe", tracking_id=tracking_id)
    except NotFound as error:
        raise _gone() from error
    return request.app[keys.PAGES].answer(
        "unsubscribe.html",
        locale=subscription["locale"],
        subscription=subscription,
        settings=request.app[keys.SIGNER].sign("preferences", tracking_id),
    )


async def act(request: web.Request) -> web.Response:
    tracking_id = read_token(request, "unsubscribe")
    raw = await request.read()
    is_one_click = _ONE_CLICK.search(raw) is not None
    scope: Scope = "channel" if is_one_click else _chosen_scope(raw)
    source = "one_click" if is_one_click else "page"
    try:
        left = await request.app[keys.STORE].call(
            "unsubscribe", tracking_id=tracking_id, scope=scope, source=source
        )
    except NotFound as error:
        raise _gone() from error
    if is_one_click:
        return web.Response(status=200)
    return request.app[keys.PAGES].answer(
        "unsubscribed.html", locale=left["locale"], scope=scope, channel=left["channel"]
    )


def _chosen_scope(raw: bytes) -> Scope:
    """No choice means the smaller one; the page always sends one."""
    match parse_qs(raw.decode("latin-1")).get("scope", ["channel"]):
        case ["channel"]:
            return "channel"
        case ["everything"]:
            return "everything"
        case _:
            raise Unprocessable("scope is channel or everything.", "scope")


def _gone() -> Missing:
    return Missing("We no longer know the message that this link came from.")
