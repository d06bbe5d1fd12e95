"""Whose risk is due, what it is reckoned from, and what becomes of it when it is kept."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import asyncpg

import sequences
from engagement.risk.reasons import load_reasons
from tests.sql.conftest import World, step

PAGE = (Path(__file__).parents[2] / "docs" / "risk.md").read_text(encoding="utf-8")


async def due(world: World, since: str | None = None) -> dict[str, str]:
    """Whose risk is to be told, and of which day."""
    mornings = await world.call("due_risks", batch=100)
    others = await world.call("outdated_risks", batch=100, since=since)
    found = dict(zip(mornings["users"], mornings["days"], strict=True))
    return found | dict(zip(others["users"], others["days"], strict=True))


async def signals(world: World, user: str, day: str) -> dict[str, Any]:
    ((row),) = await world.call("risk_signals", users=[user], days=[day])
    found: dict[str, Any] = row["signals"]
    return found


async def keep(world: World, user: str, risk: float, **more: Any) -> dict[str, Any]:
    kept: dict[str, Any] = await world.call("store_risks", rows=[{"user_id": user, "risk": risk} | more])
    return kept


async def rises(connection: asyncpg.Connection) -> list[tuple[int, str]]:
    rows = await connection.fetch(
        "select (metadata ->> 'risk')::int as risk, metadata ->> 'band' as band "
        "from tendril.behavior_events where type = 'risk_rose' order by id"
    )
    return [tuple(row) for row in rows]


async def test_the_page_says_what_every_signal_is(world: World) -> None:
    ada = await world.person()

    explained = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## The signals")[2], re.MULTILINE)
    assert set(await signals(world, ada, "2026-03-02")) == set(explained)


async def test_what_became_of_messages_is_known_at_the_end_of_each_day(world: World) -> None:
    await world.publish(step(), step(name="next", after="1 day"), step(name="last", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    (first,) = await world.deliver()
    await world.clock.set("2026-03-03T18:00:00+00:00")
    await world.tell(first, "clicked", source="link")
    await world.deliver()
    await world.clock.set("2026-03-04T19:00:00+00:00")
    await world.deliver()

    monday, tuesday, wednesday = [await signals(world, ada, f"2026-03-0{day}") for day in (2, 3, 4)]
    assert (monday["messages_30"], monday["answered_30"], monday["response_hours"]) == (1, 0, None)
    assert (tuesday["messages_30"], tuesday["answered_30"], round(tuesday["response_hours"])) == (2, 1, 30)
    assert [day["unanswered_in_a_row"] for day in (monday, tuesday, wednesday)] == [1, 1, 2]
    assert wednesday["answer_share_30"] == 1 / 3


async def test_commitments_speak_for_the_days_on_which_they_were_so(world: World) -> None:
    ada = await world.person()
    kept = await world.call("create_commitment", user_id=ada, text="Run", due_day="2026-03-03")
    await world.call("create_commitment", user_id=ada, text="Read", due_day="2026-03-03")
    await world.clock.set("2026-03-03T10:00:00+00:00")
    await world.call("complete_commitment", user_id=ada, commitment_id=kept["id"])
    await world.call("notice_time")
    await world.clock.set("2026-03-05T10:00:00+00:00")
    await world.call("notice_time")

    told = {day: await signals(world, ada, f"2026-03-0{day}") for day in (2, 3, 5)}
    assert [told[day]["commitments_open"] for day in told] == [2, 1, 0]
    assert [told[day]["commitments_kept_14"] for day in told] == [0, 1, 1]
    assert [told[day]["commitments_missed_14"] for day in told] == [0, 0, 1]
    assert told[5]["kept_share_30"] == 0.5


async def test_who_never_did_anything_has_been_away_since_they_came(world: World) -> None:
    created = await world.call("create_user", external_id="quiet")

    found = await signals(world, created["user_id"], "2026-03-09")
    assert (found["days_since_active"], found["days_since_joined"]) == (7, 7)


async def test_everybody_is_due_at_first_and_then_each_morning(world: World) -> None:
    ada = await world.person()
    await world.call("set_preferences", user_id=ada, changes={"timezone": "Europe/Berlin"})
    await world.did(ada, "lesson")
    assert await due(world) == {ada: "2026-03-02"}
    await keep(world, ada, 20, day="2026-03-02")

    assert await due(world) == {}
    await world.clock.set("2026-03-03T06:59:00+00:00")
    assert await due(world) == {}
    # eight o'clock there, and nothing has happened on that day yet
    await world.clock.set("2026-03-03T07:00:00+00:00")
    assert await due(world) == {ada: "2026-03-02"}


async def test_who_is_at_risk_and_comes_back_is_looked_at_at_once(world: World) -> None:
    ada, bob = await world.person(), await world.person()
    for user, risk in ((ada, 70), (bob, 10)):
        await world.did(user, "lesson")
        await keep(world, user, risk)
    await world.clock.set("2026-03-02T13:00:00+00:00")
    await world.did(ada, "lesson")
    await world.did(bob, "lesson")

    assert set(await due(world, since="2026-03-02T12:30:00+00:00")) == {ada}


async def test_who_has_been_away_for_two_months_has_left(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "lesson")
    await keep(world, ada, 70)
    await world.clock.set("2026-05-02T12:00:00+00:00")

    assert await due(world) == {}
    assert await connection.fetchval("select count(*) from tendril.drop_off_risks") == 0


async def test_a_risk_that_rises_over_a_threshold_is_told_once_per_rise(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    for risk in (30, 59, 61, 70, 85, 90, 40, 65):
        await world.clock.advance("1 hour")
        await keep(world, ada, risk)

    assert await rises(connection) == [(61, "high"), (85, "critical"), (65, "high")]


async def test_who_is_told_by_two_at_the_same_time_rises_once(
    world: World, connection: asyncpg.Connection
) -> None:
    people = [await world.person() for _ in range(20)]
    for user in people:
        await keep(world, user, 30)
    rows = [{"user_id": user, "risk": 65} for user in people]
    moments = [f"2026-03-02T13:00:0{second}+00:00" for second in range(4)]
    kept = await asyncio.gather(*(world.call("store_risks", rows=rows, at=moment) for moment in moments))

    assert sum(each["rose"] for each in kept) == len(people)
    assert await rises(connection) == [(65, "high")] * len(people)


async def test_a_page_begins_where_the_last_one_ended_though_nobody_of_it_is_told_yet(world: World) -> None:
    people = {await world.person() for _ in range(7)}
    assert await paged(world, "outdated_risks") == [2, 2, 2, 1]
    for user in people:
        await keep(world, user, 30)
    await world.clock.set("2026-03-04T12:00:00+00:00")

    assert await paged(world, "outdated_risks") == [0]
    assert await paged(world, "due_risks") == [2, 2, 2, 1]


async def paged(world: World, operation: str) -> list[int]:
    """How many are on each page of two, all of them different people."""
    pages = [await world.call(operation, batch=2)]
    while pages[-1]["next"]:
        pages.append(await world.call(operation, batch=2, after=pages[-1]["next"]))
    users = [user for page in pages for user in page["users"]]
    assert len(set(users)) == len(users)
    return [len(page["users"]) for page in pages]


async def test_who_was_quiet_before_risks_were_told_is_nobodys_news(
    world: World, connection: asyncpg.Connection
) -> None:
    quiet = await world.person()
    await world.clock.set("2026-03-20T12:00:00+00:00")
    await due(world)
    fresh = await world.person()
    assert (await keep(world, quiet, 90), await keep(world, fresh, 90)) == (
        {"kept": 1, "rose": 0},
        {"kept": 1, "rose": 1},
    )


async def test_of_those_at_risk_the_riskiest_come_first_and_all_are_counted(world: World) -> None:
    people = [await world.person() for _ in range(6)]
    for user, risk in zip(people, (10, 45, 62, 62, 80, 99), strict=True):
        await keep(world, user, risk)

    found = await world.call("list_at_risk", threshold=60, limit_to=2)
    rest = await world.call("list_at_risk", threshold=60, after_user=found["next_after"])
    assert [item["risk"] for item in found["items"] + rest["items"]] == [99, 80, 62, 62]
    assert found["stats"] == {
        "total": 4,
        "critical": 2,
        "high": 2,
        "medium": 0,
        "known": 6,
        "percentage": 66.7,
    }
    assert rest["next_after"] is None


async def test_every_signal_of_the_service_has_words_and_what_is_recommended_exists(world: World) -> None:
    families = load_reasons().families
    ada = await world.person()

    told = [signal for family in families for signal in family.signals]
    assert len(told) == len(set(told))
    assert set(told) == set(await signals(world, ada, "2026-03-02"))
    known = {file.stem for file in (Path(sequences.__file__).parent / "templates").glob("*.md")}
    assert {kind for family in families for kind in family.interventions} <= known
    assert {sentence.signal for family in families for sentence in family.sentences} <= set(told)
