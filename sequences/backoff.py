"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import random


class Backoff:
    """Growing, jittered pauses, in seconds."""

    def __init__(self, first: float = 0.05, most: float = 2.0) -> None:
        self._next = first
        self._most = most

    def pause(self) -> float:
        pause, self._next = self._next, min(self._next * 2, self._most)
        return pause * random.uniform(0.5, 1.0)
