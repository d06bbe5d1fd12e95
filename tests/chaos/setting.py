"""How much of everything: the short form, the long one, or a share of the long one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    is_short: bool
    share: float = 1.0

    @property
    def patience(self) -> float:
        """How many times what a promise allows something may take. The short form runs on any machine, beside
        anything, and judges what is counted; the long form judges the time as well.
        """
        return 3.0 if self.is_short else 1.0

    def choose(self, *, short: int, long: int) -> int:
        return short if self.is_short else max(short, round(long * self.share))
