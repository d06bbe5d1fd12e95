"""/start: the beginning, and the way back."""

from __future__ import annotations

from tests.fixtures.process import RunTendril, Tendril


async def test_the_first_step_waits_for_no_tick(run_tendril: RunTendril) -> None:
    async with run_tendril(tick_seconds=3600) as tendril:
        ada = await tendril.person("Ada")

        await ada.writes("/start")
        first, *_ = await ada.receives(1)

    assert "Ada" in first["text"]


async def test_starting_twice_does_not_begin_the_sequence_twice(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/start")
    await ada.hears("What may I call you?")
    await tendril.settled()

    assert len(await ada.messages()) == 2
    assert len((await tendril.explain(ada))["enrollments"]) == 1


async def test_where_somebody_came_from_is_kept(tendril: Tendril) -> None:
    ada = await tendril.person("Ada")

    await ada.writes("/start autumn_fair")
    await ada.receives(1)

    assert (await tendril.explain(ada))["user"]["source"] == "autumn_fair"


async def test_a_link_with_a_code_joins_the_chat_to_an_account(tendril: Tendril) -> None:
    account = await tendril.process.store.call("create_user", external_id="customer-7", first_name="Ada")
    code = (await tendril.process.store.call("create_link_code", user_id=account["user_id"]))["code"]
    ada = await tendril.person("Ada")

    await ada.writes(f"/start link_{code}")
    await ada.hears("Connected, Ada")

    assert (await tendril.explain(ada))["user"]["external_id"] == "customer-7"


async def test_an_account_that_was_joined_begins_its_sequence(tendril: Tendril) -> None:
    account = await tendril.process.store.call("create_user", external_id="customer-7", first_name="Ada")
    code = (await tendril.process.store.call("create_link_code", user_id=account["user_id"]))["code"]
    ada = await tendril.person("Ada")

    await ada.writes(f"/start link_{code}")
    await ada.receives(2)

    (enrollment,) = (await tendril.explain(ada))["enrollments"]
    assert enrollment["sequence"] == "onboarding"


async def test_everything_that_comes_in_is_a_behavior_event(tendril: Tendril, connection) -> None:  # type: ignore[no-untyped-def]
    ada = await tendril.started("Ada")
    await ada.writes("hello there")
    await ada.hears("/help shows them")
    await tendril.settled()

    types = await connection.fetch("select type from tendril.behavior_events order by id")

    assert [row["type"] for row in types] == ["user_started", "command_used", "message_received"]


async def test_a_link_with_a_code_takes_back_a_stop(tendril: Tendril) -> None:
    account = await tendril.process.store.call("create_user", external_id="school-9", first_name="Ada")
    await tendril.process.store.call("stop_everything", user_id=account["user_id"], source="api")
    code = (await tendril.process.store.call("create_link_code", user_id=account["user_id"]))["code"]
    ada = await tendril.person("Ada")

    await ada.writes(f"/start link_{code}")
    await ada.receives(2)

    preferences = await tendril.process.store.call("get_preferences", user_id=account["user_id"])
    assert preferences["stopped_at"] is None


async def test_an_invitation_is_where_somebody_came_from_but_not_its_code(tendril: Tendril) -> None:
    ada = await tendril.person("Ada")

    await ada.writes("/start pod_K7QX2M")
    await ada.receives(2)

    assert (await tendril.explain(ada))["user"]["source"] == "pod"


async def test_a_new_user_with_an_invitation_is_greeted_as_well(tendril: Tendril) -> None:
    ada = await tendril.person("Ada")

    await ada.writes("/start pod_K7QX2M")

    await ada.hears("good to have you here")
