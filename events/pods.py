"""A pod as the program sees it: a small group that meets once a week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from events.meetings import Meeting


@dataclass(frozen=True, slots=True)
class Member:
    """`kept` of `of_all` commitments that were due in this week, or kept in it."""

    user_id: str
    name: str | None
    is_host: bool
    kept: int
    of_all: int


@dataclass(frozen=True, slots=True)
class Pod:
    """`weekday` is 1 for Monday; it and `local_time` are those of the pod's own zone."""

    pod_id: int
    name: str
    timezone: str
    weekday: int
    local_time: time
    members: tuple[Member, ...]
    next_meeting: Meeting | None

    def has(self, user_id: str) -> bool:
        return any(member.user_id == user_id for member in self.members)

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Pod:
        """From `describe_pod`."""
        meeting = described["next_meeting"]
        return cls(
            pod_id=described["id"],
            name=described["name"],
            timezone=described["timezone"],
            weekday=described["weekday"],
            local_time=time.fromisoformat(described["local_time"]),
            members=tuple(
                Member(each["user_id"], each["name"], each["role"] == "host", each["kept"], each["of_all"])
                for each in described["members"]
            ),
            next_meeting=Meeting.from_json(meeting) if meeting else None,
        )
