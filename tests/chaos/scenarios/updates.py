"""8. What people wrote comes late, twice and in disorder, and the process dies in the middle of it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from tests.chaos.arena import Arena, arena
from tests.chaos.meddler import Changed, Request, meddling
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.waiting import until


async def handled_once(server: Server, setting: Setting) -> AsyncIterator[Row]:
    people, kills = setting.choose(short=200, long=1000), setting.choose(short=3, long=20)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "updates"))
        meddler = await opened.enter_async_context(meddling(place))
        told: list[Any] = []
        meddler.begin(
            lambda request: Changed(lambda body: _in_disorder(body, told)) if _asks(request) else None
        )
        numbers = await place.strangers(people)
        await _write_while_nobody_listens(place, numbers)
        bot = await place.product("bot", "run", "--only", "bot")
        for _ in range(kills):
            before = await _handled(place)
            await until(lambda: _has_handled(place, before + 1), "updates were handled")  # noqa: B023
            await asyncio.sleep(random.uniform(0.0, 0.5))
            await bot.kill()
            bot = await place.product("bot", "run", "--only", "bot")
        await until(lambda: _has_handled(place, 2 * people), "all updates were handled")
        yield await _judged(place, people, kills)


def _asks(request: Request) -> bool:
    return request.path.lower().endswith("/getupdates")


def _in_disorder(body: bytes, told: list[Any]) -> bytes:
    """What was told before comes again, and everything shuffled."""
    answer = json.loads(body)
    fresh = answer.get("result")
    if not fresh:
        return body
    again = random.sample(told, min(len(told), 20))
    told += fresh
    answer["result"] = random.sample(fresh + again + fresh, 2 * len(fresh) + len(again))
    return json.dumps(answer).encode()


async def _write_while_nobody_listens(place: Arena, numbers: range) -> None:
    """Two updates of each."""
    for text in ("/start", "/help"):
        for number in numbers:
            await place.control("POST", f"/users/{number}/messages", text=text)


async def _handled(place: Arena) -> int:
    return int(
        await place.value("select count(*) from tendril.telegram_updates where handled_at is not null")
    )


async def _has_handled(place: Arena, count: int) -> bool:
    try:
        return await _handled(place) >= count
    except Exception:
        return False


async def _judged(place: Arena, people: int, kills: int) -> Row:
    """Effects are counted in the database, because an effect is what the database says."""
    counts = await place.connection.fetch(
        """
        select c.address,
            (select count(*) from tendril.enrollments e
             where e.user_id = c.user_id and e.sequence = 'onboarding'),
            (select count(*) from tendril.behavior_events b
             where b.user_id = c.user_id and b.type = 'user_started')
        from tendril.contact_points c where c.channel = 'telegram'
        """
    )
    kept = await place.value("select count(*) from tendril.telegram_updates")
    return Row(
        "8 updates late, twice, out of order, kill -9",
        n=2 * people,
        lost=people - len(counts) + sum(1 for row in counts if 0 in row[1:]),
        duplicates=sum(max(row[1:]) - 1 for row in counts if max(row[1:]) > 1),
        wrong=abs(kept - 2 * people),
        notes=f"{people} people, {kills} kills",
    )
