"""Experiments: who gets which variant, who is held out, and from when somebody counts."""

from __future__ import annotations

import json
import math
import uuid
from collections import Counter

import asyncpg
import pytest

from sequences.experiments.readout import read_lift
from storage.store import Conflict, Invalid
from tests.sql.conftest import World, step
from tests.sql.experimenting import (
    CONTROL,
    assigned,
    audience,
    begin,
    campaign,
    draft,
    drawn,
    outcomes,
    people,
    runs_of,
    start,
)


async def test_nothing_is_drawn_where_nothing_runs(world: World) -> None:
    await world.publish(step())
    await draft(world)

    assert await drawn(world, await people(world, 3)) == {}


async def test_weights_and_coverage_are_met_as_far_as_chance_allows(world: World) -> None:
    await world.publish(step())
    await begin(world, {"name": "other", "weight": 0.2}, {"name": "third", "weight": 0.3}, coverage=0.8)
    users = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(4000)]

    counted = Counter((await drawn(world, users)).values())

    for name, share in (("as_it_is", 0.4), ("other", 0.16), ("third", 0.24)):
        assert abs(counted[name] - 4000 * share) < 4 * math.sqrt(4000 * share * (1 - share)), counted


async def test_an_assignment_stays_over_pages_runs_and_the_end_of_a_merge(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world)
    users = await people(world, 40)
    first = await drawn(world, users)
    assert {**await drawn(world, users[:20]), **await drawn(world, users[20:], key="again")} == first

    other = next(user for user in users if first[user] == "other")
    kept = next(user for user in users if first[user] == "as_it_is")
    await world.enroll(other)
    await world.call("merge_users", from_user=other, into_user=kept)

    assert await drawn(world, [kept]) == {kept: "other"}
    assert (await assigned(world, experiment, kept))["variant"] == "other"


async def test_parts_of_a_namespace_never_share_anybody(world: World) -> None:
    await world.publish(step())
    halves = [("first", 0.0, 0.5), ("second", 0.5, 1.0)]
    experiments = [
        await begin(world, name=name, namespace="all", namespace_from=low, namespace_until=high)
        for name, low, high in halves
    ]
    users = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(400)]

    rows = await world.call("choose_versions", users=users, sequence="course", campaign_id=None, key="")

    counted = Counter(row["experiment_id"] for row in rows)
    assert sum(counted.values()) == len({row["user_id"] for row in rows}) == 400
    assert all(150 < counted[each["id"]] < 250 for each in experiments)


async def test_experiments_that_could_share_people_do_not_run_at_once(world: World) -> None:
    await world.publish(step())
    await begin(world)

    with pytest.raises(Conflict, match="words runs there"):
        await begin(world, name="more_words")


