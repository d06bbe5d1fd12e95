"""How engaged each user is, from 0 to 100, kept up to date (docs/scores.md)."""

from __future__ import annotations

from storage.store import Store

USERS_AT_ONCE = 2000
ROUNDS = 25
"""So many batches, then others have their turn."""


async def rescore(store: Store, rounds: int = ROUNDS) -> int:
    """Reckons anew the scores of those of whom something has changed, or of the next of everybody; of how
    many. Any number of processes may.
    """
    await store.call("learn_population")
    total = 0
    for _ in range(rounds):
        users = await store.call("rescore_changed", batch=USERS_AT_ONCE)
        if users is None:
            break
        total += users
    return total
