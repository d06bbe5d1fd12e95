"""People: who they are, the addresses they proved, what they prefer, and what they told us to stop."""

import asyncio
from typing import Any

import asyncpg
import pytest

from storage.store import Conflict, Invalid, NotFound
from tests.sql.conftest import Row, World, step

VERIFICATION = step(
    name="code",
    channels=["email"],
    fallback="none",
    recipient="email",
    content={"default": {"subject": "Your code", "body": "{{ context.code }}"}},
)


async def register(world: World, telegram_id: int = 7, **more: Any) -> Row:
    registered: Row = await world.call("register_telegram_user", telegram_id=telegram_id, **more)
    return registered


@pytest.fixture
async def opt_in(world: World) -> World:
    """The world with the sequence that carries the codes."""
    await world.publish(VERIFICATION, name="email_verification", message_class="transactional")
    return world


async def claim_address(world: World, user_id: str, address: str = "ada@example.org") -> Row:
    """Asks for an address; gives the answer, and the code that went out."""
    asked: Row = await world.call("request_email", user_id=user_id, email_address=address)
    mailed = await world.deliver("email")
    codes = [row["context"]["code"] for row in mailed if row["recipient_address"] == address.strip().lower()]
    return asked | {"code": codes[-1] if codes else None}


async def prove(world: World, user_id: str, address: str = "ada@example.org") -> Row:
    asked = await claim_address(world, user_id, address)
    verified: Row = await world.call("verify_email", user_id=user_id, code=asked["code"])
    return verified


async def mails(world: World, user_id: str) -> dict[str, str]:
    """The state of each email address of a user."""
    points = (await world.call("get_preferences", user_id=user_id))["contact_points"]
    return {point["address"]: point["state"] for point in points if point["channel"] == "email"}


def another(code: str) -> str:
    return "000000" if code != "000000" else "000001"


# ---- a Telegram account becomes a user ----


async def test_a_telegram_account_is_one_user_however_often_it_comes(world: World) -> None:
    first, second = await register(world), await register(world)
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert first["user_id"] == second["user_id"]


