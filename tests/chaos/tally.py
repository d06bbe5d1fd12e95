"""Adds up the rounds of one test to a line of the table."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.arena import Arena, Cohort
from tests.chaos.oracle import Comparison, Row


class Tally:
    """`allowed` duplicates are Telegram's, and each of them has to be marked; email has none."""

    def __init__(self, test: str, allowed: int = 0) -> None:
        self.test = test
        self.allowed = allowed
        self.n = self.lost = self.duplicates = self.wrong = 0
        self.complaints: list[str] = []

    def complain_if(self, is_bad: bool, complaint: str) -> None:
        if is_bad:
            self.complaints.append(complaint)

    async def count(self, place: Arena, cohort: Cohort, excused: Sequence[str] = ()) -> None:
        """What became of a cohort; `excused` were not to arrive, and have to have a reason instead."""
        telegram, email = await place.judged(cohort, place.news())
        for comparison in (telegram, email):
            self.add(comparison, frozenset(excused))
        misdirected = await place.misdirected(cohort)
        self.wrong += len(misdirected)
        self.complain_if(email.duplicates > 0, f"mails went twice: {sorted(email.twice)[:5]}")
        unmarked = telegram.twice.keys() - await place.marked(telegram.twice)
        self.complain_if(bool(unmarked), f"went twice and is not marked: {sorted(unmarked)[:5]}")
        await place.forget()

    def add(self, comparison: Comparison, excused: frozenset[str] = frozenset()) -> None:
        self.n += comparison.n
        self.lost += len(comparison.lost - excused)
        self.duplicates += comparison.duplicates
        self.wrong += len(comparison.strange)
        self.complain_if(bool(comparison.lost - excused), f"lost: {sorted(comparison.lost - excused)[:5]}")

    def row(self, notes: str = "") -> Row:
        return Row(
            self.test,
            n=self.n,
            lost=self.lost,
            duplicates=self.duplicates,
            wrong=self.wrong,
            allowed=self.allowed,
            notes=notes,
            complaints=tuple(self.complaints),
        )
