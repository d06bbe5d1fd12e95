"""People whose truth is known: each keeps to a rhythm of their own, and who is going to leave tires first."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from storage.store import Store

KINDS = ("lesson_started", "lesson_complete", "forum_post")
DAYS = 120
FIRST = datetime(2026, 3, 2, tzinfo=UTC)


def life(chance: random.Random, days: int = DAYS) -> Iterator[tuple[datetime, str]]:
    rhythm = chance.choice((1, 2, 3, 5))
    begins, leaves = chance.randrange(days - 10), chance.randrange(10, 2 * days)
    for day in range(begins, days, rhythm):
        is_tired = begins + leaves - day < 10
        if day > begins + leaves or chance.random() < (0.35 if is_tired else 0.15):
            continue
        for _ in range(chance.randint(1, 2 if is_tired else 5)):
            kind = chance.choices(KINDS, weights=(5, 0 if is_tired else 4, 2))[0]
            yield FIRST + timedelta(days=day, hours=chance.gauss(18, 2) % 24), kind


async def settle(store: Store, people: int, seed: int = 5, days: int = DAYS) -> list[str]:
    """Brings them into the service, with all that they did; their ids."""
    chance = random.Random(seed)
    users = [str(UUID(int=chance.getrandbits(128))) for _ in range(people)]
    for page in range(0, people, 500):
        did = [
            (place, *each) for place in range(len(users[page : page + 500])) for each in life(chance, days)
        ]
        await store.call(
            "import_activity",
            users=users[page : page + 500],
            types=list(KINDS),
            people=[place for place, _, _ in did],
            moments=[moment.timestamp() for _, moment, _ in did],
            kinds=[KINDS.index(kind) for _, _, kind in did],
            at=FIRST.isoformat(),
        )
    return users
