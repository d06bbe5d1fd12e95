"""The document says what the code does, in the form that the specification asks for."""

import json
import re
from typing import Any

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from tests.webhooks.conftest import Sidecar
from webhooks.api import reference
from webhooks.api.document import described_endpoints
from webhooks.api.openapi import describe, summary_of
from webhooks.app import routes

DOCUMENT = describe(described_endpoints())
OPERATIONS = [operation for item in DOCUMENT["paths"].values() for operation in item.values()]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_the_document_is_valid() -> None:
    OPENAPI_31_VALIDATOR.validate(DOCUMENT)


def test_what_it_refers_to_is_there() -> None:
    for reference_ in references(DOCUMENT):
        found: Any = DOCUMENT
        for key in reference_.removeprefix("#/").split("/"):
            found = found[key]


def test_every_operation_has_a_name_of_its_own_and_a_sentence() -> None:
    names = [operation["operationId"] for operation in OPERATIONS]

    assert len(names) == len(set(names))
    assert [operation["operationId"] for operation in OPERATIONS if len(operation["summary"]) < 8] == []


def test_no_two_models_share_a_name() -> None:
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


def test_every_route_that_answers_json_is_in_it() -> None:
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    served = {(route.method, re.sub(r":[^/]+}(?=/|$)", "}", route.path)) for route in routes()}
    api = {(method, path) for method, path in served if re.match(r"/(admin/)?api/|/webhooks/", path)}

    assert described >= api
    assert described <= served


def test_what_needs_a_key_says_so() -> None:
    for path, item in DOCUMENT["paths"].items():
        is_open = path in ("/", "/metrics", "/openapi.json")
        assert all((operation["security"] == []) == is_open for operation in item.values()), path


def test_a_summary_is_the_first_sentence() -> None:
    assert summary_of("Drafts a campaign. It is not sent.") == "Drafts a campaign"
    assert summary_of("Reads `a.b`\nand more.") == "Reads `a.b` and more"


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.written(), "run `make reference`"


async def test_the_document_is_served_and_sent_once(sidecar: Sidecar) -> None:
    first = await sidecar.get("/openapi.json")
    again = await sidecar.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert await first.json() == json.loads(json.dumps(DOCUMENT))
    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
async def test_it_needs_no_key_to_be_read(sidecar: Sidecar, path: str) -> None:
    assert (await sidecar.get(path)).status == 200
