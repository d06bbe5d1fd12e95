"""Less, not this and stop under a message, and /why."""

from __future__ import annotations

import re
from typing import Any

from bot.page import Page
from bot.stories.users import user_story
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until


async def preferences(tendril: Tendril, person: Person) -> Any:
    user = (await tendril.explain(person))["user"]
    return await tendril.process.store.call("get_preferences", user_id=user["id"])


async def asks_why(tendril: Tendril, person: Person) -> Any:
    await tendril.settled()  # so that the first message is known to be sent
    await person.writes("/why")
    return await person.hears("The last one")


async def test_why_tells_what_the_last_message_belongs_to_and_what_comes_next(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    told = (await asks_why(tendril, ada))["text"]

    assert "because you said hello to me" in told
    assert "over Telegram" in told
    assert "The next one" in told


async def test_why_says_until_when_a_pause_holds_the_next_message(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings pause 1 week")
    await ada.hears("Paused until")
    await tendril.advance("3 days")
    await tendril.settled()

    await ada.writes("/why")

    await ada.hears("you asked me for a pause")


async def test_why_has_an_answer_for_who_got_nothing(tendril: Tendril) -> None:
    ada = await tendril.person("Ada")

    await ada.writes("/why")

    await ada.hears("I have not sent you anything")


async def test_why_is_answered_in_german(tendril: Tendril) -> None:
    ada = await tendril.started("Ada", language_code="de")
    await tendril.settled()

    await ada.writes("/why")

    assert "weil du mich begrüßt hast" in (await ada.hears("Die letzte Nachricht"))["text"]


async def test_less_is_one_tap_and_undone_by_another(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    why = await asks_why(tendril, ada)

    await ada.taps(why, "Less")
    answer = await ada.hears("less it is")
    frequency = (await preferences(tendril, ada))["frequency"]
    await ada.taps(answer, "Undo")
    await ada.hears("everything is as it was")

    assert frequency == "less"
    assert (await preferences(tendril, ada))["frequency"] == "normal"


async def test_a_second_tap_changes_nothing_and_says_nothing_more(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    why = await asks_why(tendril, ada)
    await ada.taps(why, "Less")
    await ada.hears("less it is")
    heard = len(await ada.messages())

    tapped = await ada.taps(why, "Less")
    await tendril.settled()

    assert tapped is not None
    assert len(await ada.messages()) == heard
    assert (await preferences(tendril, ada))["frequency"] == "less"


async def test_not_this_is_found_again_in_the_settings_and_taken_back(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.taps(await asks_why(tendril, ada), "Not this")
    await ada.hears("will not come any more")
    (declined,) = (await preferences(tendril, ada))["declined"]
    await ada.writes("/settings")
    page = await ada.hears("Not wanted: " + declined["title"])

    await ada.taps(page, "Not wanted")

    async def offered() -> Any:
        messages = {each["message_id"]: each for each in await ada.messages()}
        now = messages[page["message_id"]]
        return now if "it may come again" in now["text"] else None

    await ada.taps(await until(offered), f"↩ {declined['title']}")

    async def accepted() -> bool:
        return not (await preferences(tendril, ada))["declined"]

    await until(accepted)


async def test_an_undo_works_after_a_restart(run_tendril: RunTendril) -> None:
    async with run_tendril() as tendril:
        ada = await tendril.started("Ada")
        await ada.taps(await asks_why(tendril, ada), "Less")
        answer = await ada.hears("less it is")
    async with run_tendril() as tendril:
        await ada.taps(answer, "Undo")
        await ada.hears("everything is as it was")

        assert (await preferences(tendril, ada))["frequency"] == "normal"


async def test_why_names_the_settings_and_opens_them(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.taps(await asks_why(tendril, ada), "Settings")

    await ada.hears("Your settings")


async def test_whoever_looks_at_somebody_sees_what_they_wish(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings often few")
    await ada.hears("How often: At most 3 a week")
    await ada.taps(await asks_why(tendril, ada), "Not this")
    await ada.hears("will not come any more")

    told = "\n".join(user_story(await tendril.explain(ada), Page(False)))

    assert "1 a day, 3 a week" in told
    assert re.search(r"declined +onboarding", told)
