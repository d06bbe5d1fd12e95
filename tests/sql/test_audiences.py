"""Audiences: who is enrolled, once each and page by page; and who would not be reached, and why."""

from __future__ import annotations

from typing import Any

import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step


async def enroll_all(world: World, **arguments: Any) -> int:
    """Page by page, as a worker does."""
    enrolled: int = 0
    after = None
    while True:
        page = await world.call("enroll_audience", sequence="course", after_user=after, batch=2, **arguments)
        enrolled += page["enrolled"]
        after = page["after_user"]
        if after is None:
            return enrolled


async def test_everybody_in_the_audience_is_enrolled_page_by_page(world: World) -> None:
    await world.publish(step())
    people = [await world.person() for _ in range(5)]

    assert await enroll_all(world) == 5

    assert [await world.states(each) for each in people] == [[("telegram", "pending", None)]] * 5


async def test_only_those_who_meet_the_filter_are_enrolled(world: World) -> None:
    await world.publish(step())
    ada, _bob = await world.person(), await world.person()
    await world.did(ada, "lesson")

    assert await enroll_all(world, filter={"behavior.lesson": {"$exists": True}}) == 1

    assert await world.states(ada) == [("telegram", "pending", None)]


async def test_nobody_is_enrolled_twice_under_a_key_not_even_when_it_is_over(world: World) -> None:
    await world.publish(step())
    await world.person()
    await enroll_all(world, key="spring")
    await world.deliver()

    assert await enroll_all(world, key="spring") == 0
    assert await enroll_all(world, key="autumn") == 1


async def test_workers_with_halves_of_the_ids_enroll_everybody_once(world: World) -> None:
    await world.publish(step())
    for _ in range(6):
        await world.person()
    middle = "80000000-0000-0000-0000-000000000000"

    lower = await enroll_all(world, before_user=middle)
    upper = await world.call("enroll_audience", sequence="course", after_user=middle)

    assert lower + upper["enrolled"] == 6


async def test_the_first_message_goes_over_the_channel_that_a_user_prefers(world: World) -> None:
    await world.publish(step())
    ada = await world.person(preferred_channel="email")

    await enroll_all(world)

    assert await world.states(ada) == [("email", "pending", None)]


async def test_an_unknown_sequence_is_refused(world: World) -> None:
    with pytest.raises(NotFound, match="no sequence named nothing"):
        await world.call("enroll_audience", sequence="nothing")


async def test_a_filter_that_makes_no_sense_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="cannot ask"):
        await world.call("preview_audience", filter={"shoe_size": 44})


async def test_the_preview_counts_who_is_reached_and_why_others_are_not(world: World) -> None:
    both, chat_only, mail_only, _blocked, stopped, _without_address = [
        await world.person(),
        await world.person(email=False),
        await world.person(telegram=False),
        await world.person(email=False),
        await world.person(),
        await world.person(telegram=False, email=False),
    ]
    await world.call("set_telegram_reachable", telegram_id=4, reachable=False)
    await world.call("set_preferences", user_id=both, changes={"preferred_channel": "email"})
    await world.call("stop_everything", user_id=stopped, source="telegram")

    preview = await world.call("preview_audience")

    assert (preview["total"], preview["reachable"]) == (6, 3)
    assert preview["channels"] == {"telegram": 1, "email": 2}
    assert preview["excluded"] == {"unreachable": 1, "user_stopped": 1, "no_address": 1}
    reached = {each["user_id"] for each in preview["sample"] if each["reason"] is None}
    assert reached == {both, chat_only, mail_only}


async def test_the_preview_for_a_sequence_counts_who_declined_it(world: World) -> None:
    await world.publish(step())
    ada, _bob = await world.person(), await world.person()
    await world.call("decline_sequence", user_id=ada, sequence="course")

    preview = await world.call("preview_audience", message_class="sequence", sequence="course")

    assert (preview["reachable"], preview["excluded"]) == (1, {"sequence_declined": 1})
    assert (await world.call("preview_audience", message_class="sequence"))["reachable"] == 2
