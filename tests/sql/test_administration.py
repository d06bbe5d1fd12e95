"""Who finds whom, who grants what, and who may look at the dashboard for how long."""

import asyncio
import secrets
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from storage.store import Conflict, Invalid
from tests.sql.conftest import World, step


async def named(world: World, first_name: str, **given: Any) -> str:
    user = await world.call("create_user", external_id=secrets.token_hex(8), first_name=first_name, **given)
    return str(user["user_id"])


async def found(world: World, query: str = "", **given: Any) -> list[str]:
    answer = await world.call("search_users", query=query, **given)
    return [person["name"] for person in answer["people"]]


async def on_telegram(world: World, first_name: str, telegram_id: int, **given: Any) -> str:
    answer = await world.call(
        "register_telegram_user", telegram_id=telegram_id, first_name=first_name, **given
    )
    return str(answer["user_id"])


@pytest.mark.parametrize(
    "typed", ["ada", "LOVE", "love ada", "a l", "ada@ex", "@countess", "@COUNT", "99", "countess"]
)
async def test_somebody_is_found_by_how_a_name_or_address_begins(world: World, typed: str) -> None:
    ada = await on_telegram(world, "Ada", 998877, last_name="Lovelace", username="Countess_Ada")
    await world.call("open_contact_point", user_id=ada, channel="email", address="ada@example.org")
    await on_telegram(world, "Grace", 55, last_name="Hopper", username="grace")

    assert await found(world, typed) == ["Ada Lovelace"]


async def test_somebody_is_found_by_what_they_want_to_be_called(
    world: World, connection: asyncpg.Connection
) -> None:
    await on_telegram(world, "Robert", 1)
    await connection.execute("update tendril.users set chosen_name = 'Bob the Builder'")

    assert await found(world, "bui") == ["Robert"]


async def test_whoever_has_exactly_this_address_comes_first(world: World) -> None:
    await on_telegram(world, "Longer", 12345)
    await world.clock.advance("1 hour")
    await on_telegram(world, "Longest", 123456)
    await on_telegram(world, "Exact", 1234)

    assert await found(world, "1234") == ["Exact", "Longest", "Longer"]


async def test_somebody_is_found_by_their_id_and_external_id(world: World) -> None:
    user = await world.call("create_user", external_id="Customer-7", first_name="Ada")

    assert await found(world, user["user_id"]) == ["Ada"]
    assert await found(world, "Customer-7") == ["Ada"]
    assert await found(world, "customer") == ["Ada"]


@pytest.mark.parametrize("typed", ["", "@", "%", "_", "' & | !", "\\", "'):*", "ada & !x", "z\u0301"])
async def test_what_means_something_to_a_database_is_only_text(world: World, typed: str) -> None:
    await named(world, "Ada")

    assert await found(world, typed) == []


async def test_results_come_in_pages(world: World) -> None:
    for number in range(5):
        await named(world, f"Ada{number}")

    first = await world.call("search_users", query="ada", page_size=3)
    second = await world.call("search_users", query="ada", page_size=3, skip=3)

    assert (len(first["people"]), first["has_more"], first["count"]) == (3, True, 5)
    assert (len(second["people"]), second["has_more"]) == (2, False)
    assert not {each["id"] for each in first["people"]} & {each["id"] for each in second["people"]}


