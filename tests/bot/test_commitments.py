"""/commit, /list, /done, /progress and /feedback, in the chat."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from tests.bot.reading import labels, reads
from tests.fixtures.database import Clock
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until

MONDAY = "2026-03-02T09:00:00+00:00"
CLEAR = "Write 2 pages by Friday"


@pytest.fixture(autouse=True)
async def monday_morning(clock: Clock) -> None:
    await clock.set(MONDAY)


async def commitments(tendril: Tendril, person: Person, status: str = "open") -> list[Any]:
    user = await tendril.process.store.call("find_user", reference=str(person.id))
    rows = await tendril.process.store.call("list_commitments", user_id=user["id"], status=status)
    return list(rows)


async def test_a_clear_commitment_is_noted_at_once(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(f"/commit {CLEAR}")
    answer = await ada.hears("Noted: Write 2 pages by Friday")

    assert "Due Friday, 6 March" in answer["text"]
    assert "●●●●● specific" in answer["text"]
    assert answer["buttons"] == []
    assert [(each["due_day"], each["rating"]["total"]) for each in await commitments(tendril, ada)] == [
        ("2026-03-06", 93)
    ]


async def test_without_words_or_a_day_the_bot_asks_for_both(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/commit")
    await ada.hears("What will you do?")
    await ada.writes("Call mum")
    question = await ada.hears("By when?")
    assert labels(question) == ["Today", "Tomorrow", "This week"]
    await ada.taps(question, "This week")
    await reads(ada, question, "Due Sunday, 8 March")

    assert [each["text"] for each in await commitments(tendril, ada)] == ["Call mum"]


async def test_a_day_can_be_typed_once_it_is_understood(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Call mum")
    await ada.hears("By when?")

    await ada.writes("one of these days")
    await ada.hears("I could not read a day in that")
    await ada.writes("in 800 days")
    await ada.receives(4)
    await ada.writes("thu 5pm")
    await ada.hears("Due Thursday, 5 March, 17:00")

    assert [each["due_at"][:16] for each in await commitments(tendril, ada)] == ["2026-03-05T17:00"]


async def test_a_restart_in_the_middle_of_a_question_loses_nothing(run_tendril: RunTendril) -> None:
    async with run_tendril() as tendril:
        ada = await tendril.started("Ada")
        await ada.writes("/commit Call mum")
        question = await ada.hears("By when?")

    async with run_tendril() as tendril:
        await ada.taps(question, "Tomorrow")
        await reads(ada, question, "Due tomorrow")

        assert len(await commitments(tendril, ada)) == 1


async def test_a_day_tapped_twice_commits_once(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Call mum")
    question = await ada.hears("By when?")

    await asyncio.gather(ada.taps(question, "Today"), ada.taps(question, "Tomorrow"))
    await reads(ada, question, "Noted")
    await tendril.settled()

    assert len(await commitments(tendril, ada)) == 1


async def test_the_day_of_an_older_question_is_not_taken_for_the_newer(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Call mum")
    older = await ada.hears("Call mum")
    await ada.writes("/commit Water plants")
    newer = await ada.hears("Water plants")

    await ada.taps(older, "Today")
    await ada.taps(newer, "Tomorrow")
    await reads(ada, newer, "Due tomorrow")

    assert [each["text"] for each in await commitments(tendril, ada)] == ["Water plants"]


async def test_a_command_typed_in_between_is_answered_and_the_question_waits(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Call mum")
    await ada.hears("By when?")

    await ada.writes("/list")
    await ada.hears("Nothing is open right now")
    await ada.writes("tomorrow")

    await ada.hears("Due tomorrow")


async def test_html_in_a_commitment_is_shown(tendril: Tendril) -> None:
    ada = await tendril.started("<i>Ada</i>")

    await ada.writes("/commit Write <b>2 pages</b> & send them by Friday")
    await ada.hears("Noted: Write <b>2 pages</b> & send them by Friday")
    await ada.writes("/list")
    await ada.hears("1. Write <b>2 pages</b> & send them")


async def test_more_than_500_characters_are_asked_for_again(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/commit " + "x" * 501)
    await ada.hears("That is 501 characters")
    await ada.writes(CLEAR)

    await ada.hears("Noted")


async def test_an_unclear_commitment_is_put_in_better_words(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Be better tomorrow")
    answer = await ada.hears("What would somebody see you do?")

    await ada.taps(answer, "Improve it")
    await ada.hears("Write it again")
    await ada.writes("Send two emails")
    await ada.hears("Now it says: Send two emails")

    (commitment,) = await commitments(tendril, ada)
    assert (commitment["text"], commitment["due_day"]) == ("Send two emails", "2026-03-03")


async def test_what_is_good_enough_is_kept(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Be better tomorrow")
    answer = await ada.hears("What would somebody see you do?")

    await asyncio.gather(*(ada.taps(answer, "Keep it") for _ in range(2)))

    async def without_buttons() -> bool:
        shown = await reads(ada, answer, answer["text"])
        return not shown["buttons"]

    await until(without_buttons)


async def test_better_words_for_what_is_done_come_too_late(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/commit Be better tomorrow")
    answer = await ada.hears("What would somebody see you do?")
    await ada.taps(answer, "Improve it")
    await ada.hears("Write it again")
    await ada.writes("/done")
    await ada.hears("Done: Be better tomorrow")

    await ada.writes("Send two emails")

    await ada.hears("not open any more")


async def test_the_only_open_one_is_done_at_once_and_taken_back(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes(f"/commit {CLEAR}")
    await ada.hears("Noted")

    await ada.writes("/done")
    answer = await ada.hears("Done: Write 2 pages")
    assert "day one of a streak" in answer["text"]
    await ada.taps(answer, "Undo")
    await reads(ada, answer, "Open again")

    assert len(await commitments(tendril, ada)) == 1


async def test_of_several_one_is_chosen_and_a_double_tap_counts_once(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    for text in ("Read 20 pages today", "Run 5 km tomorrow"):
        await ada.writes(f"/commit {text}")
        await ada.hears(f"Noted: {text}")
    await ada.writes("/done")
    question = await ada.hears("Which one is done?")

    await asyncio.gather(*(ada.taps(question, "Run 5 km tomorrow") for _ in range(2)))
    page = await reads(ada, question, "Done: Run 5 km")
    await tendril.settled()

    assert "1. Read 20 pages today" in page["text"]
    assert len(await commitments(tendril, ada, "done")) == 1
    user = await tendril.explain(ada)
    told = await tendril.process.store.call("commitment_progress", user_id=user["user"]["id"])
    assert told["done"] == 1


async def test_the_list_lets_go_with_a_tap(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes(f"/commit {CLEAR}")
    await ada.hears("Noted")
    await ada.writes("/list")
    page = await ada.hears("You are committed to")

    await ada.taps(page, "Drop 1")
    await reads(ada, page, "Let go: Write 2 pages")

    assert [await commitments(tendril, ada, each) for each in ("open", "done")] == [[], []]


async def test_an_empty_list_says_how_to_begin(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/list")
    await ada.writes("/done")

    assert all("/commit" in each["text"] for each in (await ada.receives(3))[1:])


async def test_a_long_list_fits_into_one_message(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    user = await tendril.explain(ada)
    for number in range(14):
        await tendril.process.store.call(
            "create_commitment",
            user_id=user["user"]["id"],
            text=f"{number} " + "&" * 490,
            due_day="2026-03-04",
        )

    await ada.writes("/list")
    page = await ada.hears("And 4 more")

    assert len(page["text"]) < 4096
    assert len(labels(page)) == 20


async def test_a_button_of_long_ago_changes_nothing(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes(f"/commit {CLEAR}")
    await ada.hears("Noted")
    await ada.writes("/list")
    page = await ada.hears("You are committed to")
    await ada.writes("/done")
    await ada.hears("Done: Write 2 pages")

    await ada.taps(page, "✓ Done 1")
    await ada.taps(page, "Drop 1")
    await tendril.settled()

    assert len(await commitments(tendril, ada, "done")) == 1


async def test_progress_is_a_picture_with_a_line(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes(f"/commit {CLEAR}")
    await ada.hears("Noted")
    await ada.writes("/done")
    await ada.hears("Done")

    await ada.writes("/progress")

    async def drawn() -> Any:
        """a picture has come"""
        return next((each for each in await ada.messages() if each["media"]), None)

    assert "Kept 1, missed 0" in (await until(drawn))["text"]


async def test_feedback_is_kept_as_it_was_written(tendril: Tendril, connection: Any) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/feedback <b>Nice</b>")
    await ada.hears("We read every word")
    await ada.writes("/feedback")
    await ada.hears("What should we know?")
    await ada.writes("x" * 4096)
    await ada.receives(4)

    rows = await connection.fetch("select text from tendril.feedback order by id")
    assert [row["text"] for row in rows] == ["<b>Nice</b>", "x" * 4096]


async def test_somebody_who_speaks_german_is_answered_in_german(tendril: Tendril) -> None:
    ada = await tendril.started("Ada", language_code="de")

    await ada.writes("/commit Bis Freitag zwei Seiten schreiben")
    await ada.hears("Fällig Freitag, 6. März")
    await ada.writes("/commit Besser werden")
    question = await ada.hears("Bis wann?")
    await ada.taps(question, "Morgen")
    await reads(ada, question, "Was könnte man dich tun sehen?")
    await ada.writes("/list")
    await ada.hears("Das hast du dir vorgenommen")


async def test_with_a_key_a_language_model_rates(run_tendril: RunTendril) -> None:
    said = {"specific": 10, "measurable": 20, "time_bound": 30, "suggestion": "How <b>many</b> pages?"}

    async def complete(request: web.Request) -> web.Response:
        return web.json_response({"choices": [{"message": {"content": json.dumps(said)}}]})

    app = web.Application()
    app.router.add_post("/v1", complete)
    async with TestServer(app) as model:
        changes = {"rating_api_key": SecretStr("placeholder"), "rating_api_url": str(model.make_url("/v1"))}
        async with run_tendril(**changes) as tendril:
            ada = await tendril.started("Ada")

            await ada.writes(f"/commit {CLEAR}")

            assert "How <b>many</b> pages?" in (await ada.hears("Noted"))["text"]


async def test_whoever_knows_what_it_is_is_asked_for_it(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    welcome, *_ = await ada.messages()

    await ada.taps(welcome, "I know what it is")
    await ada.hears("What will you do?")
    await ada.writes("Walk ten minutes today after lunch")

    await ada.hears("Noted: Walk ten minutes")


async def test_what_is_asked_about_after_midnight_is_due_tomorrow(tendril: Tendril, clock: Clock) -> None:
    ada = await tendril.started("Ada")
    await clock.set("2026-03-02T23:30:00+00:00")

    await ada.writes("/commit Write 2 pages today")

    assert "Due tomorrow, 00:30" in (await ada.hears("Noted:"))["text"]
