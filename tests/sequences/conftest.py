"""What the tests of this package talk to: people in a database, and channels in the test's own process."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from channels.channel import Outgoing
from channels.errors import Refused
from sequences.pages import Page
from sequences.pipeline import DeliveryPipeline
from storage.store import Store, Unavailable


@dataclass
class ScriptedChannel:
    """Delivers into `arrived`. A request meets what is next in `answers`: an error to raise, or None.

    While `gate` is closed, requests to `held` addresses (None: to all) wait for their answer; what was handed
    over has arrived nevertheless.
    """

    name: str
    messages_per_request: int = 1
    is_idempotent: bool = False
    arrived: list[Outgoing] = field(default_factory=list)
    requests: list[tuple[str | None, list[Outgoing]]] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    refuses: Callable[[Outgoing], Exception | None] = lambda message: None
    before_answer: Callable[[], Any] | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    held: set[str] | None = None
    busiest: int = 0

    def __post_init__(self) -> None:
        self.gate.set()
        self._accepted: dict[str, tuple[str, list[str]]] = {}
        self._under_way = 0
        self._something_came = asyncio.Event()

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None = None) -> list[str]:
        self._under_way += 1
        self.busiest = max(self.busiest, self._under_way)
        self.requests.append((idempotency_key, list(messages)))
        try:
            return await self._answer(messages, idempotency_key)
        finally:
            self._under_way -= 1

    async def _answer(self, messages: Sequence[Outgoing], key: str | None) -> list[str]:
        error = self.answers.pop(0) if self.answers else None
        for message in messages:
            error = error or self.refuses(message)
        if error is None:
            ids = self._accept(messages, key)
        self._something_came.set()
        await asyncio.sleep(0)
        if self.before_answer is not None:
            await self.before_answer()
        if self.held is None or any(each.recipient in self.held for each in messages):
            await self.gate.wait()
        if error is not None:
            raise error
        return ids

    def _accept(self, messages: Sequence[Outgoing], key: str | None) -> list[str]:
        letters = [[each.tracking_id, each.recipient, each.content] for each in messages]
        body = json.dumps(letters, sort_keys=True)
        if key is not None and key in self._accepted:
            known, ids = self._accepted[key]
            if body != known:
                raise Refused("invalid_idempotent_request")
            return ids
        start = len(self.arrived)
        self.arrived.extend(messages)
        ids = [f"{self.name}-{start + number}" for number in range(len(messages))]
        if key is not None:
            self._accepted[key] = body, ids
        return ids

    async def something_came(self) -> None:
        """Until a request has been handed over since the last time that somebody asked."""
        await asyncio.wait_for(self._something_came.wait(), 60)
        self._something_came.clear()

    @property
    def recipients(self) -> list[str]:
        return [message.recipient for message in self.arrived]


class InterruptibleStore:
    """The real store, over a line that can be cut, altogether or for some operations."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cut: set[str] | None = set()
        self.refused = asyncio.Event()
        self.under_way = 0

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        if self._cut is None or operation in self._cut:
            self.refused.set()
            raise Unavailable("08006", "connection lost", None)
        self.under_way += 1
        try:
            return await self._store.call(operation, **arguments)
        finally:
            self.under_way -= 1

    async def aclose(self) -> None:
        await self._store.aclose()

    def cut(self, *operations: str) -> None:
        self._cut = set(operations) or None
        self.refused.clear()

    def mend(self) -> None:
        self._cut = set()


