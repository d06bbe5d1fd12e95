"""ETags: what a GET answered, so that it need not be sent again, and which revision a change is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from aiohttp import web

from webhooks.problems import Unprocessable

_REVISION = re.compile(r'(?:W/)?"r(\d{1,9})(?:\.\w+)?"')


def with_etag(request: web.Request, returned: Any, response: web.StreamResponse) -> web.StreamResponse:
    """304 without a body to whoever has it. What has a `revision` carries it in its tag."""
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    if response.status != 200:
        return response
    tag = f"{_prefix(returned)}{sha256(response.body).hexdigest()[:24]}"
    caching = response.headers.get("Cache-Control", "no-store")
    known = [etag.value for etag in request.if_none_match or ()]
    if tag in known or "*" in known:
        response = web.Response(status=304, headers={"Cache-Control": caching})
    response.headers["ETag"] = f'"{tag}"'
    return response


def _prefix(returned: Any) -> str:
    found = returned.get("revision") if isinstance(returned, Mapping) else getattr(returned, "revision", None)
    return "" if found is None else f"r{found}."


def revision_asked(request: web.Request) -> int | None:
    """The revision that `If-Match` means, for the operation to compare; None where any will do.

    The operation raises TN409 with the detail `revision` where it is another one: that becomes a 412.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    if (found := _REVISION.fullmatch(header.strip())) is None:
        raise Unprocessable("If-Match has to be the ETag of what is changed.", "If-Match")
    return int(found[1])
