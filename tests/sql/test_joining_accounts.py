"""A Telegram account joins a user that exists, and what each of them was goes along or stays."""

import asyncio

import asyncpg
import pytest

from storage.store import NotFound
from tests.sql.conftest import Row, World, step
from tests.sql.people import claim_address, mails, prove, register


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
