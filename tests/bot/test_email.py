"""/email: an address counts once its code came back."""

from __future__ import annotations

import re
from typing import Any

from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until


async def code_for(tendril: Tendril, address: str, count: int = 1) -> str:
    mail = await tendril.control.mail(address, count)
    found = re.search(r"\b\d{6}\b", mail["text"])
    assert found is not None
    return found[0]


async def states(tendril: Tendril, person: Person) -> dict[str, str]:
    points: list[Any] = (await tendril.explain(person))["contact_points"]
    return {point["address"]: point["state"] for point in points if point["channel"] == "email"}


async def test_the_code_that_was_mailed_confirms_the_address(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/email ada@example.com")
    await ada.hears("six-digit code to ada@example.com")
    await ada.writes(await code_for(tendril, "ada@example.com"))
    await ada.hears("ada@example.com is confirmed")

    assert await states(tendril, ada) == {"ada@example.com": "active"}


async def test_the_code_may_follow_the_command(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")

    await ada.writes(f"/email {await code_for(tendril, 'ada@example.com')}")

    await ada.hears("ada@example.com is confirmed")


async def test_a_bare_address_is_understood(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("ada@example.com")

    await ada.hears("six-digit code to ada@example.com")


async def test_the_link_in_the_email_confirms_too(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")
    mail = await tendril.control.mail("ada@example.com")
    link = re.search(re.escape(tendril.url) + r"/confirm/[\w.~-]+", mail["text"])
    assert link is not None

    async with tendril.http.post(link[0]) as answer:
        assert answer.status == 200

    assert await states(tendril, ada) == {"ada@example.com": "active"}


async def test_an_answer_says_what_is_wrong_with_an_address(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/email ada.example.com")

    await ada.hears("the @ is missing")
    assert await states(tendril, ada) == {}


async def test_a_wrong_code_says_how_many_tries_are_left(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")
    right = await code_for(tendril, "ada@example.com")

    await ada.writes("000000" if right != "000000" else "000001")

    await ada.hears("4 more tries")
    assert await states(tendril, ada) == {"ada@example.com": "unverified"}


async def test_after_five_wrong_codes_even_the_right_one_is_refused(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")
    right = await code_for(tendril, "ada@example.com")
    for _ in range(5):
        await ada.writes("000000" if right != "000000" else "000001")

    await ada.writes(right)

    await ada.hears("one try too many")


async def test_a_new_code_is_not_sent_within_a_minute(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")
    sent = await ada.hears("six-digit code")

    await ada.taps(sent, "Send a new code")

    await ada.hears("I sent you a code a moment ago")
    await until(lambda: tendril.inbox("ada@example.com"))
    await tendril.settled()
    assert len(await tendril.inbox("ada@example.com")) == 1


async def test_a_new_code_can_be_asked_for_after_a_minute(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")
    sent = await ada.hears("six-digit code")
    await tendril.control.mail("ada@example.com")
    await tendril.advance("2 minutes")

    await ada.taps(sent, "Send a new code")
    await ada.writes(await code_for(tendril, "ada@example.com", count=2))

    await ada.hears("ada@example.com is confirmed")


async def test_a_code_expires_after_a_day(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/email ada@example.com")
    code = await code_for(tendril, "ada@example.com")
    await tendril.advance("25 hours")

    await ada.writes(code)

    await ada.hears("This code is too old")


async def test_an_address_of_somebody_else_is_refused(tendril: Tendril) -> None:
    await tendril.process.store.call("create_user", external_id="bob", email_address="bob@example.com")
    ada = await tendril.started("Ada")

    await ada.writes("/email bob@example.com")

    await ada.hears("belongs to another account")
    assert await tendril.inbox("bob@example.com") == []


async def test_a_code_without_an_address_is_answered(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("123456")

    await ada.hears("no code to check")


async def test_the_command_alone_explains_itself(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/email")

    await ada.hears("Send me your address")


async def test_who_asks_for_many_codes_in_a_day_is_told_to_come_back(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    for number in range(6):
        await ada.writes(f"/email ada{number}@example.com")
        await ada.hears(f"six-digit code to ada{number}@example.com")

    await ada.writes("/email ada6@example.com")

    await ada.hears("many codes today")
