"""What leaderboards, leagues and achievements need done now and then. Any number of processes may do it."""

from __future__ import annotations

from storage.store import Store

TAKEN_AT_ONCE = 1000


async def look_after_leaderboards(store: Store) -> bool:
    """Closes leagues, forms new ones, gives what was earned; says whether somebody was told of something."""
    told = False
    # Closing comes first: whose league has ended can be put into the next one.
    while await store.call("close_leagues"):
        told = True
    while await store.call("place_in_leagues", batch=TAKEN_AT_ONCE) == TAKEN_AT_ONCE:
        pass
    while marks := await store.call("award_achievements", batch=TAKEN_AT_ONCE):
        told = True
        if marks < TAKEN_AT_ONCE:
            break
    return told


async def look_through_achievements(store: Store) -> bool:
    """Looks through a page of people for who met a new achievement already; says whether there is more."""
    more: bool = await store.call("look_through_achievements")
    return more


async def sum_up_standings(store: Store) -> None:
    """Ranks are right without it, and read faster after it."""
    while await store.call("fold_standings"):
        pass
