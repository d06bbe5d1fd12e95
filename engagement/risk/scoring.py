"""Tells the risks that are due, by what was learned last, or by the rules where nothing is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from engagement.risk.history import ProgramFailed, of_types
from engagement.risk.program import Program
from engagement.risk.reasons import Reasons, Shares, load_reasons
from engagement.risk.rules import LEAST, MOST, Rules, load_rules
from storage.store import Store

log = structlog.get_logger(__name__)

BATCH = 500
"""Of them at a time: what is reckoned of them here holds up what else the process does for some 20 ms."""
LANES = 3
"""Pages that are under way at once: the database is busy with some while one is told here."""
TRUST_IN_RULES = 0.6
"""How far one is told from another by them, at best; of what was learned it is measured."""
OVERLAP = timedelta(minutes=10)
"""What somebody did is recorded a little after they did it."""

Row = Mapping[str, Any]


class RiskTeller:
    """One of them at a time: two would do the same work. `folder` is for what was learned."""

    def __init__(self, store: Store, folder: Path, batch: int = BATCH) -> None:
        self._store = store
        self._learned = _Learned(store, folder)
        self._rules: Rules = load_rules()
        self._reasons: Reasons = load_reasons()
        self._batch = batch
        self._since: datetime | None = None

    async def tell_due(self, may_go_on: Callable[[], Awaitable[bool]] | None = None) -> int:
        """Of so many: first whose morning has come, then who did something. The first time, everybody who is
        not known yet is due. Asks before each page whether it may go on.
        """
        begun = datetime.fromisoformat(await self._store.call("clock"))
        mornings = _Pages(self._store, "due_risks", {"batch": self._batch}, may_go_on)
        told = await self._tell(mornings)
        others = _Pages(
            self._store, "outdated_risks", {"batch": self._batch, "since": self._since_when()}, may_go_on
        )
        told += await self._tell(others)
        if mornings.is_over and others.is_over:
            self._since = begun
        return told

    def look_at_everybody(self) -> None:
        """The next time, also those are looked for whom the last looks did not see."""
        self._since = None

    def _since_when(self) -> str | None:
        return (self._since - OVERLAP).isoformat() if self._since else None

    async def _tell(self, pages: _Pages) -> int:
        lanes = [asyncio.create_task(self._tell_pages(pages)) for _ in range(LANES)]
        try:
            return sum(await asyncio.gather(*lanes))
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            await self._learned.rest()

    async def _tell_pages(self, pages: _Pages) -> int:
        told = 0
        while page := await pages.following():
            if page["users"]:
                asked = {"users": page["users"], "days": page["days"]}
                rows = await self._store.call("risk_signals", **asked)
                await self._store.call("store_risks", rows=await self._told(rows))
                told += len(rows)
        return told

    async def _told(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        told = await self._learned.told(rows)
        if told is None:
            return [self._by_rules(row) for row in rows]
        return [self._by_model(row, each) for row, each in zip(rows, told, strict=True)]

    def _by_rules(self, row: Row) -> dict[str, Any]:
        shares = self._rules.shares(row["signals"])
        risk = self._rules.summed(shares)
        weekly, monthly = self._rules.horizons(risk)
        return self._kept(row, (risk, weekly, monthly), shares, "rules", TRUST_IN_RULES)

    def _by_model(self, row: Row, told: Row) -> dict[str, Any]:
        risk = _per_cent(told["risk"])
        weekly, monthly = self._rules.horizons(risk)
        if told["weekly"] is not None:
            weekly = _per_cent(told["weekly"])
        if told["monthly"] is not None:
            monthly = _per_cent(told["monthly"])
        return self._kept(
            row, (risk, weekly, monthly), told["shares"], self._learned.name, self._learned.trust
        )

    def _kept(
        self, row: Row, risks: tuple[float, float, float], shares: Shares, model: str, trust: float
    ) -> dict[str, Any]:
        risk, weekly, monthly = risks
        return {
            "user_id": row["user_id"],
            "day": row["day"],
            "risk": risk,
            "weekly": max(weekly, risk),
            "monthly": min(monthly, risk),
            "confidence": trust * _history(row["signals"]),
            "reasons": self._reasons.told(shares, row["signals"]),
            "interventions": self._reasons.interventions(shares, risk),
            "model": model,
        }


class _Pages:
    """One page of people after the other, to whoever asks next."""

    def __init__(
        self,
        store: Store,
        operation: str,
        asked: Mapping[str, Any],
        may_go_on: Callable[[], Awaitable[bool]] | None,
    ) -> None:
        self._store, self._operation, self._asked, self._may_go_on = store, operation, asked, may_go_on
        self._after: Any = None
        self._turn = asyncio.Lock()
        self.is_over = False

    async def following(self) -> Row | None:
        """None after the last, or when it may not go on."""
        async with self._turn:
            if self.is_over or (self._may_go_on and not await self._may_go_on()):
                return None
            page: Row = await self._store.call(self._operation, **self._asked, after=self._after)
            self._after = page["next"]
            self.is_over = self._after is None
            return page


def _per_cent(chance: float) -> float:
    return min(MOST, max(LEAST, 100 * chance))


def _history(signals: Row) -> float:
    """How much there is to go by: half of it is reached with three active days of the last ninety."""
    days = signals["active_days_90"]
    return float((days + 1) / (days + 4))


class _Learned:
    """The model in use, in a file that the program reads which tells by it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._file = store, folder / "risk-model.json"
        self._program = Program("engagement.risk.learned", str(self._file))
        self._turn = asyncio.Lock()
        self._id: int | None = None
        self._kinds: Sequence[str] = ()
        self.trust = 0.0

    @property
    def name(self) -> str:
        return f"learned:{self._id}"

    async def told(self, rows: Sequence[Row]) -> list[Row] | None:
        """None where the rules are to tell: there is no model, or it does not work, which is then noted."""
        async with self._turn:
            return await self._told(rows)

    async def rest(self) -> None:
        """What it runs in takes room as long as it runs."""
        await self._program.aclose()

    async def _told(self, rows: Sequence[Row]) -> list[Row] | None:
        model = await self._store.call("risk_model_in_use", known=self._id)
        if model is None:
            return None
        try:
            if model["document"] is not None:
                await self._program.aclose()
                self._keep(model)
            return await self._asked(rows)
        except (ProgramFailed, OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
            log.error("risk_model_failed", model=model["id"], problem=str(wrong)[:300])
            self._id = None
            await self._store.call("retire_risk_model", model=model["id"], problem=_told_of(wrong))
            return None

    def _keep(self, model: Row) -> None:
        document = model["document"]
        self._kinds = [str(kind) for kind in document["kinds"]]
        self._file.write_text(json.dumps(document), encoding="utf-8")
        self.trust, self._id = float(model["auc"] or TRUST_IN_RULES), model["id"]

    async def _asked(self, rows: Sequence[Row]) -> list[Row]:
        asked = {
            "users": [row["user_id"] for row in rows],
            "days": [row["day"] for row in rows],
            "types": [*self._kinds],
        }
        by_type = {each["user_id"]: each for each in await self._store.call("activity_by_type", **asked)}
        signals = [of_types({**by_type.get(row["user_id"], {}), **row}, self._kinds) for row in rows]
        told: list[Row] = await self._program.answer({"rows": signals})
        if len(told) != len(rows) or not all(0 <= each["risk"] <= 1 for each in told):
            raise ValueError("what was told is no risk of each")
        return told


def _told_of(wrong: Exception) -> str:
    last = str(wrong).strip().splitlines()[-1:] or [""]
    return last[0] or type(wrong).__name__
