"""What a claim brings: deliveries leased to us, and the steps that say what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from channels.channel import Outgoing
from sequences.definition import Sequence, Step
from sequences.mistakes import Unrenderable
from sequences.outcomes import Outcome, Verdict
from sequences.pages import Page
from storage.store import Store, Unavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is leased to us; `content` is None until it is rendered, `page` is what it shares."""

    id: int
    tracking_id: str
    lease_token: str
    version_id: int
    position: int
    recipient: str
    batch_key: str | None
    content: Mapping[str, Any] | None
    row: Mapping[str, Any]
    claimed_at: float
    page: Page = ()

    @classmethod
    def from_row(cls, row: Mapping[str, Any], claimed_at: float) -> Claimed:
        return cls(
            id=row["id"],
            tracking_id=row["tracking_id"],
            lease_token=row["lease_token"],
            version_id=row["version_id"],
            position=row["message_step"],
            recipient=row["recipient_address"],
            batch_key=row["batch_key"],
            content=row["message_content"],
            row=row,
            claimed_at=claimed_at,
        )

    def saying(self, content: Mapping[str, Any], page: Page = ()) -> Claimed:
        """The same with its content; spelled out, because `dataclasses.replace` costs three times as much."""
        return Claimed(
            self.id,
            self.tracking_id,
            self.lease_token,
            self.version_id,
            self.position,
            self.recipient,
            self.batch_key,
            content,
            self.row,
            self.claimed_at,
            page,
        )

    def outgoing(self) -> Outgoing:
        assert self.content is not None
        return Outgoing(self.tracking_id, self.recipient, self.content)

    def came_to(self, verdict: Verdict, provider_message_id: str | None = None) -> Outcome:
        return Outcome(self.id, self.lease_token, self.claimed_at, verdict, provider_message_id)


class PublishedSteps:
    """The steps of published versions. A version never changes, so it is fetched once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._versions: dict[int, dict[int, Step]] = {}

    async def learn(self, version_ids: Iterable[int]) -> None:
        """Fetches the versions not yet known; one that cannot be read stays unknown. Raises Unavailable."""
        for version_id in set(version_ids).difference(self._versions):
            try:
                self._versions[version_id] = await self._fetch(version_id)
            except Unavailable:
                raise
            except Exception:
                log.exception("sequence_version_unreadable", version_id=version_id)

    def step(self, version_id: int, position: int) -> Step:
        try:
            return self._versions[version_id][position]
        except KeyError:
            raise Unrenderable("step_missing") from None

    async def _fetch(self, version_id: int) -> dict[int, Step]:
        definition = await self._store.call("get_sequence_version", version_id=version_id)
        return {step.position: step for step in Sequence.from_json(definition).steps}