async def test_an_account_that_comes_over_many_connections_at_once_is_one_user(
    world: World, connection: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(*(register(world) for _ in range(24)))
    assert len({answer["user_id"] for answer in answers}) == 1
    assert [answer["is_new"] for answer in answers].count(True) == 1
    assert await connection.fetchval("select count(*) from tendril.users") == 1


async def test_names_are_brought_up_to_date_and_never_emptied(world: World) -> None:
    await register(world, first_name="Ada", last_name="Byron", username="ada")
    await register(world, first_name="Augusta", last_name=None)
    ada = await world.call("find_user", reference="7")
    assert (ada["first_name"], ada["last_name"], ada["username"]) == ("Augusta", "Byron", "ada")


async def test_a_language_that_the_user_chose_is_not_overwritten_by_their_telegram(world: World) -> None:
    user_id = (await register(world, language_code="de"))["user_id"]
    await world.call("set_preferences", user_id=user_id, changes={"locale": "es"})
    await register(world, language_code="de")
    assert (await world.call("find_user", reference="7"))["locale"] == "es"


async def test_who_wrote_again_after_a_block_came_back_and_can_be_written_to(world: World) -> None:
    await register(world)
    await world.call("set_telegram_reachable", telegram_id=7, reachable=False)
    back, again = await register(world), await register(world)
    assert (back["came_back"], again["came_back"]) == (True, False)
    (point,) = (await world.call("get_preferences", user_id=back["user_id"]))["contact_points"]
    assert (point["state"], point["state_reason"]) == ("active", None)


async def test_who_unblocks_first_and_writes_then_came_back_too(world: World) -> None:
    await register(world)
    for reachable in (False, True, True):
        await world.call("set_telegram_reachable", telegram_id=7, reachable=reachable)
    assert [(await register(world))["came_back"] for _ in range(2)] == [True, False]


async def test_a_block_of_somebody_unknown_changes_nothing(world: World) -> None:
    assert await world.call("set_telegram_reachable", telegram_id=404, reachable=False) is None


# ---- finding somebody ----


@pytest.mark.parametrize(
    "reference", ["customer-7", "7", "Ada@Example.org", "@AdaLovelace", "  ada@example.org  "]
)
async def test_a_user_is_found_by_each_name_they_have(
    world: World, connection: asyncpg.Connection, reference: str
) -> None:
    user_id = (await register(world, username="adalovelace"))["user_id"]
    await world.call("open_contact_point", user_id=user_id, channel="email", address="ada@example.org")
    await connection.execute("update tendril.users set external_id = 'customer-7'")
    assert (await world.call("find_user", reference=reference))["id"] == user_id
    assert (await world.call("find_user", reference=user_id.upper()))["id"] == user_id


@pytest.mark.parametrize(
    "reference", ["nobody", "", "@", "%", "00000000-0000-0000-0000-000000000000", "'; --"]
)
async def test_who_is_not_there_is_not_found(world: World, reference: str) -> None:
    await register(world, username="ada")
    with pytest.raises(NotFound) as refused:
        await world.call("find_user", reference=reference)
    assert refused.value.detail == "user"


async def test_a_deleted_user_is_not_found(world: World, connection: asyncpg.Connection) -> None:
    await register(world)
    await connection.execute("update tendril.users set deleted_at = now()")
    with pytest.raises(NotFound):
        await world.call("find_user", reference="7")


async def test_an_address_leads_to_who_proved_it_and_not_to_who_claims_it(opt_in: World) -> None:
    mallory = await opt_in.person(email=False)
    await claim_address(opt_in, mallory)
    ada = await opt_in.person(email=False)
    await prove(opt_in, ada)
    assert (await opt_in.call("find_user", reference="ada@example.org"))["id"] == ada


# ---- users that an API brings ----


async def test_an_external_id_is_one_user_and_what_is_left_out_stays(world: World) -> None:
    first = await world.call(
        "create_user",
        external_id="c-1",
        first_name="Ada",
        timezone="Europe/Madrid",
        attributes={"plan": "free", "age": 36},
    )
    second = await world.call(
        "create_user", external_id="c-1", last_name="Lovelace", attributes={"plan": "paid"}
    )
    ada = await world.call("find_user", reference="c-1")
    assert (first["created"], second) == (True, {"user_id": first["user_id"], "created": False})
    assert (ada["first_name"], ada["last_name"], ada["timezone"]) == ("Ada", "Lovelace", "Europe/Madrid")
    assert ada["attributes"] == {"plan": "paid", "age": 36}


async def test_an_address_from_the_api_may_be_written_to_at_once(world: World) -> None:
    made = await world.call("create_user", external_id="c-1", email_address="  Ada@Example.ORG ")
    assert await mails(world, made["user_id"]) == {"ada@example.org": "active"}


async def test_bringing_a_user_again_does_not_take_back_an_unsubscription(
    world: World, connection: asyncpg.Connection
) -> None:
    made = await world.call("create_user", external_id="c-1", email_address="ada@example.org")
    await connection.execute("update tendril.contact_points set unsubscribed_at = now()")
    await world.call("create_user", external_id="c-1", email_address="ada@example.org")
    (point,) = (await world.call("get_preferences", user_id=made["user_id"]))["contact_points"]
    assert point["unsubscribed_at"] is not None


async def test_an_address_of_another_user_is_refused_and_nothing_is_kept(world: World) -> None:
    await world.call("create_user", external_id="c-1", email_address="ada@example.org")
    with pytest.raises(Conflict):
        await world.call("create_user", external_id="c-2", email_address="ada@example.org")
    with pytest.raises(NotFound):
        await world.call("find_user", reference="c-2")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"timezone": "Mars/Olympus_Mons"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"attributes": ["a", "list"]}, "attributes"),
        ({"email_address": "  "}, "email_address"),
    ],
)
async def test_what_cannot_be_stored_is_refused_by_name(world: World, wrong: Row, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await world.call("create_user", external_id="c-1", **wrong)
    assert refused.value.detail == field


HOSTILE = [
    "'; drop table tendril.users; --",
    "<script>alert(1)</script>",
    "Ada\n\tLove",
    "𝒜𝒹𝒶 👩‍🚀",
    "\\",
    "{{ 7*7 }}",
]


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 10_000])
async def test_hostile_names_are_kept_as_they_are(world: World, name: str) -> None:
    await world.call("create_user", external_id=name, first_name=name, attributes={name: name})
    user = await world.call("find_user", reference=name.strip())
    assert (user["first_name"], user["attributes"]) == (name, {name: name})


async def test_a_character_that_no_text_can_have_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        await world.call("create_user", external_id="c-1", first_name="A\0da")


# ---- proving an address ----


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


