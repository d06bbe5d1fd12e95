"""The providers' published descriptions, compiled once into cheap checks of what arrives.

Telegram: every method's parameters become converters (a form field is text, a JSON field is not) that raise
`BadParameter` with Telegram's wording. Resend: the request schemas of its OpenAPI document become plain
functions that raise `BadBody` naming the field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parent / "specs"


class BadParameter(Exception):
    """The message is Telegram's description without `Bad Request: `."""


class BadBody(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


Convert = Callable[[Any], Any]
Check = Callable[[Any, str], None]


@cache
def telegram_document() -> Any:
    return json.loads((SPECS / "telegram-bot-api.json").read_bytes())


@cache
def resend_document() -> Any:
    return json.loads((SPECS / "resend.json").read_bytes())


# ---- Telegram ----

_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "url": "URL must be specified",
}
_TRUE = {"true", "yes", "1"}


class Method:
    """One Bot API method: converts and checks parameters, complaining in the server's order."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.name: str = description["name"]
        parameters = description.get("fields", [])
        self._converters = {field["name"]: _parameter(field["name"], field["types"]) for field in parameters}
        required = [field["name"] for field in parameters if field["required"]]
        self._required = sorted(required, key=lambda name: name == "chat_id")  # the chat is looked up last

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters that the description does not know are ignored, as Telegram does."""
        converters = self._converters
        result = {
            name: converters[name](value)
            for name, value in given.items()
            if value is not None and name in converters
        }
        for name in self._required:
            if name not in result or result[name] == "":
                raise BadParameter(_MISSING.get(name, f'parameter "{name}" is required'))
        return result


@cache
def telegram_methods() -> Mapping[str, Callable[[], Method]]:
    """By lower-case name, as Telegram compares them; compiled when first asked for."""
    methods = telegram_document()["methods"]
    return {name.lower(): cache(lambda name=name: Method(methods[name])) for name in methods}


def _parameter(name: str, types: list[str]) -> Convert:
    if len(types) == 1 and types[0] in _SCALARS:
        return lambda value: _SCALARS[types[0]](name, value)
    if set(types) == {"Integer", "String"}:
        return _chat_reference
    if "InputFile" in types:
        return lambda value: value
    return _from_json(name, _structure(name, types))


def _integer(name: str, value: Any) -> int:
    if isinstance(value, (bool, float)):
        raise BadParameter(f'parameter "{name}" must be of type Integer')
    try:
        return int(value)
    except (TypeError, ValueError):
        raise BadParameter(f'parameter "{name}" must be of type Integer') from None


