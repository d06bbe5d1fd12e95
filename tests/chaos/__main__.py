"""`python -m tests.chaos`: breaks everything that can break, and counts.

The short form takes about three minutes; the long one is `CHAOS=long`, or `--long`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog

from tests.chaos.arena import temporary_folder
from tests.chaos.oracle import Row
from tests.chaos.processes import ROOT
from tests.chaos.scenarios import (
    canaries,
    claims,
    databases,
    hostile,
    kills,
    links,
    lives,
    resends,
    restarts,
    restores,
    scale_out,
    telegrams,
    times,
    updates,
    webhooks,
    zombies,
)
from tests.chaos.server import Server, serving
from tests.chaos.setting import Setting
from tests.chaos.table import as_text, line
from tests.chaos.waiting import NeverHappened

Scenario = Callable[[Server, Setting], AsyncIterator[Row]]
# The order is that of the table.
SCENARIOS: dict[str, Scenario] = {
    "kills": kills.random_instants,
    "points": kills.named_points,
    "zombies": zombies.stopped_and_continued,
    "restarts": restarts.rolling,
    "resend": resends.faults,
    "silences": resends.silences,
    "telegram": telegrams.faults,
    "budgets": telegrams.budgets,
    "updates": updates.handled_once,
    "verdicts": webhooks.verdicts,
    "orders": webhooks.any_order,
    "names": hostile.names,
    "templates": hostile.templates,
    "links": links.fetched,
    "times": times.over_changes,
    "wrong_clocks": times.wrong_clocks,
    "canaries": canaries.nowhere,
    "lives": lives.invented,
    "restores": restores.in_the_middle,
    "versions": restores.other_versions,
    "fleet": scale_out.workers,
    "askers": scale_out.askers,
    "databases": databases.faults,
    "narrow": databases.narrow,
    "claims": claims.once_each,
    "enrollments": claims.one_enrollment,
}
# Scenarios at a time. Each has a database and stand-ins of its own; what they share is the machine, of which
# the short form, being more patient, takes more.
LANES, LANES_IN_SHORT = 4, 6
# What the long form judges by a tenth of a second comes first, and alone; then what takes longest, so that
# nobody waits for it in the end.
ALONE = ("budgets", "templates")
LONGEST = ("fleet", "canaries", "kills", "askers", "databases", "points", "links", "lives", "times")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def run(chosen: Sequence[str], setting: Setting) -> list[Row]:
    lanes = asyncio.Semaphore(LANES_IN_SHORT if setting.is_short else LANES)
    async with _untouched() as server:
        alone = [name for name in ALONE if name in chosen and not setting.is_short]
        found = {name: await _run(name, server, setting, lanes) for name in alone}
        others = sorted((name for name in chosen if name not in found), key=lambda name: name not in LONGEST)
        results = await asyncio.gather(*(_run(name, server, setting, lanes) for name in others))
        found |= dict(zip(others, results, strict=True))
    for name in [name for name in chosen if setting.is_short and _was_late(found[name])]:
        say(f"  ({name}: once more, alone)")
        async with _untouched() as server:
            found[name] = await _run(name, server, setting, lanes)
    return [row for name in chosen for row in found[name]]


@asynccontextmanager
async def _untouched() -> AsyncIterator[Server]:
    """A server in which no scenario has left anything."""
    async with temporary_folder() as folder, serving(folder) as server:
        folder.chmod(0o711)
        yield server


def _was_late(rows: list[Row]) -> bool:
    """What did not come in time, on a busy machine, gets another chance; what was lost or wrong does not."""
    failed = [row for row in rows if not row.has_passed]
    return bool(failed) and all(
        row.complaints and all(each.startswith(NeverHappened.__name__) for each in row.complaints)
        for row in failed
    )


async def _run(name: str, server: Server, setting: Setting, lanes: asyncio.Semaphore) -> list[Row]:
    """What a scenario found; one that could not be finished is a failure too."""
    rows: list[Row] = []
    async with lanes:
        began = time.monotonic()
        try:
            async for row in SCENARIOS[name](server, setting):
                rows.append(row)
                say(line(row))
        except Exception as failure:
            traceback.print_exc()
            rows.append(Row(name, n=0, complaints=(f"{type(failure).__name__}: {failure}",)))
            say(line(rows[-1]))
        say(f"  ({name}: {time.monotonic() - began:.0f} s)")
    return rows


def report(rows: Sequence[Row], setting: Setting, seconds: float, seed: int) -> dict[str, object]:
    return {
        "form": "short" if setting.is_short else "long",
        "share_of_the_long_form": None if setting.is_short else setting.share,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "seed": seed,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "rows": [row.as_json() for row in rows],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[[], *SCENARIOS], help="scenarios, all unless named")
    parser.add_argument("--long", action="store_true", default=os.environ.get("CHAOS", "long") == "long")
    parser.add_argument("--short", action="store_false", dest="long")
    parser.add_argument("--share", type=float, default=1.0, help="of the long form's repetitions")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=Path, default=ROOT / "artifacts" / "chaos.json")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[])
    random.seed(options.seed)
    setting, began = Setting(not options.long, options.share), time.monotonic()
    rows = asyncio.run(run(options.only or list(SCENARIOS), setting))
    told = report(rows, setting, time.monotonic() - began, options.seed)
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    say("\n" + as_text(rows))
    say(f"\n{told['form']} form, {told['seconds']} s, seed {options.seed}; in JSON: {options.json.name}")
    return 0 if rows and all(row.has_passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
