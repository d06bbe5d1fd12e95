"""What messages led to: which campaigns and experiments an event is owed to, and by which message."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from tests.sql.conftest import Row, World, step

GOAL = {"event": "lesson_complete", "value": "amount", "within": "7 days"}
CAMPAIGN = """
insert into tendril.campaigns
    (name, title, kind, status, sequence, schedule, goal, created_by, created_at, changed_at)
select $1, $1, 'drip', 'active', $1, '{}', $2, 'admin', tendril.clock(), tendril.clock() returning id
"""
EXPERIMENT = """
insert into tendril.experiments (name, title, status, sequence, seed, goal, created_by, created_at)
select $1, $1, 'running', $1, $1, $2, 'admin', tendril.clock() returning id
"""
CONVERSIONS = """
select c.name as campaign, o.variant, o.delivery_id, o.is_engaged, o.is_last_touch, o.value::float8
from tendril.conversions o left join tendril.campaigns c on c.id = o.campaign_id
order by o.occurred_at, c.name, o.variant
"""


class Campaigns:
    def __init__(self, world: World, connection: asyncpg.Connection) -> None:
        self._world = world
        self._connection = connection
        self._ids: dict[str, int] = {}

    async def opens(self, name: str, channel: str = "email", **goal: Any) -> None:
        await self._world.publish(step(channels=[channel]), name=name)
        self._ids[name] = await self._connection.fetchval(CAMPAIGN, name, json.dumps(GOAL | goal))

    async def reaches(self, user_id: str, name: str, channel: str = "email") -> Row:
        """The user gets the campaign's message now."""
        run = await self._world.enroll(user_id, name, key="now")
        await self._connection.execute(
            "update tendril.enrollments set campaign_id = $2 where id = $1",
            run["enrollment_id"],
            self._ids[name],
        )
        (row,) = await self._world.deliver(channel)
        return row

    async def keeps_from(self, user_id: str, name: str) -> None:
        """The user is in the campaign's holdout."""
        run = await self._world.enroll(user_id, name, key="now")
        await self._connection.execute(
            "update tendril.enrollments set campaign_id = $2, status = 'cancelled', "
            "status_reason = 'holdout' where id = $1",
            run["enrollment_id"],
            self._ids[name],
        )
        await self._connection.execute(
            "delete from tendril.message_deliveries where enrollment_id = $1", run["enrollment_id"]
        )

    async def conversions(self) -> list[Row]:
        return [dict(row) for row in await self._connection.fetch(CONVERSIONS)]

    async def credited(self) -> dict[str, bool]:
        """By campaign, whether it was the last touch."""
        return {row["campaign"]: row["is_last_touch"] for row in await self.conversions()}


@pytest.fixture
def campaigns(world: World, connection: asyncpg.Connection) -> Campaigns:
    return Campaigns(world, connection)


async def finishes(world: World, user_id: str, **more: Any) -> None:
    await world.did(user_id, "lesson_complete", source="api", **more)


async def test_what_somebody_does_after_a_campaigns_message_is_its_conversion(
    world: World, campaigns: Campaigns
) -> None:
    await campaigns.opens("spring")
    ada = await world.person()
    row = await campaigns.reaches(ada, "spring")
    await world.clock.advance("6 days")

    await finishes(world, ada, metadata={"amount": 12.5})

    assert await campaigns.conversions() == [
        {
            "campaign": "spring",
            "variant": None,
            "delivery_id": row["id"],
            "is_engaged": False,
            "is_last_touch": True,
            "value": 12.5,
        }
    ]


async def test_after_the_window_it_is_owed_to_nobody(world: World, campaigns: Campaigns) -> None:
    await campaigns.opens("spring")
    ada = await world.person()
    await campaigns.reaches(ada, "spring")
    await world.clock.advance("8 days")

    await finishes(world, ada)

    assert await campaigns.conversions() == []


