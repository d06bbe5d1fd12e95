"""Carries broadcasts: plans their people page by page, and ends them. Any number of processes may."""

from __future__ import annotations

from storage.store import Store


async def carry_broadcasts(store: Store) -> bool:
    """As far as they can be carried now; whether there was anything, and so messages that may leave."""
    has_carried = False
    while await store.call("carry_broadcasts") is not None:
        has_carried = True
    return has_carried
