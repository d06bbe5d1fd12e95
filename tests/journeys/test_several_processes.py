"""Several processes share the work, and one that ends in the middle is continued by the next."""

from __future__ import annotations

from collections import Counter

from bot.build import Part
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, address_of, first, lesson

WORKER: frozenset[Part] = frozenset({"worker"})
NO_WORKER: frozenset[Part] = frozenset({"bot", "web"})
PEOPLE = 15


async def crowd(journey: Journey, *, email: bool = True) -> list[Person]:
    return [await journey.member(f"Member{number}", email=email) for number in range(PEOPLE)]


async def received(journey: Journey, people: list[Person]) -> Counter[str]:
    """How often each lesson of each person was accepted by a provider."""
    names = {str(person.id): person.first_name for person in people}
    names |= {address_of(person): person.first_name for person in people}
    ledger = await journey.tendril.control.ledger()
    return Counter(names[each["recipient"]] for each in ledger)


async def test_two_workers_give_nobody_a_step_twice(run_tendril: RunTendril) -> None:
    async with run_tendril(NO_WORKER) as web, run_tendril(WORKER), run_tendril(WORKER):
        journey = Journey(web)
        await journey.publish(
            first(), lesson("two", channels=["email", "telegram"]), lesson("three", fallback="both")
        )
        people = await crowd(journey)
        for person in people:
            await journey.enroll(person)
        await web.advance("3 days")

        assert await received(journey, people) == {person.first_name: 4 for person in people}
        for person in people:
            assert [mail["subject"] for mail in await journey.mails(person)] == ["Lesson two", "Lesson three"]


async def test_two_whole_processes_answer_each_message_once(run_tendril: RunTendril) -> None:
    async with run_tendril() as one, run_tendril():
        people = [await one.person(f"Member{number}") for number in range(8)]
        for person in people:
            await person.writes("/start")
        for person in people:
            await person.receives(1)
        await one.settled()

        assert [len(await person.messages()) for person in people] == [1] * len(people)


async def test_a_process_that_stops_in_the_middle_is_continued_by_the_next(run_tendril: RunTendril) -> None:
    async with run_tendril() as before:
        journey = Journey(before)
        await journey.publish(first(), lesson("two"))
        people = await crowd(journey, email=False)
        for person in people:
            await journey.enroll(person)

    async with run_tendril() as after:
        journey = Journey(after)

        async def everybody_has_it() -> bool:
            return len(await received(journey, people)) == PEOPLE

        await until(everybody_has_it)
        await after.advance("1 day")

        assert await received(journey, people) == {person.first_name: 2 for person in people}


async def test_what_people_wrote_while_nobody_listened_is_answered_later(run_tendril: RunTendril) -> None:
    async with run_tendril() as before:
        ada = await before.started("Ada")

    await ada.writes("/help")

    async with run_tendril():
        await ada.hears("This is what I understand")


async def test_what_fell_due_while_nothing_ran_is_sent_at_the_next_start(run_tendril: RunTendril) -> None:
    async with run_tendril() as before:
        journey = Journey(before)
        await journey.publish(first(), lesson("two"))
        ada = await journey.member()
        await journey.enroll(ada)
        await ada.hears("lesson one")
        await before.settled()

    async with run_tendril(NO_WORKER) as idle:
        await idle.process.store.call("move_clock", by="30 hours")
    assert len(await ada.messages()) == 1

    async with run_tendril():
        await ada.hears("lesson two")