async def test_an_event_told_late_counts_for_the_time_at_which_it_happened(
    world: World, campaigns: Campaigns
) -> None:
    await campaigns.opens("spring")
    ada = await world.person()
    await campaigns.reaches(ada, "spring")
    await world.clock.advance("20 days")

    await finishes(world, ada, occurred_at="2026-03-04T12:00:00+00:00")
    await finishes(world, ada, occurred_at="2026-03-01T12:00:00+00:00")  # before the message

    assert len(await campaigns.conversions()) == 1


async def test_an_event_that_is_told_twice_converts_once(world: World, campaigns: Campaigns) -> None:
    await campaigns.opens("spring")
    ada = await world.person()
    await campaigns.reaches(ada, "spring")

    for _ in range(2):
        await finishes(world, ada, event_id="once")

    assert len(await campaigns.conversions()) == 1


async def test_of_two_campaigns_both_are_a_touch_and_the_later_is_the_last(
    world: World, campaigns: Campaigns
) -> None:
    for name in ("autumn", "spring"):
        await campaigns.opens(name)
    ada = await world.person()
    await campaigns.reaches(ada, "spring")
    await world.clock.advance("1 day")
    await campaigns.reaches(ada, "autumn")

    await world.clock.advance("1 hour")
    await finishes(world, ada)

    assert await campaigns.credited() == {"spring": False, "autumn": True}


async def test_a_message_that_was_answered_wins_over_a_later_one_that_was_not(
    world: World, campaigns: Campaigns
) -> None:
    for name in ("autumn", "spring"):
        await campaigns.opens(name)
    ada = await world.person()
    first = await campaigns.reaches(ada, "spring")
    await world.tell(first, "clicked", source="link")
    await world.clock.advance("1 day")
    await campaigns.reaches(ada, "autumn")

    await finishes(world, ada)

    assert await campaigns.credited() == {"spring": True, "autumn": False}


async def test_a_mail_that_is_told_to_have_bounced_afterwards_is_owed_nothing(
    world: World, campaigns: Campaigns
) -> None:
    for name in ("autumn", "spring"):
        await campaigns.opens(name)
    ada = await world.person()
    await campaigns.reaches(ada, "spring")
    last = await campaigns.reaches(ada, "autumn")
    await finishes(world, ada)

    await world.tell(last, "bounced")

    assert await campaigns.credited() == {"spring": True}


async def test_a_click_that_turns_out_to_be_a_machines_gives_the_credit_back(
    world: World, campaigns: Campaigns
) -> None:
    for name in ("autumn", "spring"):
        await campaigns.opens(name)
    ada = await world.person()
    first = await campaigns.reaches(ada, "spring")
    await campaigns.reaches(ada, "autumn")
    await world.clock.advance("2 hours")
    await world.tell(first, "clicked", source="link", actor="human", may_be_machine=True)
    await finishes(world, ada)
    before = await campaigns.credited()

    await world.tell(first, "trapped", source="link", actor="machine")

    assert before == {"spring": True, "autumn": False}
    assert await campaigns.credited() == {"spring": False, "autumn": True}


async def test_what_is_told_at_the_same_time_of_several_messages_ends_in_one_last_touch(
    world: World, campaigns: Campaigns
) -> None:
    names = ["autumn", "spring", "summer", "winter"]
    for name in names:
        await campaigns.opens(name)
    ada = await world.person(max_per_day=100)
    mails = [await campaigns.reaches(ada, name) for name in names]
    for _ in range(5):
        await finishes(world, ada)
    await world.clock.advance("2 hours")

    await asyncio.gather(
        *(world.tell(row, "bounced") for row in mails[1:]),
        world.tell(mails[0], "clicked", source="link"),
        *(finishes(world, ada) for _ in range(5)),
    )

    found = await campaigns.conversions()
    assert {row["campaign"] for row in found} == {"autumn"}
    assert [row["is_last_touch"] for row in found] == [True] * 10


async def test_only_events_that_the_goals_filter_means_are_conversions(
    world: World, campaigns: Campaigns
) -> None:
    await campaigns.opens("spring", filter={"context.course": "python"})
    ada = await world.person()
    await campaigns.reaches(ada, "spring")

    for course in ("python", "rust"):
        await finishes(world, ada, metadata={"course": course})

    assert len(await campaigns.conversions()) == 1


