"""Whoever holds a public key of the project, or has signed in with it, can read and call nothing."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from tests.fixtures.postgrest import Supabase, token

FORBIDDEN = "42501"
OUTSIDERS = ["anon", "authenticated"]

TABLES = """
    select relname from pg_catalog.pg_class
    where relnamespace = 'tendril'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by 1
"""
FUNCTIONS = """
    select proname, coalesce(proargnames[:pronargs], '{}') as arguments, oid::regprocedure::text as signature
    from pg_catalog.pg_proc
    where pronamespace = 'tendril'::regnamespace and prorettype <> 'trigger'::regtype order by 1
"""


@pytest.fixture
async def outsiders(supabase: Supabase) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """The publishable key alone, and the same with the token of a signed-in user."""
    headers = {"apikey": supabase.publishable_key, "Accept-Profile": "tendril", "Content-Profile": "tendril"}
    signed_in = headers | {"Authorization": f"Bearer {token('authenticated')}"}
    url = f"{supabase.url}/rest/v1"
    async with (
        httpx.AsyncClient(base_url=url, headers=headers) as anonymous,
        httpx.AsyncClient(base_url=url, headers=signed_in) as authenticated,
    ):
        yield {"anon": anonymous, "authenticated": authenticated}


async def test_outsiders_read_no_table_over_postgrest(
    outsiders: dict[str, httpx.AsyncClient], connection: asyncpg.Connection
) -> None:
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    answers = {
        (role, table): (await client.get(f"/{table}", params={"limit": "1"})).json()["code"]
        for role, client in outsiders.items()
        for table in tables
    }

    assert len(tables) > 10
    assert {who: code for who, code in answers.items() if code != FORBIDDEN} == {}


async def test_outsiders_write_no_table_over_postgrest(
    outsiders: dict[str, httpx.AsyncClient], connection: asyncpg.Connection
) -> None:
    for client in outsiders.values():
        for table in ("users", "suppressions", "clock"):
            assert (await client.post(f"/{table}", json={})).json()["code"] == FORBIDDEN
            assert (await client.delete(f"/{table}")).json()["code"] == FORBIDDEN


async def test_outsiders_call_no_function_over_postgrest(
    outsiders: dict[str, httpx.AsyncClient], connection: asyncpg.Connection
) -> None:
    functions = await connection.fetch(FUNCTIONS)
    answers = {
        (role, function["proname"]): (
            await client.post(f"/rpc/{function['proname']}", json=dict.fromkeys(function["arguments"]))
        ).json()["code"]
        for role, client in outsiders.items()
        for function in functions
    }

    assert len(functions) > 20
    assert {who: code for who, code in answers.items() if code != FORBIDDEN} == {}


@pytest.mark.parametrize("role", OUTSIDERS)
async def test_outsiders_read_no_table_and_call_no_function_by_sql(
    role: str, connection: asyncpg.Connection
) -> None:
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    functions = await connection.fetch(FUNCTIONS)
    attempts = [f"select from tendril.{table}" for table in tables]
    attempts += [
        f"select tendril.{function['proname']}({', '.join(['null'] * len(function['arguments']))})"
        for function in functions
    ]
    await connection.execute(f"set role {role}")

    for attempt in attempts:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(attempt)


@pytest.mark.parametrize("role", [*OUTSIDERS, "public"])
async def test_nothing_is_granted_to_outsiders_even_inside_the_schema(
    role: str, connection: asyncpg.Connection
) -> None:
    """The lock on the schema is not the only one."""
    granted = await connection.fetch(
        """
        select p.oid::regprocedure::text from pg_catalog.pg_proc p
        where p.pronamespace = 'tendril'::regnamespace and has_function_privilege($1, p.oid, 'execute')
        union all
        select c.oid::regclass::text from pg_catalog.pg_class c
        where c.relnamespace = 'tendril'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
            and has_table_privilege($1, c.oid, 'select, insert, update, delete')
        """,
        role,
    )

    assert granted == []


async def test_the_secret_key_reads_and_calls_what_it_needs(
    supabase: Supabase, connection: asyncpg.Connection
) -> None:
    headers = {"apikey": supabase.secret_key, "Accept-Profile": "tendril", "Content-Profile": "tendril"}
    async with httpx.AsyncClient(base_url=f"{supabase.url}/rest/v1", headers=headers) as insider:
        assert (await insider.get("/clock")).json() == [{"only_row": True, "moved_by": "00:00:00"}]
        assert (await insider.post("/rpc/clock", json={})).status_code == 200


async def test_a_wrong_key_is_turned_away_at_the_gateway(supabase: Supabase) -> None:
    async with httpx.AsyncClient(base_url=f"{supabase.url}/rest/v1") as stranger:
        assert (await stranger.get("/users", headers={"apikey": "sb_secret_guessed"})).status_code == 401