# ---- preferences ----


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("preferred_channel", "email", "email"),
        ("preferred_channel", None, None),
        ("preferred_time", "evening", "evening"),
        ("timezone", "Pacific/Chatham", "Pacific/Chatham"),
        ("locale", "es", "es"),
        ("quiet_from", "21:30", "21:30:00"),
        ("quiet_until", "09:15", "09:15:00"),
        ("paused_until", "2026-03-09T12:00:00+00:00", "2026-03-09T12:00:00+00:00"),
        ("paused_until", None, None),
        ("max_per_day", 0, 0),
        ("max_per_day", 100, 100),
    ],
)
async def test_each_preference_is_kept_and_the_others_stay(
    world: World, key: str, value: Any, kept: Any
) -> None:
    ada = await world.person()
    before = await world.call("get_preferences", user_id=ada)
    after = await world.call("set_preferences", user_id=ada, changes={key: value})
    following = {
        "preferred_channel": {"channel_order"},
        "max_per_day": {"frequency"},
        "preferred_time": {"time_is_chosen"},
    }
    follows = following.get(key, set())
    assert after | {each: before[each] for each in follows} == before | {key: kept}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("preferred_channel", "pigeon"),
        ("preferred_time", "midnight"),
        ("timezone", "Europe/Atlantis"),
        ("quiet_from", "25:00"),
        ("quiet_until", "soon"),
        ("paused_until", "tomorrow-ish"),
        ("max_per_day", -1),
        ("max_per_day", 101),
        ("max_per_day", "many"),
        ("max_per_day", 2.5),
        ("stopped_at", None),
        ("favourite_color", "green"),
    ],
)
async def test_a_preference_that_cannot_be_is_refused_by_name_and_nothing_changes(
    world: World, key: str, value: Any
) -> None:
    ada = await world.person()
    before = await world.call("get_preferences", user_id=ada)
    with pytest.raises(Invalid) as refused:
        await world.call("set_preferences", user_id=ada, changes={"locale": "es", key: value})
    assert refused.value.detail == key
    assert await world.call("get_preferences", user_id=ada) == before


@pytest.mark.parametrize(
    ("operation", "more"), [("get_preferences", {}), ("set_preferences", {"changes": {"locale": "es"}})]
)
async def test_there_are_no_preferences_of_nobody(world: World, operation: str, more: Row) -> None:
    with pytest.raises(NotFound):
        await world.call(operation, user_id="00000000-0000-0000-0000-000000000000", **more)


@pytest.mark.parametrize(
    ("held_by", "released_by"),
    [
        ({"quiet_from": "11:00", "quiet_until": "13:00"}, {"quiet_from": "22:00", "quiet_until": "08:00"}),
        ({"paused_until": "2026-04-01T00:00:00+00:00"}, {"paused_until": None}),
        ({"max_per_day": 0}, {"max_per_day": 3}),
    ],
)
async def test_what_was_held_is_looked_at_again_when_its_reason_goes(
    world: World, held_by: Row, released_by: Row
) -> None:
    await world.publish(step())
    ada = await world.person(**held_by)
    await world.enroll(ada)
    assert await world.claim() == []
    await world.call("set_preferences", user_id=ada, changes=released_by)
    assert len(await world.claim()) == 1


async def due(world: World, user_id: str) -> str:
    moment: str = (await world.deliveries(user_id))[-1]["next_attempt_at"]
    return moment[:16]


async def test_a_new_time_zone_moves_the_step_that_is_planned(world: World) -> None:
    await world.publish(step(after="1 day", at="09:30"))
    ada = await world.person()
    await world.enroll(ada)
    assert await due(world, ada) == "2026-03-03T09:30"
    await world.call("set_preferences", user_id=ada, changes={"timezone": "America/New_York"})
    assert await due(world, ada) == "2026-03-03T14:30"


