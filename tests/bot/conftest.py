"""An owner, and an hour at which nobody is asleep."""

import pytest

from tests.fixtures.database import Clock
from tests.fixtures.sandbox import Control, Person

OWNER = 7001


@pytest.fixture
async def monday_noon(clock: Clock) -> None:
    """Nobody's quiet hours, and before the process starts: it is to know no other time."""
    await clock.set("2026-03-02T12:00:00+00:00")


@pytest.fixture
async def owner(people: Control) -> Person:
    return await people.person("Olga", id=OWNER, username="olga")
