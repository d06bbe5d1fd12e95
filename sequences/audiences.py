"""Audiences that have a name: who is meant, in words and as a filter, read from audiences.toml.

One that needs what no table knows yet is not in there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sequences.definition import NAME, Filter
from sequences.filters import check_filter

FILE = Path(__file__).with_name("audiences.toml")


@dataclass(frozen=True, slots=True)
class Audience:
    name: str
    title: str
    description: str
    filter: Filter


def load_audiences(file: Path = FILE) -> Mapping[str, Audience]:
    """By name, in the order of the file. A mistake in it is a ValueError, of a filter a BadFilter."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _audience(name, table) for name, table in tables.items()}


def _audience(name: str, table: Mapping[str, object]) -> Audience:
    title, description, chosen = (table.get(key) for key in ("title", "description", "filter"))
    if not NAME.match(name):
        raise ValueError(f"{name!r}: an audience's name has a-z, 0-9 and _, a letter first")
    if not isinstance(title, str) or not isinstance(description, str) or not isinstance(chosen, dict):
        raise ValueError(f"{name}: an audience has a title, a description and a filter")
    check_filter(chosen, steps=(), context=())
    return Audience(name, title, description, chosen)
