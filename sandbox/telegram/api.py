"""One request: whose it is, the fault that it meets, the method that answers it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.faults import Fault, Faults, drop_connection, silence
from sandbox.specification import BadParameter, telegram_methods
from sandbox.telegram.methods import METHODS, SENDING
from sandbox.telegram.parameters import read_parameters
from sandbox.telegram.parts import Parts
from sandbox.telegram.refusals import Refused, bad_request, refused_answer, too_many

TOKEN = re.compile(r"[0-9]{1,19}:[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class TelegramAPI:
    parts: Parts
    faults: Faults
    closing: asyncio.Event

    async def handle(self, request: web.Request) -> web.StreamResponse:
        token, name = request.match_info["token"], request.match_info["method"].lower()
        try:
            self._check_token(token)
            if name not in METHODS:
                raise Refused(404, "Not Found: method not found")
            given = await read_parameters(request)
            await self.parts.clock.refresh()
            fault = self.faults.strike("telegram", name, sends=name in SENDING)
            return await self._answer_with(fault, request, name, given)
        except Refused as refusal:
            return refused_answer(refusal)

    def _check_token(self, token: str) -> None:
        if not TOKEN.fullmatch(token):
            raise Refused(404, "Not Found")
        bot_id, secret = token.split(":")
        if secret.startswith("revoked"):
            raise Refused(401, "Unauthorized")
        self.parts.chats.bot_id = int(bot_id)

    async def _answer_with(
        self, fault: Fault | None, request: web.Request, name: str, given: Mapping[str, Any]
    ) -> web.StreamResponse:
        if fault is None:
            return await self._answer(name, given)
        if fault.fault == "rate_limit":
            raise too_many(fault.retry_after)
        if fault.fault == "server_error":
            raise Refused(500, "Internal Server Error")
        if fault.fault == "forbidden":
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if fault.fault == "reset":
            return drop_connection(request)
        if fault.fault == "slow":
            return await asyncio.shield(asyncio.ensure_future(self._answer_late(fault.delay, name, given)))
        answer = await self._answer(name, given)
        if fault.fault == "timeout_after_accept":
            await silence(self.closing)
            return drop_connection(request)
        return _torn(answer) if fault.fault == "malformed" else answer

    async def _answer_late(self, delay: float, name: str, given: Mapping[str, Any]) -> web.Response:
        """A slow server finishes what it has read, also when the client has given up waiting."""
        await asyncio.sleep(delay)
        return await self._answer(name, given)

    async def _answer(self, name: str, given: Mapping[str, Any]) -> web.Response:
        try:
            parameters = telegram_methods()[name]().read(given)
        except BadParameter as problem:
            raise bad_request(str(problem)) from None
        parameters["_given"] = given
        result = await METHODS[name](self.parts, parameters)
        return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")


def _torn(answer: web.Response) -> web.Response:
    """The request was accepted, but its answer arrives damaged."""
    body = answer.text or ""
    return web.Response(status=answer.status, text=body[: len(body) // 2], content_type="application/json")
