"""What is answered about campaigns: themselves, their times and their runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from webhooks.api.campaign_forms import Kind, Status
from webhooks.api.link_reports import LinkReport
from webhooks.link_check import CheckedLink


class Campaign(TypedDict):
    """`filter` is whom its audience's name stood for when it was looked up; `enrolled` counts people."""

    id: int
    name: str
    title: str
    description: str
    kind: Kind
    status: Status
    audience: str | None
    filter: dict[str, Any]
    sequence: str | None
    steps: list[dict[str, Any]] | None
    is_own_sequence: bool
    message_class: str
    schedule: dict[str, Any]
    timezone: str | None
    stale_after: str
    per_minute: int | None
    holdout: float
    goal: dict[str, Any] | None
    next_run_at: datetime | None
    last_run_at: datetime | None
    enrolled: int
    held_out: int
    revision: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    activated_at: datetime | None
    paused_at: datetime | None
    ended_at: datetime | None


class Campaigns(TypedDict):
    items: list[Campaign]
    next_after: int | None


class Time(TypedDict):
    """The instants of the first and the last whose clock shows it: the same on a campaign's own clock."""

    local_time: str
    first_at: datetime
    last_at: datetime


class Times(TypedDict):
    items: list[Time]


class Run(TypedDict):
    """`left_out` counts, by reason, who was seen and not enrolled; `error` is why the last page failed.

    One that a behavior event triggers has a day of UTC as its `occurrence`, and no `id`.
    """

    id: int | None
    occurrence: str
    zone: str | None
    due_at: datetime | None
    status: str
    seen: int
    enrolled: int
    held_out: int
    left_out: dict[str, int]
    attempts: int
    error: str | None
    started_at: datetime | None
    ended_at: datetime | None
    retry_at: datetime | None


class Runs(TypedDict):
    items: list[Run]
    next_after: int | None


class MessageCount(TypedDict):
    status: str
    reason: str | None
    n: int


class RunWithMessages(Run):
    """`messages` counts them by what became of them, and why."""

    messages: list[MessageCount]


class ProblemFound(TypedDict):
    """`path` is the field, `line` that of the template."""

    path: str
    line: int | None
    message: str


class CampaignReport(TypedDict):
    """`problems` are in the way of its beginning; `links` says which of them lead nowhere."""

    problems: list[ProblemFound]
    links: LinkReport
    is_fine: bool


class ActivatedCampaign(Campaign):
    """`unchecked_links` could not be asked, or said nothing certain: whoever activates looks at them."""

    unchecked_links: list[CheckedLink]


class Tried(TypedDict):
    enrollment_id: int
