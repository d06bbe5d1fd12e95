"""An example of what a schema describes: what its author gave as one, and plain values where there is none.

What a field is called says what kind of word it holds: the same everywhere in this house.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXTS = {
    "date-time": "2026-12-01T09:00:00+00:00",
    "date": "2026-12-01",
    "time": "09:00:00",
    "uuid": "7d8c6f3e-1111-4222-8333-444455556666",
    "duration": "P1D",
}
WORDS = {
    "audience": "inactive_7_days",
    "bucket": "2026-12-01",
    "channel": "email",
    "created_by": "admin_api",
    "email": "mira@example.org",
    "event": "lesson_complete",
    "experiment": "shorter_subject",
    "field": "email_address",
    "first_name": "Mira",
    "key": "spring",
    "locale": "en",
    "message": "Well said.",
    "name": "spring_news",
    "reason": "no_consent",
    "reference": "mira@example.org",
    "sequence": "onboarding",
    "sequence_type": "onboarding",
    "status": "active",
    "step": "welcome",
    "subject": "A seat is kept for you",
    "template": "gentle_reminder",
    "text": "Two minutes are enough today.",
    "timezone": "Europe/Berlin",
    "title": "Spring news",
    "type": "gentle_reminder",
    "url": "https://example.org/spring",
    "user_id": "7d8c6f3e-1111-4222-8333-444455556666",
    "user_name": "Mira",
    "username": "mira",
    "variant": "short",
}
DEEPEST = 6  # schemas may contain themselves


def example_of(
    schema: Schema, components: Mapping[str, Schema], *, is_whole: bool, name: str = "", depth: int = 0
) -> Any:
    """`is_whole`: with what may be left out, too. None where nothing can be said."""
    while "$ref" in schema and not schema.get("examples"):
        schema = components[schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    for key in ("example", "const"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return example_of(schema[key][0], components, is_whole=is_whole, name=name, depth=depth)
    return _by_type(schema, components, is_whole, name, depth)


def _by_type(schema: Schema, components: Mapping[str, Schema], is_whole: bool, name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, components, is_whole, depth)
        case "array":
            items = schema.get("items")
            if not items or depth > DEEPEST:
                return []
            return [
                example_of(items, components, is_whole=is_whole, name=name.removesuffix("s"), depth=depth + 1)
            ]
        case "string":
            return TEXTS.get(schema.get("format", "")) or WORDS.get(name, "text")
        case "integer" | "number":
            return schema.get("default", max(1, schema.get("minimum", 1)))
        case "boolean":
            return schema.get("default", True)
        case _:
            return None


def _object(schema: Schema, components: Mapping[str, Schema], is_whole: bool, depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        return {}
    required = schema.get("required", [])
    return {
        name: example_of(described, components, is_whole=is_whole, name=name, depth=depth + 1)
        for name, described in schema.get("properties", {}).items()
        if is_whole or name in required or described.get("examples")
    }
