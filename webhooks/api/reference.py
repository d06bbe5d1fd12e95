"""docs/api-reference.md, written from the OpenAPI document: `python -m webhooks.api.reference`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from webhooks.api.document import described_endpoints
from webhooks.api.openapi import describe

PAGE = Path(__file__).parents[2] / "docs" / "api-reference.md"
Schema = Mapping[str, Any]

HEAD = """\
# The JSON API, endpoint by endpoint

Made from the code by `make reference`: change a docstring or a model, not this page. [api.md](api.md) says
what holds for all of them: who may, errors, repetitions, limits, pages of lists.
"""
WHO = {
    "adminKey": "",
    "cronSecret": "Needs the value of `CRON_SECRET`.",
    "resendSignature": "Needs Resend's signature.",
    "telegramSecret": "Needs Telegram's secret token.",
}


def written() -> str:
    document = describe(described_endpoints())
    tags = [tag["name"] for tag in document["tags"]]
    operations = [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    lines = [HEAD, *(f"- [{tag}](#{_anchor(tag)})" for tag in tags), ""]
    for tag in tags:
        lines += [f"## {tag}", ""]
        for method, path, operation in operations:
            if operation["tags"] == [tag]:
                lines += [f"### `{method} {path}`", "", *_described(operation, document)]
    return "\n".join(lines).rstrip() + "\n"


def _described(operation: Schema, document: Schema) -> Iterator[str]:
    yield from (operation["description"], "")
    if who := _who(operation):
        yield from (who, "")
    yield from _table("parameter", list(_parameters(operation)))
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        yield from _table("field", list(_fields(content["schema"], document)))
        yield from _example(content)
    for statuses, content in _answers(operation):
        meaning = " ".join(str(_resolved(content["schema"], document).get("description", "")).split())
        yield from (f"Answers {statuses}{': ' + meaning if meaning else ':'}", "")
        yield from _example(content)


def _answers(operation: Schema) -> Iterator[tuple[str, Schema]]:
    """Those that look alike together."""
    found: list[tuple[list[str], Schema]] = []
    for status, response in operation["responses"].items():
        contents = [*response.get("content", {}).values()]
        if contents and found and found[-1][1] == contents[0]:
            found[-1][0].append(f"`{status}`")
        elif contents:
            found.append(([f"`{status}`"], contents[0]))
    return ((" or ".join(statuses), content) for statuses, content in found)


def _who(operation: Schema) -> str:
    schemes = [name for choice in operation["security"] for name in choice]
    return WHO.get(schemes[0], "") if schemes else "Open to everybody."


def _parameters(operation: Schema) -> Iterator[tuple[str, str, str]]:
    for parameter in operation["parameters"]:
        if "$ref" not in parameter:
            name = parameter["name"] if parameter["in"] == "path" else f"?{parameter['name']}="
            yield name, type_of(parameter["schema"]), _meaning(parameter["schema"], parameter["required"])


def _fields(schema: Schema, document: Schema) -> Iterator[tuple[str, str, str]]:
    schema = _resolved(schema, document)
    for name, described in schema.get("properties", {}).items():
        whole = {**_resolved(described, document), **described}
        is_needed = name in schema.get("required", [])
        yield name, type_of(described), _meaning(whole, is_needed)


def _table(kind: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    if rows:
        yield from (f"| {kind} | type | meaning |", "|---|---|---|")
        yield from (f"| `{name}` | {_cell(kind_of)} | {_cell(meaning)} |" for name, kind_of, meaning in rows)
        yield ""


def _example(content: Schema) -> Iterator[str]:
    if (example := content.get("example")) is not None:
        yield from ("```json", json.dumps(example, ensure_ascii=False, indent=1), "```", "")


def type_of(schema: Schema) -> str:
    """In words, such as "list of integer or null"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return ", ".join(f"`{choice}`" for choice in choices)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(type_of(choice) for choice in choices))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "anything"))


def _meaning(schema: Schema, is_needed: bool) -> str:
    said = [" ".join(str(schema.get("description", "")).split())]
    if "minimum" in schema and "maximum" in schema:
        said.append(f"{schema['minimum']}–{schema['maximum']}")
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    default = schema.get("default")
    if is_needed:
        said.append("needed")
    elif default is not None and len(str(default)) < 15:
        said.append(f"else `{json.dumps(default, ensure_ascii=False)}`")
    return "; ".join(each.rstrip(".") for each in said if each)


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(tag: str) -> str:
    return tag.lower().replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
