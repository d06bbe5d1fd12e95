"""One delivery worker as a process: a store, a channel over real HTTP, a renderer, a pipeline.

    python -m benchmarks.worker DSN PROVIDER_URL telegram|email IN_FLIGHT NAME

Prints `ready`, begins at the first line on its input, and stops in good order when its input ends.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from benchmarks.pipeline import renderer
from bot.running import spare_what_stays
from channels.channel import Channel
from channels.email import EmailChannel
from channels.telegram import TelegramChannel
from sequences.pipeline import DeliveryPipeline
from storage.postgres import PostgresStore


async def work(dsn: str, provider: str, name: str, in_flight: int, worker: str) -> None:
    async with AsyncExitStack() as stack:
        channel: Channel
        if name == "telegram":
            channel = await stack.enter_async_context(
                TelegramChannel.opened(token="1:placeholder", api_url=provider, connections=in_flight)
            )
        else:
            channel = await stack.enter_async_context(
                EmailChannel.opened(api_key="re_placeholder", api_url=provider)
            )
        store = PostgresStore(dsn, connections=8)
        stack.push_async_callback(store.aclose)
        pipeline = DeliveryPipeline(store, channel, renderer(), worker, in_flight=in_flight)
        await store.call("clock")
        spare_what_stays()
        print("ready", flush=True)
        await _line()
        stop = asyncio.Event()
        running = asyncio.create_task(pipeline.run(stop))
        await _line()
        stop.set()
        await running


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    _, dsn, provider, name, in_flight, worker = sys.argv
    asyncio.run(work(dsn, provider, name, int(in_flight), worker))
