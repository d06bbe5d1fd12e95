"""What became of a message, in the words that the database records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from channels.errors import Busy, DeliveryError, Misconfigured, Moved, Refused, Unknown, Unreachable


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one request came to; it holds for each message in it."""

    outcome: str
    reason: str | None = None
    retry_after: float | None = None
    whole_channel: bool = False
    address: str | None = None

    @property
    def stops_the_channel(self) -> bool:
        """Nothing more may be claimed until the database knows of this."""
        return self.whole_channel or self.outcome == "misconfigured"

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"outcome": self.outcome}
        if self.reason is not None:
            answer["reason"] = self.reason
        if self.retry_after is not None:
            answer["retry_after"] = self.retry_after
        if self.whole_channel:
            answer["whole_channel"] = True
        if self.address is not None:
            answer["address"] = self.address
        return answer


SENT = Verdict("sent")


def verdict_on(error: DeliveryError, *, is_idempotent: bool, is_single: bool) -> Verdict:
    """Translates a provider's answer.

    A batch is answered as a whole: what is wrong with one message is not known to be wrong with the others,
    so each is tried alone. A request with an idempotency key whose end nobody saw goes again under the same
    key.
    """
    match error:
        case Busy():
            return Verdict("busy", error.reason, error.retry_after, error.whole_channel)
        case Misconfigured():
            return Verdict("misconfigured", error.reason)
        case Refused() | Unreachable() | Moved() if not is_single:
            return Verdict("alone", error.reason)
        case Refused():
            return Verdict("refused", error.reason)
        case Unreachable():
            return Verdict("unreachable", error.reason)
        case Moved():
            return Verdict("moved", error.reason, address=error.address)
        case Unknown() if not error.may_repeat:
            return Verdict("unknown", error.reason)
        case _:
            return nobody_knows(error.reason, is_idempotent=is_idempotent)


def nobody_knows(reason: str, *, is_idempotent: bool) -> Verdict:
    """The request may have arrived: where repeating is harmless it is repeated, else a person decides."""
    return Verdict("busy" if is_idempotent else "unknown", reason)


@dataclass(frozen=True, slots=True)
class Outcome:
    delivery_id: int
    lease_token: str
    claimed_at: float
    verdict: Verdict
    provider_message_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        row = self.verdict.as_json()
        row["id"] = self.delivery_id
        row["lease_token"] = self.lease_token
        if self.provider_message_id is not None:
            row["provider_message_id"] = self.provider_message_id
        return row
