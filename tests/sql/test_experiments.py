"""Experiments: who gets which variant, who is held out, and from when somebody counts."""

from __future__ import annotations

import json
import math
import uuid
from collections import Counter
from typing import Any

import asyncpg
import pytest

from sequences.experiments.readout import read_lift
from storage.store import Conflict, Invalid
from tests.sql.conftest import World, step

Row = dict[str, Any]

# From the cases that GrowthBook publishes for its SDKs (growthbook/growthbook, sdk-js/test/cases.json).
HASHES = [
    ("", "a", 1, 0.22),
    ("b", "a", 1, 0.946),
    ("asdf", "8952klfjas09ujk", 1, 0.549),
    ("", '___)((*":&', 1, 0.563),
    ("seed", "a", 2, 0.0505),
    ("foo", "def", 2, 0.2019),
    ("89123klj", "8952klfjas09ujkasdf", 2, 0.124),
    ("()**(%$##$%#$#", '___)((*":&', 2, 0.0128),
    ("feature-exp", "i123", 2, 0.9943),
    ("feature-exp", "d123", 2, 0.6468),
]
RANGES = [
    ([0.5, 0.5], 1, [(0, 0.5), (0.5, 1)]),
    ([0.5, 0.5], 0.5, [(0, 0.25), (0.5, 0.75)]),
    ([0.25] * 4, 1, [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]),
    ([0.2, 0.3, 0.5], 0.2, [(0, 0.04), (0.2, 0.26), (0.5, 0.6)]),
    ([0.4, 0.5999], 1, [(0, 0.4), (0.4, 0.9999)]),
]
NAMESPACES = [
    ("1", "namespace1", 0, 0.4, False),
    ("1", "namespace1", 0.4, 1, True),
    ("1", "namespace2", 0, 0.4, False),
    ("2", "namespace1", 0.4, 1, True),
]


@pytest.mark.parametrize(("seed", "value", "version", "bucket"), HASHES)
async def test_a_value_is_hashed_as_other_tools_hash_it(
    world: World, seed: str, value: str, version: int, bucket: float
) -> None:
    assert await world.call("experiment_bucket", value=value, seed=seed, hash_version=version) == bucket


@pytest.mark.parametrize(("weights", "coverage", "ranges"), RANGES)
async def test_weights_and_coverage_make_the_ranges_of_other_tools(
    world: World, weights: list[float], coverage: float, ranges: list[tuple[float, float]]
) -> None:
    found = await world.call("bucket_ranges", weights=weights, coverage=coverage)

    for row, expected in zip(found, ranges, strict=True):
        assert (row["range_from"], row["range_until"]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "namespace", "start", "end", "is_inside"), NAMESPACES)
async def test_a_namespace_has_whom_other_tools_have_in_it(
    world: World, value: str, namespace: str, start: float, end: float, is_inside: bool
) -> None:
    found = await world.call(
        "is_in_namespace", value=value, namespace=namespace, namespace_from=start, namespace_until=end
    )
    assert found is is_inside


GOAL = {"event": "lesson", "within": "7 days"}
CONTROL = {"name": "as_it_is", "weight": 0.5}


async def draft(world: World, *variants: Row, **more: Any) -> Row:
    experiment = {
        "name": "words",
        "title": "Words",
        "sequence": "course",
        "goal": GOAL,
        "variants": [CONTROL, *(variants or ({"name": "other", "weight": 0.5},))],
    } | more
    drafted: Row = await world.call("create_experiment", experiment=experiment, actor="admin")
    return drafted


async def start(world: World, drafted: Row, **definitions: Row) -> Row:
    """`definitions` has, by the name of a variant, the steps that it has instead."""
    base = await world.call("experiment_base", sequence=drafted["target"])
    started: Row = await world.call(
        "start_experiment",
        experiment_id=drafted["id"],
        base_version=base["version_id"],
        definitions={
            name: base["definition"] | {"steps": [changed | {"position": 1}]}
            for name, changed in definitions.items()
        },
        first_difference=1,
        compared_from="exposure",
    )
    return started


async def begin(world: World, *variants: Row, **more: Any) -> Row:
    return await start(world, await draft(world, *variants, **more))


