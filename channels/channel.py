"""What the delivery pipeline knows of a channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it was stored before it is sent; `content` has the shape of its channel."""

    tracking_id: str
    recipient: str
    content: Mapping[str, Any]


class Channel(Protocol):
    name: str
    messages_per_request: int
    is_idempotent: bool
    """True when the same messages under the same key may be sent again and arrive once."""

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None = None) -> list[str]:
        """Send 1 to `messages_per_request` messages and answer the provider's ids in the same order.

        A DeliveryError speaks for all of them: a request is accepted or refused as a whole.
        """
        ...
