"""Resend's webhook events in our words.

Parsed tolerantly: documentation, OpenAPI and SDKs disagree about several fields, and an event that we
understand half is worth more than a 422. The raw event stays in `details`, without the address of whoever
clicked.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webhooks.machines import is_machine_agent, network_of

TYPES = {
    "email.sent": "sent",
    "email.scheduled": "scheduled",
    "email.delivered": "delivered",
    "email.delivery_delayed": "delivery_delayed",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.failed": "failed",
    "email.suppressed": "suppressed",
    "email.opened": "opened",
    "email.clicked": "clicked",
}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
FAILURES = frozenset({"bounced", "soft_bounce", "failed", "suppressed", "complained"})


def as_delivery_event(event_id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    mail = _mapping(raw.get("data"))
    return {
        "event_id": event_id,
        "source": "resend",
        "type": _type(raw.get("type"), mail),
        "tracking_id": _tracking_id(mail.get("tags")),
        "provider_message_id": _text(mail.get("email_id")),
        "occurred_at": _moment(raw.get("created_at")),
        "actor": _actor(raw.get("type"), mail),
        "may_be_machine": True,
        "reason": _reason(mail),
        "details": _details(raw, mail),
    }


def _type(name: Any, mail: Mapping[str, Any]) -> str:
    kind = TYPES.get(name, "other") if isinstance(name, str) else "other"
    return "soft_bounce" if kind == "bounced" and _is_soft(mail.get("bounce")) else kind


def _is_soft(bounce: Any) -> bool:
    """Resend defines `email.bounced` as permanent, so only a word to the contrary makes it soft."""
    kind = _text(_mapping(bounce).get("type")) or "Permanent"
    return kind.lower() in ("transient", "undetermined")


def _details(raw: Mapping[str, Any], mail: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "address": _address(mail.get("to")),
        "url": _link(mail),
        "raw": {**raw, "data": _without_address(mail)} if "click" in mail else dict(raw),
    }
    return {name: value for name, value in found.items() if value is not None}


def _without_address(mail: Mapping[str, Any]) -> dict[str, Any]:
    """As with our own links, only the large network is kept of where a click came from."""
    click = dict(_mapping(mail.get("click")))
    network = network_of(_text(click.pop("ipAddress", None)) or "")
    return {**mail, "click": click | ({"network": network} if network else {})}


def _reason(mail: Mapping[str, Any]) -> str | None:
    """A short code in our spelling: MailboxFull is mailbox_full."""
    bounce, failed, suppressed = (_mapping(mail.get(name)) for name in ("bounce", "failed", "suppressed"))
    code = _text(bounce.get("subType")) or _text(failed.get("reason")) or _text(suppressed.get("type"))
    return code and _BEFORE_CAPITAL.sub("_", code).lower()[:100]


def _link(mail: Mapping[str, Any]) -> str | None:
    return _text(_mapping(mail.get("click")).get("link"))


def _actor(name: Any, mail: Mapping[str, Any]) -> str | None:
    """`email.opened` carries no client at all, so nobody can say who it was."""
    if name == "email.opened":
        return "unknown"
    click = mail.get("click")
    if not isinstance(click, dict):
        return None
    agent = _text(click.get("userAgent"))
    return "machine" if agent is not None and is_machine_agent(agent) else "human"


def _address(to: Any) -> str | None:
    return _text(to[0]) if isinstance(to, list) and to else _text(to)


def _tracking_id(tags: Any) -> str | None:
    """Tags arrive as an object; in other answers of Resend they are a list of pairs."""
    if isinstance(tags, list):
        tags = {str(tag.get("name")): tag.get("value") for tag in tags if isinstance(tag, dict)}
    tag = (_text(_mapping(tags).get("tracking_id")) or "").lower()
    return tag if _UUID.fullmatch(tag) else None


def _moment(value: Any) -> str | None:
    """ISO 8601 with an offset (UTC where none is said), or None: then the storage's clock decides."""
    try:
        moment = datetime.fromisoformat(_text(value) or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
