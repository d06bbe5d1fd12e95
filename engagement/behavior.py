"""What users did: a tap, a click, a command, a fact from your own product. All that comes in is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage.store import Store


@dataclass(frozen=True, slots=True)
class BehaviorEvent:
    """`event_id` is what makes it count once: the same id twice is the same event.

    Without `occurred_at` it happened when the database hears of it.
    """

    event_id: str
    user_id: str
    type: str
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {
            "event_id": self.event_id,
            "user_id": self.user_id,
            "type": self.type,
            "source": self.source,
            "metadata": dict(self.metadata),
        }
        if self.occurred_at is not None:
            row["occurred_at"] = self.occurred_at.isoformat()
        return row


@dataclass(frozen=True, slots=True)
class BehaviorRecorded:
    """`enrolled` counts the enrollments that sequence triggers made of the new events."""

    recorded: int
    duplicates: int
    enrolled: int


async def record_behavior(store: Store, events: Sequence[BehaviorEvent]) -> BehaviorRecorded:
    """Records the new ones among them, and lets sequence triggers act on those."""
    answer = await store.call("record_behavior_events", events=[event.as_json() for event in events])
    return BehaviorRecorded(answer["recorded"], answer["duplicates"], answer["enrolled"])


async def look_after_behavior(store: Store, retention: int) -> None:
    """Makes room for the months to come, forgets a piece of what is older than `retention` months, counts.

    0 keeps all. Where our account does not own the tables, no months are made; all works without them.
    """
    await store.call("make_behavior_months")
    if retention:
        await store.call("forget_behavior", months=retention)
    await store.call("count_activity")
