"""A commitment from the evening before to the day after, as somebody lives through it."""

from __future__ import annotations

from typing import Any

from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, address_of, at


async def status_of(journey: Journey, person: Person) -> tuple[str, str]:
    """Of the only commitment: its status and its day."""
    user = await journey.call("find_user", reference=str(person.id))
    for status in ("open", "done", "missed", "dropped"):
        for row in await journey.call("list_commitments", user_id=user["id"], status=status):
            return status, row["due_day"]
    raise AssertionError("there is no commitment")


async def commits(journey: Journey, person: Person, text: str) -> None:
    await person.writes(f"/commit {text}")
    await person.hears("Noted")


async def becomes(journey: Journey, person: Person, status: str) -> None:
    async def it_is() -> bool:
        return (await status_of(journey, person))[0] == status

    await until(it_is)


async def test_what_is_far_ahead_is_reminded_of_twice_and_then_asked_about(journey: Journey) -> None:
    ada = await journey.member("Ada", email=False)
    await commits(journey, ada, "Write 2 pages by Friday")

    await journey.tendril.advance("6 days")

    heard = [(at(each["date"]), each["text"].split("\n")[0]) for each in await ada.messages()][1:]
    assert heard == [
        ("Thu 05 Mar 18:00", "Tomorrow is the day"),
        ("Fri 06 Mar 08:30", "Today, Ada"),
        ("Fri 06 Mar 20:00", "Did you do it?"),
        ("Sat 07 Mar 17:00", "It didn’t happen, and that’s allowed"),
    ]


async def test_what_is_for_today_is_only_asked_about(journey: Journey) -> None:
    ada = await journey.member("Ada", email=False)
    await commits(journey, ada, "Write 2 pages today")

    await journey.tendril.advance("12 hours")

    heard = [(at(each["date"]), each["text"].split("\n")[0]) for each in await ada.messages()][1:]
    assert heard == [("Mon 02 Mar 20:00", "Did you do it?")]


async def test_done_under_the_question_is_done_once_and_the_rest_stays_away(journey: Journey) -> None:
    ada = await journey.member("Ada", email=False)
    await commits(journey, ada, "Write 2 pages today")
    await journey.tendril.advance("12 hours")
    question = await ada.hears("Did you do it?")

    await ada.taps(question, "Done")
    await becomes(journey, ada, "done")
    await ada.taps(question, "✓ Done")
    await journey.tendril.advance("3 days")

    assert not [each for each in (await ada.messages())[2:] if "pages" in each["text"]]
    user = await journey.call("find_user", reference=str(ada.id))
    assert (await journey.call("commitment_progress", user_id=user["id"]))["done"] == 1


async def test_what_was_missed_is_made_smaller_and_gets_a_new_day(journey: Journey) -> None:
    ada = await journey.member("Ada", email=False)
    await commits(journey, ada, "Write 20 pages today")
    await journey.tendril.advance("30 hours")
    await journey.call("notice_missed_commitments")
    await journey.tendril.advance("3 hours")
    offer = await ada.hears("It didn’t happen")
    assert await status_of(journey, ada) == ("missed", "2026-03-02")

    await ada.taps(offer, "Make it smaller")
    await ada.hears("What would be half of that")
    await ada.writes("Write one page")
    await ada.hears("Now it says: Write one page")

    assert await status_of(journey, ada) == ("open", "2026-03-04")


async def test_what_no_longer_matters_is_let_go(journey: Journey) -> None:
    ada = await journey.member("Ada", email=False)
    await commits(journey, ada, "Write 20 pages today")
    await journey.tendril.advance("33 hours")

    await ada.taps(await ada.hears("It didn’t happen"), "Let it go")

    await becomes(journey, ada, "dropped")


async def test_the_button_in_a_mail_completes_the_commitment(journey: Journey) -> None:
    ada = await journey.member("Ada")
    await journey.prefer(ada, preferred_channel="email")
    await commits(journey, ada, "Write 2 pages today")
    await journey.tendril.advance("12 hours")
    (mail,) = await journey.tendril.inbox(address_of(ada))

    button = next(each for each in mail["text"].split() if "/a/" in each)
    async with journey.tendril.http.post(button) as answer:
        assert answer.status == 200

    await becomes(journey, ada, "done")


async def test_other_words_are_what_is_asked_about(journey: Journey) -> None:
    ada = await journey.member("Ada", email=False)
    await commits(journey, ada, "Be better today")
    await ada.taps(await ada.hears("Noted"), "Improve it")
    await ada.hears("Write it again")
    await ada.writes("Send two emails")
    await ada.hears("Now it says")

    await journey.tendril.advance("12 hours")

    question: Any = await ada.hears("Did you do it?")
    assert "Send two emails" in question["text"]