async def test_a_variant_of_channel_and_time_really_differs_in_the_ledger(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    drafted = await draft(world)
    await start(world, drafted, other=step(channels=["email"], after="2 days", anchor="enrollment"))
    users = [await world.person() for _ in range(20)]
    await audience(world)

    for user_id in users:
        variant = (await assigned(world, drafted, user_id))["variant"]
        (delivery,) = await world.deliveries(user_id)
        expected = ("email", "2026-03-04") if variant == "other" else ("telegram", "2026-03-02")
        assert (delivery["channel"], delivery["scheduled_at"][:10]) == expected


async def test_whoever_entered_before_keeps_the_version_that_they_began(world: World) -> None:
    await world.publish(step())
    user_id = await world.person()
    await world.enroll(user_id)
    experiment = await begin(world)

    assert (await outcomes(world, experiment)) == {}
    assert (await assigned(world, experiment, user_id))["runs"] == []


async def test_somebody_is_exposed_when_a_message_that_differs_has_left(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    drafted = await draft(world, {"name": "other", "weight": 0.5})
    base = await world.call("experiment_base", sequence=drafted["target"])
    await world.call(
        "start_experiment", experiment_id=drafted["id"], base_version=base["version_id"],
        definitions={"other": base["definition"] | {"title": "Other"}}, first_difference=2,
        compared_from="exposure",
    )  # fmt: skip
    user_id = await world.person()
    await world.enroll(user_id)

    await world.deliver()
    assert [run["exposed_at"] for run in (await assigned(world, drafted, user_id))["runs"]] == [None]
    await world.clock.advance("1 day")
    await world.deliver()
    (run,) = (await assigned(world, drafted, user_id))["runs"]
    assert run["exposed_at"][:10] == "2026-03-03"


async def test_a_message_that_did_not_leave_exposes_nobody(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    experiment = await begin(world)
    user_id = await world.person()
    await world.enroll(user_id)
    await world.deliver(outcome="refused", reason="wrong")

    assert [run["exposed_at"] for run in (await assigned(world, experiment, user_id))["runs"]] == [None]
    assert await outcomes(world, experiment, "exposure") == {}


async def test_a_silent_variant_gets_nothing_ever_and_is_explained(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, {"name": "silence", "weight": 0.5, "is_silent": True})
    users = [await world.person() for _ in range(20)]
    for key in ("march", "april"):
        await audience(world, key=key)
    await world.deliver()

    silent = [user for user in users if (await assigned(world, experiment, user))["variant"] == "silence"]
    assert 0 < len(silent) < 20
    for user_id in silent:
        assert await world.deliveries(user_id) == []
        told = {
            (run["status_reason"], run["variant"], run["experiment"]) for run in await runs_of(world, user_id)
        }
        assert told == {("holdout", "silence", "words")}
    counted = await outcomes(world, experiment)
    assert counted["silence"]["people"] == len(silent)


async def test_holdouts_keep_people_from_a_campaign_and_from_nothing_else(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    number = await campaign(world, connection, holdout=0.3)
    await world.call("set_holdout", share=0.2)
    users = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(2000)]

    held_out = await drawn(world, users, campaign_id=number)
    again = await drawn(world, users, campaign_id=number, key="next")

    assert set(held_out.values()) == {None} and held_out == again
    assert abs(len(held_out) - 2000 * 0.44) < 4 * math.sqrt(2000 * 0.44 * 0.56)
    assert await drawn(world, users) == {}


async def test_nobody_is_held_back_from_a_transactional_message(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), message_class="transactional")
    number = await campaign(world, connection, holdout=0.9)
    drafted = await draft(world, {"name": "silence", "weight": 0.5, "is_silent": True})

    assert await drawn(world, await people(world, 20), campaign_id=number) == {}
    with pytest.raises(Invalid, match="nobody is kept"):
        await start(world, drafted)


async def test_what_people_did_is_counted_when_their_time_is_over(world: World) -> None:
    await world.publish(step())
    goal = {"event": "bought", "within": "7 days", "value": "amount", "filter": {"context.plan": "pro"}}
    experiment = await begin(world, {"name": "silence", "weight": 0.5, "is_silent": True}, goal=goal)
    users = [await world.person() for _ in range(18)]
    await audience(world)
    await world.deliver()
    for user_id in users:
        await world.did(user_id, "bought", metadata={"amount": 5, "plan": "pro"})
        await world.did(user_id, "bought", metadata={"amount": 7, "plan": "free"})
    assert {row["complete"] for row in (await outcomes(world, experiment)).values()} == {0}

    await world.clock.advance("8 days")
    for user_id in users:
        await world.did(user_id, "bought", metadata={"amount": 5, "plan": "pro"})
    await world.clock.advance("7 days")

    for row in (await outcomes(world, experiment)).values():
        assert row["people"] == row["complete"] == row["reached"] == row["settled"] == row["active"]
        assert (row["total"], row["total_of_squares"]) == (5 * row["people"], 25 * row["people"])
    assert set(await outcomes(world, experiment, "exposure")) == {"as_it_is"}


async def test_those_whom_the_campaign_holds_out_are_counted_beside_the_variants(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    number = await campaign(world, connection, holdout=0.5)
    experiment = await begin(world, sequence=None, campaign_id=number)
    [await world.person() for _ in range(20)]
    page = await audience(world, campaign_id=number, key="run")

    counted = await outcomes(world, experiment)
    assert counted[None]["people"] == 20 - page["enrolled"] > 0
    assert sum(row["people"] for row in counted.values()) == 20


async def test_what_a_campaign_adds_to_silence_is_counted_without_an_experiment(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    number = await campaign(world, connection, holdout=0.5)
    goal = {"event": "bought", "within": "2 days", "value": "amount"}
    await connection.execute("update tendril.campaigns set goal = $1::jsonb", json.dumps(goal))
    users = [await world.person() for _ in range(24)]
    await audience(world, campaign_id=number, key="first")
    await audience(world, campaign_id=number, key="second")
    for user_id in users:
        if await world.deliveries(user_id):
            await world.did(user_id, "bought", metadata={"amount": 1e300})
    await world.clock.advance("15 days")

    lift = read_lift(await world.call("measure_lift", campaign_id=number))

    conversion, revenue = lift.metrics["conversion"], lift.metrics["revenue"]
    assert conversion.silent.people + conversion.written_to.people == 24
    assert (conversion.silent.mean, conversion.written_to.mean, revenue.written_to.mean) == (0, 1, 1e12)
    assert conversion.comparisons[0].interval.low is not None and conversion.comparisons[0].interval.low > 0
    assert lift.metrics["retention"].written_to.successes == 0


async def test_what_all_campaigns_add_to_silence_is_measured_by_the_global_holdout(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    await world.call("set_holdout", share=0.5)
    numbers = [await campaign(world, connection, name=name, holdout=0.3) for name in ("one", "two")]
    users = [await world.person() for _ in range(24)]
    for number in numbers:
        await audience(world, campaign_id=number, key=str(number))
    reached = [user for user in users if await world.deliveries(user)]
    for user_id in reached:
        await world.did(user_id, "bought")
    await world.clock.advance("15 days")

    lift = read_lift(await world.call("measure_lift", goal={"event": "bought", "within": "2 days"}))

    conversion = lift.metrics["conversion"]
    assert lift.campaign is None and conversion.silent.people + conversion.written_to.people == 24
    assert (conversion.silent.successes, conversion.written_to.successes) == (0, len(reached))
    assert conversion.written_to.people >= len(reached)


async def test_the_winners_version_becomes_the_current_one_until_its_origin_changes(world: World) -> None:
    original = await world.publish(step())
    drafted = await draft(world)
    started = await start(world, drafted, other=step(content={"default": {"subject": "Hi", "body": "Hi"}}))
    assert (await world.publish(step()))["version_id"] == original["version_id"]

    ended = await world.call("end_experiment", experiment_id=drafted["id"], winner="other")

    winner = started["variants"][1]["version_id"]
    assert (ended["status"], ended["winner"]) == ("ended", "other")
    assert await drawn(world, await people(world, 2)) == {}
    assert await world.publish(step()) == {"version_id": winner, "number": 2, "changed": False}
    changed = await world.publish(step(after="1 day"))
    assert (changed["number"], changed["changed"]) == (3, True)


async def test_a_winner_does_not_push_aside_a_sequence_that_changed_meanwhile(world: World) -> None:
    await world.publish(step())
    drafted = await draft(world)
    await start(world, drafted, other=step(after="1 hour"))
    await world.publish(step(after="2 days"))

    with pytest.raises(Conflict, match="has changed"):
        await world.call("end_experiment", experiment_id=drafted["id"], winner="other")


async def test_what_has_begun_keeps_its_weights_coverage_and_seed(world: World) -> None:
    await world.publish(step())
    running = await begin(world)

    for changes in ({"coverage": 0.5}, {"seed": "x"}, {"variants": [CONTROL]}, {"allocation": "thompson"}):
        with pytest.raises(Conflict, match="keeps its"):
            await world.call("change_experiment", experiment_id=running["id"], changes=changes)
    changed = await world.call(
        "change_experiment", experiment_id=running["id"], changes={"title": "New"}, revision=2
    )
    assert (changed["title"], changed["revision"]) == ("New", 3)
    with pytest.raises(Conflict, match="meanwhile"):
        await world.call(
            "change_experiment", experiment_id=running["id"], changes={"title": "Old"}, revision=2
        )


async def test_one_look_is_enough_for_ten_minutes(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world)

    assert await world.call("claim_looks") == [experiment["id"]]
    assert await world.call("claim_looks") == []
    await world.clock.advance("10 minutes")
    assert await world.call("claim_looks") == [experiment["id"]]
