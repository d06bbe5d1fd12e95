"""Counting all figures anew: a job in pages, carried on by whoever comes next.

What a page is, and how far the job has come, is the database's business: `tendril.carry_analytics_rebuild`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from storage.store import Store

Stage = Literal["messages", "deleted", "days", "months", "places", "weeks", "cohorts"]
PAGE = 5_000
"""Enrollments. Some twenty-five thousand messages: a second where nothing else is to do."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """`done` messages were judged, of `total`, which is not known before the first page; `corrected` of them
    had been counted as something else. Each `stage` is done when the next begins. After five failures in a
    row, of which `error` is the last, its status is `failed`.
    """

    id: int
    status: Literal["running", "done", "failed"]
    stage: Stage | None
    done: int
    total: int | None
    corrected: int
    per_second: int | None
    began_at: datetime
    carried_at: datetime
    finished_at: datetime | None
    attempts: int
    error: str | None
    retry_at: datetime | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        moments = ("began_at", "carried_at", "finished_at", "retry_at")
        return cls(**row | {name: datetime.fromisoformat(row[name]) for name in moments if row[name]})


async def begin_rebuild(store: Store) -> tuple[Rebuild, bool]:
    """The one that is under way, or a new one; and whether it is new."""
    row = await store.call("begin_analytics_rebuild")
    is_new = row.pop("is_new")
    return Rebuild.of(row), is_new


async def carry_rebuild(store: Store, page: int = PAGE) -> Rebuild | None:
    """One page further; None where nothing is to do at the moment, or somebody else is about it."""
    row = await store.call("carry_analytics_rebuild", batch=page)
    return Rebuild.of(row) if row else None


async def latest_rebuild(store: Store) -> Rebuild | None:
    row = await store.call("describe_analytics_rebuild")
    return Rebuild.of(row) if row else None
