"""Both roads to the database give the same answers: each test runs over asyncpg and over a real PostgREST."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from storage.connecting import open_store
from storage.postgres import connect
from storage.store import Conflict, Invalid, NotFound, StorageError, Store
from tests.fixtures.postgrest import running_supabase

OPERATIONS = """
create type tendril.person as (name text, born date);

create function tendril.try_rows(number int) returns table (
    place int, word text, moment timestamptz, id uuid, details jsonb, amount numeric,
    is_even bool, nothing text
) language sql set search_path = '' as $$
    select i, 'Grüße ' || i || ' 🌱', timestamptz '2026-03-29 01:30:00.5+01',
        ('00000000-0000-0000-0000-00000000000' || i)::uuid,
        jsonb_build_object('deep', jsonb_build_array(i, null)), i * 1.5, i % 2 = 0, null
    from pg_catalog.generate_series(1, try_rows.number) i
$$;
create function tendril.try_words(number int) returns setof text language sql set search_path = '' as $$
    select 'word ' || i from pg_catalog.generate_series(1, try_words.number) i
$$;
create function tendril.try_people(names text[]) returns setof tendril.person language sql
set search_path = '' as $$
    select name, null::date from unnest(try_people.names) as n(name)
$$;
create function tendril.try_person(name text) returns tendril.person language sql set search_path = '' as $$
    select row(try_person.name, date '1969-07-20')::tendril.person
$$;
create function tendril.try_outputs(given int, out doubled int, out tripled int) language sql
set search_path = '' as $$
    select given * 2, given * 3
$$;
create function tendril.try_json(given jsonb) returns jsonb language sql set search_path = '' as $$
    select try_json.given
$$;
create function tendril.try_text(given text) returns text language sql set search_path = '' as $$
    select try_text.given
$$;
create function tendril.try_bigint(given bigint) returns bigint language sql set search_path = '' as $$
    select try_bigint.given
$$;
create function tendril.try_moment(given timestamptz) returns timestamptz language sql
set search_path = '' as $$
    select try_moment.given
$$;
create function tendril.try_later(given timestamptz, by interval) returns timestamptz language sql
set search_path = '' as $$
    select try_later.given + try_later.by
$$;
create function tendril.try_defaults(given int, added int default 40, at timestamptz default tendril.clock())
returns text language sql set search_path = '' as $$
    select (given + added)::text || ' ' || (at is not null)
$$;
create function tendril.try_types(
    id uuid, day date, names text[], numbers int[], amount float8, is_so bool, details jsonb, word text
) returns text language sql set search_path = '' as $$
    select concat_ws(
        ' | ', id, day, names[2], numbers[1] + 1, amount, is_so, details ->> 'a', coalesce(word, 'no word'))
$$;
create function tendril.try_failing(code text) returns void language plpgsql set search_path = '' as $$
begin
    raise exception 'it does not go' using errcode = code, hint = 'try another', detail = 'the thing';
end $$;
create table tendril.counted (number int);
create function tendril.try_counting(number int) returns void language sql set search_path = '' as $$
    insert into tendril.counted select try_counting.number
$$;
create function tendril.try_count() returns int language sql set search_path = '' as $$
    select count(*)::int from tendril.counted