class PlainRenderer:
    """The body of the step for its channel with the user's first name, or whatever `fails` raises."""

    def __init__(self) -> None:
        self.rendered = 0
        self.fails: Callable[[Mapping[str, Any]], None] = lambda row: None

    def render(self, definition_step: Any, channel: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        self.fails(row)
        self.rendered += 1
        text = f"{definition_step.content_for(channel).body} {row['user']['first_name']} #{self.rendered}"
        if channel == "telegram":
            return {"text": text, "buttons": [], "link_preview": False, "silent": False}
        letter = {"from": "us@example.com", "subject": "Hello", "html": text, "text": text}
        return {**letter, "headers": {}, "tags": {}}

    def page(self, definition_step: Any, channel: str, row: Mapping[str, Any]) -> Page:
        """For mails the body of the step, as if it were long enough to be worth it."""
        return (definition_step.content_for(channel).body,) if channel == "email" else ()


@dataclass
class House:
    """A database with people in it, and a look into its ledger."""

    store: Store
    database_url: str

    async def publish(self, name: str = "greeting", **step: Any) -> None:
        await self.publish_steps(name, [step])

    async def publish_steps(self, name: str, steps: Sequence[Mapping[str, Any]], **sequence: Any) -> None:
        await self.store.call("publish_sequence", definition=definition(name, steps, **sequence))

    async def telegram_user(self, telegram_id: int, first_name: str = "Ada") -> str:
        user = await self.store.call(
            "register_telegram_user", telegram_id=telegram_id, first_name=first_name, last_name=None,
            username=None, language_code="en",
        )  # fmt: skip
        return str(user["user_id"])

    async def email_user(self, address: str, first_name: str = "Ada") -> str:
        user = await self.store.call(
            "create_user", external_id=address, first_name=first_name, email_address=address
        )
        return str(user["user_id"])

    async def enroll(self, user_id: str, sequence: str = "greeting", **arguments: Any) -> int:
        run = await self.store.call("enroll", user_id=user_id, sequence=sequence, **arguments)
        return int(run["enrollment_id"])

    async def ledger(self, columns: str = "*", where: str = "true") -> list[Mapping[str, Any]]:
        return await self.query(f"select {columns} from tendril.message_deliveries where {where} order by id")

    async def statuses(self) -> list[str]:
        return [row["delivery_status"] for row in await self.ledger("delivery_status, id")]

    def has_statuses(self, **counts: int) -> Callable[[], Any]:
        async def is_so() -> bool:
            return Counter(await self.statuses()) == counts

        return is_so

    async def query(self, statement: str) -> list[Mapping[str, Any]]:
        connection = await asyncpg.connect(self.database_url)
        try:
            return [dict(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()


def definition(name: str, steps: Sequence[Mapping[str, Any]], **sequence: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "name": name, "title": name.title(), "description": "", "message_class": "sequence",
        "trigger": None, "exit": None, "context": [],
    }  # fmt: skip
    step_base = {
        "after": "0 seconds", "anchor": "previous", "channels": ["telegram", "email"],
        "fallback": "on_failure", "stale_after": None, "quiet_hours": False, "max_attempts": 5,
        "content": {"default": {"subject": "Hello", "body": "Hello"}},
    }  # fmt: skip
    numbered = [
        {"position": position, "name": f"step_{position}", **step_base, **step}
        for position, step in enumerate(steps, start=1)
    ]
    return {**base, "steps": numbered, **sequence}


async def eventually(condition: Callable[[], Any], *, seconds: float = 60) -> None:
    """Returns when the condition, which may be asynchronous, holds."""
    async with asyncio.timeout(seconds):
        while not await _value(condition()):  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(0.01)


async def _value(result: Any) -> Any:
    return await result if asyncio.iscoroutine(result) else result


@pytest.fixture
async def house(store: Store, database_url: str) -> House:
    for channel, per_request in (("telegram", 1), ("email", 100)):
        await store.call(
            "configure_budget", channel=channel, per_second=None, burst=1, messages_per_request=per_request
        )
    return House(store, database_url)


@pytest.fixture
def telegram() -> ScriptedChannel:
    return ScriptedChannel("telegram")


@pytest.fixture
def email() -> ScriptedChannel:
    return ScriptedChannel("email", messages_per_request=100, is_idempotent=True)


@pytest.fixture
def renderer() -> PlainRenderer:
    return PlainRenderer()


@pytest.fixture
def line(house: House) -> InterruptibleStore:
    """The way to the database, which a test may cut."""
    return InterruptibleStore(house.store)


@pytest.fixture
def pipeline(line: InterruptibleStore, renderer: PlainRenderer) -> Callable[..., DeliveryPipeline]:
    def build(channel: ScriptedChannel, worker: str = "first", **options: Any) -> DeliveryPipeline:
        return DeliveryPipeline(line, channel, renderer, worker, **options)

    return build
