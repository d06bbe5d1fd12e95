"""The database that the settings ask for, and a store that can be held before it is there.

The web server starts first and says in its health that the database is away; everybody else waits for
`connect`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any

from bot.settings import Settings, shown
from storage.connecting import open_database, open_store
from storage.migrations import migrate
from storage.store import UNKNOWN_OPERATION, StorageError, Store, Unavailable

CONNECTIONS = 12

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


class LateStore:
    def __init__(self, open_store: OpenStore) -> None:
        self._open_store = open_store
        self._opened = AsyncExitStack()
        self._store: Store | None = None

    async def connect(self) -> None:
        """Once; raises what the opening raises, Unavailable above all, and may be tried again then."""
        if self._store is None:
            self._store = await self._opened.enter_async_context(self._open_store())

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        if self._store is None:
            raise Unavailable("not_connected", "the database is not there yet")
        return await self._store.call(operation, **arguments)

    async def aclose(self) -> None:
        self._store = None
        await self._opened.aclose()

    async def __aenter__(self) -> LateStore:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def direct_address(settings: Settings) -> AbstractAsyncContextManager[str | None]:
    """Where PostgreSQL itself is reached, the embedded one started for it; None over PostgREST alone."""
    return open_database(
        data_dir=settings.data_dir,
        database_url=shown(settings.database_url),
        supabase_url=settings.supabase_url,
    )


@asynccontextmanager
async def open_migrated_store(settings: Settings) -> AsyncIterator[Store]:
    """The database that the settings ask for, its schema brought up to date where we reach it directly."""
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        if address is not None:
            await _reach(store)
            await migrate(address)
        await store.call("clock")
        yield store


def opened_store(settings: Settings, address: str | None) -> AbstractAsyncContextManager[Store]:
    return open_store(
        database_url=address,
        supabase_url=settings.supabase_url,
        supabase_secret_key=shown(settings.supabase_secret_key),
        connections=CONNECTIONS,
    )


async def _reach(store: Store) -> None:
    """Raises Unavailable while the database is away; that it has no schema yet is no reason to wait."""
    try:
        await store.call("clock")
    except StorageError as error:
        if error.code != UNKNOWN_OPERATION:
            raise
