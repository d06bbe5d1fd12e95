"""P10: what a worker costs that has nothing to do, and how late a message leaves after it is due."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import psutil

from benchmarks.ground import Ground
from benchmarks.measuring import Goal, Side
from benchmarks.processes import ROOT, until

MEMORY, CPU, LATE = "worker, resident MB", "idle worker, % of a core", "lateness of a due message, s"
WATCHED_SECONDS = 8.0
GOALS = [
    Goal("P10 a worker's memory, MB", MEMORY, None, 120, at_least=False),
    Goal("P10 an idle worker, % of a core", CPU, None, 1, at_least=False),
    Goal("P10 a due message leaves so many seconds late", LATE, None, 1.5, at_least=False),
]


def sides(ground: Ground, _: Path | None) -> list[Side]:
    return [partial(_worker, ground)]


async def _worker(ground: Ground) -> Mapping[str, float]:
    await ground.fresh("telegram", 1)
    environment = {
        "PATH": os.defpath,
        "DATABASE_URL": ground.dsn,
        "DATA_DIR": str(ground.folder / "worker"),
        "TELEGRAM_BOT_TOKEN": "1:placeholder",
        "TELEGRAM_API_URL": ground.provider,
        "METRICS_PORT": "0",
        "LOG_LEVEL": "ERROR",
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", "--only", "worker", cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=None,
    )  # fmt: skip
    try:
        # The message that was due when it began says that it is up.
        await asyncio.wait_for(_arrived(ground), 30)
        # Until it has settled: its first look for all kinds of work is behind it.
        await asyncio.sleep(2)
        return await _watched(ground, psutil.Process(child.pid))
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


async def _watched(ground: Ground, worker: psutil.Process) -> Mapping[str, float]:
    used = _cpu(worker)
    await asyncio.sleep(WATCHED_SECONDS)
    busy = (_cpu(worker) - used) / WATCHED_SECONDS * 100
    return {MEMORY: worker.memory_info().rss / 1e6, CPU: busy, LATE: await _lateness(ground)}


def _cpu(worker: psutil.Process) -> float:
    times = worker.cpu_times()
    return float(times.user + times.system)


async def _lateness(ground: Ground) -> float:
    """Of one message that becomes due at a moment nobody is waiting for: the one that has left, once more."""
    await ground.ask("reset")
    due = time.time() + 1.5
    await ground.connection.execute(
        "with running as (update tendril.enrollments set status = 'active', ended_at = null) "
        "update tendril.message_deliveries set delivery_status = 'pending', sent_at = null, "
        "scheduled_at = moment, next_attempt_at = moment from to_timestamp($1) moment",
        due,
    )
    await asyncio.wait_for(_arrived(ground), 30)
    return await ground.ask("last") - due


async def _arrived(ground: Ground) -> None:
    async def has_arrived() -> bool:
        return await ground.ask("count") >= 1

    await until(has_arrived)
