"""Two who plan campaigns in one process: neither falls out while the other has work."""

import asyncio
from typing import Any

from bot.campaigns import CampaignDuty


class Pages:
    """A store with one page, planned once somebody else has found nothing; then two, planned side by side."""

    def __init__(self) -> None:
        self.idle = asyncio.Event()
        self.together = asyncio.Barrier(2)
        self.left = [1, 2, 2]

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        if operation != "carry_campaigns":
            return []
        if not self.left:
            return None
        if self.left[0] == 1:
            self.left[0] = 0
            await self.idle.wait()
            self.left.pop(0)
            return 1
        if self.left[0] == 0:
            self.idle.set()
            return None
        self.left.pop()
        await self.together.wait()
        return 1


async def test_who_found_nothing_to_do_plans_again_when_another_has_divided_a_run() -> None:
    pages, stop = Pages(), asyncio.Event()

    def look() -> None:
        if not pages.left:
            stop.set()

    async with asyncio.timeout(30):
        await CampaignDuty(pages, look).run(stop)

    assert pages.left == []
