"""A program that answers questions, a line of JSON each, and runs for as long as there are any.

To start one takes as long as to tell the risks of a hundred people by what was learned.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from engagement.risk.history import ProgramFailed

LONGEST_ANSWER = 2**26
"""Bytes. Of a page of people it is some megabytes."""


class Program:
    """Starts at the first question. One question at a time."""

    def __init__(self, module: str, argument: str) -> None:
        self._command = (sys.executable, "-m", module, argument)
        self._running: asyncio.subprocess.Process | None = None

    async def answer(self, question: object) -> Any:
        """Raises ProgramFailed, whose message is the end of what the program said."""
        try:
            return await self._answer(json.dumps(question).encode() + b"\n")
        except BaseException:
            await self.aclose()  # whoever asks next would get this answer
            raise

    async def aclose(self) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        if running.returncode is None:
            running.kill()
        await running.communicate()

    async def _answer(self, question: bytes) -> Any:
        running = self._running = self._running or await self._started()
        assert running.stdin is not None and running.stdout is not None and running.stderr is not None
        try:
            running.stdin.write(question)
            await running.stdin.drain()
        except ConnectionError:
            pass  # it has ended, and says why
        if line := await running.stdout.readline():
            return json.loads(line)
        complaint = (await running.stderr.read()).decode(errors="replace").strip()
        raise ProgramFailed(complaint[-300:] or f"exit {await running.wait()}")

    async def _started(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LONGEST_ANSWER
        )
