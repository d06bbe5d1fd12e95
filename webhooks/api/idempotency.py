"""A POST that is repeated under the same Idempotency-Key is done once, and answered twice.

The key is written down before anything is done, and the answer after it. Where the process ends in between
nobody knows what became of the request: it is not done again, and whoever repeats it is told so.
What failed through our fault (5xx) is forgotten and may be tried again under the same key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

from aiohttp import web

from webhooks.access import CALLER
from webhooks.api.asking import ask
from webhooks.bodies import answer
from webhooks.problems import Problem, Unprocessable, as_problem

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def answered_once(
    request: web.Request, act: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    key = request.headers.get(HEADER)
    if key is None:
        return await act()
    if not _KEY.fullmatch(key):
        raise Unprocessable(f"{HEADER} has 1 to 255 visible characters of ASCII.", HEADER)
    under = {"caller": _hash(request[CALLER].actor), "key": key}
    begun = await ask(request, "begin_request", **under, fingerprint=await _fingerprint(request))
    if begun["outcome"] != "begun":
        return _repeated(begun)
    return await _kept(request, under, act)


def _repeated(begun: dict[str, Any]) -> web.Response:
    match begun["outcome"]:
        case "answered":
            headers = {"Idempotency-Replayed": "true", "Cache-Control": "no-store"}
            return web.Response(
                text=begun["answer"], status=begun["status"], content_type="application/json", headers=headers
            )
        case "other":
            raise Unprocessable(f"This {HEADER} belongs to another request.", HEADER)
        case "under_way":
            message, wait = "The request with this key is under way.", {"Retry-After": "1"}
            raise Problem(409, "under_way", message, field=HEADER, headers=wait)
        case _:
            message = "Nobody knows what became of the request with this key. Look, and use another key."
            raise Problem(409, "outcome_unknown", message, field=HEADER)


async def _kept(
    request: web.Request, under: dict[str, str], act: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await act()
    except Exception as error:
        problem = as_problem(error)
        await _keep(request, under, answer(problem.as_json(), problem.status))
        raise
    await _keep(request, under, response)
    return response


async def _keep(request: web.Request, under: dict[str, str], response: web.StreamResponse) -> None:
    if response.status >= 500 or not isinstance(response, web.Response):
        await ask(request, "forget_request", **under)
    else:
        kept = _without_secret(response.text or "")
        await ask(request, "keep_answer", **under, status=response.status, answer=kept)


def _without_secret(text: str) -> str:
    """A secret is shown once, and kept nowhere that a repetition could show it from."""
    if '"secret"' not in text:
        return text
    told = json.loads(text)
    return json.dumps({name: value for name, value in told.items() if name != "secret"})


async def _fingerprint(request: web.Request) -> str:
    return _hash(f"{request.method} {request.path_qs}\n", await request.read())


def _hash(text: str, raw: bytes = b"") -> str:
    return sha256(text.encode() + raw).hexdigest()
