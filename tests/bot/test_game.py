"""/progress, /stats, /leaderboard, /streaks and /achievements, in the chat."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.bot.reading import labels
from tests.fixtures.database import Clock
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until

MONDAY = "2026-03-02T09:00:00+00:00"


@pytest.fixture(autouse=True)
async def monday_morning(clock: Clock) -> None:
    await clock.set(MONDAY)


async def user_id(tendril: Tendril, person: Person) -> str:
    return str((await tendril.process.store.call("find_user", reference=str(person.id)))["id"])


async def does(tendril: Tendril, person: Person, type_: str, key: str) -> None:
    """Something that a product tells of, and that keeps a streak."""
    event = {"event_id": f"{type_}:{key}:{person.id}", "user_id": await user_id(tendril, person)}
    await tendril.process.store.call(
        "record_behavior_events", events=[event | {"type": type_, "source": "api"}]
    )


async def is_shown(person: Person, words: str, *, is_picture: bool = True) -> Any:
    """The newest message of the bot with these words, once there is one."""

    async def shown() -> Any:
        said = [each for each in await person.messages() if bool(each["media"]) is is_picture]
        return next((each for each in reversed(said) if words in each["text"]), None)

    return await until(shown)


async def becomes(person: Person, message: Any, words: str) -> Any:
    """The message, once it was rewritten to have these words."""

    async def rewritten() -> Any:
        found = (each for each in await person.messages() if each["message_id"] == message["message_id"])
        return next((each for each in found if words in each["text"]), None)

    return await until(rewritten)


async def is_in_a_league(tendril: Tendril, person: Person) -> None:
    """Who is put into one while the week lasts; afterwards nobody is any more."""
    await until(partial(told_of_league, tendril, person, "place"))


async def last_league_is_closed(tendril: Tendril, person: Person) -> None:
    """The page shows last week's league until then."""
    await until(partial(told_of_league, tendril, person, "last"))


async def told_of_league(tendril: Tendril, person: Person, what: str) -> bool:
    league = await tendril.process.store.call("league_of", user_id=await user_id(tendril, person))
    return league[what] is not None