async def test_people_are_found_by_how_they_are(world: World) -> None:
    gone = await on_telegram(world, "Gone", 1)
    await world.call("set_telegram_reachable", telegram_id=1, reachable=False)
    await world.clock.advance("8 days")
    await on_telegram(world, "Fresh", 2)
    await world.call("set_roles", user_id=gone, roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")

    assert await found(world, kind="new") == ["Fresh"]
    assert await found(world, kind="inactive") == ["Gone"]
    assert await found(world, kind="unreachable") == ["Gone"]
    assert await found(world, kind="admins") == ["Gone"]


async def test_only_an_owner_grants_a_role(world: World) -> None:
    owner, other = await on_telegram(world, "Ada", 1), await on_telegram(world, "Grace", 2)
    await world.call("set_roles", user_id=owner, roles=["owner"], actor="ADMIN_TELEGRAM_IDS")

    with pytest.raises(Conflict, match="only an owner"):
        await world.call("set_roles", user_id=other, roles=["owner"], actor="telegram:2")
    granted = await world.call("set_roles", user_id=other, roles=["admin"], actor="telegram:1")
    with pytest.raises(Conflict, match="only an owner"):
        await world.call("set_roles", user_id=other, roles=["owner"], actor="telegram:2")

    assert granted["roles"] == ["admin"]


async def test_there_is_no_role_of_another_name(world: World) -> None:
    with pytest.raises(Invalid, match="no such role"):
        await world.call(
            "set_roles", user_id=await named(world, "Ada"), roles=["king"], actor="ADMIN_TELEGRAM_IDS"
        )


async def test_somebody_always_stays_owner(world: World) -> None:
    owner = await on_telegram(world, "Ada", 1)
    await world.call("set_roles", user_id=owner, roles=["owner"], actor="ADMIN_TELEGRAM_IDS")

    with pytest.raises(Conflict, match="last owner"):
        await world.call("set_roles", user_id=owner, roles=["admin"], actor="telegram:1")


async def test_two_owners_cannot_depose_each_other_at_once(world: World) -> None:
    owners = [await on_telegram(world, f"Owner {number}", number) for number in (1, 2)]
    for owner in owners:
        await world.call("set_roles", user_id=owner, roles=["owner"], actor="ADMIN_TELEGRAM_IDS")

    answers = await asyncio.gather(
        world.call("set_roles", user_id=owners[1], roles=[], actor="telegram:1"),
        world.call("set_roles", user_id=owners[0], roles=[], actor="telegram:2"),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert len(await world.call("list_admins")) == 1


async def test_a_role_is_written_down_once(world: World, connection: asyncpg.Connection) -> None:
    ada = await named(world, "Ada")
    for _ in range(2):
        await world.call("set_roles", user_id=ada, roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")

    (line,) = await connection.fetch("select * from tendril.audit_log where action = 'roles.set'")
    assert (line["actor"], line["subject"]) == ("ADMIN_TELEGRAM_IDS", ada)


async def test_admins_are_listed_with_the_highest_first(world: World) -> None:
    for number, roles in enumerate((["viewer"], ["owner"], ["admin"], []), 1):
        user = await on_telegram(world, f"Person {number}", number)
        await world.call("set_roles", user_id=user, roles=roles, actor="ADMIN_TELEGRAM_IDS")

    listed = await world.call("list_admins")

    assert [(each["telegram_id"], each["roles"]) for each in listed] == [
        (2, ["owner"]),
        (3, ["admin"]),
        (1, ["viewer"]),
    ]


async def test_a_profile_tells_how_far_somebody_is(world: World) -> None:
    await world.publish(step(), step(name="later", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()

    profile = await world.call("describe_user", reference=ada)

    (run,) = profile["sequences"]["enrollments"]
    assert (run["title"], run["current_step"], run["steps"], run["status"]) == ("Course", 1, 2, "active")
    assert run["next_due_at"] is not None
    assert profile["deliveries"][-1]["delivery_status"] == "sent"
    assert set(profile["scores"]) == {"overall", "telegram", "email", "attendance", "commitment"}


async def test_running_sequences_are_listed_before_those_that_ended(world: World) -> None:
    await world.publish(step(after="1 day"))
    await world.publish(step(after="1 day"), name="other")
    ada = await world.person()
    await world.enroll(ada)
    ended = await world.enroll(ada, "other")
    await world.call("cancel_enrollment", enrollment_id=ended["enrollment_id"])

    listed = await world.call("enrollments_of_user", user_id=ada)

    assert [run["sequence"] for run in listed["enrollments"]] == ["course", "other"]
    assert (listed["count"], listed["running"]) == (2, 1)


async def test_only_sequences_that_need_nothing_are_started_by_hand(world: World) -> None:
    await world.publish(step(), name="plain")
    await world.publish(step(), name="optional", context=["word?"])
    await world.publish(step(), name="needy", context=["word"])

    assert [each["name"] for each in await world.call("list_triggerable")] == ["optional", "plain"]


async def test_a_message_that_can_also_go_over_both_channels_is_offered_once(world: World) -> None:
    for name in ("intervention_word", "intervention_word_both", "intervention_other_both"):
        await world.publish(step(), name=name)

    offered = [each["name"] for each in await world.call("list_triggerable")]

    assert offered == ["intervention_other_both", "intervention_word"]


def hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


@pytest.fixture
async def admin(world: World) -> str:
    user = await on_telegram(world, "Ada", 1)
    await world.call("set_roles", user_id=user, roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")
    await world.call("create_dashboard_link", user_id=user, token_hash=hashed("link"))
    return user


async def begin(world: World, visit: str = "visit", link: str = "link") -> str:
    return str(await world.call("begin_visit", token_hash=hashed(link), visit_hash=hashed(visit)))


async def test_a_dashboard_link_works_once(world: World, admin: str) -> None:
    assert await begin(world) == "open"
    assert await begin(world) == "open", "the same visit, whose answer was lost"
    assert await begin(world, "another") == "used"
    assert (await world.call("describe_visit", visit_hash=hashed("visit")))["user_id"] == admin
    assert await world.call("describe_visit", visit_hash=hashed("another")) is None


async def test_a_dashboard_link_works_for_ten_minutes(world: World, admin: str) -> None:
    await world.clock.advance("10 minutes")

    assert await begin(world) == "expired"
    assert await begin(world, link="invented") == "unknown"


async def test_a_visit_ends_after_twelve_hours(world: World, admin: str) -> None:
    await begin(world)
    await world.clock.advance("12 hours")

    assert await world.call("describe_visit", visit_hash=hashed("visit")) is None


async def test_a_visit_ends_when_it_is_left(world: World, admin: str) -> None:
    await begin(world)
    await world.call("end_visit", visit_hash=hashed("visit"))

    assert await world.call("describe_visit", visit_hash=hashed("visit")) is None
    assert await begin(world, "again") == "used"


async def test_whoever_lost_the_role_has_lost_the_dashboard(world: World, admin: str) -> None:
    await begin(world)
    await world.call("set_roles", user_id=admin, roles=[], actor="ADMIN_TELEGRAM_IDS")

    assert await world.call("describe_visit", visit_hash=hashed("visit")) is None
    assert await begin(world) == "unknown"


async def test_links_that_are_over_are_forgotten(
    world: World, admin: str, connection: asyncpg.Connection
) -> None:
    await world.clock.advance("1 day")
    await world.call("create_dashboard_link", user_id=admin, token_hash=hashed("new"))

    assert await connection.fetchval("select count(*) from tendril.dashboard_links") == 1
