"""Messages that are due, and the loop that delivers them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sequences.metrics import DeliveryMetrics
from sequences.pipeline import DeliveryPipeline
from tests.sequences.conftest import House

Builder = Callable[..., DeliveryPipeline]


@asynccontextmanager
async def running(pipeline: DeliveryPipeline) -> AsyncIterator[None]:
    """The pipeline's loop, stopped gracefully at the end."""
    stop = asyncio.Event()
    loop = asyncio.create_task(pipeline.run(stop))
    try:
        yield
    finally:
        stop.set()
        await loop


async def greet_on_telegram(house: House, count: int = 1, **step: Any) -> None:
    await house.publish(channels=["telegram"], **step)
    for number in range(count):
        await house.enroll(await house.telegram_user(1000 + number))


async def greet_by_email(house: House, *addresses: str, **step: Any) -> None:
    await house.publish(channels=["email"], **step)
    for address in addresses:
        await house.enroll(await house.email_user(address))


def counted(metrics: DeliveryMetrics, name: str, **labels: str) -> float:
    sample = metrics.registry.get_sample_value(f"tendril_{name}", {"channel": "telegram", **labels})
    assert sample is not None
    return sample
