"""Server-sent events: whoever listens hears what happens, as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LONGEST_BACKLOG = 10_000


class Stream:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[bytes]] = set()

    def publish(self, name: str, render: Callable[[], Any]) -> None:
        """`render` is only called while somebody listens: thousands of sends pay nothing for the page."""
        if not self._listeners:
            return
        event = f"event: {name}\ndata: {json.dumps(render(), ensure_ascii=False)}\n\n".encode()
        for listener in list(self._listeners):
            try:
                listener.put_nowait(event)
            except asyncio.QueueFull:  # it stopped reading; a page reads everything again when it returns
                self._listeners.discard(listener)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[bytes]]:
        events: asyncio.Queue[bytes] = asyncio.Queue(LONGEST_BACKLOG)
        self._listeners.add(events)
        try:
            yield events
        finally:
            self._listeners.discard(events)
