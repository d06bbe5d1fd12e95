"""The other processes of a measurement: started, told to begin, stopped in good order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Process:
    """One that prints a line when it is ready, and begins at a line on its input."""

    def __init__(self, child: asyncio.subprocess.Process, first_line: str) -> None:
        self.child = child
        self.first_line = first_line

    @property
    def pid(self) -> int:
        return self.child.pid

    def begin(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(b"go\n")

    async def line(self) -> str:
        assert self.child.stdout is not None
        return (await self.child.stdout.readline()).decode().strip()


async def until(holds: Callable[[], Awaitable[bool]], pause: float = 0.01) -> None:
    """Asks another process again and again: it has no way to call us."""
    while not await holds():  # noqa: ASYNC110
        await asyncio.sleep(pause)


@asynccontextmanager
async def process(
    *command: str, python: str = sys.executable, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """Ends when the block does: first by the end of its input, then by a signal."""
    child = await asyncio.create_subprocess_exec(
        python,
        *command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        assert child.stdout is not None
        first = (await asyncio.wait_for(child.stdout.readline(), 60)).decode().strip()
        if not first:
            raise RuntimeError(f"{command} ended before it was ready")
        yield Process(child, first)
    finally:
        await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    assert child.stdin is not None
    child.stdin.close()
    for order in (None, signal.SIGTERM, signal.SIGKILL):
        if order is not None and child.returncode is None:
            child.send_signal(order)
        try:
            await asyncio.wait_for(child.wait(), 10 if order is None else 5)
            return
        except TimeoutError:
            continue
