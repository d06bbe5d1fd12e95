"""The dashboard's door, and its first room.

A link from the bot is used up by a press (POST), so that whoever only looks at links does not. It begins
a visit: its secret lies in a signed cookie, out of reach of scripts and other sites; the database has a hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from sequences.reasons import in_words
from webhooks import keys
from webhooks.links import read_token
from webhooks.middleware import Handler
from webhooks.visits import COOKIE, HOURS, hashed, visit_of

Visitor = Mapping[str, Any]
Room = Callable[[web.Request, Visitor], Awaitable[web.StreamResponse]]


def for_visitors(room: Room) -> Handler:
    """Only for admins whose visit goes on; others are told where the door is."""

    @wraps(room)
    async def guarded(request: web.Request) -> web.StreamResponse:
        visit = visit_of(request)
        visitor = await _ask(request, "describe_visit", visit_hash=hashed(visit)) if visit else None
        if visitor is None:
            return request.app[keys.PAGES].answer("dashboard_closed.html", status=401)
        return await room(request, visitor)

    return guarded


async def show_door(request: web.Request) -> web.Response:
    read_token(request, "dashboard")
    return request.app[keys.PAGES].answer("dashboard_door.html")


async def enter(request: web.Request) -> web.Response:
    token, visit = read_token(request, "dashboard"), secrets.token_urlsafe(32)
    outcome = await _ask(
        request, "begin_visit", token_hash=hashed(token), visit_hash=hashed(visit), lasts=f"{HOURS} hours"
    )
    if outcome != "open":
        return request.app[keys.PAGES].answer("dashboard_refused.html", status=410, outcome=outcome)
    response = _elsewhere("../admin")
    response.set_cookie(
        COOKIE,
        request.app[keys.SIGNER].sign("visit", visit),
        max_age=HOURS * 3600,
        httponly=True,
        samesite="Strict",
        secure=request.app[keys.OPTIONS].is_https,
    )
    return response


async def overview(request: web.Request, visitor: Visitor) -> web.Response:
    now = await _ask(request, "dashboard_overview")
    zone = ZoneInfo(visitor["timezone"])
    failures = [
        each | {"reason_in_words": _why(each), "at": _local(_when(each), zone)} for each in now["failures"]
    ]
    acts = [each | {"at": _local(each["at"], zone)} for each in now["acts"]]
    return request.app[keys.PAGES].answer(
        "dashboard.html",
        visitor=visitor,
        now=now | {"failures": failures, "acts": acts},
        channels={name: in_words(state["paused_reason"]) for name, state in now["queue"]["channels"].items()},
        until=_local(visitor["until"], zone),
    )


async def leave(request: web.Request) -> web.Response:
    """Also where the visit is over already: whoever leaves has left."""
    if visit := visit_of(request):
        await _ask(request, "end_visit", visit_hash=hashed(visit))
    response = _elsewhere("../admin")
    response.del_cookie(COOKIE)
    return response


async def _ask(request: web.Request, operation: str, **arguments: Any) -> Any:
    return await request.app[keys.STORE].call(operation, **arguments)


def _elsewhere(path: str) -> web.Response:
    """Relative, because PUBLIC_URL may have a path of its own."""
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def _why(delivery: Mapping[str, Any]) -> str:
    return in_words(delivery["failure_reason"] or delivery["reason"]) or "no reason was noted"


def _when(delivery: Mapping[str, Any]) -> str:
    return str(delivery["failed_at"] or delivery["sent_at"] or delivery["scheduled_at"])


def _local(moment: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%a %-d %b, %H:%M}"
