"""One request: the fault that it meets, and what answers it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, drop_connection, silence
from sandbox.ledger import Ledger, body_hash
from sandbox.limits import ResendLimits
from sandbox.mailbox import Mailbox, address_in
from sandbox.resend.answers import domain_id, domain_view, mail_view
from sandbox.resend.checking import check_mail
from sandbox.resend.idempotency import Repeats
from sandbox.resend.refusals import REFUSALS, Headers, Refused, refused_answer, too_many
from sandbox.state import Mail, State

MOST_IN_BATCH = 100
LONGEST_KEY = 256

# Seconds that a slow request waits while its idempotency key is taken.
DELAY = web.RequestKey("delay", float)

Answer = Callable[[web.Request], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class ResendAPI:
    state: State
    clock: Clock
    mailbox: Mailbox
    faults: Faults
    ledger: Ledger
    limits: ResendLimits
    closing: asyncio.Event
    repeats: Repeats

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/resend/emails", self._served(self.send, sends=True)),
            web.post("/resend/emails/batch", self._served(self.send_batch, sends=True)),
            web.get("/resend/emails", self._served(self.list_emails)),
            web.get("/resend/emails/{id}", self._served(self.get_email)),
            web.get("/resend/domains", self._served(self.list_domains)),
            web.get("/resend/domains/{id}", self._served(self.get_domain)),
            web.route("*", "/resend/{rest:.*}", self._served(self.not_found)),
        ]

    # ---- one request ----

    def _served(
        self, answer: Answer, sends: bool = False
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            if "User-Agent" not in request.headers:
                return web.Response(status=403, text="error code: 1010")
            headers: Headers = {}
            try:
                self._check_key(request, sends)
                self._count(headers)
                await self.clock.refresh()
                name = request.path.removeprefix("/resend/")
                fault = self.faults.strike("resend", name, sends=sends)
                return await self._answer_with(fault, request, answer, headers)
            except Refused as refusal:
                return refused_answer(refusal, headers)

        return serve

    def _check_key(self, request: web.Request, sends: bool) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise Refused(
                401,
                "missing_api_key",
                "Missing API key in the authorization header. Include the following header "
                "`Authorization: Bearer YOUR_API_KEY` in the request.",
            )
        if not key.startswith("re_") or key.startswith("re_revoked"):
            raise Refused(403, "invalid_api_key", "API key is invalid")
        if key.startswith("re_restricted") and not sends:
            raise Refused(401, "restricted_api_key", "This API key is restricted to only send emails")

    def _count(self, headers: Headers) -> None:
        is_allowed, shown = self.limits.count()
        headers.update(shown)
        if not is_allowed:
            raise too_many(1)

    async def _answer_with(
        self,
        fault: Fault | None,
        request: web.Request,
        answer: Answer,
        headers: Headers,
    ) -> web.StreamResponse:
        kind = fault.fault if fault else ""
        if fault is not None and kind in REFUSALS:
            raise REFUSALS[kind](fault)
        if kind == "reset":
            return drop_connection(request)
        if fault is not None and kind == "slow":
            request[DELAY] = fault.delay
        # What was read is carried through, also when the client does not wait for the answer.
        result = await asyncio.shield(asyncio.ensure_future(answer(request)))
        body = json.dumps(result, ensure_ascii=False)
        if kind == "timeout_after_accept":
            await silence(self.closing)
            return drop_connection(request)
        text = body[: len(body) // 2] if kind == "malformed" else body
        return web.Response(text=text, content_type="application/json", headers=headers)

    # ---- sending ----

    async def send(self, request: web.Request) -> dict[str, Any]:
        body = await _json_body(request)
        if not isinstance(body, dict):
            raise Refused(422, "validation_error", "The request body must be a JSON object.")
        key = _idempotency_key(request)

        async def accept() -> dict[str, Any]:
            self._check(body)
            (mail_id,) = await self._accept([body], key)
            return {"id": mail_id}

        return await self._once(request, key, body, accept)

    async def send_batch(self, request: web.Request) -> dict[str, Any]:
        body = await _json_body(request)
        if not isinstance(body, list):
            raise Refused(422, "validation_error", "The request body must be an array of emails.")
        if not 1 <= len(body) <= MOST_IN_BATCH:
            raise Refused(422, "validation_error", f"The batch must have 1 to {MOST_IN_BATCH} emails.")
        is_permissive = request.headers.get("x-batch-validation", "strict").lower() == "permissive"
        key = _idempotency_key(request)

        async def accept() -> dict[str, Any]:
            good, errors = self._sorted_out(body, is_permissive)
            ids = await self._accept(good, key)
            answer: dict[str, Any] = {"data": [{"id": mail_id} for mail_id in ids]}
            return {**answer, "errors": errors} if is_permissive else answer

        return await self._once(request, key, body, accept)

    def _sorted_out(
        self, body: list[Any], is_permissive: bool
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Strict: the first bad mail refuses the whole batch. Permissive: it is left out and named."""
        good, errors = [], []
        for index, mail in enumerate(body):
            try:
                self._check(mail, in_batch=True)
                good.append(mail)
            except Refused as refusal:
                if not is_permissive:
                    raise
                errors.append({"index": index, "message": refusal.message})
        return good, errors

    async def _once(
        self,
        request: web.Request,
        key: str | None,
        body: Any,
        accept: Callable[[], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        async def answer() -> dict[str, Any]:
            await asyncio.sleep(request.get(DELAY, 0.0))
            return await accept()

        if key is None:
            return await answer()
        place = f"{request.path.removeprefix('/resend')} {key}"
        return await self.repeats.once(place, body_hash(body), answer)

    async def _accept(self, bodies: list[dict[str, Any]], key: str | None) -> list[str]:
        request = self.ledger.next_request()
        mails = [self.mailbox.accept(body) for body in bodies]
        await self.ledger.enter(
            [
                {
                    "provider": "resend",
                    "request": request,
                    "time": mail.created_at,
                    "recipient": ",".join(address_in(to) for to in mail.to),
                    "idempotency_key": key,
                    "body_hash": body_hash(body),
                    "id": mail.id,
                }
                for mail, body in zip(mails, bodies, strict=True)
            ]
        )
        return [mail.id for mail in mails]

    def _check(self, body: Any, *, in_batch: bool = False) -> None:
        check_mail(body, self.state.domains, self.clock.now(), in_batch=in_batch)

    # ---- reading ----

    async def get_email(self, request: web.Request) -> dict[str, Any]:
        mail = self.state.mails.get(request.match_info["id"])
        if mail is None:
            raise Refused(404, "not_found", "Email not found")
        return mail_view(mail)

    async def list_emails(self, request: web.Request) -> dict[str, Any]:
        newest_first = list(reversed(self.state.mails.values()))
        page, has_more = _page(request, newest_first)
        shown = [mail_view(mail) for mail in page]
        data = [{name: value for name, value in mail.items() if name not in _LONG} for mail in shown]
        return {"object": "list", "has_more": has_more, "data": data}

    async def list_domains(self, request: web.Request) -> dict[str, Any]:
        listed = [domain_view(name, status) for name, status in self.state.domains.items()]
        data = [
            {name: value for name, value in domain.items() if name not in ("object", "records")}
            for domain in listed
        ]
        return {"object": "list", "has_more": False, "data": data}

    async def get_domain(self, request: web.Request) -> dict[str, Any]:
        for name, status in self.state.domains.items():
            if domain_id(name) == request.match_info["id"]:
                return domain_view(name, status)
        raise Refused(404, "not_found", "Domain not found")

    async def not_found(self, request: web.Request) -> Any:
        known = {"emails": ("GET", "POST"), "emails/batch": ("POST",), "domains": ("GET",)}
        allowed = known.get(request.match_info["rest"])
        if allowed and request.method not in allowed:
            raise Refused(405, "method_not_allowed", "This endpoint does not support this method")
        raise Refused(404, "not_found", "The requested endpoint does not exist")


_LONG = ("html", "text", "headers", "tags")


async def _json_body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        raise Refused(422, "validation_error", "The request body is not valid JSON.") from None


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise Refused(400, "invalid_idempotency_key", "The idempotency key must be between 1-256 characters.")
    return key


def _page(request: web.Request, mails: list[Mail]) -> tuple[list[Mail], bool]:
    try:
        limit = int(request.query.get("limit", "20"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= 100:
        raise Refused(422, "validation_error", "The `limit` parameter must be a number between 1 and 100.")
    ids = [mail.id for mail in mails]
    if (after := request.query.get("after")) in ids:
        mails = mails[ids.index(after) + 1 :]
    elif (before := request.query.get("before")) in ids:
        mails = mails[max(0, ids.index(before) - limit) : ids.index(before)]
    return mails[:limit], len(mails) > limit