async def test_a_new_time_of_day_moves_the_step_that_is_planned(world: World) -> None:
    await world.publish(step(after="1 day", at="preferred"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call("set_preferences", user_id=ada, changes={"preferred_time": "evening"})
    assert await due(world, ada) == "2026-03-03T19:00"


async def test_a_step_without_a_time_of_day_stays_where_it_is(world: World) -> None:
    await world.publish(step(after="5 hours"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call(
        "set_preferences", user_id=ada, changes={"timezone": "Asia/Tokyo", "preferred_time": "evening"}
    )
    assert await due(world, ada) == "2026-03-02T17:00"


# ---- stop, and start again ----


async def test_a_stop_ends_what_runs_and_a_start_continues_it(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    assert await world.call("stop_everything", user_id=ada, source="telegram") == {"cancelled": 1}
    await world.clock.advance("3 days")
    assert await world.claim() == []

    again = await world.call("start_again", user_id=ada, source="telegram")
    assert again == {"was_stopped": True, "resumed": 1}
    assert await world.claim() == []
    await world.clock.advance("1 day")
    assert [row["message_step"] for row in await world.claim()] == [2]


async def test_stopping_twice_and_starting_twice_changes_nothing_more(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    stops = [await world.call("stop_everything", user_id=ada, source="telegram") for _ in range(2)]
    starts = [await world.call("start_again", user_id=ada, source="telegram") for _ in range(2)]
    assert [stop["cancelled"] for stop in stops] == [1, 0]
    assert [start["was_stopped"] for start in starts] == [True, False]


async def test_who_stopped_two_runs_of_one_sequence_goes_on_with_the_later(world: World) -> None:
    await world.publish(step(after="1 day"))
    ada = await world.person()
    for _ in range(2):
        await world.enroll(ada)
        await world.call("stop_everything", user_id=ada, source="telegram")
    assert (await world.call("start_again", user_id=ada, source="telegram"))["resumed"] == 1
    runs = (await world.call("explain_user", reference=ada))["enrollments"]
    assert [run["status"] for run in runs] == ["active", "cancelled"]


async def test_who_stopped_while_the_last_message_was_on_its_way_has_nothing_to_go_on_with(
    world: World,
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim()
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.record(rows)
    await world.call("start_again", user_id=ada, source="telegram")
    (run,) = (await world.call("explain_user", reference=ada))["enrollments"]
    assert run["status"] == "completed"


async def test_a_start_does_not_bring_back_what_ended_long_ago(world: World) -> None:
    await world.publish(step(after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.clock.advance("31 days")
    assert (await world.call("start_again", user_id=ada, source="telegram"))["resumed"] == 0


async def test_a_start_on_telegram_does_not_take_back_an_unsubscription_by_email(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email")
    await world.call("unsubscribe", tracking_id=mail["tracking_id"], scope="everything", source="email")
    await world.call("start_again", user_id=ada, source="telegram")
    points = (await world.call("get_preferences", user_id=ada))["contact_points"]
    assert {point["channel"]: point["unsubscribed_at"] is not None for point in points} == {
        "telegram": False,
        "email": True,
    }


async def test_a_step_for_half_past_nine_still_comes_at_half_past_nine_after_a_stop(world: World) -> None:
    await world.publish(step(after="1 day", at="09:30"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.clock.advance("2 days 5 hours")
    await world.call("start_again", user_id=ada, source="telegram")
    assert await due(world, ada) == "2026-03-05T09:30"


# ---- unsubscribing by a link ----


async def mailed(world: World) -> tuple[str, str]:
    """A user with a course over both channels, and the tracking id of a mail of it."""
    await world.publish(step(channels=["email", "telegram"]), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email")
    return ada, mail["tracking_id"]


async def test_who_unsubscribes_from_the_channel_gets_the_sequence_over_the_other(world: World) -> None:
    ada, tracking_id = await mailed(world)
    answer = await world.call("unsubscribe", tracking_id=tracking_id, scope="channel", source="email")
    assert answer == {
        "user_id": ada,
        "channel": "email",
        "scope": "channel",
        "address": "user1@example.org",
        "locale": None,
    }
    await world.clock.advance("1 day")
    assert await world.claim("email") == []
    assert len(await world.claim("telegram")) == 1


async def test_who_unsubscribes_from_everything_gets_nothing_more_anywhere(world: World) -> None:
    ada, tracking_id = await mailed(world)
    await world.call("unsubscribe", tracking_id=tracking_id, scope="everything", source="email")
    await world.clock.advance("1 day")
    assert await world.claim("email") + await world.claim("telegram") == []
    assert (await world.states(ada))[-1] == ("telegram", "cancelled", "user_stopped")


@pytest.mark.parametrize("scope", ["channel", "everything"])
async def test_unsubscribing_twice_is_unsubscribing_once(
    world: World, connection: asyncpg.Connection, scope: str
) -> None:
    _, tracking_id = await mailed(world)
    answers = [
        await world.call("unsubscribe", tracking_id=tracking_id, scope=scope, source="email")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    told = await connection.fetchval(
        "select count(*) from tendril.behavior_events where type = 'unsubscribed'"
    )
    assert told == 1


async def test_the_page_is_told_whether_it_has_happened_already(world: World) -> None:
    _, tracking_id = await mailed(world)
    before = await world.call("describe_unsubscribe", tracking_id=tracking_id)
    await world.call("unsubscribe", tracking_id=tracking_id, scope="channel", source="email")
    after = await world.call("describe_unsubscribe", tracking_id=tracking_id)
    assert (before["already"], after["already"]) == (False, True)
    assert (before["channel"], before["address"]) == ("email", "user1@example.org")


async def test_a_link_of_no_message_of_ours_unsubscribes_nobody(world: World) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(NotFound):
        await world.call("unsubscribe", tracking_id=unknown, scope="channel", source="email")
    with pytest.raises(NotFound):
        await world.call("describe_unsubscribe", tracking_id=unknown)


async def test_there_are_two_scopes_to_unsubscribe_from(world: World) -> None:
    _, tracking_id = await mailed(world)
    with pytest.raises(Invalid) as refused:
        await world.call("unsubscribe", tracking_id=tracking_id, scope="some", source="email")
    assert refused.value.detail == "scope"


# ---- a Telegram account joins a user that exists ----


async def linked(world: World, user_id: str, telegram_id: int = 7) -> Row:
    code = (await world.call("create_link_code", user_id=user_id))["code"]
    answer: Row = await world.call("link_telegram", code=code, telegram_id=telegram_id)
    return answer


async def test_a_code_ties_a_chat_to_the_user_it_was_made_for(world: World) -> None:
    ada = await world.person(telegram=False)
    assert await linked(world, ada) == {"status": "linked", "user_id": ada}
    assert (await world.call("find_user", reference="7"))["id"] == ada


async def test_a_code_fits_into_a_deep_link(world: World) -> None:
    code = (await world.call("create_link_code", user_id=await world.person()))["code"]
    assert code.isalnum()
    assert len("link_" + code) <= 64


async def test_a_code_works_once_and_for_the_same_chat_as_often_as_it_is_tapped(world: World) -> None:
    ada = await world.person(telegram=False)
    code = (await world.call("create_link_code", user_id=ada))["code"]
    statuses = [
        (await world.call("link_telegram", code=code, telegram_id=chat))["status"] for chat in (7, 7, 8)
    ]
    assert statuses == ["linked", "linked", "wrong_code"]


async def test_chats_that_use_a_code_at_the_same_moment_do_not_share_the_user(world: World) -> None:
    ada = await world.person(telegram=False)
    code = (await world.call("create_link_code", user_id=ada))["code"]
    answers = await asyncio.gather(
        *(world.call("link_telegram", code=code, telegram_id=chat) for chat in range(70, 78))
    )
    assert sorted(answer["status"] for answer in answers) == ["linked"] + ["wrong_code"] * 7


async def test_a_code_is_good_for_a_day_only(world: World) -> None:
    ada = await world.person(telegram=False)
    code = (await world.call("create_link_code", user_id=ada))["code"]
    await world.clock.advance("24 hours")
    assert await world.call("link_telegram", code=code, telegram_id=7) == {"status": "expired"}


async def test_nobody_gets_a_code_for_a_user_who_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        await world.call("create_link_code", user_id="00000000-0000-0000-0000-000000000000")


async def test_what_the_chat_did_before_goes_along(world: World, connection: asyncpg.Connection) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    chat = (await register(world, username="ada"))["user_id"]
    await world.did(chat, "goal_set")
    await world.enroll(chat)
    await world.deliver()
    account = await world.person(telegram=False)
    await linked(world, account)

    assert await connection.fetchval("select count(*) from tendril.users") == 1
    assert await connection.fetchval("select user_id::text from tendril.behavior_events") == account
    assert len(await world.deliveries(account)) == 2
    assert (await world.call("find_user", reference="@ada"))["id"] == account


async def test_of_two_runs_of_a_sequence_the_accounts_own_goes_on(world: World) -> None:
    await world.publish(step(after="1 day"))
    chat, account = (await register(world))["user_id"], await world.person(telegram=False)
    kept = await world.enroll(account)
    await world.enroll(chat)
    await linked(world, account)
    runs = (await world.call("explain_user", reference=account))["enrollments"]
    assert [(run["enrollment_id"] == kept["enrollment_id"], run["status"]) for run in runs] == [
        (False, "cancelled"),
        (True, "active"),
    ]
    await world.clock.advance("1 day")
    assert len(await world.claim("email") + await world.claim("telegram")) == 1


async def test_an_address_that_the_chat_proved_goes_along_where_the_account_has_none(opt_in: World) -> None:
    chat = (await register(opt_in))["user_id"]
    await prove(opt_in, chat)
    account = (await opt_in.call("create_user", external_id="c-1"))["user_id"]
    await linked(opt_in, account)
    assert await mails(opt_in, account) == {"ada@example.org": "active"}


async def test_the_accounts_own_address_stays(opt_in: World) -> None:
    chat = (await register(opt_in))["user_id"]
    await prove(opt_in, chat, "chat@example.org")
    account = (await opt_in.call("create_user", email_address="account@example.org"))["user_id"]
    await linked(opt_in, account)
    assert await mails(opt_in, account) == {"account@example.org": "active"}


async def test_an_address_that_the_account_only_claimed_does_not_stand_in_the_way(opt_in: World) -> None:
    account = (await opt_in.call("create_user", external_id="c-1"))["user_id"]
    await claim_address(opt_in, account)
    chat = (await register(opt_in))["user_id"]
    await prove(opt_in, chat)
    await linked(opt_in, account)
    assert await mails(opt_in, account) == {"ada@example.org": "active"}


async def test_an_account_that_changes_its_chat_leaves_the_old_one(world: World) -> None:
    account = await world.person(telegram=False)
    await linked(world, account, 7)
    await linked(world, account, 8)
    points = (await world.call("get_preferences", user_id=account))["contact_points"]
    assert [point["address"] for point in points if point["channel"] == "telegram"] == ["8"]


async def test_a_time_zone_set_in_the_chat_goes_along_where_the_account_never_said_one(world: World) -> None:
    chat = (await register(world))["user_id"]
    await world.call(
        "set_preferences", user_id=chat, changes={"timezone": "Europe/Madrid", "preferred_time": "evening"}
    )
    account = await world.person(telegram=False)
    await linked(world, account)
    preferences = await world.call("get_preferences", user_id=account)
    assert (preferences["timezone"], preferences["preferred_time"]) == ("Europe/Madrid", "evening")


async def test_who_stopped_in_the_chat_is_not_written_to_because_they_connected_an_account(
    world: World,
) -> None:
    chat = (await register(world))["user_id"]
    await world.call("stop_everything", user_id=chat, source="telegram")
    account = await world.person(telegram=False)
    await linked(world, account)
    assert (await world.call("get_preferences", user_id=account))["stopped_at"] is not None


# ---- what Telegram tells us ----


def said(update_id: int, telegram_id: int = 7) -> Row:
    return {"update_id": update_id, "message": {"from": {"id": telegram_id}, "text": f"{update_id}"}}


async def receive(world: World, *updates: Row) -> int:
    new: int = await world.call("receive_updates", updates=list(updates))
    return new


async def take(world: World, worker: str = "worker", **more: Any) -> list[int]:
    rows = await world.call("take_updates", worker=worker, **more)
    return sorted(row["update_id"] for row in rows)


async def test_an_update_is_kept_once_however_often_it_comes(world: World) -> None:
    assert await receive(world, said(1), said(2), said(1)) == 2
    assert await receive(world, said(2), said(3)) == 1


async def test_an_update_that_was_handled_does_not_come_again(world: World) -> None:
    await receive(world, said(1))
    assert await take(world) == [1]
    await world.call("finish_update", update_id=1)
    assert await receive(world, said(1)) == 0
    assert await take(world) == []


async def test_what_an_update_said_is_forgotten_once_it_is_handled(
    world: World, connection: asyncpg.Connection
) -> None:
    await receive(world, said(1))
    await take(world)
    await world.call("finish_update", update_id=1)
    assert await connection.fetchval("select payload::text from tendril.telegram_updates") == "{}"


async def test_the_updates_of_an_account_are_taken_one_after_the_other(world: World) -> None:
    await receive(world, said(1, 7), said(2, 7), said(3, 8), said(4, 7))
    assert await take(world) == [1, 3]
    assert await take(world) == []
    await world.call("finish_update", update_id=1)
    assert await take(world) == [2]


@pytest.mark.parametrize(
    "update",
    [
        {"callback_query": {"id": "1", "from": {"id": 7}, "data": "x"}},
        {"my_chat_member": {"from": {"id": 7}, "chat": {"id": 7}}},
        {"edited_message": {"from": {"id": 7}, "text": "x"}},
    ],
)
async def test_updates_of_each_kind_keep_to_the_order_of_their_account(world: World, update: Row) -> None:
    await receive(world, said(1), {"update_id": 2} | update, said(3))
    assert await take(world) == [1]


async def test_workers_do_not_take_the_same_update(world: World) -> None:
    await receive(world, *(said(number, number) for number in range(1, 41)))
    taken = await asyncio.gather(*(take(world, f"worker-{number}", batch=10) for number in range(6)))
    flat = [update_id for batch in taken for update_id in batch]
    assert len(flat) == len(set(flat))


async def test_an_update_whose_worker_died_is_taken_by_another(world: World) -> None:
    await receive(world, said(1))
    await take(world, lease_seconds=60)
    assert await take(world, "other") == []
    await world.clock.advance("61 seconds")
    assert await take(world, "other") == [1]


async def test_a_worker_that_stops_gives_back_what_it_took(world: World) -> None:
    await receive(world, said(1))
    await take(world)
    await world.call("release_updates", worker="worker")
    assert await take(world, "other") == [1]


async def test_an_update_that_fails_five_times_is_given_up_and_the_next_gets_its_turn(
    world: World, connection: asyncpg.Connection
) -> None:
    await receive(world, said(1), said(2))
    for _ in range(5):
        assert await take(world) == [1]
        await world.call("retry_update", update_id=1, error="ValueError: no")
        assert await take(world) in ([], [2])
        await world.clock.advance("1 day")
    assert await take(world) == [2]
    assert (
        await connection.fetchval("select error from tendril.telegram_updates where update_id = 1")
        == "ValueError: no"
    )


# ---- scores and channels ----


async def score(world: World, user_id: str, score_type: str = "overall") -> float:
    value: float = (await world.call("calculate_engagement_score", user_id=user_id, score_type=score_type))[
        "score"
    ]
    return value


async def test_who_did_nothing_and_got_nothing_scores_nothing(world: World) -> None:
    assert await score(world, await world.person(telegram=False)) == 0


async def test_the_most_engaged_user_scores_no_more_than_a_hundred(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person(max_per_day=100)
    await connection.execute(
        "insert into tendril.behavior_days (user_id, day, type, events, first_at, last_at, half_hours) "
        "select $1, '2026-03-03'::date - n, 'lesson', 50, t.moment, t.moment, -1 "
        "from generate_series(0, 400) n, "
        "lateral (select tendril.clock() + (1 - n) * interval '1 day') as t (moment)",
        ada,
    )
    for number in range(20):
        await world.enroll(ada, key=f"{number}")
    for _ in range(20):
        (row,) = await world.deliver()
        await world.tell(row, "clicked")
        await world.clock.advance("2 seconds")
    assert 90 < await score(world, ada) <= 100


async def test_doing_something_raises_the_score_and_time_lowers_it(world: World) -> None:
    ada = await world.person()
    values = [await score(world, ada)]
    await world.did(ada, "lesson_complete")
    values.append(await score(world, ada))
    await world.clock.advance("1 day")
    values.append(await score(world, ada))
    await world.clock.advance("30 days")
    values.append(await score(world, ada))
    nothing, fresh, day_old, month_old = values
    assert nothing < fresh
    assert 0 <= month_old < day_old < fresh <= 100


async def test_more_active_days_score_more(world: World) -> None:
    often, once = await world.person(), await world.person()
    for day in range(5):
        await world.did(often, "lesson", occurred_at=f"2026-02-2{day + 1}T12:00:00+00:00")
    for user_id in (often, once):
        await world.did(user_id, "lesson", occurred_at="2026-03-02T11:00:00+00:00")
    assert await score(world, often) > await score(world, once)


async def test_who_answers_scores_more_than_who_does_not(world: World) -> None:
    await world.publish(step())
    answers, ignores = await world.person(), await world.person()
    for user_id in (answers, ignores):
        await world.enroll(user_id)
    rows = {row["user_id"]: row for row in await world.deliver()}
    await world.tell(rows[answers], "opened")
    assert await score(world, answers) > await score(world, ignores)


async def test_each_channel_has_a_score_of_its_own(world: World) -> None:
    ada = await world.person()
    await world.did(ada, "message", source="telegram")
    assert await score(world, ada, "telegram") > 0
    assert await score(world, ada, "email") == 0


async def test_there_is_no_score_of_nobody_and_none_of_an_unknown_kind(world: World) -> None:
    with pytest.raises(NotFound):
        await score(world, "00000000-0000-0000-0000-000000000000")
    with pytest.raises(Invalid) as refused:
        await score(world, await world.person(), "astrological")
    assert refused.value.detail == "score_type"


async def preferred(world: World, user_id: str) -> str | None:
    channel: str | None = await world.call("get_preferred_channel", user_id=user_id)
    return channel


async def test_the_channel_that_a_user_chose_is_preferred(world: World) -> None:
    assert await preferred(world, await world.person(preferred_channel="email")) == "email"


async def test_a_chosen_channel_that_is_closed_gives_way(world: World) -> None:
    ada = await world.person(preferred_channel="telegram")
    await world.call("set_telegram_reachable", telegram_id=1, reachable=False)
    assert await preferred(world, ada) == "email"


async def test_a_channel_that_a_user_unsubscribed_from_is_not_preferred(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person(preferred_channel="email")
    await connection.execute(
        "update tendril.contact_points set unsubscribed_at = now() where channel = 'email'"
    )
    assert await preferred(world, ada) == "telegram"


async def test_without_a_choice_the_channel_where_the_user_was_last_active_is_preferred(world: World) -> None:
    ada = await world.person()
    assert await preferred(world, ada) == "telegram"
    await world.did(ada, "message", source="telegram")
    await world.clock.advance("1 minute")
    await world.did(ada, "clicked", source="email")
    assert await preferred(world, ada) == "email"


async def test_who_has_no_address_has_no_preferred_channel(world: World) -> None:
    assert await preferred(world, await world.person(telegram=False, email=False)) is None


@pytest.mark.parametrize(("opened", "learned"), [(4, "email"), (0, None)])
async def test_the_channel_that_is_answered_clearly_more_often_is_learned(
    world: World, opened: int, learned: str | None
) -> None:
    await world.publish(step(channels=["email"]), name="mails")
    await world.publish(step(channels=["telegram"]), name="chats")
    ada = await world.person(max_per_day=100)
    for number in range(5):
        await world.enroll(ada, "mails", key=f"{number}")
        await world.enroll(ada, "chats", key=f"{number}")
    for number in range(5):
        (mail, *_) = rows if (rows := await world.deliver("email")) else (None,)
        if mail and number == 0:
            for each in rows[:opened]:
                await world.tell(each, "opened")
        await world.deliver("telegram")
        await world.clock.advance("2 seconds")
    await world.rescore()
    assert (await world.call("get_preferences", user_id=ada))["learned_channel"] == learned


# ---- the names that others rely on ----

EMAIL_PREFERENCES = [
    "user_id",
    "email_address",
    "is_verified",
    "verification_token",
    "verification_sent_at",
    "verified_at",
    "opt_in_sequences",
    "opt_in_announcements",
    "preferred_time",
    "timezone",
    "unsubscribed_at",
    "created_at",
]
MESSAGE_DELIVERIES = {
    "id",
    "user_id",
    "sequence_type",
    "message_step",
    "channel",
    "delivery_status",
    "recipient_address",
    "message_content",
    "scheduled_at",
    "sent_at",
    "delivered_at",
    "opened_at",
    "clicked_at",
    "failed_at",
    "failure_reason",
    "tracking_id",
    "attempt_count",
    "max_attempts",
    "metadata",
    "created_at",
}


async def columns(connection: asyncpg.Connection, relation: str) -> list[str]:
    rows = await connection.fetch(
        "select column_name from information_schema.columns "
        "where table_schema = 'tendril' and table_name = $1 order by ordinal_position",
        relation,
    )
    return [row["column_name"] for row in rows]


async def test_the_email_preferences_have_the_columns_that_were_promised(
    world: World, connection: asyncpg.Connection
) -> None:
    assert await columns(connection, "user_email_preferences") == EMAIL_PREFERENCES


async def test_the_ledger_has_the_columns_that_were_promised(
    world: World, connection: asyncpg.Connection
) -> None:
    assert set(await columns(connection, "message_deliveries")) >= MESSAGE_DELIVERIES


async def test_the_email_preferences_show_the_proved_address_before_a_claimed_one(
    opt_in: World, connection: asyncpg.Connection
) -> None:
    ada = await opt_in.person(email=False, timezone="Europe/Madrid", preferred_time="evening")
    asked = await claim_address(opt_in, ada, "old@example.org")
    view = "select * from tendril.user_email_preferences"
    before = await connection.fetchrow(view)
    await opt_in.call("verify_email", user_id=ada, code=asked["code"])
    await claim_address(opt_in, ada, "new@example.org")
    (after,) = await connection.fetch(view)
    assert (before["is_verified"], before["verification_token"]) == (False, asked["code"])
    assert (after["email_address"], after["is_verified"]) == ("old@example.org", True)
    assert (after["preferred_time"], after["timezone"]) == ("evening", "Europe/Madrid")