$$;
grant execute on all functions in schema tendril to service_role;
grant select, insert on tendril.counted to service_role;
"""


@asynccontextmanager
async def _over_asyncpg(database_url: str) -> AsyncIterator[Store]:
    async with open_store(database_url=database_url) as store:
        yield store


@asynccontextmanager
async def _over_postgrest(database_url: str) -> AsyncIterator[Store]:
    async with (
        running_supabase(database_url) as supabase,
        open_store(supabase_url=supabase.url, supabase_secret_key=supabase.secret_key) as store,
    ):
        yield store


@pytest.fixture(scope="module")
async def database_with_operations(module_database_url: str) -> str:
    connection = await connect(module_database_url)
    await connection.execute(OPERATIONS)
    await connection.close()
    return module_database_url


@pytest.fixture(scope="module", params=[_over_asyncpg, _over_postgrest], ids=["asyncpg", "postgrest"])
async def road(request: pytest.FixtureRequest, database_with_operations: str) -> AsyncIterator[Store]:
    async with request.param(database_with_operations) as store:
        yield store


async def test_rows_are_dicts_of_json_values(road: Store) -> None:
    first, second = await road.call("try_rows", number=2)

    assert first == {
        "place": 1,
        "word": "Grüße 1 🌱",
        "moment": "2026-03-29T00:30:00.5+00:00",
        "id": "00000000-0000-0000-0000-000000000001",
        "details": {"deep": [1, None]},
        "amount": 1.5,
        "is_even": False,
        "nothing": None,
    }
    assert second["is_even"] is True


async def test_no_rows_are_an_empty_list(road: Store) -> None:
    assert await road.call("try_rows", number=0) == []


async def test_rows_of_one_value_are_values(road: Store) -> None:
    assert await road.call("try_words", number=2) == ["word 1", "word 2"]


async def test_rows_of_a_named_type_are_dicts(road: Store) -> None:
    assert await road.call("try_people", names=["Ada"]) == [{"name": "Ada", "born": None}]


async def test_one_composite_is_a_dict(road: Store) -> None:
    assert await road.call("try_person", name="Neil") == {"name": "Neil", "born": "1969-07-20"}


async def test_several_outputs_are_a_dict(road: Store) -> None:
    assert await road.call("try_outputs", given=2) == {"doubled": 4, "tripled": 6}


@pytest.mark.parametrize(
    "value", [{"a": [1, {"b": None}]}, [], "text", 3, 2.5, False, None, "ünïcödé 🌱 \"quoted\" \\ 'single'"]
)
async def test_json_comes_back_as_it_went(road: Store, value: object) -> None:
    assert await road.call("try_json", given=value) == value


@pytest.mark.parametrize(
    "value", ["", "two\nlines", "Ж 漢 🌱", "'; drop table users; --", '{"a": 1}', "null"]
)
async def test_text_comes_back_as_it_went(road: Store, value: str) -> None:
    assert await road.call("try_text", given=value) == value


async def test_a_missing_value_is_none(road: Store) -> None:
    assert await road.call("try_text", given=None) is None


async def test_large_numbers_stay_exact(road: Store) -> None:
    assert await road.call("try_bigint", given=2**62 + 1) == 2**62 + 1


async def test_moments_come_in_utc_whatever_zone_they_went_in(road: Store) -> None:
    noon_in_new_york = datetime.fromisoformat("2026-03-02T12:00:00-05:00")

    assert await road.call("try_moment", given=noon_in_new_york) == "2026-03-02T17:00:00+00:00"


@pytest.mark.parametrize("by", ["36 hours", timedelta(hours=36)])
async def test_intervals_are_words_or_timedeltas(road: Store, by: object) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)

    assert await road.call("try_later", given=start, by=by) == "2026-03-03T12:00:00+00:00"


async def test_what_is_left_out_takes_its_default(road: Store) -> None:
    assert await road.call("try_defaults", given=2) == "42 true"
    assert await road.call("try_defaults", added=3, given=2) == "5 true"


async def test_arguments_of_all_types_arrive(road: Store) -> None:
    answer = await road.call(
        "try_types",
        id=UUID(int=5),
        day=date(2026, 3, 2),
        names=["first", "sec,ond"],
        numbers=(1, 2),
        amount=Decimal("2.5"),
        is_so=True,
        details={"a": "b"},
        word=None,
    )

    assert answer == "00000000-0000-0000-0000-000000000005 | 2026-03-02 | sec,ond | 2 | 2.5 | t | b | no word"


async def test_an_operation_without_a_result_gives_none_and_happens_once(road: Store) -> None:
    before = await road.call("try_count")

    assert await road.call("try_counting", number=1) is None
    assert await road.call("try_count") == before + 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TN404", NotFound),
        ("TN409", Conflict),
        ("TN422", Invalid),
        ("22023", Invalid),
        ("P0001", StorageError),
    ],
)
async def test_errors_say_what_kind_they_are_and_what_to_do(
    road: Store, code: str, kind: type[StorageError]
) -> None:
    with pytest.raises(StorageError) as caught:
        await road.call("try_failing", code=code)

    error = caught.value
    assert type(error) is kind
    assert (error.code, error.message, error.hint, error.detail) == (
        code,
        "it does not go",
        "try another",
        "the thing",
    )


async def test_an_argument_of_the_wrong_form_is_invalid(road: Store) -> None:
    with pytest.raises(Invalid):
        await road.call("try_moment", given="the day after tomorrow, perhaps")


async def test_a_zero_byte_in_a_text_is_invalid(road: Store) -> None:
    with pytest.raises(Invalid):
        await road.call("try_json", given="zero \0 byte")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [("try_nothing_of_the_sort", {}), ("try_text", {"taken": "x"}), ("try_text", {"given": "x", "more": 1})],
)
async def test_an_unknown_operation_or_argument_says_that_the_schema_is_older(
    road: Store, operation: str, arguments: dict[str, object]
) -> None:
    with pytest.raises(StorageError) as caught:
        await road.call(operation, **arguments)

    assert caught.value.code == "42883"
    assert "migrate" in (caught.value.hint or "")


async def test_a_moment_without_a_zone_is_refused_before_it_leaves(road: Store) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        await road.call("try_moment", given=datetime(2026, 3, 2))  # noqa: DTZ001


async def test_the_real_operations_answer_too(road: Store) -> None:
    assert datetime.fromisoformat(await road.call("clock")) > datetime(2026, 1, 1, tzinfo=UTC)
