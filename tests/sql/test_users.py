"""Who somebody is to us: a Telegram account, a user that an API brings, and who is found by which name."""

import asyncio

import asyncpg
import pytest

from storage.store import Conflict, Invalid, NotFound
from tests.sql.conftest import Row, World
from tests.sql.people import claim_address, mails, prove, register

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
