"""A worker whose death can be arranged for a named point, and whose lease can be short.

    python -m tests.chaos.worker '{"name": "w1", "lease_seconds": 5, "dies": ["after_store", "email", 1], …}'

It is made of the same parts as `python -m bot run --only worker`; a store and a channel that kill the process
stand in the way of the calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from bot.logs import start_logging
from channels.channel import Channel, Outgoing
from channels.registry import open_channels
from channels.signing import Signer
from sequences.links import LinkBuilder
from sequences.pipeline import DeliveryPipeline
from sequences.rendering import Brand, Renderer
from storage.postgres import PostgresStore

POINTS = ("after_claim", "after_store", "after_answer", "before_commit", "after_commit")


@dataclass
class Death:
    """At the `countdown`th time that `point` is reached on `channel`."""

    point: str | None = None
    channel: str = ""
    countdown: int = 1

    def reached(self, point: str, channel: str) -> None:
        if (point, channel) != (self.point, self.channel):
            return
        self.countdown -= 1
        if self.countdown <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class MortalStore:
    store: PostgresStore
    channel: str
    death: Death

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        if operation == "record_outcomes":
            self.death.reached("before_commit", self.channel)
        answer = await self.store.call(operation, **arguments)
        if operation == "claim_due_deliveries" and answer:
            self.death.reached("after_claim", self.channel)
        if operation == "store_rendered":
            self.death.reached("after_store", self.channel)
        if operation == "record_outcomes":
            self.death.reached("after_commit", self.channel)
        return answer

    async def aclose(self) -> None:
        await self.store.aclose()


class MortalChannel:
    def __init__(self, channel: Channel, death: Death) -> None:
        self.name = channel.name
        self.messages_per_request = channel.messages_per_request
        self.is_idempotent = channel.is_idempotent
        self._channel = channel
        self._death = death

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None = None) -> list[str]:
        ids = await self._channel.send(messages, idempotency_key)
        self._death.reached("after_answer", self.name)
        return ids


async def run(options: dict[str, Any]) -> None:
    death = Death(*options.get("dies", ()))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as opened:
        store = PostgresStore(options["database_url"])
        opened.push_async_callback(store.aclose)
        channels = await opened.enter_async_context(open_channels(options["channels"]))
        renderer = Renderer(
            Brand("Tendril", "Tendril <hello@example.com>"),
            LinkBuilder("https://links.example", Signer("a secret for this run only")),
        )
        async with asyncio.TaskGroup() as group:
            for name, channel in channels.items():
                pipeline = DeliveryPipeline(
                    MortalStore(store, name, death),
                    MortalChannel(channel, death),
                    renderer,
                    options["name"],
                    in_flight=options.get("in_flight", 32),
                    lease_seconds=options["lease_seconds"],
                    tick_seconds=0.2,
                )
                group.create_task(pipeline.run(stop))


if __name__ == "__main__":
    start_logging("INFO", "json")
    told = json.loads(sys.argv[1])
    # The time of day only: what the event loop counts by goes on as it does.
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=told["clock_off_by"])):
        asyncio.run(run(told))
