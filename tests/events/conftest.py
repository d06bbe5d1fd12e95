"""The small world of the SQL tests, with the sequences of the catalogue published: `gathering`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sql.conftest import Row, World, world

__all__ = ["Gathering", "world"]

CATALOGUE = Path(__file__).parents[2] / "sequences" / "catalogue"
TOMORROW = "2026-03-03T17:00:00+00:00"


@dataclass
class Gathering:
    """People, events and what they get. It is Monday, 2 March 2026, noon UTC."""

    world: World

    async def call(self, operation: str, **arguments: Any) -> Any:
        return await self.world.call(operation, **arguments)

    async def person(self, **preferences: Any) -> str:
        return await self.world.person(email=False, **preferences)

    async def event(self, starts_at: str = TOMORROW, **given: Any) -> int:
        """The number of a webinar in Berlin."""
        asked = {"kind": "webinar", "title": "Small steps", "timezone": "Europe/Berlin"} | given
        made: Row = await self.call("create_event", starts_at=starts_at, **asked)
        return int(made["id"])

    async def register(self, event: int, user: str) -> str:
        return str((await self.call("register_for_event", event_id=event, user_id=user))["status"])

    async def leave(self, event: int, user: str) -> bool:
        return bool((await self.call("cancel_registration", event_id=event, user_id=user))["changed"])

    async def pod(self, founder: str, **given: Any) -> Row:
        """Meets on Tuesdays at six in the evening in Berlin."""
        asked = {
            "name": "Early birds",
            "timezone": "Europe/Berlin",
            "weekday": 2,
            "local_time": "18:00",
            "join_url": "https://meet.example.org/birds",
        }
        made: Row = await self.call("create_pod", created_by=founder, **(asked | given))
        return made

    async def join(self, pod: Row, user: str) -> str:
        return str((await self.call("join_pod", code=pod["invitation_code"], user_id=user))["status"])

    async def meetings(self, pod: Row, **given: Any) -> list[Row]:
        found: list[Row] = await self.call("list_events", pod_id=pod["id"], **given)
        return found

    async def planned(self, user: str) -> list[tuple[int, str]]:
        """(step, when in UTC) of the reminders that somebody is to get."""
        return [
            (row["message_step"], row["scheduled_at"][:16])
            for row in await self.world.deliveries(user)
            if row["sequence_type"] == "meeting_reminder" and row["delivery_status"] == "pending"
        ]

    async def got(self) -> list[tuple[str, str, Row]]:
        """Delivers what is due about events: (user, sequence, context) of each message."""
        rows = sorted(await self.world.deliver(), key=lambda row: row["id"])
        return [
            (row["user_id"], row["sequence_type"], row["context"])
            for row in rows
            if row["sequence_type"].startswith("meeting_")
        ]

    async def news(self) -> list[tuple[str, str]]:
        """Delivers what is due: (user, news) of what was told."""
        return [(user, context["news"]) for user, name, context in await self.got() if name == "meeting_news"]


@pytest.fixture
def gathering(world: World) -> Gathering:
    return Gathering(world)
