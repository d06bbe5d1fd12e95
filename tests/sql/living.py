"""What really happens: the operations that the process calls, with the clock moved from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from engagement.game import settle_streaks
from engagement.leaderboards import look_after_leaderboards
from tests.sql.campaigning import carried
from tests.sql.conftest import MONDAY_NOON, Row, World

BEGIN = datetime.fromisoformat(MONDAY_NOON)


Ended = tuple[str, str, str, str | None, datetime]
Doing = tuple[datetime, str, str, Row]
"""When, who, what, and what is noted with it."""
VERDICTS = {"sent": "send", "clicked": "send", "skipped": "skip", "cancelled": "stop", "failed": "fail"}


async def lived(
    world: World,
    *,
    days: int,
    begins: datetime = BEGIN,
    blocked: Sequence[str] = (),
    answers: bool = False,
    doings: Sequence[Doing] = (),
    looks: Looks | None = None,
) -> None:
    """Works off what is due, a second after it is, until so many days have passed; some chats are closed, and
    everybody or nobody clicks an hour after a message came. `doings` are what people do on the way.
    """
    at, clicks, ahead = begins, list[tuple[datetime, Row]](), sorted(doings)
    while at < begins + timedelta(days=days):
        await world.clock.set(at)
        while ahead and ahead[0][0] <= at:
            await do(world, *ahead.pop(0))
        for click in [click for click in clicks if click[0] <= at]:
            clicks.remove(click)
            await world.call("record_delivery_events", events=[click[1]], at=at)
        if looks is not None and looks.following <= at:
            await carried(world, at=at)
        await settle_streaks(world.store)
        await look_after_leaderboards(world.store)
        await world.call("follow_up", at=at)
        idle = arrived = 0
        while idle < 3:  # what one channel skips may make the other due
            sent = await deliver(world, "telegram", at, blocked) + await deliver(world, "email", at)
            idle = 0 if sent else idle + 1
            arrived += len(sent)
            clicks += [(at + timedelta(hours=1), clicked(row)) for row in sent if answers]
        following = await upcoming(world, at) if looks is None else await looks.upcoming(at)
        coming = [following + timedelta(seconds=1)] if following else []
        coming += [doing[0] for doing in ahead] + ([await looks.after(at, arrived)] if looks else [])
        at = min([*coming, *(moment for moment, _ in clicks)], default=begins + timedelta(days=days))


async def upcoming(world: World, at: datetime) -> datetime | None:
    (work,) = await world.call("upcoming_work", at=at)
    return at if work["due_now"] else work["next_at"] and datetime.fromisoformat(work["next_at"])


async def do(world: World, at: datetime, user: str, type_: str, metadata: Row) -> None:
    event = {"event_id": f"{user}:{at}", "user_id": user, "type": type_, "metadata": metadata}
    await world.call("record_behavior_events", events=[event], at=at)


class Looks:
    """When the duty looks at an audience: every five minutes, and here only where that may matter; where a
    limit per minute holds it back, it goes on after a minute.
    """

    def __init__(self, connection: asyncpg.Connection, first: datetime) -> None:
        self.connection = connection
        self.first = self.following = first
        self.goes_on_at: datetime | None = None

    async def upcoming(self, at: datetime) -> datetime | None:
        """When the next message is due; that the duty could look is nothing to wake up for."""
        moment: datetime | None = await self.connection.fetchval(
            "select min(least(case delivery_status when 'pending' then next_attempt_at end, fallback_at))"
            " from tendril.message_deliveries where delivery_status = 'pending' or fallback_at is not null"
        )
        return None if moment is None or moment.year > 3000 else max(at, moment)

    async def after(self, at: datetime, arrived: int) -> datetime:
        if self.following <= at:
            self.first, self.goes_on_at = (
                at,
                await self.connection.fetchval(
                    "select max(c.throttled_until) from tendril.campaign_runs r"
                    " join tendril.campaigns c on c.id = r.campaign_id where r.status = 'running'"
                ),
            )
        if self.goes_on_at is not None:
            self.following = self.goes_on_at
        elif self.following <= at and not arrived:
            self.following = at + timedelta(hours=1)
        elif at >= self.first:
            soon = at + timedelta(minutes=5) - (at - self.first) % timedelta(minutes=5)
            self.following = soon if self.following <= at else min(self.following, soon)
        return self.following


def clicked(row: Row) -> Row:
    return {
        "event_id": f"click:{row['id']}",
        "source": "link",
        "type": "clicked",
        "tracking_id": row["tracking_id"],
    }


async def deliver(world: World, channel: str, at: datetime, blocked: Sequence[str] = ()) -> list[Row]:
    """Gives what arrived."""
    rows: list[Row] = await world.call(
        "claim_due_deliveries", worker="worker", channel=channel, batch=100, at=at
    )
    lost = [row for row in rows if row["user_id"] in blocked and channel == "telegram"]
    outcomes = [
        {"id": row["id"], "lease_token": row["lease_token"]}
        | ({"outcome": "unreachable", "reason": "blocked"} if row in lost else {"outcome": "sent"})
        for row in rows
    ]
    await world.call("record_outcomes", outcomes=outcomes, at=at)
    return [row for row in rows if row not in lost]


async def happened(connection: asyncpg.Connection, user: str) -> list[Ended]:
    """The ledger of one user since the beginning: what ended how, over which channel, why, and when."""
    rows = await connection.fetch(
        "select s.name, d.channel, d.delivery_status as status, d.reason, coalesce(d.sent_at, d.failed_at, ("
        " select max(v.occurred_at) from tendril.delivery_events v where v.delivery_id = d.id"
        " and v.type in ('skip', 'stop'))) as at "
        "from tendril.message_deliveries d join tendril.sequence_steps s on s.version_id = d.version_id "
        "and s.position = d.message_step where d.user_id = $1::uuid and d.delivery_status <> 'pending' "
        "order by s.name, d.channel",
        user,
    )
    ended = [(row["name"], row["channel"], VERDICTS[row["status"]], row["reason"], row["at"]) for row in rows]
    return sorted((each for each in ended if each[-1] >= BEGIN), key=str)


async def carried_through(world: World, *, begins: datetime = BEGIN, until: datetime) -> None:
    """Carries campaigns and delivers at each moment at which something is due."""
    at: datetime | None = begins
    while at is not None and at < until:
        await world.clock.set(at)
        await carried(world, at=at)
        while await deliver(world, "telegram", at):
            pass
        following = await upcoming(world, at)
        at = following if following is None or following > at else at + timedelta(seconds=1)


async def sent_at(connection: asyncpg.Connection, user: str) -> list[datetime]:
    query = "select sent_at from tendril.message_deliveries where user_id = $1 order by sent_at"
    return [row["sent_at"] for row in await connection.fetch(query, user)]
