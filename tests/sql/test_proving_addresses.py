"""An address is written to when its owner has proved it, with a code or a link that was mailed there."""

import asyncio

import asyncpg
import pytest

from storage.store import NotFound
from tests.sql.conftest import World, step
from tests.sql.people import claim_address, mails, prove


def another(code: str) -> str:
    return "000000" if code != "000000" else "000001"


async def test_the_code_that_was_mailed_opens_the_address(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    asked = await claim_address(opt_in, ada, " Ada@Example.org ")
    assert asked["status"] == "code_sent"
    assert await mails(opt_in, ada) == {"ada@example.org": "unverified"}

    answer = await opt_in.call("verify_email", user_id=ada, code=f" {asked['code']} ")
    assert (answer["status"], answer["email_address"]) == ("verified", "ada@example.org")
    assert await mails(opt_in, ada) == {"ada@example.org": "active"}


async def test_the_code_has_six_digits_and_each_one_is_new(opt_in: World) -> None:
    users = [await opt_in.person(email=False) for _ in range(30)]
    for number, user_id in enumerate(users):
        await opt_in.call("request_email", user_id=user_id, email_address=f"new{number}@example.org")
    codes = [row["context"]["code"] for row in await opt_in.deliver("email")]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 25


async def test_nothing_but_the_code_goes_to_an_address_that_is_not_proved(opt_in: World) -> None:
    await opt_in.publish(step(channels=["email"]))
    ada = await opt_in.person(telegram=True, email=False)
    await opt_in.enroll(ada)
    await opt_in.call("request_email", user_id=ada, email_address="ada@example.org")
    assert [row["sequence_type"] for row in await opt_in.claim("email")] == ["email_verification"]


async def test_the_link_does_what_the_code_does_and_may_be_pressed_twice(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    asked = await claim_address(opt_in, ada)
    answers = [
        await opt_in.call("confirm_email", contact_point_id=asked["contact_point_id"], code=asked["code"])
        for _ in range(2)
    ]
    assert [answer["status"] for answer in answers] == ["verified", "verified"]


async def test_a_link_to_nothing_says_so(opt_in: World) -> None:
    answer = await opt_in.call("confirm_email", contact_point_id=404, code="123456")
    assert answer["status"] == "nothing_to_verify"


async def test_five_wrong_codes_are_the_end_even_for_the_right_one(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    asked = await claim_address(opt_in, ada)
    wrong = [await opt_in.call("verify_email", user_id=ada, code=another(asked["code"])) for _ in range(5)]
    assert [answer["status"] for answer in wrong] == ["wrong_code"] * 5
    assert [answer["attempts_left"] for answer in wrong] == [4, 3, 2, 1, 0]
    right = await opt_in.call("verify_email", user_id=ada, code=asked["code"])
    assert right["status"] == "too_many_attempts"
    assert await mails(opt_in, ada) == {"ada@example.org": "unverified"}


async def test_guesses_at_the_same_moment_count_each(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    asked = await claim_address(opt_in, ada)
    wrong = another(asked["code"])
    answers = await asyncio.gather(*(opt_in.call("verify_email", user_id=ada, code=wrong) for _ in range(12)))
    statuses = [answer["status"] for answer in answers]
    assert (statuses.count("wrong_code"), statuses.count("too_many_attempts")) == (5, 7)


async def test_a_new_code_brings_new_tries_and_ends_the_old_one(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    old = await claim_address(opt_in, ada)
    for _ in range(5):
        await opt_in.call("verify_email", user_id=ada, code=another(old["code"]))
    await opt_in.clock.advance("61 seconds")
    new = await claim_address(opt_in, ada)
    if old["code"] != new["code"]:
        answer = await opt_in.call("verify_email", user_id=ada, code=old["code"])
        assert (answer["status"], answer["attempts_left"]) == ("wrong_code", 4)
    assert (await opt_in.call("verify_email", user_id=ada, code=new["code"]))["status"] == "verified"


@pytest.mark.parametrize(("age", "status"), [("23 hours 59 minutes", "verified"), ("24 hours", "expired")])
async def test_a_code_is_good_for_a_day(opt_in: World, age: str, status: str) -> None:
    ada = await opt_in.person(email=False)
    asked = await claim_address(opt_in, ada)
    await opt_in.clock.advance(age)
    assert (await opt_in.call("verify_email", user_id=ada, code=asked["code"]))["status"] == status


async def test_a_code_is_sent_once_a_minute_at_most(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    await claim_address(opt_in, ada)
    early = await claim_address(opt_in, ada)
    assert (early["status"], early["code"]) == ("too_soon", None)
    assert 0 < early["retry_after_seconds"] <= 60
    await opt_in.clock.advance(f"{early['retry_after_seconds']} seconds")
    assert (await claim_address(opt_in, ada))["status"] == "code_sent"


async def test_nobody_can_have_us_write_to_the_whole_world(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    asked = [
        await opt_in.call("request_email", user_id=ada, email_address=f"stranger{number}@example.org")
        for number in range(8)
    ]
    assert [answer["status"] for answer in asked] == ["code_sent"] * 6 + ["too_many"] * 2


async def test_requests_at_the_same_moment_send_one_code(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    answers = await asyncio.gather(
        *(opt_in.call("request_email", user_id=ada, email_address="ada@example.org") for _ in range(8))
    )
    assert sorted(answer["status"] for answer in answers) == ["code_sent"] + ["too_soon"] * 7
    assert len(await opt_in.claim("email")) == 1


async def test_an_address_that_somebody_else_proved_is_taken(opt_in: World) -> None:
    await prove(opt_in, await opt_in.person(email=False))
    eve = await opt_in.person(email=False)
    assert await claim_address(opt_in, eve) == {"status": "taken", "code": None}
    assert await mails(opt_in, eve) == {}


async def test_of_two_who_claim_an_address_the_first_to_prove_it_has_it(opt_in: World) -> None:
    eve, ada = await opt_in.person(email=False), await opt_in.person(email=False)
    eves = await claim_address(opt_in, eve)
    await prove(opt_in, ada)
    assert (await opt_in.call("verify_email", user_id=eve, code=eves["code"]))["status"] == "taken"
    assert await mails(opt_in, ada) == {"ada@example.org": "active"}


async def test_two_who_prove_an_address_at_the_same_moment_do_not_both_have_it(opt_in: World) -> None:
    rivals = [await opt_in.person(email=False) for _ in range(4)]
    codes = [(await claim_address(opt_in, user_id))["code"] for user_id in rivals]
    answers = await asyncio.gather(
        *(
            opt_in.call("verify_email", user_id=user_id, code=code)
            for user_id, code in zip(rivals, codes, strict=True)
        )
    )
    assert sorted(answer["status"] for answer in answers) == ["taken"] * 3 + ["verified"]


async def test_a_suppressed_address_is_not_even_sent_a_code(
    opt_in: World, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into tendril.suppressions "
        "select 'email', tendril.address_hash('ada@example.org'), 'hard_bounce', now()"
    )
    ada = await opt_in.person(email=False)
    assert await claim_address(opt_in, ada, "ADA@example.org") == {"status": "suppressed", "code": None}


async def test_a_code_that_bounces_ends_the_claims_of_everybody(opt_in: World) -> None:
    ada, bob = await opt_in.person(email=False), await opt_in.person(email=False)
    for user_id in (ada, bob):
        await opt_in.call("request_email", user_id=user_id, email_address="ada@example.org")
    for row in await opt_in.deliver("email"):
        await opt_in.tell(row, "bounced")
    assert await mails(opt_in, ada) == {"ada@example.org": "unverified"}
    assert (await claim_address(opt_in, ada))["status"] == "suppressed"


async def test_an_address_that_is_proved_needs_no_code(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    await prove(opt_in, ada)
    assert (await claim_address(opt_in, ada))["status"] == "already_verified"


async def test_the_old_address_serves_until_the_new_one_is_proved(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    await prove(opt_in, ada, "old@example.org")
    asked = await claim_address(opt_in, ada, "new@example.org")
    assert await mails(opt_in, ada) == {"old@example.org": "active", "new@example.org": "unverified"}
    await opt_in.call("verify_email", user_id=ada, code=asked["code"])
    assert await mails(opt_in, ada) == {"new@example.org": "active"}


async def test_a_code_without_a_claim_says_so(opt_in: World) -> None:
    ada = await opt_in.person(email=False)
    assert await opt_in.call("verify_email", user_id=ada, code="123456") == {"status": "nothing_to_verify"}


async def test_nobody_can_claim_an_address_for_a_user_who_is_not_there(opt_in: World) -> None:
    with pytest.raises(NotFound):
        await opt_in.call(
            "request_email",
            user_id="00000000-0000-0000-0000-000000000000",
            email_address="ada@example.org",
        )


async def test_proving_an_address_is_something_the_user_did(opt_in: World) -> None:
    await opt_in.publish(step(), name="thanks", trigger={"event": "email_verified"})
    ada = await opt_in.person(email=False)
    await prove(opt_in, ada)
    assert [row["sequence_type"] for row in await opt_in.claim()] == ["thanks"]
