"""What comes back of a simulation: words, totals, and how two of them differ."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sequences.simulation.comparing import compare
from sequences.simulation.people import PRESETS, presets
from sequences.simulation.playing import Cast, Plot, TooLong, simulate
from sequences.simulation.report import Assumptions
from storage.store import NotFound
from storage.supabase import SupabaseStore
from tests.sql.conftest import World, step, world

__all__ = ["world"]

EVERYBODY = Cast(invented=presets(list(PRESETS)))


async def test_every_preset_has_a_week_of_its_own(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day", at="preferred"), step(name="third"))

    played = await simulate(world.store, Plot("course"), EVERYBODY)

    stories = {
        user.label: [(entry.at, entry.channel, entry.verdict) for entry in user.entries]
        for user in played.users
    }
    assert list(stories) == list(PRESETS)
    assert len(set(map(str, stories.values()))) == len(PRESETS)
    assert all(stories.values())


async def test_words_say_when_where_and_why(world: World) -> None:
    await world.publish(
        step(),
        step(name="second", after="10 hours"),
        step(name="third", condition={"attributes.plan": "pro"}),
    )

    played = await simulate(world.store, Plot("course"), Cast(invented=presets(["blocked_the_bot"])))

    assert [entry.words for entry in played.users[0].entries] == [
        "over email instead of telegram: the user blocked the bot",
        "sent over email",
        "sent over email (telegram: the user blocked the bot)",
        "skipped: the step's condition was not met",
    ]


async def test_totals_count_the_sequence_alone(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    await world.publish(step(), name="other", trigger={"event": "sang"})
    sang = Assumptions(behavior=({"type": "sang", "after": "1 hour"},))

    played = await simulate(world.store, Plot("course"), Cast(invented=({"label": "Ada"},)), assumptions=sang)

    assert [entry.sequence for entry in played.users[0].entries] == ["course", "other", "course"]
    assert played.totals.sent == {"telegram": 2}
    assert played.totals.days == {0: 1, 1: 1}
    assert (played.totals.people, played.totals.reached) == (1, 1)


async def test_two_versions_are_compared_user_by_user_and_in_totals(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    await world.publish(step(), step(name="second", after="1 day", channels=["email"]))
    cast = Cast(invented=presets(["telegram_only", "prefers_email"]))

    before = await simulate(world.store, Plot("course", number=1), cast)
    after = await simulate(world.store, Plot("course"), cast)
    compared = compare(before, after)

    assert (before.version, after.version) == (1, 2)
    assert compared.sent == {"telegram": -1}
    assert [(each.label, each.only_before, each.only_after) for each in compared.users] == [
        (
            "telegram_only",
            ("Tue 03 Mar 08:00  second: sent over telegram",),
            ("Tue 03 Mar 08:00  second: skipped: the user has no address there",),
        )
    ]


async def test_what_is_compared_with_itself_does_not_differ(world: World) -> None:
    await world.publish(
        step(), step(name="second", after="1 day", fallback="no_engagement", fallback_after="1 day")
    )
    half = Assumptions(answers=0.5)

    once, again = [await simulate(world.store, Plot("course"), EVERYBODY, assumptions=half) for _ in "12"]

    assert compare(once, again).users == ()


def weekly(**changes: Any) -> dict[str, Any]:
    return {
        "name": "weekly",
        "title": "Weekly",
        "kind": "recurring",
        "sequence": "course",
        "schedule": {"every": "week", "on": ["mon", "wed", "fri"], "at": "09:00"},
    } | changes


async def test_a_weekly_campaign_arrives_at_nine_of_each_recipient(world: World) -> None:
    await world.publish(step())
    drafted = await world.call("draft_campaign", campaign=weekly(), created_by="admin")

    played = await simulate(
        world.store, Plot(campaign=drafted), Cast(invented=presets(["early_bird", "email_only"])), days=7
    )

    days = {user.label: [f"{entry.at:%a %d %H:%M}" for entry in user.entries] for user in played.users}
    assert days == {
        "early_bird": ["Wed 04 09:00", "Fri 06 09:00", "Mon 09 09:00"],
        "email_only": ["Wed 04 09:00", "Fri 06 09:00", "Mon 09 09:00"],
    }
    assert "The campaign is played as if it were active." in played.notes


async def test_a_campaign_that_does_not_run_in_these_days_says_so(world: World) -> None:
    await world.publish(step())
    once = weekly(kind="one_time", schedule={"at": "2026-06-01T09:00"})
    drafted = await world.call("draft_campaign", campaign=once, created_by="admin")

    played = await simulate(world.store, Plot(campaign=drafted), Cast(invented=({"label": "Ada"},)), days=7)

    assert played.users[0].entries == ()
    assert "The campaign does not run in these days." in played.notes


async def test_a_draft_reaches_whom_the_name_of_its_audience_stands_for(world: World) -> None:
    await world.publish(step())
    drafted = await world.call(
        "draft_campaign", campaign=weekly(audience="inactive_7_days"), created_by="admin"
    )
    people = ({"label": "here"}, {"label": "away", "last_active": "9 days"})

    played = await simulate(world.store, Plot(campaign=drafted), Cast(invented=people), days=6)

    assert {user.label: len(user.entries) for user in played.users} == {"here": 0, "away": 2}
    assert played.users[0].why_not == "is not in the audience when it runs"


async def test_a_triggered_campaign_is_entered_by_who_does_what_triggers_it_and_then(world: World) -> None:
    await world.publish(step())
    drafted = await world.call(
        "draft_campaign", campaign=weekly(kind="triggered", schedule={"event": "sang"}), created_by="admin"
    )
    people = Cast(invented=({"label": "singer"}, {"label": "listener"}))
    sang = Assumptions(behavior=({"type": "sang", "after": "3 days", "people": ["singer"]},))

    played = await simulate(world.store, Plot(campaign=drafted), people, assumptions=sang)

    singer, listener = played.users
    assert [entry.day for entry in singer.entries] == [3]
    assert listener.entries == ()
    assert listener.why_not == "does not do what triggers it, or not while its filters hold"
    assert "People enter when they do 'sang': say who does, and when." in played.notes


async def test_a_simulation_may_begin_on_a_day_to_come(world: World) -> None:
    await world.publish(step())
    ada = await world.person()

    played = await simulate(
        world.store,
        Plot("course"),
        Cast(users=(ada,)),
        begins=datetime.fromisoformat("2026-03-28T23:30:00+01:00"),
    )

    assert [f"{entry.at:%d %b %H:%M} {entry.verdict}" for entry in played.users[0].entries] == [
        "28 Mar 22:30 hold",
        "29 Mar 08:00 send",
    ]


async def test_a_sequence_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await simulate(world.store, Plot("nothing"), EVERYBODY)


def test_a_preset_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="unicorn"):
        presets(["unicorn"])


async def test_what_takes_too_long_is_given_up_and_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.publish(*(step(name=f"step{number}", after="1 day") for number in range(20)))
    monkeypatch.setattr("sequences.simulation.playing.SECONDS", 0.05)

    with pytest.raises(TooLong, match="longer than") as given_up:
        await simulate(world.store, Plot("course"), EVERYBODY, days=400)

    assert given_up.value.detail == "days"
    assert await world.call("users_meeting", filter={}) == []


async def test_over_supabase_the_same_is_played(world: World, supabase_store: SupabaseStore) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    cast = Cast(users=(await world.person(),), invented=presets(["night_owl"]))
    begins = datetime.fromisoformat("2026-03-05T12:00:00+00:00")

    directly, over_supabase = [
        await simulate(store, Plot("course"), cast, begins=begins) for store in (world.store, supabase_store)
    ]

    assert over_supabase == directly
