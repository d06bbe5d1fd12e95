"""Journeys begin on Monday, 2 March 2026, at nine in the morning, UTC.

`journey` is a running process, and what a test asks of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fixtures.database import Clock
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until
from tests.sql.conftest import Row, step

MONDAY = "2026-03-02T09:00:00+00:00"


@pytest.fixture(autouse=True)
async def monday_morning(clock: Clock) -> None:
    """Before the process starts: it is to know no other time."""
    await clock.set(MONDAY)


@dataclass(frozen=True)
class Journey:
    tendril: Tendril

    async def call(self, operation: str, **arguments: Any) -> Any:
        return await self.tendril.process.store.call(operation, **arguments)

    async def publish(self, *steps: Row, name: str = "course", **changes: Any) -> None:
        """Each step says its own name; see `lesson`."""
        numbered = [each | {"position": position} for position, each in enumerate(steps, 1)]
        definition = {"name": name, "title": name.title(), "message_class": "sequence", "steps": numbered}
        await self.call("publish_sequence", definition=definition | changes)

    async def member(self, first_name: str = "Ada", *, email: bool = True) -> Person:
        """Somebody who is known to the bot, with a proved address, and not in any sequence."""
        person = await self.tendril.control.person(first_name, started=True)
        user = await self.call(
            "register_telegram_user", telegram_id=person.id, first_name=first_name, source="journey"
        )
        if email:
            await self.call(
                "open_contact_point", user_id=user["user_id"], channel="email", address=address_of(person)
            )
        return person

    async def enroll(self, person: Person, sequence: str = "course", **more: Any) -> Any:
        """Over the API, as another system would."""
        status, answer = await self.tendril.api(
            "POST",
            "/admin/api/nurture/trigger",
            {"user_id": person.id, "sequence_type": sequence} | more,
        )
        assert status in (200, 201), answer
        return answer

    async def prefer(self, person: Person, **changes: Any) -> None:
        user = await self.call("find_user", reference=str(person.id))
        await self.call("set_preferences", user_id=user["id"], changes=changes)

    async def mails(self, person: Person) -> list[Any]:
        return await self.tendril.inbox(address_of(person))

    async def mail(self, person: Person, count: int = 1) -> Any:
        """The newest one, once there are so many."""
        return await self.tendril.control.mail(address_of(person), count)

    async def happens(self, mail: Any, event: str, **more: Any) -> Any:
        """Something happens to a mail; returns when the signed webhook was answered."""
        told = await self.tendril.control.post(f"/inbox/{mail['id']}/{event}", **more)
        assert told["webhook"]["status"] == 200
        return told

    async def deliveries(self, person: Person) -> list[Any]:
        explained = await self.tendril.explain(person)
        return sorted(explained["deliveries"], key=lambda each: each["delivery_id"])

    async def states(self, person: Person) -> list[tuple[str, str, str | None]]:
        """(channel, status, reason) of each delivery."""
        return [
            (each["channel"], each["delivery_status"], each["reason"])
            for each in await self.deliveries(person)
        ]

    async def reaches(self, person: Person, *states: tuple[str, str]) -> None:
        """Waits until the deliveries are in these states, as (channel, status)."""

        async def reached() -> bool:
            return [each[:2] for each in await self.states(person)] == list(states)

        reached.__doc__ = f"deliveries are {states}"
        await until(reached)

    async def accepted(self, person: Person) -> list[str]:
        """Which providers took a message for this person, in order: the oracle."""
        names = {str(person.id), address_of(person)}
        return [
            each["provider"] for each in await self.tendril.control.ledger() if each["recipient"] in names
        ]


def address_of(person: Person) -> str:
    return f"{person.first_name.lower()}@example.com"


def lesson(name: str, **changes: Any) -> Row:
    """A step that says its name, a day after the one before."""
    content = {"default": {"subject": f"Lesson {name}", "body": f"This is lesson {name}."}}
    return step(name=name, after="1 day", content=content) | changes


def first(name: str = "one", **changes: Any) -> Row:
    return lesson(name, after="0 seconds", **changes)


def at(moment: int | str) -> str:
    """A message's date, or a mail's, as `Mon 09:00` of UTC."""
    when = datetime.fromtimestamp(moment, UTC) if isinstance(moment, int) else datetime.fromisoformat(moment)
    return when.strftime("%a %d %b %H:%M")


def links(mail: Any, kind: str) -> list[str]:
    """Our addresses in a mail: `u` unsubscribes, `c` redirects, `o` sees opens, `a` and `confirm` act."""
    found = re.findall(rf"https?://[\w.:]+/{kind}/[\w.~-]+", mail["text"] + mail["html"])
    return list(dict.fromkeys(found))


@pytest.fixture
def journey(tendril: Tendril) -> Journey:
    return Journey(tendril)
