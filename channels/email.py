"""Email, through Resend: one message by `/emails`, 2 to 100 by `/emails/batch`, all of them under one key.

For 24 hours Resend answers the same request under the same key with the same ids and sends nothing again. It
compares the bodies, so nothing but what was stored goes into one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from channels.channel import Outgoing
from channels.errors import Unknown
from channels.resend import Resend
from channels.transport import open_httpx_client


class EmailChannel:
    name = "email"
    messages_per_request = 100
    is_idempotent = True

    def __init__(self, client: httpx.AsyncClient, api_url: str, api_key: str) -> None:
        self._resend = Resend(client, api_url, api_key)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, *, api_key: str, api_url: str = "https://api.resend.com"
    ) -> AsyncIterator["EmailChannel"]:
        async with open_httpx_client() as client:
            yield cls(client, api_url, api_key)

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None = None) -> list[str]:
        emails = [_email(message) for message in messages]
        if not 1 <= len(emails) <= self.messages_per_request:
            raise ValueError(f"a request carries 1 to {self.messages_per_request} emails, not {len(emails)}")
        if len(emails) == 1:
            return _ids([await self._resend.post("/emails", emails[0], idempotency_key)], 1)
        answer = await self._resend.post("/emails/batch", emails, idempotency_key)
        return _ids(answer.get("data"), len(emails))


def _email(message: Outgoing) -> dict[str, Any]:
    """Stored content has its tags as an object, as webhooks bring them back; a request wants a list."""
    tags = sorted(message.content.get("tags", {}).items())
    return {
        **message.content,
        "to": [message.recipient],
        "tags": [{"name": name, "value": value} for name, value in tags],
    }


def _ids(rows: Any, count: int) -> list[str]:
    match rows:
        case [*each] if len(each) == count and all(_has_id(row) for row in each):
            return [row["id"] for row in each]
    raise Unknown("unreadable_answer", f"expected {count} ids")


def _has_id(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"] != ""
