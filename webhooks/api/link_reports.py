"""Whether the links of some words lead anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from typing_extensions import TypedDict

from webhooks import keys
from webhooks.link_check import CheckedLink, check_links
from webhooks.receivers import Receivers


class LinkReport(TypedDict):
    """`skipped` counts links beyond the first twenty."""

    items: list[CheckedLink]
    skipped: int
    is_fine: bool


async def report_links(request: web.Request, links: Sequence[str]) -> LinkReport:
    found = await check_links(Receivers(request.app[keys.OPTIONS].webhook_allowed_hosts), links)
    return {
        "items": found,
        "skipped": len(links) - len(found),
        "is_fine": all(each.problem is None for each in found),
    }
