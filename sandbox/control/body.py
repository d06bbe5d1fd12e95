"""What a request brings, read field by field; every complaint names the field."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.control.answers import Refused, invalid


class Body:
    """A JSON object."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    @classmethod
    async def of(cls, request: web.Request) -> Body:
        raw = await request.read()
        try:
            fields = json.loads(raw) if raw.strip() else {}
        except ValueError:
            raise Refused(422, "malformed_json", "The body is not valid JSON.", "body") from None
        if not isinstance(fields, dict):
            raise invalid("body", "must be a JSON object")
        return cls(fields)

    def __contains__(self, name: str) -> bool:
        """An empty text counts as left out: a form sends what was not filled in."""
        return self._fields.get(name) not in (None, "")

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or not value.strip():
            raise invalid(name, "must be a text that is not empty")
        return value

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if name in self else None

    def integer(self, name: str, least: int) -> int:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise invalid(name, f"must be a whole number of at least {least}")
        return value

    def optional_integer(self, name: str, least: int) -> int | None:
        return self.integer(name, least) if name in self else None

    def seconds(self, name: str, otherwise: float) -> float:
        value = self._fields.get(name, otherwise)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
            raise invalid(name, "must be a number of seconds")
        return float(value)

    def optional_bytes(self, name: str) -> bytes | None:
        """Of base64."""
        try:
            return b64decode(self.text(name), validate=True) if name in self else None
        except ValueError:
            raise invalid(name, "must be base64") from None

    def optional_location(self, name: str) -> dict[str, float] | None:
        if name not in self:
            return None
        given = self._fields[name]
        place = given if isinstance(given, dict) else {}
        return {
            part: _degrees(f"{name}.{part}", place.get(part), most)
            for part, most in (("latitude", 90), ("longitude", 180))
        }

    def flag(self, name: str, otherwise: bool) -> bool:
        value = self._fields.get(name, otherwise)
        if not isinstance(value, bool):
            raise invalid(name, "must be true or false")
        return value

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        value = self._fields.get(name)
        if value not in options:
            raise invalid(name, f"must be one of {', '.join(options)}")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise invalid(name, "must be a list of texts")
        return tuple(value)

    def raw(self, name: str) -> Any:
        return self._fields.get(name)


def _degrees(field: str, value: Any, most: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -most <= value <= most:
        raise invalid(field, f"must be a number of degrees from -{most} to {most}")
    return float(value)


def number_in(request: web.Request, name: str) -> int:
    value = request.query.get(name) or "0"
    if not value.isdecimal():
        raise invalid(name, "must be a whole number")
    return int(value)
