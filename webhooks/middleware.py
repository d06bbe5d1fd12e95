"""Around every handler: a request id, one log line, one measurement, safe headers, errors of one shape."""

import random
import re
import time
import traceback
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from webhooks import keys
from webhooks.bodies import answer
from webhooks.problems import Problem, as_problem
from webhooks.words import language_asked_for

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_BODY = 1024 * 1024
PAGE_PREFIXES = ("/u/", "/p/", "/w/", "/c/", "/a/", "/confirm/")
API_PREFIXES = ("/admin/api/", "/api/", "/webhooks/", "/metrics", "/openapi.json")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@web.middleware
async def identified(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Logs the route's pattern, never the path: paths carry tokens and addresses.

    Clicks and callbacks that went well are only counted: there are thousands, and the database has each.
    """
    request_id = _request_id(request)
    route = _route(request)
    started = time.perf_counter()
    # Never reset: the connection's next request binds its own.
    structlog.contextvars.bind_contextvars(request_id=request_id)
    response = await handler(request)
    seconds = time.perf_counter() - started
    if response.status >= 400 or route.startswith("/admin/"):
        _log_answer(request.method, route, response.status, seconds)
    request.app[keys.METRICS].observe_request(_method(request), route, response.status, seconds)
    response.headers["X-Request-ID"] = request_id
    return response


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@web.middleware
async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        return await handler(request)
    except Exception as error:
        problem = as_problem(error)
        if problem.status >= 500:
            _log_failure(request, error)
        return _answer(request, problem)


def _answer(request: web.Request, problem: Problem) -> web.Response:
    if wants_page(request):
        response = request.app[keys.PAGES].answer(
            "problem.html",
            status=problem.status,
            locale=language_asked_for(request.headers),
            problem=problem,
        )
    else:
        response = answer(problem.as_json(), problem.status)
    response.headers.update(problem.headers)
    return response


def wants_page(request: web.Request) -> bool:
    """People's links always answer with a page; elsewhere a browser says that it wants one."""
    if request.path.startswith(PAGE_PREFIXES):
        return True
    return not request.path.startswith(API_PREFIXES) and "text/html" in request.headers.get("Accept", "")


def _log_answer(method: str, route: str, status: int, seconds: float) -> None:
    log.info(
        "request_answered", method=method, route=route, status=status, milliseconds=round(seconds * 1000)
    )


def _log_failure(request: web.Request, error: Exception) -> None:
    """Places without the message: a database's message may quote an address."""
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
    log.error("request_failed", route=_route(request), error=type(error).__name__, places=places)


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-ID")
    return given if given and _REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"


def _method(request: web.Request) -> str:
    return request.method if request.method in {"GET", "HEAD", "POST"} else "other"


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