def _float(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadParameter(f'parameter "{name}" must be of type Float') from None


def _boolean(name: str, value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in _TRUE


def _string(name: str, value: Any) -> str:
    if isinstance(value, (dict, list, bytes)):
        raise BadParameter(
            "strings must be encoded in UTF-8" if isinstance(value, bytes) else f"{name} must be a string"
        )
    return value if isinstance(value, str) else str(value)


_SCALARS: dict[str, Callable[[str, Any], Any]] = {
    "Integer": _integer,
    "Float": _float,
    "Boolean": _boolean,
    "String": _string,
}


def _chat_reference(value: Any) -> int | str:
    text = str(value).strip()
    return int(text) if text.lstrip("-").isdigit() else text


def _from_json(name: str, check: Convert) -> Convert:
    """Objects and lists come as JSON text in forms, and as either in a JSON body."""

    def convert(value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value) if value.strip() else None
            except ValueError:
                raise BadParameter(f"can't parse {_words(name)} JSON object") from None
        return check(value)

    return convert


def _words(name: str) -> str:
    return "reply keyboard markup" if name == "reply_markup" else name


def _structure(name: str, types: list[str]) -> Convert:
    """A list or an object; of several possible object types the one whose required fields are there."""
    if types[0].startswith("Array of "):
        return _list_of(name, types[0].removeprefix("Array of "), wrong=f"{name} must be of type Array")

    def check(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadParameter(
                "object expected as reply markup" if name == "reply_markup" else f"{name} must be an object"
            )
        return _object(_fitting(types, value))(value)

    return check


def _fitting(types: list[str], value: Mapping[str, Any]) -> str:
    for name in types:
        required = [field["name"] for field in _fields(name) if field["required"]]
        if required and required[0] in value:
            return name
    return types[0]


def _fields(type_name: str) -> list[dict[str, Any]]:
    description = telegram_document()["types"].get(type_name, {})
    fields: list[dict[str, Any]] = description.get("fields", [])
    return fields


_IN_THE = {
    "InlineKeyboardButton": "can't parse inline keyboard button: ",
    "KeyboardButton": "can't parse keyboard button: ",
    "MessageEntity": "can't parse MessageEntity: ",
    "BotCommand": "can't parse BotCommand: ",
}


@cache
def _object(type_name: str) -> Convert:
    """Checks the fields that are there by type, and that the required ones are there."""
    place = _IN_THE.get(type_name, "")
    fields = {field["name"]: _field_check(field, place) for field in _fields(type_name)}
    required = [field["name"] for field in _fields(type_name) if field["required"]]

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise BadParameter(
                f"{place or type_name + ' '}expected an Object" if place else "expected an Object"
            )
        for name in required:
            if name not in value:
                raise BadParameter(_sentence(place, f'Can\'t find field "{name}"'))
        for name, given in value.items():
            if name in fields and given is not None:
                fields[name](given)
        return value

    return check


def _sentence(place: str, complaint: str) -> str:
    """The server lowers the first letter of a description that stands alone."""
    return place + complaint if place else complaint[0].lower() + complaint[1:]


_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "True": (bool,),
    "String": (str,),
}


def _field_check(field: Mapping[str, Any], place: str) -> Convert:
    types: list[str] = field["types"]
    if all(name in _JSON_TYPES for name in types):
        return _scalar_field(field["name"], types, place)
    if types[0].startswith("Array of "):
        wrong = _sentence(place, f'Field "{field["name"]}" must be of type Array')
        return _list_of(field["name"], types[0].removeprefix("Array of "), wrong)
    return lambda value: _object(_fitting(types, value) if isinstance(value, dict) else types[0])(value)


def _scalar_field(name: str, types: list[str], place: str) -> Convert:
    accepted = tuple(kind for type_name in types for kind in _JSON_TYPES[type_name])
    expected = "Boolean" if types[0] == "True" else types[0]

    def check(value: Any) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
            raise BadParameter(_sentence(place, f'Field "{name}" must be of type {expected}'))
        return value

    return check


def _list_of(name: str, item_type: str, wrong: str) -> Convert:
    if item_type.startswith("Array of "):
        item = _list_of(name, item_type.removeprefix("Array of "), wrong)
    elif item_type in _JSON_TYPES:
        item = _scalar_field(name, [item_type], "")
    else:
        item = lambda value: _object(item_type)(value)  # noqa: E731 - types refer to each other: looked up when used

    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise BadParameter(wrong)
        for entry in value:
            item(entry)
        return value

    return check


# ---- Resend ----


@cache
def resend_check(schema_name: str) -> Check:
    return _compiled(resend_document()["components"]["schemas"][schema_name])


def _compiled(schema: Mapping[str, Any]) -> Check:
    """The part of JSON Schema that the request schemas use."""
    if "$ref" in schema:
        return resend_check(schema["$ref"].rsplit("/", 1)[1])
    checks: list[Check] = [_compiled(part) for part in schema.get("allOf", [])]
    if "oneOf" in schema:
        checks.append(_one_of([_compiled(part) for part in schema["oneOf"]]))
    if "type" in schema:
        checks.append(_typed(schema["type"]))
    if schema.get("type") == "object":
        checks.append(_properties(schema))
    if schema.get("type") == "array":
        checks.append(_items(schema))
    return lambda value, path: _run(checks, value, path)


def _run(checks: list[Check], value: Any, path: str) -> None:
    for check in checks:
        check(value, path)


_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def _typed(name: str) -> Check:
    accepted = _PYTHON_TYPES[name]

    def check(value: Any, path: str) -> None:
        if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
            raise BadBody(path, f"The `{path}` field must be a `{name}`.")

    return check


def _one_of(options: list[Check]) -> Check:
    def check(value: Any, path: str) -> None:
        problem: BadBody | None = None
        for option in options:
            try:
                return option(value, path)
            except BadBody as refusal:
                problem = refusal
        if problem is not None:
            raise problem

    return check


def _properties(schema: Mapping[str, Any]) -> Check:
    known = {name: _compiled(part) for name, part in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties")
    extra = _compiled(others) if isinstance(others, dict) else None
    required: list[str] = schema.get("required", [])

    def check(value: Any, path: str) -> None:
        for name in required:
            if value.get(name) is None:
                raise BadBody(name, f"Missing `{name}` field.")
        for name, given in value.items():
            part = known.get(name, extra)
            if part is not None and given is not None:
                part(given, f"{path}.{name}" if path else name)

    return check


def _items(schema: Mapping[str, Any]) -> Check:
    item = _compiled(schema.get("items", {}))
    fewest, most = schema.get("minItems", 0), schema.get("maxItems")

    def check(value: Any, path: str) -> None:
        if len(value) < fewest:
            raise BadBody(path, f"The `{path}` field must have at least {fewest} items.")
        if most is not None and len(value) > most:
            raise BadBody(path, f"The `{path}` field must not have more than {most} items.")
        for entry in value:
            item(entry, path)

    return check
