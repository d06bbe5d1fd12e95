"""The templates of the catalogue: fit to be sent to readers of every kind, and published like sequences."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import html5lib
import pytest

from sequences.definition import CHANNELS, Step
from sequences.loading import CatalogueError, Template, load_templates
from sequences.mail_clients import mail_warnings
from sequences.rendering import EMAIL_BYTES
from sequences.templates import FOLDER, publish_templates
from sequences.vocabulary import LEVELS
from storage.store import Store
from tests.sequences.content import renderer, row, write

TYPES = {
    "gentle_reminder", "streak_warning", "achievement", "milestone_celebration", "personalized_content",
    "discount_offer", "peer_comparison", "human_outreach",
}  # fmt: skip
TEMPLATES = load_templates(FOLDER)
VALUES = {
    "days": 12,
    "achievement": "First ten kept",
    "milestone": "30 days",
    "item": "A talk about starting",
    "why": "you wrote about mornings",
    "url": "https://example.org/talk",
    "offer": "Three months for the price of two",
    "code": "SPRING",
    "until": "31 March",
    "people": 412,
    "sender": "Bo",
}
every_template = pytest.mark.parametrize("template", [pytest.param(each, id=each.name) for each in TEMPLATES])


def rendered(template: Template, channel: str, level: str, context: dict[str, Any], **user: Any) -> Any:
    step = Step(1, template.name, {"default": template.content}, ("telegram", "email"))
    person = {"timezone": "Europe/Berlin", "engagement": level} | user
    return renderer().render(step, channel, row(user=person, context=context))


def needed(template: Template) -> dict[str, Any]:
    return {field: VALUES[field] for field in template.context if not field.endswith("?")}


def test_every_type_has_a_good_template() -> None:
    assert {template.type for template in TEMPLATES} == TYPES


@every_template
def test_a_template_adapts_to_how_engaged_its_reader_is(template: Template) -> None:
    texts = {rendered(template, "telegram", level, VALUES)["text"] for level in LEVELS}
    assert len(texts) == 3


@every_template
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_template_reads_well_without_what_may_be_missing(template: Template, channel: str) -> None:
    for level, name in product(LEVELS, ({}, {"first_name": "Maya"})):
        text = rendered(template, channel, level, needed(template), **name)["text"]
        assert not re.search(r" [,.!?:]|\bNone\b|Hi *[.!]|\{\{|\{%", text), text


@every_template
def test_a_template_makes_a_mail_that_every_client_shows(template: Template) -> None:
    for level in LEVELS:
        mail = rendered(template, "email", level, VALUES)
        html5lib.HTMLParser(strict=True).parse(mail["html"])
        assert len(mail["html"].encode()) < EMAIL_BYTES
        assert mail_warnings(mail["html"]) == []
        assert mail["subject"] and "{{" not in json.dumps(mail)


async def test_templates_are_published_once_and_again_when_their_file_changes(
    store: Store, tmp_path: Path
) -> None:
    page = '+++\ntitle = "Hello"\nsubject = "Hello"\n+++\nHi there.\n'
    folder = write(tmp_path, {"hello.md": page})

    first, second = await publish_templates(store, folder), await publish_templates(store, folder)
    write(tmp_path, {"hello.md": page.replace("there", "you")})

    assert (first, second, await publish_templates(store, folder)) == (["hello"], [], ["hello"])
    (found,) = await store.call("templates_named", names=["hello"])
    assert (found["number"], found["type"], found["content"]["default"]["body"]) == (2, "hello", "Hi you.")


def test_a_mistake_in_a_template_is_named_with_file_and_line(tmp_path: Path) -> None:
    front = '+++\ntitel = "Hello"\ncontext = ["Days"]\n+++\n\n'
    page = front + '{{ usr }}{% if engagement == "hgih" %}a{% endif %}'
    with pytest.raises(CatalogueError) as error:
        load_templates(write(tmp_path / "templates", {"hello.md": page}))
    assert str(error.value).splitlines() == [
        "templates/hello.md:1: title is missing",
        "templates/hello.md:2: unknown key 'titel'; there are: title, description, type, context, subject, "
        "preheader, buttons, link_preview, silent",
        "templates/hello.md:3: the context field 'Days' is not a name (a-z, 0-9 and _; ? if optional)",
        "templates/hello.md:6: engagement is never 'hgih'; it is one of: low, medium, high",
        "templates/hello.md:6: unknown variable 'usr'; there are: user, context, links, brand, engagement, "
        "profile",
    ]
