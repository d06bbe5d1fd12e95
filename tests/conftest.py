"""Every file in tests/fixtures is a plugin: a new one needs no line here."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.fixtures")

_FIXTURES = Path(__file__).parent / "fixtures"
pytest_plugins = [f"tests.fixtures.{file.stem}" for file in sorted(_FIXTURES.glob("[!_]*.py"))]
