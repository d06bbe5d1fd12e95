"""JSON in and out: what was sent becomes a checked model, or an error that names the field."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from webhooks.problems import Unprocessable

Model = TypeVar("Model", bound="Body")

MOST_NESTED = 64  # levels; a filter has a few


class Body(BaseModel):
    """Unknown fields are errors: a misspelled option must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)


async def read_body(request: web.Request, model: type[Model]) -> Model:
    return checked(model, parse_object(await request.read()))


def read_query(request: web.Request, model: type[Model]) -> Model:
    for name in request.query:
        if len(request.query.getall(name)) > 1:
            raise Unprocessable(f"{name}: is given more than once.", name)
    return checked(model, storable(dict(request.query)))


def checked(model: type[Model], document: Mapping[str, Any]) -> Model:
    """A document as a model, or an error that names the field."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _first_error(error, model, document) from error


def parse_object(raw: bytes) -> dict[str, Any]:
    try:
        parsed = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError) as error:
        raise Unprocessable(f"The body is not valid JSON{_where(error)}.", "body") from error
    if not isinstance(parsed, dict):
        raise Unprocessable("The body has to be a JSON object.", "body")
    # Nothing is deeper than it has brackets, and few have that many.
    if raw.count(b"{") + raw.count(b"[") > MOST_NESTED and is_deeper(parsed, MOST_NESTED):
        raise Unprocessable(f"The body is nested more than {MOST_NESTED} levels deep.", "body")
    cleaned: dict[str, Any] = storable(parsed) if _may_hold_unstorable(raw) else parsed
    return cleaned


def _where(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError():
            return f": {error.msg}, in line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f": byte {error.start + 1} is not UTF-8"
        case _:
            return ""


def answer(value: Any, status: int = 200) -> web.Response:
    """Dataclasses become objects, moments ISO 8601."""
    text = _ENCODER.encode(value)
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        # What is in it comes here as well. `asdict` would copy all of it first: longer than writing it.
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


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


def is_deeper(value: Any, levels: int) -> bool:
    """Level by level: what is nested deeply enough ends whoever calls itself."""
    level = [value]
    for _ in range(levels + 1):
        level = [item for each in level if isinstance(each, (dict, list)) for item in _items(each)]
        if not level:
            return False
    return True


def _items(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name the first would be ignored in silence."""
    made = dict(pairs)
    if len(made) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise Unprocessable(f"{twice}: is given more than once.", twice)
    return made


def _finite(number: str) -> float:
    """`1e999` would become an infinity, which no JSON has."""
    if math.isinf(parsed := float(number)):
        raise ValueError(f"{number} is too large")
    return parsed


def _first_error(
    error: ValidationError, model: type[BaseModel], document: Mapping[str, Any]
) -> Unprocessable:
    errors = error.errors(include_url=False, include_context=False)
    # Of several, what nobody knows is told first: it is often the misspelled name of what is missing.
    first = min(errors, key=lambda each: each["type"] != "extra_forbidden")
    field = ".".join(_path(first["loc"], document)) or "body"
    said = _PLAINLY.get(first["type"]) or first["msg"].removeprefix("Value error, ").rstrip(".")
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        said += f"; there are: {', '.join(each.alias or name for name, each in model.model_fields.items())}"
    return Unprocessable(f"{field}: {said}.", field)


def _path(place: tuple[int | str, ...], document: Any) -> Iterator[str]:
    """Where it is in what was sent, or lacks there: a place also names the models that were tried."""
    for number, part in enumerate(place, 1):
        is_item = isinstance(document, list) and isinstance(part, int)
        if is_item or (isinstance(document, dict) and part in document):
            document = document[part]
        elif number < len(place) or not isinstance(document, dict) or str(part).startswith("function-"):
            continue
        yield str(part)


_AN_OBJECT, _A_DATE = "has to be an object", "has to be a date, such as 2026-03-02"
_PLAINLY = {
    "extra_forbidden": "is not known here",
    "dict_type": _AN_OBJECT,
    "model_type": _AN_OBJECT,
    "model_attributes_type": _AN_OBJECT,
    "list_type": "has to be a list",
    "string_type": "has to be a text",
    "bool_type": "has to be true or false",
    "bool_parsing": "has to be true or false",
    "int_type": "has to be a whole number",
    "int_parsing": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "float_type": "has to be a number",
    "float_parsing": "has to be a number",
    "date_type": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "date_from_datetime_inexact": _A_DATE,
}
"""What pydantic says in words of Python."""

# Made once: `json.loads` and `json.dumps` with options make a new one for each call.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_each_once, parse_constant=_refuse_constant, parse_float=_finite
)
_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False)
