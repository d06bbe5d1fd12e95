"""Processes of ours, each with its log."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.waiting import PATIENCE, NeverHappened, until

ROOT = Path(__file__).parents[2]

Row = dict[str, Any]


class Process:
    """One of ours, with its log in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, logged_before: int) -> None:
        self._process = process
        self._logged_before = logged_before
        self.log = log

    @classmethod
    async def begun(
        cls, log: Path, *command: str, environment: Mapping[str, str] | None = None, out: int | None = None
    ) -> Process:
        with log.open("ab") as file:
            logged_before = file.tell()
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={**_clean_environment(), **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file if out is None else out,
                stderr=file,
            )
        return cls(process, log, logged_before)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode()

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ended(self, seconds: float = PATIENCE) -> int:
        try:
            return await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            raise NeverHappened(f"the process did not end within {seconds:.0f} s: {self.log}") from None

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended()

    async def stop(self, seconds: float = 40.0) -> tuple[int, float]:
        """Its exit code, and how long it took."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        return await self.ended(seconds), time.monotonic() - began

    def logged(self, event: str) -> list[Row]:
        """In this life of it; an earlier one may have written to the same file."""
        rows = []
        for line in self.log.read_bytes()[self._logged_before :].decode(errors="replace").splitlines():
            with suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict) and row.get("event") == event:
                    rows.append(row)
        return rows


async def until_ready(process: Process) -> None:
    async def is_ready() -> bool:
        return bool(process.logged("ready"))

    await until(is_ready, f"the process was ready ({process.log})")


def _clean_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