async def people(world: World, count: int) -> list[str]:
    """In one call: users without addresses, which is all that an assignment asks of them."""
    made = [await world.call("create_user", external_id=f"person{number}") for number in range(count)]
    return [each["user_id"] for each in made]


async def drawn(world: World, users: list[str], **more: Any) -> dict[str, str | None]:
    """What each of those gets whom anything concerns; None for silence."""
    asked = {"sequence": "course", "campaign_id": None, "key": ""} | more
    rows = await world.call("choose_versions", users=users, **asked)
    return {row["user_id"]: None if row["is_held_out"] else row["variant"] for row in rows}


async def runs_of(world: World, user_id: str) -> list[Row]:
    found: list[Row] = (await world.call("explain_user", reference=user_id))["enrollments"]
    return found


async def assigned(world: World, experiment: Row, user_id: str) -> Row:
    found: Row = await world.call("experiment_assignment", experiment_id=experiment["id"], reference=user_id)
    return found


async def outcomes(world: World, experiment: Row, counted_from: str = "assignment") -> dict[str | None, Row]:
    rows = await world.call("experiment_outcomes", experiment_id=experiment["id"])
    return {row["variant"]: row for row in rows if row["counted_from"] == counted_from}


async def audience(world: World, **more: Any) -> Row:
    page: Row = await world.call("enroll_audience", sequence="course", **more)
    return page


async def campaign(world: World, connection: asyncpg.Connection, **changes: Any) -> int:
    columns = {"name": "news", "title": "News", "sequence": "course", "holdout": 0.0} | changes
    number: int = await connection.fetchval(
        "insert into tendril.campaigns"
        " (name, title, kind, sequence, schedule, holdout, created_by, created_at, changed_at)"
        " values ($1, $2, 'one_time', $3, '{}', $4, 'admin', tendril.clock(), tendril.clock()) returning id",
        *columns.values(),
    )
    return number


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


async def test_a_bandit_draws_by_what_it_has_learned(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="thompson")
    await world.call(
        "record_look",
        experiment_id=experiment["id"],
        learned=[{"name": "as_it_is", "probability": 0.1}, {"name": "other", "probability": 0.9}],
    )
    users = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(1000)]

    counted = Counter((await drawn(world, users)).values())

    assert 850 < counted["other"] < 950


SPARING = {"temperature": 0.0025, "penalty": 0.017, "half_life": 15, "floor": 0.0}


async def test_a_message_that_somebody_had_lately_is_spared_and_recovers(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="recovering", tuning=SPARING)
    user_id = await world.person()
    shares: list[float] = []

    async def share_of(variant: str) -> float:
        rows = await world.call("recovering_shares", experiment_id=experiment["id"], users=[user_id])
        return float(rows[["as_it_is", "other"].index(variant)]["share"])

    assert await share_of("other") == pytest.approx(0.5)
    await world.enroll(user_id)
    (run,) = (await assigned(world, experiment, user_id))["runs"]
    for _ in range(4):
        shares.append(await share_of(run["variant"]))
        await world.clock.advance("15 days")

    # exp(-6.8) to exp(-0.85), against 1
    expected = [1 / (1 + math.exp(6.8 * 0.5**halvings)) for halvings in range(4)]
    assert shares == pytest.approx(expected, rel=0.01)


async def test_a_bandit_learns_from_complete_runs_weighted_by_their_chances(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world, allocation="recovering", tuning=SPARING)
    users = [await world.person() for _ in range(8)]
    await audience(world)
    for user_id in users[:3]:
        await world.did(user_id, "lesson")
    await world.clock.advance("8 days")

    rounds = await world.call("bandit_rounds", experiment_id=experiment["id"])

    assert sum(row["weight"] for row in rounds if row["is_chosen"]) == pytest.approx(16)
    assert sum(row["total"] for row in rounds if row["is_chosen"]) == pytest.approx(6)


async def test_one_look_is_enough_for_ten_minutes(world: World) -> None:
    await world.publish(step())
    experiment = await begin(world)

    assert await world.call("claim_looks") == [experiment["id"]]
    assert await world.call("claim_looks") == []
    await world.clock.advance("10 minutes")
    assert await world.call("claim_looks") == [experiment["id"]]
