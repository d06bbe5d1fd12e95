"""My data as a file; delete me, and beginning anew."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from storage.store import NotFound
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until


async def at(person: Person, message: Any, words: str) -> Any:
    """The message, once it was rewritten to have these words."""

    async def rewritten() -> Any:
        return next(
            (
                each
                for each in await person.messages()
                if each["message_id"] == message["message_id"] and words in each["text"]
            ),
            None,
        )

    return await until(rewritten)


async def my_data(person: Person) -> Any:
    await person.writes("/settings")
    page = await person.hears("Your settings")
    await person.taps(page, "My data")
    return await at(person, page, "is yours")


async def deletes(person: Person) -> None:
    page = await my_data(person)
    await person.taps(page, "Delete me")
    page = await at(person, page, "Shall I forget you?")
    await person.taps(page, "Yes, delete everything")
    await at(person, page, "I have forgotten you")


async def test_my_data_comes_as_a_file_in_the_chat(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.taps(await my_data(ada), "Send me all of it")

    message = await ada.hears("everything that I know about you")
    assert message["media"]["document"]["file_name"] == "my-data.json"


async def test_delete_me_asks_before_it_deletes(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    page = await my_data(ada)
    await ada.taps(page, "Delete me")
    page = await at(ada, page, "Shall I forget you?")

    await ada.taps(page, "No, keep me")

    await at(ada, page, "Everything stays as it is")
    assert (await tendril.explain(ada))["user"]["first_name"] == "Ada"


async def test_who_is_deleted_is_unknown_and_gets_nothing_more(
    tendril: Tendril, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")

    await deletes(ada)
    heard = len(await ada.messages())
    await tendril.advance("8 days")

    with pytest.raises(NotFound):
        await tendril.explain(ada)
    assert len(await ada.messages()) == heard
    assert await connection.fetchval("select count(*) from tendril.users") == 0
    updates = await connection.fetch("select telegram_id, payload::text from tendril.telegram_updates")
    assert {tuple(row) for row in updates} <= {(None, "{}")}


async def test_after_being_deleted_start_begins_anew(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await deletes(ada)
    heard = len(await ada.messages())

    await ada.writes("/start")

    await ada.receives(heard + 1)
    await tendril.settled()
    assert (await tendril.explain(ada))["deliveries"][0]["delivery_status"] == "sent"


async def test_an_old_button_does_not_bring_back_who_was_deleted(
    tendril: Tendril, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    page = await my_data(ada)
    await deletes(ada)

    await ada.taps(page, "‹ Back")
    await tendril.settled()

    assert await connection.fetchval("select count(*) from tendril.users") == 0
