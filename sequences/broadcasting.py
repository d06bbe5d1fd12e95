"""Carries broadcasts: plans their people page by page, ends them, and changes what has gone out. Any number
of processes may.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from channels.channel import Outgoing
from channels.errors import Busy, DeliveryError, Misconfigured, Refused, Unreachable
from sequences.claims import PublishedSteps
from sequences.contents import Renders
from sequences.mistakes import Unrenderable
from storage.store import Store

log = structlog.get_logger(__name__)

# Messages changed at a time: about a second's worth, so that a stop does not wait long.
PAGE = 30
# A message that nothing is learned about so often is left as it is.
MOST_ATTEMPTS = 5
_OUTCOMES = {"message_gone": "gone", "message_too_old": "too_old"}
"""Of what Telegram refuses to change; for anything else it just refuses."""


async def carry_broadcasts(store: Store) -> bool:
    """As far as they can be carried now; whether there was anything, and so messages that may leave."""
    has_carried = False
    while await store.call("carry_broadcasts") is not None:
        has_carried = True
    return has_carried


class ChangesMessages(Protocol):
    """A channel on which what was sent can be changed; raises DeliveryError."""

    async def edit(self, message: Outgoing, message_id: str) -> None: ...

    async def delete(self, recipient: str, message_id: str) -> None: ...


@dataclass(slots=True)
class _Changed:
    """What became of a page; what is not among the outcomes is tried again."""

    outcomes: list[Mapping[str, Any]] = field(default_factory=list)
    retry_after: float | None = None
    paused_reason: str | None = None

    @property
    def must_stop(self) -> bool:
        return self.retry_after is not None or self.paused_reason is not None


class BroadcastChanges:
    """Edits and deletes messages of broadcasts where they went out, within the budget of the channel.

    Doing either twice does no harm, so a page that a crash cut short is simply done again.
    """

    def __init__(self, store: Store, telegram: ChangesMessages, renderer: Renders) -> None:
        self._store = store
        self._telegram = telegram
        self._renderer = renderer
        self._steps = PublishedSteps(store)
        self._attempts: Counter[int] = Counter()

    async def carry_on(self) -> int | None:
        """How many messages were looked at; None when there is nothing to change. Raises StorageError."""
        page = await self._store.call("claim_broadcast_changes", batch=PAGE)
        if page is None:
            return None
        messages = page["messages"]
        if messages:
            changed = await self._change(page, messages)
            await self._store.call(
                "record_broadcast_changes",
                broadcast_id=page["broadcast_id"],
                change=page["change"],
                version_id=page["version_id"],
                lease=page["lease"],
                outcomes=changed.outcomes,
                retry_after=changed.retry_after,
                paused_reason=changed.paused_reason,
            )
        return len(messages)

    async def _change(self, page: Mapping[str, Any], messages: list[Mapping[str, Any]]) -> _Changed:
        if page["change"] == "edit":
            await self._steps.learn([page["version_id"]])
        changed = _Changed()
        await asyncio.gather(*(self._change_one(page["change"], row, changed) for row in messages))
        return changed

    async def _change_one(self, change: str, row: Mapping[str, Any], changed: _Changed) -> None:
        if changed.must_stop:
            return
        try:
            content = await (self._edit(row) if change == "edit" else self._delete(row))
        except Unrenderable as error:
            log.warning("broadcast_not_edited", reason=error.reason, delivery_id=row["id"])
            changed.outcomes.append({"id": row["id"], "outcome": "refused"})
        except DeliveryError as error:
            self._note(error, row["id"], changed)
        else:
            changed.outcomes.append({"id": row["id"], "outcome": "done", "content": content})

    async def _edit(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        step = self._steps.step(row["version_id"], row["message_step"])
        content = self._renderer.render(step, "telegram", row)
        message = Outgoing(row["tracking_id"], row["recipient_address"], content)
        await self._telegram.edit(message, row["provider_message_id"])
        return content

    async def _delete(self, row: Mapping[str, Any]) -> None:
        await self._telegram.delete(row["recipient_address"], row["provider_message_id"])

    def _note(self, error: DeliveryError, delivery_id: int, changed: _Changed) -> None:
        match error:
            case Refused():
                outcome = _OUTCOMES.get(error.reason, "refused")
            case Unreachable():
                outcome = "gone"
            case Misconfigured():
                changed.paused_reason = error.reason
                return
            case Busy(whole_channel=True):
                changed.retry_after = error.retry_after or 1.0
                return
            case _ if self._may_repeat(delivery_id):
                return
            case _:
                outcome = "refused"
        changed.outcomes.append({"id": delivery_id, "outcome": outcome})

    def _may_repeat(self, delivery_id: int) -> bool:
        self._attempts[delivery_id] += 1
        if self._attempts[delivery_id] < MOST_ATTEMPTS:
            return True
        del self._attempts[delivery_id]
        return False
