"""The OpenAPI 3.1 document of the JSON API, made from the endpoints themselves.

Their models say what is taken and given, their docstrings what it is for; what holds for all of them
(who may, what goes wrong, repetitions, limits) is said here, once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from aiohttp import web
from pydantic import TypeAdapter

from webhooks.api.endpoint import Endpoint
from webhooks.api.examples import example_of

Schema = dict[str, Any]
Mode = Literal["validation", "serialization"]

REFERENCE = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"\{([_a-zA-Z][^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_FIRST_SENTENCE = re.compile(r"(.+?)[.:](?=\s|$)", re.DOTALL)

INTRODUCTION = """\
Everything that an admin's program needs. What an answer means is said beside it; `docs/api.md` says what
holds for all: keys and visits, errors, repetitions, limits, pages of lists."""

SECURITY: Mapping[str, list[dict[str, list[str]]]] = {
    "admin": [{"adminKey": []}, {"adminKeyHeader": []}, {"visit": []}],
    "scheduler": [{"cronSecret": []}],
    "resend": [{"resendSignature": []}],
    "telegram": [{"telegramSecret": []}],
    "everyone": [],
}
SCHEMES: Mapping[str, Schema] = {
    "adminKey": {"type": "http", "scheme": "bearer", "description": "The value of `ADMIN_API_KEY`."},
    "adminKeyHeader": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
    "visit": {
        "type": "apiKey",
        "in": "cookie",
        "name": "tendril_visit",
        "description": "A visit to the dashboard, which `/dashboard` in the bot begins. Viewers may only "
        "GET; what changes something has to come from a page of this site.",
    },
    "cronSecret": {"type": "http", "scheme": "bearer", "description": "The value of `CRON_SECRET`."},
    "resendSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "svix-signature",
        "description": "With `svix-id` and `svix-timestamp`, as Svix signs.",
    },
    "telegramSecret": {"type": "apiKey", "in": "header", "name": "X-Telegram-Bot-Api-Secret-Token"},
}
PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong. `field` is there where one is to blame.",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "examples": ["invalid"]},
                "message": {"type": "string", "examples": ["user_id: Field required."]},
                "field": {"type": "string", "examples": ["user_id"]},
            },
        }
    },
}
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Yours to make up: a repetition under the same key within a day is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
}
IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of what you have seen: if somebody has changed it since, nothing is done (412).",
    "schema": {"type": "string", "examples": ['"r3"']},
}
REFUSALS: Mapping[str, str] = {
    "401": "The key, the signature or the secret is missing or wrong.",
    "403": "A visit that may not.",
    "404": "There is no such thing.",
    "422": "The request makes no sense; `field` says where.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "default": "What else went wrong: see the list of errors.",
}


def describe(endpoints: Sequence[Endpoint]) -> Schema:
    schemas, components = _schemas(endpoints)
    uses = Counter(endpoint.action for endpoint in endpoints)
    paths: dict[str, dict[str, Schema]] = {}
    for place, endpoint in enumerate(endpoints):
        path, variables = path_of(endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _Operation(
            endpoint, place, variables, schemas, components
        ).described(has_twin=uses[endpoint.action] > 1)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tendril", "version": "1", "description": INTRODUCTION},
        "tags": [{"name": tag} for tag in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": components | {"Problem": PROBLEM},
            "securitySchemes": dict(SCHEMES),
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY, "IfMatch": IF_MATCH},
            "responses": {name: _refusal(sentence) for name, sentence in _named(REFUSALS)},
        },
    }


class _Operation:
    def __init__(
        self,
        endpoint: Endpoint,
        place: int,
        variables: list[Schema],
        schemas: Mapping[tuple[Any, Mode], Schema],
        components: Mapping[str, Schema],
    ) -> None:
        self._endpoint = endpoint
        self._place = place
        self._variables = variables
        self._schemas = schemas
        self._components = components

    def described(self, *, has_twin: bool) -> Schema:
        """A twin answers to another method in the same way."""
        endpoint = self._endpoint
        name = f"{_slug(endpoint.tag)}_{endpoint.action.__name__}"
        operation: Schema = {
            "operationId": f"{name}_{endpoint.method.lower()}" if has_twin else name,
            "tags": [endpoint.tag],
            "summary": summary_of(endpoint.description),
            "description": endpoint.description,
            "security": SECURITY[endpoint.access],
            "parameters": self._parameters(),
            "responses": self._responses(),
        }
        if self._takes() is not None:
            operation["requestBody"] = {"required": True, "content": self._content("body", "validation")}
        return operation

    def _takes(self) -> Any:
        return self._endpoint.body or self._endpoint.takes

    def _parameters(self) -> list[Schema]:
        query = self._endpoint.query
        asked = _query_parameters(query.model_json_schema()) if query is not None else []
        once = [{"$ref": "#/components/parameters/IdempotencyKey"}] if self._may_be_repeated() else []
        seen = [{"$ref": "#/components/parameters/IfMatch"}] if self._has_revision() else []
        return [*self._variables, *asked, *once, *seen]

    def _has_revision(self) -> bool:
        if self._endpoint.method != "PATCH":
            return False
        schema = self._schemas[(self._place, "returns"), "serialization"]
        name = schema.get("$ref", "").rpartition("/")[2]
        return "revision" in self._components.get(name, schema).get("properties", {})

    def _may_be_repeated(self) -> bool:
        return self._endpoint.method == "POST" and self._endpoint.access in ("admin", "scheduler")

    def _responses(self) -> Schema:
        endpoint = self._endpoint
        statuses = {endpoint.status, *([200] if endpoint.may_answer_otherwise else [])}
        found: Schema = {str(status): self._success(status, "returns") for status in sorted(statuses)}
        found |= {str(status): self._success(status, status) for status in endpoint.also}
        return found | {
            status: {"$ref": f"#/components/responses/{name}"} for status, name in self._refused()
        }

    def _success(self, status: int, key: str | int) -> Schema:
        response: Schema = {"description": HTTPStatus(status).phrase}
        if status != 204:
            wished = {media: {"schema": {"type": "string"}} for media in self._endpoint.on_wish}
            response["content"] = self._content(key, "serialization") | wished
        return response

    def _content(self, key: str | int, mode: Mode) -> Schema:
        schema = self._schemas[(self._place, key), mode]
        media: Schema = {"schema": schema}
        if (example := example_of(schema, self._components, is_whole=mode == "serialization")) is not None:
            media["example"] = example
        return {self._endpoint.media if mode == "serialization" else "application/json": media}

    def _refused(self) -> Iterable[tuple[str, str]]:
        endpoint = self._endpoint
        is_for_admins = endpoint.access == "admin"
        happens = {
            "401": endpoint.access != "everyone",
            "403": is_for_admins and endpoint.method != "GET",
            "404": bool(self._variables),
            "422": self._takes() is not None or endpoint.query is not None,
            "429": endpoint.access in ("admin", "scheduler"),
            "default": True,
        }
        return ((status, name) for status, name in _names() if happens[status])


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[dict[tuple[Any, Mode], Schema], dict[str, Schema]]:
    """The schema of each body and answer, by the endpoint's place, and those that they refer to."""
    inputs: list[tuple[Any, Mode, TypeAdapter[Any]]] = []
    for place, endpoint in enumerate(endpoints):
        if (takes := endpoint.body or endpoint.takes) is not None:
            inputs.append(((place, "body"), "validation", TypeAdapter(takes)))
        inputs.append(((place, "returns"), "serialization", TypeAdapter(_said(endpoint.returns))))
        for status, value in endpoint.also.items():
            inputs.append(((place, status), "serialization", TypeAdapter(value)))
    found, shared = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
    definitions = shared.get("$defs", {})
    names = {name: _short(name) for name in definitions if "__" in name}
    components = {names.get(name, name): _renamed(schema, names) for name, schema in definitions.items()}
    return {key: _renamed(schema, names) for key, schema in found.items()}, components


