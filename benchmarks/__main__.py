"""All measurements, each beside its goal.

    python -m benchmarks [--json FILE] [--rounds 3]
        [--only analytics|delivery|ingest|planning|ranking|resting|scoring]

Peers are measured where .tools/peers has them (`make bench` installs them there). Beside FILE comes a chart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import analytics, chart, delivery, ingest, planning, ranking, resting, scoring
from benchmarks.ground import ground
from benchmarks.measuring import ROUNDS, Figures, Goal, interleaved, table
from webhooks.pictures.drawing import as_png

PARTS = {
    "analytics": analytics,
    "delivery": delivery,
    "ingest": ingest,
    "planning": planning,
    "ranking": ranking,
    "resting": resting,
    "scoring": scoring,
}


async def measure(names: list[str], rounds: int, figures: dict[str, Figures]) -> None:
    peers = delivery.PEERS if delivery.PEERS.exists() else None
    async with ground() as here:
        sides = [side for name in names for side in PARTS[name].sides(here, peers)]
        await interleaved(sides, figures, rounds)


def cores() -> int:
    """Those that we may use: `taskset -c 0,1 make bench` leaves two."""
    return len(os.sched_getaffinity(0))


def report(goals: list[Goal], figures: dict[str, Figures], seconds: float) -> None:
    print(f"\n{'median (range) of the rounds':48s}")
    for name, each in figures.items():
        print(f"  {name:52s} {each}")
    print(f"\n{table(goals, figures)}\n\n{seconds:.0f} s on {cores()} cores")


def as_json(goals: list[Goal], figures: dict[str, Figures], seconds: float) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": cores(),
        "python": platform.python_version(),
        "seconds": round(seconds),
        "figures": {name: each.as_json() for name, each in figures.items()},
        "goals": [
            {
                "goal": goal.label,
                "bound": goal.bound,
                "at_least": goal.at_least,
                "ratio": ratio,
                "verdict": goal.verdict(ratio),
            }
            for goal in goals
            for ratio in [goal.ratio(figures)]
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What is fast here, by goals.")
    parser.add_argument("--json", type=Path, default=Path("artifacts/bench.json"), metavar="FILE")
    parser.add_argument("--only", choices=sorted(PARTS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    names = [given.only] if given.only else list(PARTS)
    goals = [goal for name in names for goal in PARTS[name].GOALS]
    began = time.perf_counter()
    figures: dict[str, Figures] = {}
    try:
        asyncio.run(measure(names, given.rounds, figures))
    finally:
        # What was measured before something failed is worth reading too.
        took = time.perf_counter() - began
        report(goals, figures, took)
        given.json.parent.mkdir(parents=True, exist_ok=True)
        measured = as_json(goals, figures, took)
        given.json.write_text(json.dumps(measured, indent=2) + "\n")
        given.json.with_suffix(".png").write_bytes(as_png(chart.drawn(measured)))


if __name__ == "__main__":
    main()
