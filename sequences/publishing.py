"""Brings the catalogue's files into the database, where enrollments and deliveries read them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sequences.loading import load_catalogue
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Published:
    """A version of a sequence that was not there before."""

    sequence: str
    version_id: int
    number: int


async def publish_catalogue(store: Store, folder: Path) -> list[Published]:
    """Publishes what differs from the current versions and returns that; of a faulty catalogue, nothing.

    Enrollments under way finish on the version that they began. Raises CatalogueError.
    """
    sequences = await asyncio.to_thread(load_catalogue, folder)
    published = []
    for sequence in sequences:
        version = await store.call("publish_sequence", definition=sequence.as_json())
        if version["changed"]:
            published.append(Published(sequence.name, version["version_id"], version["number"]))
    return published
