"""The answers of a server that refuses."""

from __future__ import annotations

from typing import Any

from aiohttp import web


class Refused(Exception):
    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad_request(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


def too_many(retry_after: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def refused_answer(refusal: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    headers = {"Retry-After": str(refusal.parameters["retry_after"])} if refusal.code == 429 else {}
    return web.json_response(body, status=refusal.code, headers=headers)
