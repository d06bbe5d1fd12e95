"""The stand-in of Resend's API: what the product calls, with Resend's error names and texts."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, drop_connection, silence
from sandbox.ledger import Ledger, body_hash
from sandbox.limits import ResendLimits
from sandbox.mailbox import Mailbox, address_in, parse_moment
from sandbox.specification import BadBody, resend_check
from sandbox.state import Mail, Remembered, State

MOST_IN_BATCH = 100
MOST_TAGS = 75
MOST_RECIPIENTS = 50
LONGEST_KEY = 256
REMEMBERED_SECONDS = 24 * 3600
FARTHEST_SCHEDULE = timedelta(days=30)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"[^@\s<>\",;:]+@[^@\s<>\",;:]+\.[^@\s<>\",;:.]+")
_NAMED = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>\s*")
_FORMAT = "The email address needs to follow the `email@example.com` or `Name <email@example.com>` format."

# Seconds that a slow request waits while its idempotency key is taken.
DELAY = web.RequestKey("delay", float)

Headers = dict[str, str]
Answer = Callable[[web.Request], Coroutine[Any, Any, Any]]


class Refused(Exception):
    def __init__(self, status: int, name: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message, self.headers = status, name, message, headers


@dataclass(slots=True)
class ResendAPI:
    state: State
    clock: Clock
    mailbox: Mailbox
    faults: Faults
    ledger: Ledger
    limits: ResendLimits
    closing: asyncio.Event
    running: set[str] = field(default_factory=set)

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
                return _refusal(refusal, headers)

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
            raise _too_many(1)

    async def _answer_with(
        self,
        fault: Fault | None,
        request: web.Request,
        answer: Answer,
        headers: Headers,
    ) -> web.StreamResponse:
        kind = fault.fault if fault else ""
        if fault is not None and kind in _REFUSALS:
            raise _REFUSALS[kind](fault)
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
            self._check_mail(body)
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
                self._check_mail(mail, in_batch=True)
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
        """Under a key: the first answer is remembered for a day, and given again to the same payload."""
        if key is None:
            await asyncio.sleep(request.get(DELAY, 0.0))
            return await accept()
        place = f"{request.path.removeprefix('/resend')} {key}"
        digest = body_hash(body)
        known = self._remembered(place, digest)
        if known is not None:
            return known
        self.running.add(place)
        try:
            await asyncio.sleep(request.get(DELAY, 0.0))
            answer = await accept()
            self._remember(place, digest, answer)
            return answer
        finally:
            self.running.discard(place)

    def _remember(self, place: str, digest: str, answer: dict[str, Any]) -> None:
        """Also forgets the oldest that have expired, so that a long day stays small."""
        now = self.clock.now().timestamp()
        remembered = self.state.idempotency
        remembered.pop(place, None)
        remembered[place] = Remembered(digest, now + REMEMBERED_SECONDS, answer)
        while (oldest := next(iter(remembered))) and remembered[oldest].expires_at <= now:
            del remembered[oldest]

    def _remembered(self, place: str, digest: str) -> dict[str, Any] | None:
        if place in self.running:
            raise Refused(
                409,
                "concurrent_idempotent_requests",
                "Same idempotency key used while original request is still in progress.",
            )
        known = self.state.idempotency.get(place)
        if known is None or known.expires_at <= self.clock.now().timestamp():
            return None
        if known.body_hash != digest:
            raise Refused(
                409,
                "invalid_idempotent_request",
                "Same idempotency key used with a different request payload.",
            )
        return known.answer

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

    # ---- what a mail must be ----

    def _check_mail(self, body: Any, in_batch: bool = False) -> None:
        if not isinstance(body, dict):
            raise Refused(422, "validation_error", "Each email must be a JSON object.")
        try:
            resend_check("SendEmailRequest")(body, "")
        except BadBody as problem:
            missing = str(problem).startswith("Missing")
            raise Refused(
                422, "missing_required_field" if missing else "validation_error", str(problem)
            ) from None
        self._check_content(body, in_batch)
        _check_addresses(body)
        _check_tags(body.get("tags") or [])
        self._check_schedule(body.get("scheduled_at"))
        self._check_domain(address_in(body["from"]).partition("@")[2])

    def _check_content(self, body: Mapping[str, Any], in_batch: bool) -> None:
        if body.get("template") is not None:
            raise Refused(404, "not_found", "Template not found")
        if body.get("html") is None and body.get("text") is None:
            raise Refused(422, "missing_required_field", "Missing `html` or `text` field.")
        if in_batch and body.get("attachments"):
            raise Refused(
                422, "validation_error", "The `attachments` field is not supported in batch emails."
            )

    def _check_schedule(self, scheduled_at: str | None) -> None:
        if scheduled_at is None:
            return
        try:
            moment = parse_moment(scheduled_at)
        except ValueError:
            raise Refused(
                422, "validation_error", "The `scheduled_at` field must be in ISO 8601 format."
            ) from None
        if moment - self.clock.now() > FARTHEST_SCHEDULE:
            raise Refused(422, "validation_error", "Emails cannot be scheduled more than 30 days in advance.")

    def _check_domain(self, domain: str) -> None:
        """A domain that is used for the first time counts as verified; the control API can say otherwise."""
        status = self.state.domains.setdefault(domain, "verified")
        if status != "verified":
            raise Refused(
                403,
                "validation_error",
                f"The {domain} domain is not verified. Please, add and verify your domain on https://resend.com/domains",
            )

    # ---- reading ----

    async def get_email(self, request: web.Request) -> dict[str, Any]:
        mail = self.state.mails.get(request.match_info["id"])
        if mail is None:
            raise Refused(404, "not_found", "Email not found")
        return _email(mail)

    async def list_emails(self, request: web.Request) -> dict[str, Any]:
        newest_first = list(reversed(self.state.mails.values()))
        page, has_more = _page(request, newest_first)
        data = [{name: value for name, value in _email(mail).items() if name not in _LONG} for mail in page]
        return {"object": "list", "has_more": has_more, "data": data}

    async def list_domains(self, request: web.Request) -> dict[str, Any]:
        listed = [_domain(name, status) for name, status in self.state.domains.items()]
        data = [
            {name: value for name, value in domain.items() if name not in ("object", "records")}
            for domain in listed
        ]
        return {"object": "list", "has_more": False, "data": data}

    async def get_domain(self, request: web.Request) -> dict[str, Any]:
        for name, status in self.state.domains.items():
            if _domain_id(name) == request.match_info["id"]:
                return _domain(name, status)
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


def _check_addresses(body: Mapping[str, Any]) -> None:
    for name in ("from", "to", "cc", "bcc", "reply_to"):
        value = body.get(name)
        given = value if isinstance(value, list) else [value] if value is not None else []
        if name == "to" and len(given) > MOST_RECIPIENTS:
            raise Refused(
                422, "validation_error", f"The `to` field must not have more than {MOST_RECIPIENTS} items."
            )
        for address in given:
            named = _NAMED.fullmatch(address)
            if not _ADDRESS.fullmatch(named[1] if named else address.strip()):
                raise Refused(422, "validation_error", f"Invalid `{name}` field. {_FORMAT}")


def _check_tags(tags: list[dict[str, Any]]) -> None:
    if len(tags) > MOST_TAGS:
        raise Refused(422, "validation_error", f"An email can have at most {MOST_TAGS} tags.")
    for tag in tags:
        for part in ("name", "value"):
            if not _TAG.fullmatch(str(tag.get(part, ""))):
                raise Refused(
                    422,
                    "validation_error",
                    "Tags should only contain ASCII letters, numbers, underscores, or dashes.",
                )


def _email(mail: Mail) -> dict[str, Any]:
    optional = {"html": mail.html, "text": mail.text, "scheduled_at": mail.scheduled_at}
    return {
        "object": "email",
        "id": mail.id,
        "message_id": mail.message_id,
        "from": mail.sender,
        "to": mail.to,
        "cc": mail.cc,
        "bcc": mail.bcc,
        "reply_to": mail.reply_to,
        "subject": mail.subject,
        "created_at": mail.created_at,
        "last_event": mail.last_event,
        "tags": mail.tags,
        **{name: value for name, value in optional.items() if value is not None},
    }


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


def _domain_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _domain(name: str, status: str) -> dict[str, Any]:
    return {
        "object": "domain",
        "id": _domain_id(name),
        "name": name,
        "status": status,
        "created_at": "2026-01-01 00:00:00.000+00",
        "region": "eu-west-1",
        "open_tracking": False,
        "click_tracking": False,
        "capabilities": {"sending": "enabled", "receiving": "disabled"},
        "records": [_record(*record, status) for record in _RECORDS],
    }


_RECORDS = (
    ("SPF", "send", "MX", "feedback-smtp.eu-west-1.amazonses.com"),
    ("SPF", "send", "TXT", '"v=spf1 include:amazonses.com ~all"'),
    ("DKIM", "resend._domainkey", "TXT", "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB"),
)


def _record(record: str, name: str, kind: str, value: str, domain_status: str) -> dict[str, Any]:
    status = domain_status if domain_status in ("pending", "verified", "failed", "not_started") else "pending"
    priority = {"priority": 10} if kind == "MX" else {}
    return {
        "record": record,
        "name": name,
        "type": kind,
        "ttl": "Auto",
        "status": status,
        "value": value,
        **priority,
    }


# ---- refusing ----


def _too_many(retry_after: int) -> Refused:
    return Refused(
        429,
        "rate_limit_exceeded",
        "Too many requests. You can only make 10 requests per second. "
        "See rate limit response headers for more information.",
        **{"retry-after": str(retry_after)},
    )


_REFUSALS: dict[str, Callable[[Fault], Refused]] = {
    "rate_limit": lambda fault: _too_many(fault.retry_after),
    "server_error": lambda fault: Refused(
        500, "internal_server_error", "An unexpected error occurred. Please try again later."
    ),
    "forbidden": lambda fault: Refused(
        403,
        "validation_error",
        "The domain is not verified. Please, add and verify your domain on https://resend.com/domains",
    ),
}


def _refusal(refusal: Refused, headers: Headers) -> web.Response:
    body = {"statusCode": refusal.status, "name": refusal.name, "message": refusal.message}
    return web.json_response(body, status=refusal.status, headers={**headers, **refusal.headers})
