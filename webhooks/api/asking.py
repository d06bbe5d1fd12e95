"""How an endpoint asks the database, and leaves a line in the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from webhooks import keys
from webhooks.bodies import Body


async def ask(request: web.Request, operation: str, **arguments: Any) -> Any:
    """Raises StorageError, which becomes the right answer by itself."""
    return await request.app[keys.STORE].call(operation, **arguments)


NUMBER = r"{id:\d{1,18}}"
"""In a path, the number of what is asked for; `number_in` reads it."""


def number_in(request: web.Request) -> int:
    return int(request.match_info["id"])


class Listing(Body):
    """A page of a list; `after` is the `next_after` of the page before."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Annotated[int, Field(ge=0, lt=2**63)] | None = None
