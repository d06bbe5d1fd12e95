"""Whether the links of some words lead anywhere, and that nothing begins whose links are broken."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from typing_extensions import TypedDict

from webhooks import keys
from webhooks.bodies import Body
from webhooks.link_check import CheckedLink, check_links
from webhooks.problems import Unprocessable
from webhooks.receivers import Receivers


class LinkReport(TypedDict):
    """`skipped` counts links beyond the first twenty."""

    items: list[CheckedLink]
    skipped: int
    is_fine: bool


class Activation(Body):
    """`force` lets it begin though its links are broken, and asks none of them; the audit log says so."""

    force: bool = False

    @property
    def noted(self) -> dict[str, bool]:
        """What the audit log has of it."""
        return {"force": True} if self.force else {}


async def report_links(request: web.Request, links: Sequence[str]) -> LinkReport:
    found = await check_links(Receivers(request.app[keys.OPTIONS].webhook_allowed_hosts), links)
    return {
        "items": found,
        "skipped": len(links) - len(found),
        "is_fine": all(each.problem is None for each in found),
    }


async def unchecked_links(request: web.Request, links: Sequence[str], field: str) -> list[CheckedLink]:
    """Those of which nothing certain is known. Raises where one is broken, naming the field of the words."""
    asked = (await report_links(request, links))["items"]
    if broken := [f"{each.url} ({each.problem})" for each in asked if each.is_broken]:
        raise Unprocessable(
            f"Its messages have links that are broken: {', '.join(broken)}. "
            "Put them right, or insist with ?force=true.",
            field,
        )
    skipped = [CheckedLink(link, None, "only the first twenty are asked") for link in links[len(asked) :]]
    return [each for each in asked if each.problem is not None] + skipped