@pytest.mark.parametrize("amount", ["12.50", None, {"eur": 5}, [1], True, 1e300])
async def test_a_value_that_is_no_sensible_number_is_none_and_the_conversion_counts(
    world: World, campaigns: Campaigns, amount: Any
) -> None:
    await campaigns.opens("spring")
    ada = await world.person()
    await campaigns.reaches(ada, "spring")

    await finishes(world, ada, metadata={"amount": amount})

    assert [row["value"] for row in await campaigns.conversions()] == [None]


async def test_somebody_elses_message_converts_nobody(world: World, campaigns: Campaigns) -> None:
    await campaigns.opens("spring")
    ada, bob = await world.person(), await world.person()
    await campaigns.reaches(ada, "spring")

    await finishes(world, bob)

    assert await campaigns.conversions() == []


async def test_what_the_holdout_does_is_counted_too_and_owed_to_no_message(
    world: World, campaigns: Campaigns
) -> None:
    await campaigns.opens("spring")
    ada = await world.person()
    await campaigns.keeps_from(ada, "spring")
    await world.clock.advance("6 days")
    await finishes(world, ada)
    await world.clock.advance("2 days")
    await finishes(world, ada)

    (held_out,) = await campaigns.conversions()

    assert (held_out["delivery_id"], held_out["is_last_touch"]) == (None, False)


async def test_in_an_experiment_every_variant_counts_from_its_enrollment(
    world: World, connection: asyncpg.Connection, campaigns: Campaigns
) -> None:
    await world.publish(step(channels=["email"], after="3 days"), name="course")
    experiment = await connection.fetchval(EXPERIMENT, "course", json.dumps(GOAL))
    for variant in ("control", "silence"):
        user_id = await world.person()
        run = await world.enroll(user_id)
        await connection.execute(
            "update tendril.enrollments set experiment_id = $2, variant = $3 where id = $1",
            run["enrollment_id"],
            experiment,
            variant,
        )
        await finishes(world, user_id)

    assert [row["variant"] for row in await campaigns.conversions()] == ["control", "silence"]


async def test_a_click_may_be_the_goal_itself(world: World, campaigns: Campaigns) -> None:
    await campaigns.opens("spring", event="message_clicked")
    ada = await world.person()
    row = await campaigns.reaches(ada, "spring")
    await world.tell(row, "clicked", source="link", may_be_machine=True)
    before = await campaigns.conversions()

    await world.clock.advance("1 minute")
    await world.call("follow_up")

    assert (before, [each["is_engaged"] for each in await campaigns.conversions()]) == ([], [True])


async def test_conversions_go_along_when_two_users_become_one(
    world: World, connection: asyncpg.Connection, campaigns: Campaigns
) -> None:
    await campaigns.opens("spring")
    ada, again = await world.person(), await world.person(telegram=False, email=False)
    await campaigns.reaches(ada, "spring")
    await finishes(world, ada)

    await world.call("merge_users", from_user=ada, into_user=again)

    assert str(await connection.fetchval("select user_id from tendril.conversions")) == again


async def test_outside_subscribers_are_told_of_a_conversion_once(world: World, campaigns: Campaigns) -> None:
    subscriber = await world.call(
        "create_subscriber",
        url="https://crm.example/hook",
        events=["conversion.recorded"],
        secret="whsec_cGxhY2Vob2xkZXI=",
        created_by="admin_api",
    )
    await campaigns.opens("spring")
    ada = await world.person()
    row = await campaigns.reaches(ada, "spring")
    await finishes(world, ada, metadata={"amount": 3})
    await world.tell(row, "clicked", source="link", actor="human", may_be_machine=True)
    await world.clock.advance("1 minute")
    await world.call("follow_up")  # the click counts, and the conversion is looked at again

    (told,) = await world.call("list_callbacks", subscriber_id=subscriber["id"])

    assert (told["type"], told["details"]["campaign"], told["details"]["value"]) == (
        "conversion.recorded",
        "spring",
        3,
    )
