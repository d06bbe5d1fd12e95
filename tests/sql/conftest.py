"""A small world for tests of the SQL: sequences in a line each, people with addresses, a worker."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from storage.store import Store
from tests.fixtures.database import Clock

Row = dict[str, Any]
MONDAY_NOON = "2026-03-02T12:00:00+00:00"


def step(**changes: Any) -> Row:
    """A step over Telegram, then email, due at once; name what differs."""
    return {
        "name": "hello",
        "after": "0 seconds",
        "anchor": "previous",
        "channels": ["telegram", "email"],
        "fallback": "on_failure",
        "content": {"default": {"subject": "Hello", "body": "Hello"}},
    } | changes


@dataclass
class World:
    store: Store
    clock: Clock
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def call(self, operation: str, **arguments: Any) -> Any:
        return await self.store.call(operation, **arguments)

    async def publish(self, *steps: Row, name: str = "course", **changes: Any) -> Row:
        numbered = [each | {"position": position} for position, each in enumerate(steps, 1)]
        definition = {
            "name": name,
            "title": name.title(),
            "message_class": "sequence",
            "steps": numbered,
        } | changes
        published: Row = await self.call("publish_sequence", definition=definition)
        return published

    async def person(self, *, telegram: bool = True, email: bool = True, **preferences: Any) -> str:
        """A user with a Telegram chat (its id is the user's number) and an email address, as asked for."""
        number = next(self._numbers)
        address = f"user{number}@example.org" if email else None
        if telegram:
            user_id: str = (await self.call("register_telegram_user", telegram_id=number, first_name="Ada"))[
                "user_id"
            ]
            if address:
                await self.call("open_contact_point", user_id=user_id, channel="email", address=address)
        else:
            user_id = (await self.call("create_user", first_name="Ada", email_address=address))["user_id"]
        if preferences:
            await self.call("set_preferences", user_id=user_id, changes=preferences)
        return user_id

    async def enroll(self, user_id: str, sequence: str = "course", **more: Any) -> Row:
        enrolled: Row = await self.call("enroll", user_id=user_id, sequence=sequence, **more)
        return enrolled

    async def claim(
        self, channel: str = "telegram", batch: int = 100, worker: str = "worker", **more: Any
    ) -> list[Row]:
        claimed: list[Row] = await self.call(
            "claim_due_deliveries", worker=worker, channel=channel, batch=batch, **more
        )
        return claimed

    async def record(self, rows: list[Row], outcome: str = "sent", **more: Any) -> list[Row]:
        recorded: list[Row] = await self.call(
            "record_outcomes",
            outcomes=[
                {"id": row["id"], "lease_token": row["lease_token"], "outcome": outcome} | more
                for row in rows
            ],
        )
        return recorded

    async def deliver(self, channel: str = "telegram", outcome: str = "sent", **more: Any) -> list[Row]:
        """Claims what is due over a channel, stores some content for it and records the outcome."""
        rows = await self.claim(channel)
        if rows:
            contents = [{"id": row["id"], "content": {"text": "Hello"}} for row in rows]
            key = f"batch-{next(self._numbers)}" if channel == "email" else None
            await self.call(
                "store_rendered", lease_token=rows[0]["lease_token"], rendered=contents, batch_key=key
            )
            await self.record(rows, outcome, **more)
        return rows

    async def tell(self, row: Row, *types: str, **more: Any) -> list[Row]:
        """Webhook events about a delivery."""
        events = [
            {
                "event_id": f"event-{next(self._numbers)}",
                "source": "resend",
                "type": type_,
                "tracking_id": row["tracking_id"],
            }
            | more
            for type_ in types
        ]
        told: list[Row] = await self.call("record_delivery_events", events=events)
        return told

    async def deliveries(self, user_id: str) -> list[Row]:
        """All deliveries of a user in the order in which they were planned."""
        explained = await self.call("explain_user", reference=user_id)
        return sorted(explained["deliveries"], key=lambda row: row["delivery_id"])

    async def states(self, user_id: str) -> list[tuple[str, str, str | None]]:
        """(channel, status, reason) of each delivery."""
        return [
            (row["channel"], row["delivery_status"], row["reason"]) for row in await self.deliveries(user_id)
        ]

    async def did(self, user_id: str, type_: str, **more: Any) -> Row:
        event = {
            "event_id": f"behavior-{next(self._numbers)}",
            "user_id": user_id,
            "type": type_,
            "source": "telegram",
        } | more
        recorded: Row = await self.call("record_behavior_events", events=[event])
        return recorded

    async def rescore(self) -> None:
        """What the process does every few seconds: sums and scores follow what has happened."""
        while await self.call("fold_deliveries"):
            pass
        while await self.call("rescore_changed") is not None:
            pass


@pytest.fixture
async def world(store: Store, clock: Clock) -> World:
    """Monday, 2 March 2026, noon UTC, with both channels open and without a limit."""
    await clock.set(MONDAY_NOON)
    for channel, messages_per_request in (("telegram", 1), ("email", 100)):
        await store.call("configure_budget", channel=channel, messages_per_request=messages_per_request)
    return World(store, clock)


@pytest.fixture
async def opt_in(world: World) -> World:
    """The world with the sequence that carries the codes."""
    code = step(
        name="code",
        channels=["email"],
        fallback="none",
        recipient="email",
        content={"default": {"subject": "Your code", "body": "{{ context.code }}"}},
    )
    await world.publish(code, name="email_verification", message_class="transactional")
    return world
