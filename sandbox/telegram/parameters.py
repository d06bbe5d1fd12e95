"""What a request brings: its parameters, the texts with their marks, and the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.entities import BadText, Entity, checked_entities, finished
from sandbox.html_reading import parse_text
from sandbox.telegram.parts import Parameters
from sandbox.telegram.refusals import bad_request

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024


async def read_parameters(request: web.Request) -> dict[str, Any]:
    """From the address, a form, a multipart body or JSON: Telegram takes all four."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        if request.content_type == "application/json":
            given.update(_json_object(await request.read()))
        else:
            given.update(await request.post())
    return given


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("can't parse JSON object")
    return value


def read_text(parameters: Parameters, name: str, marks: str, longest: int) -> tuple[str, list[Entity]]:
    source = parameters[name]
    try:
        if parameters.get(marks) and not parameters.get("parse_mode"):
            text, found = finished(source, checked_entities(source, parameters[marks]))
        else:
            text, found = parse_text(source, parameters.get("parse_mode"))
    except BadText as problem:
        raise bad_request(str(problem)) from None
    if len(text) > longest:
        raise bad_request("message is too long" if name == "text" else "message caption is too long")
    return text, found


def read_caption(parameters: Parameters) -> dict[str, Any]:
    if not (parameters.get("caption") or "").strip():
        return {"text": "", "entities": []}
    text, marks = read_text(parameters, "caption", "caption_entities", LONGEST_CAPTION)
    return {"text": text, "entities": marks}


def content_of(file: Any) -> bytes | str:
    """What was uploaded, or the id or address of a file that there is."""
    return file.file.read() if isinstance(file, web.FileField) else str(file)


def attached_file(media: str, given: Mapping[str, Any]) -> Any:
    """The file that came with the request under the name that is referred to, or what was given itself."""
    name = media.removeprefix("attach://")
    if name == media:
        return media
    if name not in given:
        raise bad_request(f'can\'t find file "{name}" in the request')
    return given[name]
