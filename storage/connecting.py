"""The way to the database that the settings ask for: any PostgreSQL, Supabase, or the embedded one."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from storage.embedded import embedded
from storage.postgres import PostgresStore
from storage.store import Store
from storage.supabase import SupabaseStore


def open_database(
    *, data_dir: Path, database_url: str | None = None, supabase_url: str | None = None
) -> AbstractAsyncContextManager[str | None]:
    """The address to migrate and to open, started here if it is the embedded one.

    None where Supabase is reached over PostgREST alone, which cannot change a schema.
    """
    if database_url or supabase_url:
        return nullcontext(database_url)
    return embedded(data_dir)


@asynccontextmanager
async def open_store(
    *,
    database_url: str | None = None,
    supabase_url: str | None = None,
    supabase_secret_key: str | None = None,
    connections: int = 10,
) -> AsyncIterator[Store]:
    """A store; nothing is connected before its first call, so it opens while the database is away."""
    store: Store
    if database_url:
        store = PostgresStore(database_url, connections=connections)
    elif supabase_url and supabase_secret_key:
        store = SupabaseStore(supabase_url, supabase_secret_key, connections=connections)
    else:
        raise ValueError("a store needs a database_url, or a supabase_url with its supabase_secret_key")
    try:
        yield store
    finally:
        await store.aclose()
