"""Mails that leave in one request: taken over whole, and repeated unchanged under their key."""

from tests.sql.conftest import World, step


async def test_a_stored_batch_is_taken_over_whole_in_its_order_and_under_its_key(world: World) -> None:
    await world.publish(step(channels=["email"]))
    for _ in range(5):
        await world.enroll(await world.person())
    rows = (await world.claim("email"))[::-1]
    contents = [{"id": row["id"], "content": {"text": str(row["id"])}} for row in rows]
    await world.call("store_rendered", lease_token=rows[0]["lease_token"], rendered=contents, batch_key="key")
    await world.enroll(await world.person(), key="new, and not part of it")
    await world.clock.advance("61 seconds")
    again = await world.claim("email")
    assert [(row["id"], row["batch_key"], row["message_content"]) for row in again] == [
        (content["id"], "key", content["content"]) for content in contents
    ]


async def test_a_mail_that_a_webhook_moved_on_still_belongs_to_its_batch(world: World) -> None:
    await world.publish(step(channels=["email"]))
    for _ in range(2):
        await world.enroll(await world.person())
    rows = await world.claim("email")
    contents = [{"id": row["id"], "content": {"text": "A"}} for row in rows]
    await world.call("store_rendered", lease_token=rows[0]["lease_token"], rendered=contents, batch_key="key")
    await world.tell(rows[0], "delivered")
    await world.clock.advance("61 seconds")
    again = await world.claim("email")
    assert len(again) == 2
    await world.record(again)
    states = [await world.call("explain_delivery", delivery_id=row["id"]) for row in again]
    assert [state["delivery"]["delivery_status"] for state in states] == ["delivered", "sent"]


async def test_a_batch_older_than_the_providers_memory_is_left_to_a_person(world: World) -> None:
    await world.publish(step(channels=["email"], stale_after="7 days"))
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim("email")
    await world.call(
        "store_rendered",
        lease_token=rows[0]["lease_token"],
        rendered=[{"id": rows[0]["id"], "content": {}}],
        batch_key="key",
    )
    await world.clock.advance("23 hours 1 minute")
    assert await world.claim("email") == []
    assert await world.states(ada) == [("email", "unknown", "key_expired")]


async def test_a_busy_batch_waits_and_keeps_its_key(world: World) -> None:
    await world.publish(step(channels=["email"]))
    await world.enroll(await world.person())
    await world.deliver("email", "busy", reason="server_error")
    assert await world.claim("email") == []
    await world.clock.advance("11 seconds")
    (again,) = await world.claim("email")
    assert again["batch_key"] is not None
    assert again["attempt_count"] == 2


async def test_a_batch_ends_for_all_of_its_mails_together(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"], max_attempts=1))
    await world.publish(step(channels=["email"], max_attempts=2), name="patient")
    ada = await world.person()
    await world.enroll(ada)
    await world.enroll(await world.person(), "patient")
    await world.deliver("email", "busy", reason="server_error")
    assert await world.states(ada) == [("email", "sending", "server_error")]
    await world.clock.advance("11 seconds")
    again = await world.claim("email")
    await world.record(again, "busy", reason="server_error")
    assert len(again) == 2
    assert [state[:2] for state in await world.states(ada)] == [("email", "failed"), ("telegram", "pending")]


async def test_a_batch_that_was_plainly_refused_is_not_bound_to_its_key(world: World) -> None:
    await world.publish(step(channels=["email"], stale_after="7 days"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver("email", "busy", whole_channel=True, retry_after=23.5 * 3600)
    await world.clock.advance("23.6 hours")
    (again,) = await world.claim("email")
    assert (again["batch_key"], again["message_content"], again["attempt_count"]) == (
        None,
        {"text": "Hello"},
        1,
    )


async def test_who_left_while_a_batch_was_refused_gets_no_mail(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada, grace = await world.person(), await world.person()
    await world.enroll(ada)
    await world.claim("email", worker="dies before it stores")
    await world.clock.advance("61 seconds")
    await world.enroll(grace)
    assert len(await world.deliver("email", "busy", whole_channel=True, reason="rate_limit_exceeded")) == 2
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.clock.advance("1 minute")
    (row,) = await world.claim("email")
    assert (row["user_id"], row["batch_key"]) == (grace, None)


async def test_a_batch_whose_worker_died_stays_one_when_it_is_refused_later(world: World) -> None:
    await world.publish(step(channels=["email"]))
    await world.enroll(await world.person())
    (row,) = await world.claim("email")
    content = [{"id": row["id"], "content": {"text": "Hello"}}]
    await world.call("store_rendered", lease_token=row["lease_token"], rendered=content, batch_key="key")
    await world.clock.advance("61 seconds")
    await world.record(await world.claim("email"), "busy", whole_channel=True, reason="rate_limit_exceeded")
    await world.clock.advance("1 minute")
    assert [again["batch_key"] for again in await world.claim("email")] == ["key"]


async def test_one_that_spoilt_its_batch_goes_alone(world: World) -> None:
    await world.publish(step(channels=["email"]))
    for _ in range(3):
        await world.enroll(await world.person())
    await world.deliver("email", "alone")
    assert [len(await world.claim("email")) for _ in range(3)] == [1, 1, 1]


async def test_a_mail_that_leaves_its_batch_is_written_anew_for_the_other_channel(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"]))
    await world.enroll(await world.person())
    await world.deliver("email", "misconfigured", reason="domain_not_verified")
    assert await world.claim("email") == []
    (row,) = await world.claim("telegram")
    assert (row["batch_key"], row["message_content"]) == (None, None)


async def test_a_batch_that_may_have_arrived_stays_one_when_the_key_is_refused(world: World) -> None:
    await world.publish(step(channels=["email"]))
    await world.enroll(await world.person())
    await world.deliver("email", outcome="busy", reason="no_answer", retry_after=1)
    await world.clock.advance("1 minute")
    (again,) = await world.claim("email")

    await world.record([again], "misconfigured", reason="invalid_api_key")
    await world.call("set_channel_state", channel="email", paused_reason=None)
    await world.clock.advance("1 hour")

    assert [each["batch_key"] for each in await world.claim("email")] == [again["batch_key"]]
    assert again["batch_key"] is not None


async def test_what_was_given_up_and_has_arrived_is_not_said_again_elsewhere(world: World) -> None:
    await world.publish(
        step(channels=["email", "telegram"], max_attempts=1), step(name="second", after="1 day")
    )
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email", "busy", reason="server_error")
    assert [state[:2] for state in await world.states(ada)] == [("email", "failed"), ("telegram", "pending")]

    await world.tell(mail, "delivered")

    assert await world.claim() == []
    assert await world.states(ada) == [
        ("email", "delivered", "server_error"),
        ("telegram", "skipped", "arrived_after_all"),
        ("telegram", "pending", None),  # the second step
    ]
