"""Reading what was sent: JSON into checked models, errors that name the field."""

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from webhooks.problems import Unprocessable

Model = TypeVar("Model", bound="Body")


class Body(BaseModel):
    """Unknown fields are errors: a misspelled option must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)


async def read_body(request: web.Request, model: type[Model]) -> Model:
    parsed = parse_object(await request.read())
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        raise _first_error(error) from error


def read_query(request: web.Request, model: type[Model]) -> Model:
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise _first_error(error) from error


def parse_object(raw: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unprocessable("The body is not valid JSON.", "body") from error
    if not isinstance(parsed, dict):
        raise Unprocessable("The body has to be a JSON object.", "body")
    cleaned: dict[str, Any] = storable(parsed) if _may_hold_unstorable(raw) else parsed
    return cleaned


def storable(value: Any) -> Any:
    """Without what jsonb cannot hold: NUL characters and lone surrogates."""
    match value:
        case str():
            return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
        case list():
            return [storable(item) for item in value]
        case dict():
            return {storable(key): storable(item) for key, item in value.items()}
        case _:
            return value


def _may_hold_unstorable(raw: bytes) -> bool:
    lowered = raw.lower()
    return b"\\u0000" in lowered or b"\\ud" in lowered


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _first_error(error: ValidationError) -> Unprocessable:
    first = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-")) or "body"
    return Unprocessable(f"{field}: {first['msg']}.", field)
