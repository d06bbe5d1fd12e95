"""Mails and domains as Resend shows them."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.state import Mail


def mail_view(mail: Mail) -> dict[str, Any]:
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


def domain_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def domain_view(name: str, status: str) -> dict[str, Any]:
    return {
        "object": "domain",
        "id": domain_id(name),
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
