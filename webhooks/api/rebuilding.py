"""All figures counted anew: begun here, carried on by the process, and watched."""

from __future__ import annotations

from aiohttp import web

from sequences.rebuilding import Rebuild, begin_rebuild, latest_rebuild
from webhooks import keys
from webhooks.access import record_act
from webhooks.api.endpoint import Endpoints
from webhooks.problems import Missing

PATH = "/api/engagement/analytics/rebuild"

endpoints = Endpoints("Analytics")


@endpoints.post(PATH, status=202)
async def begin(request: web.Request) -> Rebuild:
    """Begins to count everything anew, in pages, while figures are told and messages recorded as ever.

    While that is under way this answers how far it is and begins nothing. Never needed while the sums follow
    the ledger by themselves; after somebody changed tables by hand it is.
    """
    rebuild, is_new = await begin_rebuild(request.app[keys.STORE])
    if is_new:
        await record_act(request, "analytics.rebuild", "figures", id=rebuild.id)
    return rebuild


@endpoints.get(PATH)
async def watch(request: web.Request) -> Rebuild:
    """Tells how far the counting anew has come that was begun last, and how it ended."""
    rebuild = await latest_rebuild(request.app[keys.STORE])
    if rebuild is None:
        raise Missing("Nobody has had everything counted anew yet.")
    return rebuild
