"""How Resend refuses: by a status, a name and a text."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from sandbox.faults import Fault

Headers = dict[str, str]


class Refused(Exception):
    def __init__(self, status: int, name: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message, self.headers = status, name, message, headers


def too_many(retry_after: int) -> Refused:
    return Refused(
        429,
        "rate_limit_exceeded",
        "Too many requests. You can only make 10 requests per second. "
        "See rate limit response headers for more information.",
        **{"retry-after": str(retry_after)},
    )


REFUSALS: dict[str, Callable[[Fault], Refused]] = {
    "rate_limit": lambda fault: too_many(fault.retry_after),
    "server_error": lambda fault: Refused(
        500, "internal_server_error", "An unexpected error occurred. Please try again later."
    ),
    "forbidden": lambda fault: Refused(
        403,
        "validation_error",
        "The domain is not verified. Please, add and verify your domain on https://resend.com/domains",
    ),
}


def refused_answer(refusal: Refused, headers: Headers) -> web.Response:
    body = {"statusCode": refusal.status, "name": refusal.name, "message": refusal.message}
    return web.json_response(body, status=refusal.status, headers={**headers, **refusal.headers})