def _short(name: str) -> str:
    """Of models that share a name, the module's before it: `CampaignRun` for campaigns' `Run`."""
    *_, module, own = name.split("__")
    of_module = module.removesuffix("_forms").removesuffix("s").title().replace("_", "")
    return own if own.startswith(of_module) else of_module + own


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _reference(item, names) if key == "$ref" else _renamed(item, names)
            for key, item in value.items()
        }
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _reference(value: str, names: Mapping[str, str]) -> str:
    start, _, name = value.rpartition("/")
    return f"{start}/{names.get(name, name)}"


def _said(returns: Any) -> Any:
    """What a signature says besides that there may be a response made by hand."""
    if get_origin(returns) in (Union, UnionType):
        told = [each for each in get_args(returns) if not _is_response(each)]
        return Union[tuple(told)] if told else Any  # noqa: UP007  # made of what was found
    return Any if _is_response(returns) else returns


def _is_response(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, web.StreamResponse)


def _query_parameters(schema: Schema) -> list[Schema]:
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "schema": _inlined(_without_null(described), definitions),
        }
        for name, described in schema.get("properties", {}).items()
    ]


def _without_null(schema: Mapping[str, Any]) -> Schema:
    """In an address something is there or not; it is never null."""
    choices = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(choices) != 1:
        return dict(schema)
    rest: Schema = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **choices[0]}


def _inlined(value: Any, definitions: Mapping[str, Schema]) -> Any:
    if isinstance(value, dict):
        if (reference := value.get("$ref", "").rpartition("/")[2]) in definitions:
            return _inlined(definitions[reference], definitions)
        return {key: _inlined(item, definitions) for key, item in value.items()}
    return [_inlined(item, definitions) for item in value] if isinstance(value, list) else value


def path_of(pattern: str) -> tuple[str, list[Schema]]:
    """As the document writes it, and its variables."""
    variables = [_variable(found) for found in _VARIABLE.findall(pattern)]
    return _VARIABLE.sub(lambda found: "{" + found[1].partition(":")[0] + "}", pattern), variables


def _variable(written: str) -> Schema:
    name, _, pattern = written.partition(":")
    schema: Schema = {"type": "string", "minLength": 1}
    if pattern.startswith(r"\d"):
        schema = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1, "examples": [17]}
    elif pattern:
        schema["pattern"] = f"^{pattern}$"
    return {"name": name, "in": "path", "required": True, "schema": schema}


def summary_of(description: str) -> str:
    found = _FIRST_SENTENCE.match(description)
    return " ".join((found[1] if found else description).split())


def _refusal(sentence: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": sentence, "content": content}


def _names() -> list[tuple[str, str]]:
    return [(status, f"Error{status}" if status.isdigit() else "Error") for status in REFUSALS]


def _named(sentences: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, sentences[status]) for status, name in _names())


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
