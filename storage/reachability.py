"""Whether the database answers: told once when it stops, once when it does again, and rarely in between."""

import time
from collections.abc import Callable

import structlog

from storage.store import Unavailable

log = structlog.get_logger(__name__)

REMINDER_SECONDS = 300.0
# SQLSTATEs of a database that is away; after a deadlock, say, it is there and asks for patience.
_AWAY = ("08", "57P")


class Reachability:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._away_since: float | None = None
        self._told_at = 0.0

    def missed(self, error: Unavailable) -> None:
        """A call gave up."""
        if not error.code.startswith(_AWAY):
            return
        now = self._now()
        if self._away_since is None:
            self._away_since = self._told_at = now
            log.warning("database_is_away", error=error.message)
        elif now - self._told_at >= REMINDER_SECONDS:
            self._told_at = now
            log.warning("database_is_still_away", error=error.message, seconds=round(now - self._away_since))

    def answered(self) -> None:
        if self._away_since is not None:
            log.warning("database_is_back", seconds=round(self._now() - self._away_since))
            self._away_since = None
