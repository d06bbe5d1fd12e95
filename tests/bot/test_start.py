"""/start: the beginning, and the way back."""

from __future__ import annotations

import time

from tests.fixtures.process import Tendril


async def test_the_first_step_arrives_within_a_second(tendril: Tendril) -> None:
    ada = await tendril.person("Ada")
    began = time.monotonic()

    await ada.writes("/start")
    first, *_ = await ada.receives(1)

    assert time.monotonic() - began < 1.0
    assert "Ada" in first["text"]
