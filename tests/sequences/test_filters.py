"""The filter language: what it accepts compiles to SQL, a mistake is refused with its path."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequences.filters import BadFilter, check_filter
from storage.postgres import PostgresStore
from storage.store import Invalid

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"attributes.plan": "pro"},
    {"attributes.plan": None},
    {"attributes.a.b-c_d": {"$gte": 18, "$lt": 65}},
    {"attributes.plan": {"$in": ["pro", "team", None, 3, True]}},
    {"attributes.plan": {"$nin": ["free"]}},
    {"attributes.plan": {"$ne": "free"}, "attributes.age": {"$not": {"$lt": 18}}},
    {"attributes.plan": {"$exists": False}},
    {"user.locale": {"$eq": "de"}, "user.timezone": "Europe/Berlin"},
    {"user.username": {"$exists": True}, "user.first_name": {"$gt": "M"}},
    {"contact_points.email": "active", "contact_points.telegram": {"$in": ["unverified", "unreachable"]}},
    {"contact_points.email": {"$exists": True}},
    {"sequences.onboarding": "completed", "user.pods": {"$gt": 0}},
    {"behavior.lesson_complete": {"$count": {"$gte": 3}, "$within": "7d"}},
    {"behavior.goal_set": {"$exists": False}},
    {"behavior.goal_set": {"$exists": True, "$within": "36 hours"}},
    {"behavior.goal_set": {"$count": 0}},
    {"context.starts_at": {"$exists": True}, "context.kind": "webinar"},
    {"clicked.welcome": {"$exists": True}, "opened.welcome": {"$exists": False}},
    {"$and": [{"attributes.a": 1}, {"$or": [{"attributes.b": 2}, {"$nor": [{"attributes.c": 3}]}]}]},
    {"$not": {"behavior.goal_set": {"$exists": True}}},
    {
        "attributes.email": {"$regex": r"(?i)^[\w.+-]+@(example|test)\.org$"},
        "attributes.code": {"$regex": "[a-f]{8}"},
    },
    {"attributes.tags": {"$all": ["a", 1], "$size": {"$gte": 2}, "$type": "array", "$in": ["a"]}},
    {"attributes.orders": {"$elemMatch": {"price.net": {"$gt": 10}, "sku": "x"}}},
    {
        "attributes.tags": {"$elemMatch": {"$gt": 1, "$not": {"$elemMatch": {"$eq": 2}}}},
        "attributes.sizes": {"$size": 0},
    },
    {"attributes.app": {"$vgte": "1.9.0", "$vlt": "2.0.0-rc.1"}},
    {"user.created_at": {"$gte": "2026-03-01", "$lt": "2026-03-02T10:00:00+01:00"}},
    {"user.last_active_at": {"$not": {"$within": "7d"}, "$exists": True}},
    {"contact_points.email.opted_in": True, "contact_points.telegram.unsubscribed": {"$ne": True}},
    {
        "preferences.preferred_channel": None,
        "preferences.paused": False,
        "preferences.max_per_day": {"$lt": 3},
    },
    {"score.overall": {"$gte": 20, "$lt": 40}},
    {"enrollments.onboarding": {"$exists": True}, "enrollments.letters": {"$nin": ["active", "paused"]}},
    {"deliveries": {"$count": {"$gte": 2}, "$within": "30d"}},
    {
        "deliveries.onboarding": {"$status": "opened", "$exists": False},
        "deliveries": {"$last": {"$older": "7d"}},
    },
    {"behavior.goal_set": {"$last": {"$older": "7d", "$younger": "30 days"}}},
    {"commitments.missed": {"$count": {"$gte": 2}, "$within": "30d"}, "commitments.open": {"$exists": True}},
    {"pods.member": False},
]
REFUSED: list[tuple[Any, str]] = [
    ([], ": a filter is an object, not a list"),
    (None, ": a filter is an object, not null"),
    ({"plan": "pro"}, "plan: a filter cannot ask for 'plan'"),
    ({"attributes": "pro"}, "attributes: a filter cannot ask for 'attributes'"),
    ({"attributes.": 1}, "attributes.: a filter cannot ask for"),
    ({"attributes.a b": 1}, "attributes.a b: a name has letters"),
    ({"attributes.a'; drop": 1}, "attributes.a'; drop: a name has letters"),
    ({"user.email": "x"}, "user.email: user has no 'email' here"),
    ({"contact_points.pigeon": "active"}, "contact_points.pigeon: no contact point on 'pigeon'"),
    ({"sequences.onboarding": "over"}, "sequences.onboarding: 'over' is not a state of a run"),
    ({"contact_points.email": "on"}, "contact_points.email: 'on' is not a state"),
    ({"contact_points.email": {"$in": ["active", "on"]}}, "contact_points.email: 'on' is not a state"),
    ({"behavior.goal_set": True}, 'behavior.goal_set: takes {"$count"'),
    ({"behavior.goal_set": {}}, "behavior.goal_set: takes"),
    ({"behavior.goal_set": {"$within": "7d"}}, "behavior.goal_set: takes"),
    ({"behavior.goal_set": {"$gte": 3}}, "behavior.goal_set: takes"),
    ({"behavior.goal_set": {"$exists": 1}}, "behavior.goal_set.$exists: takes true or false"),
    (
        {"behavior.goal_set": {"$count": "3"}},
        "behavior.goal_set.$count: a count is compared with whole numbers",
    ),
    (
        {"behavior.goal_set": {"$count": {"$gte": 3}, "$within": "1 month"}},
        "behavior.goal_set.$within: months",
    ),
    ({"behavior.goal_set": {"$count": 1, "$within": "-1d"}}, "behavior.goal_set.$within: a time span"),
    ({"behavior.goal_set": {"$count": 1, "$since": 1}}, "behavior.goal_set.$since: no such operator here"),
    ({"behavior.Goal": {"$exists": True}}, "behavior.Goal: an event's name"),
    ({"clicked.welcome": "yes"}, 'clicked.welcome: takes {"$exists": true}'),
    ({"clicked.elsewhere": {"$exists": True}}, "clicked.elsewhere: the sequence has no step 'elsewhere'"),
    ({"context.secret": 1}, "context.secret: the context has no 'secret'"),
    ({"attributes.a": {}}, "attributes.a: says nothing"),
    ({"attributes.a": [1]}, "attributes.a: takes a text, a number"),
    ({"attributes.a": {"$glob": "x"}}, "attributes.a.$glob: no such operator; there are: $eq"),
    ({"attributes.a": {"$gt": None}}, "attributes.a.$gt: takes a number or a text, not null"),
    ({"attributes.a": {"$gt": True}}, "attributes.a.$gt: takes a number or a text, not true or false"),
    ({"attributes.a": {"$in": "x"}}, "attributes.a.$in: takes a list of values"),
    ({"attributes.a": {"$in": []}}, "attributes.a.$in: takes a list of values"),
    ({"attributes.a": {"$in": [{}]}}, "attributes.a.$in[0]: takes a text"),
    ({"attributes.a": {"$not": 3}}, "attributes.a.$not: takes operators"),
    ({"$or": {}}, "$or: takes a list of filters"),
    ({"$or": []}, "$or: takes a list of filters"),
    ({"$or": [{"attributes.a": 1}, 3]}, "$or[1]: a filter is an object, not a number"),
    (
        {"$or": [{"$and": [{"attributes.age": {"$gtr": 3}}]}]},
        "$or[0].$and[0].attributes.age.$gtr: no such operator",
    ),
    ({"$xor": []}, "$xor: no such operator here; there are: $and, $or, $nor, $not"),
    ({f"attributes.a{n}": n for n in range(301)}, ": more than 300 conditions and operators"),
]
REFUSED_IN_SQL_TOO: list[tuple[Any, str]] = [
    ({"$or": [{"attributes.a": 1}, {"attributes.age": {"$gte": None}}]}, "$or[1].attributes.age.$gte"),
    ({"$nor": [{"$and": [{"$not": {"shoe.size": 44}}]}]}, "$nor[0].$and[0].$not.shoe.size"),
    ({"$or": [3]}, "$or[0]"),
    ({"$and": {}}, "$and"),
    ({"$xor": []}, "$xor"),
    ({"attributes.a": [1]}, "attributes.a"),
    ({"attributes.a": {"$eq": [1]}}, "attributes.a.$eq"),
    ({"attributes.a": {"$in": [[1]]}}, "attributes.a.$in"),
    ({"attributes.a": {"$in": [*range(1001)]}}, "attributes.a.$in"),
    ({"attributes.a": {"$exists": 1}}, "attributes.a.$exists"),
    ({"attributes.a": {"$type": "date"}}, "attributes.a.$type"),
    ({"attributes.a": {"$size": [1]}}, "attributes.a.$size"),
    ({"attributes.a": {"$vgt": 2}}, "attributes.a.$vgt"),
    ({"attributes.a": {"$elemMatch": 2}}, "attributes.a.$elemMatch"),
    ({"attributes.a": {"$elemMatch": {"b": {"$gt": True}}}}, "attributes.a.$elemMatch.b.$gt"),
    ({"attributes.a": {"$not": {"$not": {"$regexx": 1}}}}, "attributes.a.$not.$not.$regexx"),
    ({"attributes.a": {"$regex": ""}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": "a" * 201}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": r"(a+)\1"}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": "a(?=b)"}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": "(a{9}){9}"}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": "a{100}"}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": "***=a"}}, "attributes.a.$regex"),
    ({"attributes.a": {"$regex": "(a"}}, "attributes.a.$regex"),
    ({"user.created_at": "2026-03-01"}, "user.created_at"),
    ({"user.created_at": {"$gt": 5}}, "user.created_at.$gt"),
    ({"user.created_at": {"$gt": "2026-02-30"}}, "user.created_at.$gt"),
    ({"user.created_at": {"$gt": "now"}}, "user.created_at.$gt"),
    ({"user.created_at": {"$in": []}}, "user.created_at.$in"),
    ({"user.last_active_at": {"$within": "999999 weeks"}}, "user.last_active_at.$within"),
    ({"user.password": "x"}, "user.password"),
    ({"contact_points.email.token": "x"}, "contact_points.email.token"),
    ({"preferences.secret": "x"}, "preferences.secret"),
    ({"score.sms": 1}, "score.sms"),
    ({"deliveries": {"$status": "lost", "$exists": True}}, "deliveries.$status"),
    ({"deliveries.course": "sent"}, "deliveries.course"),
    ({"behavior.goal_set": {"$exists": "yes"}}, "behavior.goal_set.$exists"),
    ({"behavior.goal_set": {"$exists": True, "$since": "1d"}}, "behavior.goal_set.$since"),
    ({"behavior.goal_set": {"$exists": True, "$within": "1 month"}}, "behavior.goal_set.$within"),
    ({"behavior.goal_set": {"$last": {"$within": "1d"}}}, "behavior.goal_set.$last"),
    ({"behavior.goal_set": {"$last": {"$older": "7"}}}, "behavior.goal_set.$last.$older"),
    ({"behavior.goal_set": {"$last": {"$older": "7d"}, "$within": "9d"}}, "behavior.goal_set.$last"),
    ({"commitments.late": {"$exists": True}}, "commitments.late"),
    ({"pods.member": 1}, "pods.member"),
]


@pytest.mark.parametrize("document", ACCEPTED, ids=json.dumps)
def test_the_language_is_accepted(document: dict[str, Any]) -> None:
    check_filter(document, steps={"welcome"}, context={"starts_at", "kind?"})


@pytest.mark.parametrize(("document", "expected"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_mistake_is_named_with_its_path(document: Any, expected: str) -> None:
    with pytest.raises(BadFilter) as caught:
        check_filter(document, steps={"welcome"}, context={"starts_at", "kind?"})
    found = [f"{problem.path}: {problem.message}" for problem in caught.value.problems]
    assert any(line.startswith(expected) for line in found), found


def nested(times: int) -> dict[str, Any]:
    deep: dict[str, Any] = {"attributes.a": 1}
    for _ in range(times):
        deep = {"$not": deep}
    return deep


@pytest.mark.parametrize(("times", "told"), [(9, "nested more than 8 deep"), (10_000, "more than 300")])
def test_nesting_has_an_end(times: int, told: str) -> None:
    with pytest.raises(BadFilter, match=told):
        check_filter(nested(times))


def test_all_mistakes_are_named() -> None:
    with pytest.raises(BadFilter) as caught:
        check_filter({"plan": 1, "attributes.a": {"$x": 1, "$y": 2}})
    assert len(caught.value.problems) == 3


async def test_what_is_accepted_compiles_to_a_condition_that_runs(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        for document in ACCEPTED:
            condition = await connection.fetchval(
                "select tendril.compile_filter($1::jsonb)", json.dumps(document)
            )
            await connection.fetch(
                "select 1 from tendril.users u left join tendril.enrollments e on e.user_id = u.id"
                f" where {condition}"
            )
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("document", "path"),
    [*REFUSED_IN_SQL_TOO, (nested(9), ".".join(["$not"] * 9)), (REFUSED[-1][0], "")],
    ids=lambda value: str(value)[:60],
)
async def test_both_refuse_a_mistake_and_name_the_same_place(
    store: PostgresStore, document: Any, path: str
) -> None:
    with pytest.raises(BadFilter) as caught:
        check_filter(document)
    with pytest.raises(Invalid) as refused:
        await store.call("compile_filter", filter=document)
    assert refused.value.detail == (path or "filter")
    assert caught.value.problems[0].path.startswith(path)


def invented(strategy: st.SearchStrategy[Any], examples: int) -> list[Any]:
    found: list[Any] = []

    @settings(max_examples=examples, deadline=None, database=None)
    @given(strategy)
    def invent(example: Any) -> None:
        found.append(example)

    invent()
    return found


def is_accepted(document: object) -> bool:
    try:
        check_filter(document)
    except BadFilter:
        return False
    return True


async def test_a_pattern_that_is_accepted_is_one_to_the_database(connection: asyncpg.Connection) -> None:
    written = st.text(st.sampled_from("ab.^$|()[]{}*+?\\d1,-i:=!<é "), min_size=1, max_size=8)
    patterns = [each for each in invented(written, 2000) if is_accepted({"attributes.a": {"$regex": each}})]
    assert len(patterns) > 20
    await connection.fetch(
        "select tendril.compile_regex('null', to_jsonb(each), 'a') from unnest($1::text[]) as each", patterns
    )


TEXT = st.lists(
    st.sampled_from(["'", "';--", '"', "\\", "%s", "%1$s", "$1", ")", "$$", "x", "é"]), min_size=1, max_size=4
).map("".join)
VALUE = TEXT | st.integers() | st.booleans() | st.none()
SPAN = {"$within": st.just("7d") | TEXT}
TEST = st.recursive(
    VALUE
    | st.dictionaries(st.sampled_from(["$eq", "$ne", "$regex", "$vgt", "$lt"]), TEXT, min_size=1)
    | st.dictionaries(st.sampled_from(["$in", "$nin", "$all"]), st.lists(VALUE, max_size=3), min_size=1),
    lambda inner: st.fixed_dictionaries(
        {}, optional={"$not": inner, "$size": inner, "$elemMatch": st.dictionaries(TEXT, inner)}
    ),
    max_leaves=4,
)
PART = st.one_of(
    [
        st.dictionaries(
            st.builds("{}.{}".format, st.sampled_from(subjects), TEXT), asked, min_size=1, max_size=2
        )
        for subjects, asked in (
            (["attributes", "context", "enrollments", "contact_points"], TEST),
            (["behavior", "deliveries"], st.fixed_dictionaries({"$count": st.integers()}, optional=SPAN)),
            (["clicked", "opened"], st.booleans()),
            (["user", "preferences", "score", "commitments", "pods", "$or"], TEST),
        )
    ]
)
FILTERS = PART | st.fixed_dictionaries({"$or": st.lists(PART, min_size=1, max_size=3)})


async def test_hostile_keys_and_values_never_become_sql(
    store: PostgresStore, connection: asyncpg.Connection
) -> None:
    compiled = []
    for document in invented(FILTERS, 400):
        with suppress(Invalid):
            compiled.append(await store.call("compile_filter", filter=document))
    assert len(compiled) > 100
    for condition in compiled:
        # What had broken out of its quotes would be a mistake in the statement, or a second one.
        await connection.prepare(
            "select from tendril.users u join tendril.enrollments e on e.user_id = u.id where " + condition
        )
