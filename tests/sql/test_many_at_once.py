"""Whatever a few people do in the same moment, over every connection at once, the books stay in order."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from storage.store import Conflict, Invalid, NotFound
from tests.fixtures.database import WAITS_FOR_US
from tests.sql.conftest import Row, World, step

PEOPLE = 6
ROUNDS = 20
AT_ONCE = 12
UNANSWERED = {"fallback": "no_engagement", "fallback_after": "2 hours"}
OUTCOMES = ["sent"] * 5 + ["busy", "unreachable", "unknown", "refused"]
TOLD = ["sent", "delivered", "opened", "clicked", "bounced", "soft_bounce", "complained"]


class Crowd:
    """Each method is one thing that somebody does, by chance."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.sent: list[Row] = []

    async def user(self) -> str:
        registered = await self.world.call(
            "register_telegram_user", telegram_id=self.chance.randint(1, PEOPLE)
        )
        user_id: str = registered["user_id"]
        return user_id

    async def claims_an_address(self) -> None:
        address = f"a{self.chance.randint(1, 4)}@example.org"
        await self.world.call("request_email", user_id=await self.user(), email_address=address)

    async def is_imported(self) -> None:
        number, address = self.chance.randint(1, 3), self.chance.randint(1, 4)
        await self.world.call(
            "create_user", external_id=f"c-{number}", email_address=f"a{address}@example.org"
        )

    async def joins_accounts(self) -> None:
        code = (await self.world.call("create_link_code", user_id=await self.user()))["code"]
        await self.world.call("link_telegram", code=code, telegram_id=self.chance.randint(1, PEOPLE))

    async def chooses(self) -> None:
        changes = self.chance.choice([{"timezone": "Asia/Tokyo"}, {"preferred_channel": "email"}])
        await self.world.call("set_preferences", user_id=await self.user(), changes=changes)

    async def stops(self) -> None:
        await self.world.call("stop_everything", user_id=await self.user(), source="telegram")

    async def starts_again(self) -> None:
        await self.world.call("start_again", user_id=await self.user(), source="telegram")

    async def blocks_or_unblocks(self) -> None:
        chat, is_open = self.chance.randint(1, PEOPLE), self.chance.random() < 0.6
        await self.world.call("set_telegram_reachable", telegram_id=chat, reachable=is_open)

    async def unsubscribes(self) -> None:
        if self.sent:
            scope = self.chance.choice(["channel", "everything"])
            tracking_id = self.chance.choice(self.sent)["tracking_id"]
            await self.world.call("unsubscribe", tracking_id=tracking_id, scope=scope, source="email")

    async def does_something(self) -> None:
        event = {"event_id": str(uuid4()), "user_id": await self.user(), "type": "goal"}
        await self.world.call("record_behavior_events", events=[event])

    async def is_enrolled(self) -> None:
        await self.world.enroll(await self.user(), key=f"{self.chance.randint(1, 3)}")

    async def is_paused_or_resumed(self) -> None:
        if running := await self.world.call("list_active_enrollments"):
            act = self.chance.choice(["pause_enrollment", "resume_enrollment", "cancel_enrollment"])
            await self.world.call(act, enrollment_id=self.chance.choice(running)["enrollment_id"])

    async def is_written_to(self) -> None:
        rows = await self.world.claim(self.chance.choice(["telegram", "email"]))
        self.sent += rows
        await self.world.record(rows, self.chance.choice(OUTCOMES), reason="by chance")

    async def answers(self) -> None:
        if self.sent:
            await self.world.tell(self.chance.choice(self.sent), self.chance.choice(TOLD))

    async def lets_time_pass(self) -> None:
        await self.world.clock.advance("20 minutes")
        await self.world.call("follow_up")

    def acts(self) -> list[Callable[[], Awaitable[None]]]:
        once = [
            self.claims_an_address, self.is_imported, self.joins_accounts, self.chooses, self.stops,
            self.starts_again, self.blocks_or_unblocks, self.unsubscribes, self.does_something,
            self.is_paused_or_resumed, self.lets_time_pass,
        ]  # fmt: skip
        return once + [self.is_enrolled] * 2 + [self.is_written_to] * 5 + [self.answers] * 2


async def refused_politely(act: Callable[[], Awaitable[None]]) -> None:
    """Whoever was too late is told so; the store tries again what lost a race."""
    try:
        await act()
    except (NotFound, Conflict, Invalid):
        pass


@pytest.mark.parametrize("seed", range(3))
async def test_no_run_stands_still_and_nothing_fails_in_a_way_that_nobody_understands(
    world: World, connection: asyncpg.Connection, seed: int
) -> None:
    await world.publish(
        step(channels=["email"], fallback="none", recipient="email"),
        name="email_verification",
        message_class="transactional",
    )
    await world.publish(
        step(), step(name="b", after="1 hour", **UNANSWERED), step(name="c", after="3 hours", fallback="both")
    )
    await world.publish(step(), name="reward", trigger={"event": "goal", "again_after": "1 hour"})
    crowd = Crowd(world, seed)

    for _ in range(ROUNDS):
        await asyncio.gather(*(refused_politely(crowd.chance.choice(crowd.acts())) for _ in range(AT_ONCE)))

    standing_still = await connection.fetch(
        "select e.* from tendril.enrollments e where e.status = 'active' and not exists ("
        " select from tendril.message_deliveries d where d.enrollment_id = e.id"
        " and d.message_step = e.current_step + 1 and d.delivery_status in ('pending', 'sending'))"
    )
    assert standing_still == []


@pytest.mark.parametrize(
    "operation", ["stop_everything", "start_again", "set_preferences", "pause_enrollment", "link_telegram"]
)
async def test_whoever_changes_a_run_holds_nothing_while_its_messages_are_under_way(
    world: World, connection: asyncpg.Connection, operation: str
) -> None:
    """Who sends takes the message first and its enrollment later: the other way round nobody could go on."""
    await world.publish(step())
    ada = await world.person()
    run, eve = await world.enroll(ada), await world.person(telegram=False)
    arguments = {
        "set_preferences": {"user_id": ada, "changes": {"timezone": "Asia/Tokyo"}},
        "pause_enrollment": {"enrollment_id": run["enrollment_id"]},
        "link_telegram": {
            "code": (await world.call("create_link_code", user_id=eve))["code"],
            "telegram_id": 1,
        },
    }.get(operation, {"user_id": ada, "source": "telegram"})

    async with asyncio.timeout(60), asyncio.TaskGroup() as group, connection.transaction():
        await connection.execute("select from tendril.message_deliveries for update")
        group.create_task(world.call(operation, **arguments))
        while not await connection.fetchval(WAITS_FOR_US):
            continue
        await connection.execute("select from tendril.enrollments for no key update nowait")
