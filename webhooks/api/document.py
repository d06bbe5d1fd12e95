"""The OpenAPI document, and the page on which everything in it can be tried."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from aiohttp import web

from webhooks import keys
from webhooks.api.endpoint import Endpoint, Endpoints
from webhooks.api.openapi import describe
from webhooks.api.resources import all_endpoints
from webhooks.api.revisions import with_etag

endpoints = Endpoints("Description", access="everyone")


@endpoints.get("/openapi.json")
async def show(request: web.Request) -> dict[str, Any] | web.Response:
    """Gives this document: OpenAPI 3.1, made from the code that answers."""
    headers = {"Cache-Control": "no-cache"}
    response = web.Response(body=_written(), content_type="application/json", headers=headers)
    return with_etag(request, None, response)  # type: ignore[return-value]  # it is one


async def show_page(request: web.Request) -> web.Response:
    return request.app[keys.PAGES].answer_with_script("api")


def described_endpoints() -> list[Endpoint]:
    return [*all_endpoints(), *endpoints]


def routes() -> list[web.RouteDef]:
    return [*(endpoint.route() for endpoint in endpoints), web.get("/docs", show_page)]


@cache
def _written() -> bytes:
    return json.dumps(describe(described_endpoints()), ensure_ascii=False).encode()
