"""Who may leave is written to once, with what fits and has worked; a share is not, to see what it brings."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.sql.conftest import MONDAY_NOON, World
from tests.sql.watching import WAYS, Watch, watched


@pytest.fixture
async def watch(world: World, connection: asyncpg.Connection) -> Watch:
    return await watched(world, connection)


async def test_whose_risk_rose_gets_a_message_on_its_way(watch: Watch) -> None:
    ada = await watch.at_risk()

    looked = await watch.look(WAYS[:1])

    (made,) = await watch.of(ada)
    assert (looked["chosen"], looked["held_out"]) == (1, 0)
    assert (made["type"], made["status"], made["risk"], made["band"]) == (
        "gentle_reminder",
        "open",
        70,
        "high",
    )
    assert (made["reasons"][0]["words"], made["channels"]) == ("nothing for 9 days", ["telegram"])
    assert [row["sequence_type"] for row in await watch.world.deliver()] == ["intervention_gentle_reminder"]


async def test_a_critical_risk_takes_both_channels(watch: Watch) -> None:
    ada = await watch.at_risk(85)

    await watch.look()

    (made,) = await watch.of(ada)
    assert (made["band"], made["channels"]) == ("critical", ["email", "telegram"])
    assert [each[:2] for each in await watch.world.states(ada)] == [
        ("telegram", "pending"),
        ("email", "pending"),
    ]


async def test_below_the_threshold_nothing_happens(watch: Watch) -> None:
    ada = await watch.at_risk(59)

    await watch.look()

    assert await watch.of(ada) == []


async def test_who_has_a_role_here_is_not_called_back(watch: Watch) -> None:
    olga = await watch.at_risk()
    await watch.world.call("set_roles", user_id=olga, roles=["admin"], actor="nobody in particular")

    await watch.look()

    assert await watch.of(olga) == []


async def test_whose_risk_had_risen_before_we_may_act_is_left_in_peace(watch: Watch, clock: Clock) -> None:
    await watch.configure("off")
    ada = await watch.at_risk()
    await clock.advance("1 hour")

    await watch.configure("on")
    await watch.look()

    assert await watch.of(ada) == []


async def test_nothing_is_done_where_it_is_switched_off(watch: Watch) -> None:
    await watch.configure("off")
    ada = await watch.at_risk()

    await watch.look()

    assert await watch.of(ada) == []


@pytest.mark.parametrize("wish", ["stopped", "paused", "unsubscribed", "declined_everything"])
async def test_who_wants_nothing_gets_nothing(watch: Watch, wish: str) -> None:
    ada = await watch.at_risk(email=False)
    if wish == "stopped":
        await watch.world.call("stop_everything", user_id=ada, source="telegram")
    elif wish == "paused":
        await watch.world.call("set_preferences", user_id=ada, changes={"paused_until": "2026-04-01"})
    elif wish == "unsubscribed":
        await watch.connection.execute("update tendril.contact_points set unsubscribed_at = tendril.clock()")
    else:
        await watch.connection.execute("update tendril.contact_points set opt_in_sequences = false")

    await watch.look()

    assert await watch.of(ada) == []


async def test_one_at_a_time_and_one_a_week(watch: Watch, clock: Clock) -> None:
    ada = await watch.at_risk()
    await watch.look()
    await clock.advance("6 days")
    await watch.rises(ada)
    await watch.look()
    within_the_week = len(await watch.of(ada))

    await clock.advance("1 day")
    await watch.rises(ada)
    await watch.look()

    assert (within_the_week, len(await watch.of(ada))) == (1, 2)


async def test_who_did_something_since_is_judged_anew_first(watch: Watch, clock: Clock) -> None:
    ada = await watch.at_risk()
    await clock.advance("1 minute")
    await watch.world.did(ada, "lesson_complete")

    await watch.look()

    assert await watch.of(ada) == []


async def test_who_comes_back_within_a_week_was_kept(watch: Watch, clock: Clock) -> None:
    ada, bob = await watch.at_risk(), await watch.at_risk()
    await watch.look()
    await clock.advance("2 days")
    await watch.world.did(ada, "lesson_complete")
    await watch.look()
    await clock.advance("6 days")
    await watch.look()

    (of_ada,), (of_bob,) = await watch.of(ada), await watch.of(bob)
    assert (of_ada["status"], of_ada["came_back_at"][:10]) == ("came_back", "2026-03-04")
    assert (of_bob["status"], of_bob["came_back_at"]) == ("stayed_away", None)


async def test_an_answer_to_the_message_is_no_way_back(watch: Watch, clock: Clock) -> None:
    ada = await watch.at_risk()
    await watch.look()
    (row,) = await watch.world.deliver()
    await clock.advance("1 hour")
    await watch.world.did(ada, "came_back", metadata={"tracking_id": row["tracking_id"]})

    await watch.look()

    assert (await watch.of(ada))[0]["status"] == "open"


async def test_who_is_back_before_the_message_left_does_not_get_it(watch: Watch, clock: Clock) -> None:
    ada = await watch.at_risk()
    await watch.look()
    await clock.advance("1 minute")
    await watch.world.did(ada, "lesson_complete")

    await watch.look()

    assert await watch.world.claim() == []
    assert await watch.world.states(ada) == [("telegram", "cancelled", "enrollment_ended")]


async def test_a_share_is_held_out_and_it_is_kept_that_they_were(watch: Watch, clock: Clock) -> None:
    await watch.configure(holdout=0.5)
    people = [await watch.at_risk() for _ in range(40)]
    looked = await watch.look()

    first = {user: (await watch.of(user))[0] for user in people}
    held_out = [user for user, made in first.items() if made["is_held_out"]]
    assert 4 < len(held_out) == looked["held_out"] < 36
    assert all(first[user]["enrollment_id"] is None and first[user]["messages"] == [] for user in held_out)

    await clock.advance("8 days")
    for user in people:
        await watch.rises(user)
    await watch.look()
    again = {user for user in people if (await watch.of(user))[0]["is_held_out"]}
    assert again == set(held_out)


async def test_whom_the_global_holdout_has_is_held_out_here_too(watch: Watch) -> None:
    await watch.world.call("set_holdout", share=0.999_999)
    ada = await watch.at_risk()

    await watch.look()

    assert (await watch.of(ada))[0]["is_held_out"]


async def test_two_processes_at_once_begin_one(watch: Watch) -> None:
    ada = await watch.at_risk()
    await asyncio.gather(*(watch.look() for _ in range(6)))

    assert len(await watch.of(ada)) == 1


async def test_what_brought_more_people_back_is_chosen(watch: Watch) -> None:
    await watch.remembers("gentle_reminder", 60, 6)
    await watch.remembers("peer_comparison", 60, 30)
    people = [await watch.at_risk() for _ in range(30)]
    await watch.look()

    kinds = [(await watch.of(user))[0]["type"] for user in people]

    assert kinds == ["peer_comparison"] * 30


async def test_a_share_gets_the_second_best_and_no_person_s_time_is_for_trying(watch: Watch) -> None:
    await watch.configure(exploration=0.999_999)
    await watch.admin()
    ada, bo = await watch.at_risk(), await watch.world.person()
    await watch.rises(bo, 90, ["gentle_reminder", "human_outreach"])

    await watch.look()

    kinds = [(await watch.of(user))[0]["type"] for user in (ada, bo)]
    assert kinds == ["personalized_content", "gentle_reminder"]


async def test_what_brings_fewer_back_than_nothing_is_no_longer_sent(watch: Watch) -> None:
    await watch.remembers("gentle_reminder", 60, 6)
    await watch.remembers("gentle_reminder", 60, 30, held_out=True)
    ada = await watch.at_risk()

    await watch.look()

    (made,) = await watch.of(ada)
    assert made["type"] != "gentle_reminder"
    assert "gentle_reminder" not in [each["type"] for each in made["choice"]]


async def test_a_suggestion_waits_for_an_admin(watch: Watch) -> None:
    await watch.configure("suggest")
    ada = await watch.at_risk()
    await watch.look()
    (made,) = await watch.of(ada)
    assert (made["status"], await watch.world.claim()) == ("suggested", [])

    await watch.world.call(
        "decide_intervention", intervention_id=made["id"], is_approved=True, actor="admin_api", ways=WAYS
    )

    assert (await watch.of(ada))[0]["status"] == "open"
    assert len(await watch.world.claim()) == 1


async def test_a_silent_variant_of_an_experiment_counts_among_those_held_out(watch: Watch) -> None:
    drafted = await watch.world.call(
        "create_experiment",
        experiment={
            "name": "reminder",
            "title": "Reminder",
            "sequence": "intervention_gentle_reminder",
            "goal": {"event": "lesson_complete"},
            "variants": [
                {"name": "control", "weight": 0.001},
                {"name": "silent", "weight": 0.999, "is_silent": True},
            ],
        },
        actor="admin_api",
    )
    base = await watch.connection.fetchval(
        "select current_version_id from tendril.sequences where name = 'intervention_gentle_reminder'"
    )
    await watch.world.call(
        "start_experiment",
        experiment_id=drafted["id"],
        base_version=base,
        definitions={},
        first_difference=1,
        compared_from="assignment",
    )
    ada = await watch.world.person()
    await watch.rises(ada, wanted=["gentle_reminder"])

    await watch.look([WAYS[0]])

    (made,) = await watch.of(ada)
    assert (made["is_held_out"], made["messages"]) == (True, [])


async def test_outcomes_count_whose_week_is_over_and_whom_nobody_chose(watch: Watch, clock: Clock) -> None:
    await watch.configure(holdout=0.5)
    people = [await watch.at_risk() for _ in range(20)]
    await watch.look()
    await clock.advance("1 day")
    for user in people[:5]:
        await watch.world.did(user, "lesson_complete")
    during = await watch.world.call("intervention_outcomes")
    await watch.look()
    await clock.advance("7 days")
    await watch.look()

    after = [row for row in (await watch.world.call("intervention_outcomes"))["rows"] if row["people"]]

    assert sum(row["people"] for row in during["rows"]) == 0
    assert sum(row["people"] for row in after) == 20
    assert sum(row["back"] for row in after) == 5


async def test_the_next_look_is_a_minute_away_at_most(watch: Watch, clock: Clock) -> None:
    await watch.look(at=MONDAY_NOON)
    await watch.at_risk()

    due = await watch.world.call("next_intervention")

    assert due == "2026-03-02T12:01:00+00:00"
    await clock.advance("1 minute")
    assert (await watch.look())["chosen"] == 1


async def test_whom_nobody_talks_to_for_two_days_becomes_an_alert(watch: Watch, clock: Clock) -> None:
    await watch.admin()
    await watch.rises(await watch.world.person(), 90, ["human_outreach"])
    await watch.look([])
    at_once = await watch.world.call("alert_causes")
    await clock.advance("2 days")

    assert [each["kind"] for each in at_once] == []
    assert [each["kind"] for each in await watch.world.call("alert_causes")] == ["outreach_waiting"]


async def test_explain_says_because_of_which_risk_a_message_came(watch: Watch) -> None:
    ada = await watch.at_risk(72)
    await watch.look()

    (told,) = (await watch.world.call("explain_user", reference=ada))["enrollments"]

    assert told["intervention"]["risk"] == 72
    assert told["intervention"]["reasons"][0]["words"] == "nothing for 9 days"


async def test_of_two_people_who_turn_out_to_be_one_one_is_still_open(watch: Watch) -> None:
    ada, same = await watch.at_risk(), await watch.at_risk()
    await watch.look()

    await watch.world.call("merge_users", from_user=same, into_user=ada)

    assert sorted(made["status"] for made in await watch.of(ada)) == ["dismissed", "open"]
