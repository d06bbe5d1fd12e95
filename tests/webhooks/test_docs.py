"""docs/api.md describes each route, and nothing else."""

import re
from pathlib import Path

import pytest

from webhooks.app import routes

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^### `(\w+) (\S+)`$", PAGE, re.MULTILINE))
ROUTES = {(route.method, re.sub(r":[^/]+}(?=/|$)", "}", route.path)) for route in routes()}


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_every_route_is_described(method: str, path: str) -> None:
    assert (method, path) in HEADINGS


def test_nothing_is_described_that_does_not_exist() -> None:
    assert ROUTES >= HEADINGS
