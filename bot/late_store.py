"""A store that can be held before its database is there.

The web server starts first and says in its health that the database is away; everybody else waits for
`connect`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any

from storage.store import Store, Unavailable

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
