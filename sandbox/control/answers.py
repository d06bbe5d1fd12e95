"""How every route of the control API answers, and refuses."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.chats import Blocked

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.field = status, code, message, field

    def as_json(self) -> dict[str, Any]:
        error = {"code": self.code, "message": self.message}
        return {"error": {**error, "field": self.field} if self.field else error}


def invalid(field: str, message: str) -> Refused:
    return Refused(422, "invalid", f"{field}: {message}", field)


def not_found(what: str) -> Refused:
    return Refused(404, "not_found", f"There is no such {what}.")


BLOCKED = Refused(409, "blocked", "This user has blocked the bot: unblock first, or write /start.")


def served(answer: Callable[[web.Request], Awaitable[Any]]) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return json_answer(await answer(request))
        except Refused as refusal:
            return json_answer(refusal.as_json(), refusal.status)
        except Blocked:
            return json_answer(BLOCKED.as_json(), BLOCKED.status)

    return serve


def json_answer(value: Any, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False)
    return web.Response(
        text=text, status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