async def test_the_card_is_a_picture_with_a_line_and_ways_on(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await does(tendril, ada, "lesson_complete", "one")

    await ada.writes("/stats")
    card = await is_shown(ada, "Level 1, Novice")

    assert labels(card) == ["🏆 Leaderboard", "🔥 Streak", "🏅 Achievements"]
    await ada.taps(card, "🏆 Leaderboard")
    await is_shown(ada, "This week", is_picture=False)
    await ada.taps(card, "🏅 Achievements")
    await is_shown(ada, "achieved", is_picture=False)
    await ada.taps(card, "🔥 Streak")
    await is_shown(ada, "Day one.")


async def test_admins_get_the_figures_and_their_own_card(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await tendril.process.store.call(
        "set_roles", user_id=await user_id(tendril, ada), roles=["viewer"], actor="a test"
    )

    await ada.writes("/stats")
    figures = await is_shown(ada, "new")
    await ada.taps(figures, "My own card")
    await is_shown(ada, "Level 1, Novice")
    await ada.writes("/stats me")

    async def two_cards() -> bool:
        return sum("Level 1" in each["text"] for each in await ada.messages()) == 2

    await until(two_cards)


async def test_one_message_turns_from_board_to_board(tendril: Tendril) -> None:
    ada, bo = await tendril.started("Ada"), await tendril.started("Bo <i>")
    await does(tendril, ada, "lesson_complete", "one")
    for key in ("one", "two"):
        await does(tendril, bo, "lesson_complete", key)

    await ada.writes("/leaderboard")
    page = await is_shown(ada, "This week", is_picture=False)
    assert "🥇 \u2068Bo <i>\u2069 · " in page["text"]
    assert "You are 2nd of 2 people" in page["text"]
    assert "behind" in page["text"]
    for board, words in (("Today", "· 2 Mar"), ("All time", "🏆 All time"), ("League", "league")):
        await ada.taps(page, board)
        await becomes(ada, page, words)

    assert len(await ada.messages()) == 2


async def test_an_empty_board_says_how_to_begin(tendril: Tendril, clock: Clock) -> None:
    ada = await tendril.started("Ada")
    await is_in_a_league(tendril, ada)
    await clock.advance("8 days")
    await last_league_is_closed(tendril, ada)

    await ada.writes("/leaderboard")
    page = await is_shown(ada, "the first place is free", is_picture=False)
    await ada.taps(page, "League")

    assert "/commit" in (await becomes(ada, page, "begins with the first XP"))["text"]


async def test_whoever_hides_is_on_no_board_and_sees_their_own_place(tendril: Tendril) -> None:
    ada, bo = await tendril.started("Ada"), await tendril.started("Bo")
    for each in (ada, bo):
        await does(tendril, each, "lesson_complete", "one")
    await ada.writes("/leaderboard")
    page = await is_shown(ada, "This week", is_picture=False)

    await ada.taps(page, "🙈 Hide me")
    hidden = await becomes(ada, page, "Others do not see you")
    await bo.writes("/leaderboard")
    seen = await is_shown(bo, "This week", is_picture=False)

    assert "You are 1st of 2 people" in hidden["text"]
    assert "Around you" not in hidden["text"]
    assert "Ada" not in seen["text"]
    await ada.taps(page, "👋 Show me again")
    assert "🙈 Hide me" in labels(await becomes(ada, page, "\u2068Ada\u2069"))


async def test_a_pod_has_a_board_as_long_as_one_is_in_it(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    store, ada_id = tendril.process.store, await user_id(tendril, ada)
    pod = await store.call(
        "create_pod", name="Early birds", weekday=1, local_time="18:00", timezone="UTC", created_by=ada_id
    )
    await store.call("join_pod", code=pod["invitation_code"], user_id=ada_id)
    await ada.writes("/leaderboard")
    page = await is_shown(ada, "This week", is_picture=False)

    await ada.taps(page, "Pod")
    await becomes(ada, page, "Early birds")
    await store.call("leave_pod", pod_id=pod["id"], user_id=ada_id)
    await ada.taps(page, "Today")
    page = await becomes(ada, page, "Today")

    assert "Pod" not in labels(page)


async def test_a_missed_day_is_saved_and_the_calendar_says_so(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await does(tendril, ada, "lesson_complete", "one")
    await tendril.advance("1 day")
    await does(tendril, ada, "lesson_complete", "two")
    await tendril.advance("2 days")

    await is_shown(ada, "A freeze saved your streak", is_picture=False)
    await ada.writes("/streaks")

    assert "a freeze saves it" in (await is_shown(ada, "2 days in a row"))["text"]


async def test_without_a_streak_it_is_said_how_one_begins(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/streaks")

    assert (await is_shown(ada, "No streak yet"))["buttons"] == []


async def test_a_lost_streak_is_won_back_in_the_same_picture(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    for key in ("one", "two"):
        await does(tendril, ada, "lesson_complete", key)
        await tendril.advance("1 day")
    await tendril.advance("3 days")
    told = await is_shown(ada, "Your streak has ended", is_picture=False)

    await ada.taps(told, "How do I win it back?")
    page = await is_shown(ada, "Your 2 days ended")
    refused = await ada.taps(page, "❤️‍🩹 Win it back")
    assert "It takes 2 things" in refused["text"]
    for key in ("three", "four"):
        await does(tendril, ada, "lesson_complete", key)
    await ada.taps(page, "❤️‍🩹 Win it back")

    assert (await becomes(ada, page, "3 days in a row"))["buttons"] == []


async def test_whoever_waited_too_long_begins_anew(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    for key in ("one", "two"):
        await does(tendril, ada, "lesson_complete", key)
        await tendril.advance("1 day")
    await tendril.advance("3 days")
    await ada.writes("/streaks")
    page = await is_shown(ada, "Your 2 days ended")
    await tendril.advance("3 days")

    told = await ada.taps(page, "❤️‍🩹 Win it back")

    assert "no longer possible" in told["text"]
    await becomes(ada, page, "No streak yet")


async def test_achievements_show_what_is_earned_and_what_is_near(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    for key in ("one", "two"):
        await does(tendril, ada, "lesson_complete", key)

    await ada.writes("/achievements")
    page = await is_shown(ada, "Next", is_picture=False)
    assert "▰▱▱▱▱ 2/10" in page["text"]
    await ada.taps(page, "Show all")
    everything = await becomes(ada, page, "0/100")
    await ada.taps(page, "Show fewer")

    assert len(everything["text"]) < 4096
    assert len(labels(everything)) == 1


async def test_what_one_step_earns_is_nearer_than_the_highest_level(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/achievements")
    page = await is_shown(ada, "Next", is_picture=False)

    assert "Confirmed an email address" in page["text"]
    assert "The highest level" not in page["text"]


async def test_the_game_speaks_german(tendril: Tendril) -> None:
    ada = await tendril.started("Ada", language_code="de")
    await does(tendril, ada, "lesson_complete", "one")

    await ada.writes("/stats")
    await is_shown(ada, "Level 1, Neuling")
    await ada.writes("/streaks")
    await is_shown(ada, "Für heute ist sie sicher")
    await ada.writes("/leaderboard")
    await is_shown(ada, "Bisher bist du allein hier", is_picture=False)
    await ada.writes("/achievements")
    await is_shown(ada, "erreicht", is_picture=False)
