"""Learning from the service's own history: what people were like on past days, and whether they left then.

Days are looked at in weekly steps. Each horizon is judged on the last day whose outcome is known, and learned
from days whose outcome was known by then, so that nothing is learned from what came later.
"""

from __future__ import annotations

import asyncio
import json
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from engagement.risk.horizons import FORM, HORIZONS
from engagement.risk.rules import Rules, load_rules
from storage.store import Store

PEOPLE = 10_000
"""Of each day, at most: ids are by chance, so the first are as good as any."""
PAGE = 500
STEP = 7
DAYS_TO_LEARN_FROM = 4
NAN = float("nan")


class TooLittleHistory(ValueError):
    """There is not enough yet to learn from; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Training:
    """`model` is the number under which it is kept."""

    model: int
    is_taken: bool
    card: Mapping[str, Any]


def plans(known_until: date) -> dict[str, dict[str, list[date]]]:
    """For each horizon the days to learn from, and the one to judge by."""
    found = {}
    for horizon, days in HORIZONS.items():
        judged = known_until - timedelta(days=_whole_steps(days))
        latest = judged - timedelta(days=_whole_steps(days))
        learn = [latest - timedelta(days=STEP * number) for number in range(DAYS_TO_LEARN_FROM)]
        found[horizon] = {"learn": learn, "judge": [judged]}
    return found


def _whole_steps(days: int) -> int:
    return -(-days // STEP) * STEP


async def train(store: Store, people: int = PEOPLE) -> Training:
    """Learns, judges, and keeps what came of it. Raises TooLittleHistory, and then keeps nothing."""
    now = datetime.fromisoformat(await store.call("clock"))
    known_until = now.date() - timedelta(days=2)  # a day that is over in every zone
    planned = plans(known_until)
    with TemporaryDirectory(prefix="tendril-risk-") as name:
        folder = Path(name)
        names, kinds, rows = await _write(store, folder, planned, people, known_until)
        found = await run_program("engagement.risk.learning", str(folder))
    if found["risk"].get("why"):
        raise TooLittleHistory(f"of {rows} rows of history, {found['risk']['why']}")
    documents = {horizon: each.pop("document", None) for horizon, each in found.items()}
    card = {"signals": len(names), "horizons": found, "known_until": known_until.isoformat()}
    is_taken = found["risk"]["chosen"] == "learned"
    taken = {name: documents[name] for name in found if found[name]["chosen"] == "learned"}
    document = {"form": FORM, "names": names, "kinds": kinds, "horizons": taken}
    model = await store.call(
        "store_risk_model", is_taken=is_taken, card=card, document=document if is_taken else None
    )
    return Training(model, is_taken, card)


async def _write(
    store: Store,
    folder: Path,
    planned: Mapping[str, Mapping[str, Sequence[date]]],
    people: int,
    known_until: date,
) -> tuple[list[str], list[str], int]:
    """The names of the signals, the kinds among them, and how many rows there are."""
    days = sorted({day for plan in planned.values() for part in plan.values() for day in part})
    kinds: list[str] = await store.call("risk_kinds", day=known_until.isoformat())
    lessons = _Lessons(store, kinds, load_rules(), known_until)
    with (folder / "lessons").open("wb") as file:
        counts = [await lessons.write(file, day, people) for day in days]
    told = {
        "names": lessons.names,
        "days": [{"day": day.isoformat(), "rows": rows} for day, rows in zip(days, counts, strict=True)],
        "plans": {
            horizon: {part: [day.isoformat() for day in days] for part, days in plan.items()}
            for horizon, plan in planned.items()
        },
    }
    if not lessons.names:
        raise TooLittleHistory("nobody did anything in the days to learn from")
    (folder / "lessons.json").write_text(json.dumps(told), encoding="utf-8")
    return lessons.names, kinds, sum(counts)


class _Lessons:
    """A page after the other, so that all of them never stand in the service's memory."""

    def __init__(self, store: Store, kinds: list[str], rules: Rules, known_until: date) -> None:
        self.names: list[str] = []
        self._store, self._kinds, self._rules, self._known_until = store, kinds, rules, known_until
        self._numbers: dict[str, int] = {}

    async def write(self, file: IO[bytes], day: date, people: int) -> int:
        known = [day + timedelta(days=days) <= self._known_until for days in HORIZONS.values()]
        written, last = 0, None
        while written < people:
            page = await self._store.call(
                "risk_lessons",
                day=day.isoformat(),
                types=self._kinds,
                horizons=[*HORIZONS.values()],
                most=min(PAGE, people - written),
                after_user=last,
            )
            for row in page:
                self._row(row, known).tofile(file)
            written += len(page)
            if len(page) < PAGE:
                break
            last = page[-1]["user_id"]
        return written

    def _row(self, row: Mapping[str, Any], known: Sequence[bool]) -> array[float]:
        signals = of_types(row, self._kinds)
        self.names = self.names or [*signals]
        number = self._numbers.setdefault(row["user_id"], len(self._numbers))
        values = [signals[name] for name in self.names]
        left = [
            float(has_left) if is_known else NAN
            for has_left, is_known in zip(row["has_left"], known, strict=True)
        ]
        risk = self._rules.risk(row["signals"]) / 100
        return array("d", [number, *(NAN if each is None else each for each in values), risk, *left])


def of_types(row: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, float | None]:
    """Somebody's signals, with how much of each kind they did in the last week, and ever."""
    nothing = [0.0] * len(kinds)
    week, ever = row.get("last_week") or nothing, row.get("ever") or nothing
    signals: dict[str, float | None] = dict(row["signals"])
    signals.update((f"type:{kind}:7", count) for kind, count in zip(kinds, week, strict=True))
    signals.update((f"type:{kind}:all", count) for kind, count in zip(kinds, ever, strict=True))
    return signals


class ProgramFailed(RuntimeError):
    """A program that learns or tells has failed; the message is the end of what it said."""


async def run_program(module: str, argument: str) -> Any:
    """What it wrote, as JSON. In a process of its own: the libraries take more room than the service."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, argument),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        printed, complained = await program.communicate()
    except asyncio.CancelledError:
        program.kill()
        await program.wait()
        raise
    if program.returncode:
        raise ProgramFailed(
            complained.decode(errors="replace").strip()[-300:] or f"exit {program.returncode}"
        )
    return json.loads(printed)
