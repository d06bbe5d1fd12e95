"""The email world: what was accepted, what became of it, and the webhooks that say so."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from sandbox.clock import Clock
from sandbox.state import Mail, State
from sandbox.stream import Stream
from sandbox.webhooks import Event, Webhooks

LOOK_SECONDS = 0.25

# What a control call does: the webhook's type, and what it adds to `data`.
EVENTS = {
    "deliver": "email.delivered",
    "delay": "email.delivery_delayed",
    "open": "email.opened",
    "click": "email.clicked",
    "bounce": "email.bounced",
    "soft_bounce": "email.bounced",
    "complain": "email.complained",
    "fail": "email.failed",
    "suppress": "email.suppressed",
}
DETAILS: dict[str, dict[str, Any]] = {
    "bounce": {
        "bounce": {
            "diagnosticCode": ["smtp; 550 5.1.1 user unknown"],
            "message": "The recipient's email address does not exist: 550 5.1.1 user unknown.",
            "subType": "General",
            "type": "Permanent",
        }
    },
    "soft_bounce": {
        "bounce": {
            "diagnosticCode": ["smtp; 452 4.2.2 mailbox full"],
            "message": "The recipient's mailbox is full.",
            "subType": "MailboxFull",
            "type": "Transient",
        }
    },
    "fail": {"failed": {"reason": "reached_daily_quota"}},
    "suppress": {
        "suppressed": {
            "diagnosticCode": ["Amazon SES did not send the message to this address"],
            "message": "The address is on the account-level suppression list because of an earlier bounce.",
            "reason": "previous_bounce",
            "type": "OnAccountSuppressionList",
        }
    },
}
# Resend's own addresses for trying things out.
TRIAL_ADDRESSES = {"bounced": "bounce", "complained": "complain", "suppressed": "suppress"}
_TRIAL = re.compile(r"(delivered|bounced|complained|suppressed)(\+[^@]*)?@resend\.dev", re.IGNORECASE)
_ADDRESS = re.compile(r"<([^<>]+)>\s*$")
_LINK = re.compile(r"""<a\s[^>]*href=["'](https?://[^"']+)""", re.IGNORECASE)


def address_in(text: str) -> str:
    """`Ada <ada@example.com>` → `ada@example.com`, lower case."""
    found = _ADDRESS.search(text)
    return (found[1] if found else text).strip().lower()


def first_link(mail: Mail) -> str | None:
    found = _LINK.search(mail.html or "")
    return unescape(found[1]) if found else None


@dataclass(slots=True)
class Mailbox:
    state: State
    clock: Clock
    webhooks: Webhooks
    stream: Stream
    _scheduled: list[tuple[float, str]] = field(default_factory=list)

    def view(self, mail: Mail) -> dict[str, Any]:
        return {
            "id": mail.id,
            "from": mail.sender,
            "to": mail.to,
            "cc": mail.cc,
            "bcc": mail.bcc,
            "reply_to": mail.reply_to,
            "subject": mail.subject,
            "html": mail.html,
            "text": mail.text,
            "headers": mail.headers,
            "tags": mail.tags,
            "last_event": mail.last_event,
            "created_at": mail.created_at,
            "scheduled_at": mail.scheduled_at,
            "message_id": mail.message_id,
        }

    def accept(self, body: Mapping[str, Any]) -> Mail:
        """Keeps the mail and sends it: `email.sent` and `email.delivered` follow by themselves."""
        mail = self._new_mail(body)
        self.state.mails[mail.id] = mail
        self.state.is_changed = True
        self.stream.publish("mail", lambda: self.view(mail))
        if mail.scheduled_at is None:
            self._send(mail)
        else:
            self._happen(mail, "email.scheduled")
            heapq.heappush(self._scheduled, (_moment(mail.scheduled_at), mail.id))
        return mail

    def _new_mail(self, body: Mapping[str, Any]) -> Mail:
        mail_id = str(uuid.uuid4())
        domain = address_in(body["from"]).partition("@")[2]
        return Mail(
            id=mail_id,
            sender=body["from"],
            subject=body["subject"],
            created_at=self.clock.iso(),
            html=body.get("html"),
            text=body["text"] if body.get("text") is not None else _text_of(body.get("html")),
            headers={name: str(value) for name, value in (body.get("headers") or {}).items()},
            tags=body.get("tags") or [],
            scheduled_at=body.get("scheduled_at"),
            message_id=f"<{mail_id}@{domain}>",
            to=_listed(body.get("to")),
            cc=_listed(body.get("cc")),
            bcc=_listed(body.get("bcc")),
            reply_to=_listed(body.get("reply_to")),
        )

    def _send(self, mail: Mail) -> None:
        trials = [found[1].lower() for to in mail.to if (found := _TRIAL.fullmatch(address_in(to)))]
        outcome = TRIAL_ADDRESSES.get(trials[0], "deliver") if trials else "deliver"
        if outcome != "suppress":
            self._happen(mail, "email.sent")
        if outcome == "complain":
            self.happen(mail, "deliver")
        self.happen(mail, outcome)

    def happen(self, mail: Mail, what: str, link: str | None = None) -> Event | None:
        """One of `EVENTS` happens to the mail; a click needs the link."""
        details = dict(DETAILS.get(what, {}))
        if what == "click":
            details["click"] = {
                "ipAddress": "127.0.0.1",
                "link": link,
                "timestamp": self.clock.iso(),
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Tendril sandbox",
            }
        return self._happen(mail, EVENTS[what], details)

    def _happen(self, mail: Mail, kind: str, details: Mapping[str, Any] | None = None) -> Event | None:
        mail.last_event = kind.removeprefix("email.")
        self.state.is_changed = True
        self.stream.publish("mail_event", lambda: {**self.view(mail), "event": kind})
        if self.webhooks.url is None:
            return None
        payload = {
            "type": kind,
            "created_at": self.clock.iso(),
            "data": self._event_data(mail) | dict(details or {}),
        }
        return self.webhooks.send(kind, mail.id, payload)

    def _event_data(self, mail: Mail) -> dict[str, Any]:
        tagged: dict[str, Any] = (
            {"tags": {tag["name"]: tag["value"] for tag in mail.tags}} if mail.tags else {}
        )
        if mail.headers:
            tagged["headers"] = [{"name": name, "value": value} for name, value in mail.headers.items()]
        return {
            "email_id": mail.id,
            "message_id": mail.message_id,
            "created_at": mail.created_at,
            "from": mail.sender,
            "to": mail.to,
            "subject": mail.subject,
            **tagged,
        }

    # ---- scheduled mails ----

    @contextlib.asynccontextmanager
    async def sending_scheduled(self) -> AsyncIterator[None]:
        waiting = [
            mail for mail in self.state.mails.values() if mail.last_event == "scheduled" and mail.scheduled_at
        ]
        self._scheduled = [(_moment(mail.scheduled_at or ""), mail.id) for mail in waiting]
        heapq.heapify(self._scheduled)
        task = asyncio.create_task(self._look_for_scheduled(), name="sandbox-scheduled-mails")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _look_for_scheduled(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.send_scheduled()

    def send_scheduled(self) -> None:
        now = self.clock.now().timestamp()
        while self._scheduled and self._scheduled[0][0] <= now:
            _, mail_id = heapq.heappop(self._scheduled)
            self._send(self.state.mails[mail_id])


def parse_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(text: str) -> float:
    return parse_moment(text).timestamp()


def _listed(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def _text_of(html: str | None) -> str | None:
    """Resend derives the text part from the HTML when it is left out; "" opts out of that."""
    if html is None:
        return None
    without_style = re.sub(r"(?is)<(style|script|head)\b.*?</\1>", "", html)
    lines = re.sub(r"(?i)<(br|/p|/div|/tr|/h[1-6]|/li)\b[^>]*>", "\n", without_style)
    text = unescape(re.sub(r"<[^>]+>", "", lines))
    return re.sub(r"\n\s*\n+", "\n\n", "\n".join(line.strip() for line in text.splitlines())).strip()
