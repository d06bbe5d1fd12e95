"""An event as the program sees it: when it is, and who belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Participant:
    """`status` is that of the registration, None for who came without; `attended` None: not written down."""

    user_id: str
    name: str | None
    username: str | None
    status: str | None
    attended: bool | None

    def answers_to(self, typed: str) -> bool:
        """`ada`, `Ada Lovelace` and `@ada` all mean Ada Lovelace, whose username is ada."""
        wanted = typed.casefold().removeprefix("@")
        names = (self.name or "").casefold()
        return wanted in (names, (self.username or "").casefold(), *names.split())


@dataclass(frozen=True, slots=True)
class Meeting:
    """`status` is that of whoever it was described for."""

    event_id: int
    title: str
    starts_at: datetime
    timezone: str
    join_url: str | None
    status: str | None
    people: tuple[Participant, ...] = ()

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Meeting:
        """From `describe_event`, or a row of `list_events`."""
        return cls(
            event_id=described["id"] if "id" in described else described["event_id"],
            title=described["title"],
            starts_at=datetime.fromisoformat(described["starts_at"]),
            timezone=described["timezone"],
            join_url=described["join_url"],
            status=described["status"],
            people=tuple(
                Participant(each["user_id"], each["name"], each["username"], each["status"], each["attended"])
                for each in described.get("people", ())
            ),
        )


@dataclass(frozen=True, slots=True)
class Attended:
    """That somebody came to a meeting, or did not."""

    title: str
    starts_at: datetime
    attended: bool


@dataclass(frozen=True, slots=True)
class Attendance:
    """Of `recorded` meetings for which it was written down, somebody came to `attended`."""

    attended: int
    recorded: int
    latest: tuple[Attended, ...]

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Attendance:
        """From `describe_attendance`."""
        latest = (
            Attended(each["title"], datetime.fromisoformat(each["starts_at"]), each["attended"])
            for each in described["latest"]
        )
        return cls(described["attended"], described["recorded"], tuple(latest))
