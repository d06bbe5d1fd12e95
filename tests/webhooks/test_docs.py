"""docs/api.md describes each route that is not part of the JSON API, and nothing else."""

import re
from pathlib import Path

import pytest

from webhooks.api.document import described_endpoints
from webhooks.app import routes

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def _without_patterns(path: str) -> str:
    """As the page writes it: `{id}`, whatever an id looks like."""
    return re.sub(r":[^/]+}(?=/|$)", "}", path)


HEADINGS = set(re.findall(r"^### `(\w+) (\S+)`$", PAGE, re.MULTILINE))
JSON_API = {f"{endpoint.method} {endpoint.path}" for endpoint in described_endpoints()}
PATHS = {f"{route.method} {route.path}": (route.method, _without_patterns(route.path)) for route in routes()}


@pytest.mark.parametrize(("method", "path"), sorted(PATHS[name] for name in PATHS.keys() - JSON_API))
def test_every_route_is_described(method: str, path: str) -> None:
    assert (method, path) in HEADINGS


def test_nothing_is_described_that_does_not_exist() -> None:
    assert set(PATHS.values()) >= HEADINGS
