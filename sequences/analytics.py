"""What became of messages, in counts and rates: read from sums that follow the ledger."""

from __future__ import annotations

from storage.store import Store

FOLDED_AT_ONCE = 5000


async def fold_all(store: Store) -> None:
    """Brings the sums in line with the ledger. Somebody else may be at it: then there is nothing to do."""
    while (await store.call("fold_deliveries", batch=FOLDED_AT_ONCE) or 0) >= FOLDED_AT_ONCE:
        pass
