"""Every file in tests/fixtures is a plugin: a new one needs no line here."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Without bytecode, which many a container forbids, each worker, and each process that a test starts, compiles
# everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# An example may take as long as a busy machine needs, and each run chooses the same ones;
# `--hypothesis-profile=default` tries others.
settings.register_profile(
    "patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

pytest.register_assert_rewrite("tests.fixtures")

_FIXTURES = Path(__file__).parent / "fixtures"
pytest_plugins = [f"tests.fixtures.{file.stem}" for file in sorted(_FIXTURES.glob("[!_]*.py"))]
