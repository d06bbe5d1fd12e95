"""The catalogue's files become versions in the database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sequences.loading import CatalogueError
from sequences.publishing import publish_catalogue
from storage.store import Store

CATALOGUE = Path(__file__).parents[2] / "sequences" / "catalogue"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))


async def test_a_new_sequence_is_published(store: Store, folder: Path) -> None:
    published = {each.sequence: each for each in await publish_catalogue(store, folder)}
    version = await store.call("get_sequence_version", version_id=published["onboarding"].version_id)
    assert version["name"] == "onboarding"


async def test_publishing_twice_changes_nothing(store: Store, folder: Path) -> None:
    await publish_catalogue(store, folder)
    assert await publish_catalogue(store, folder) == []


async def test_changed_words_are_a_new_version_of_that_sequence_alone(store: Store, folder: Path) -> None:
    before = {each.sequence: each.number for each in await publish_catalogue(store, folder)}
    step = next((folder / "onboarding").glob("*.md"))
    step.write_text(step.read_text() + "\nOne more sentence.\n")
    (changed,) = await publish_catalogue(store, folder)
    assert (changed.sequence, changed.number) == ("onboarding", before["onboarding"] + 1)


async def test_of_a_faulty_catalogue_nothing_is_published(store: Store, folder: Path) -> None:
    (folder / "onboarding" / "sequence.toml").write_text("title = 1")
    with pytest.raises(CatalogueError):
        await publish_catalogue(store, folder)
    (folder / "onboarding" / "sequence.toml").write_text((CATALOGUE / "onboarding/sequence.toml").read_text())
    assert await publish_catalogue(store, folder) != []
