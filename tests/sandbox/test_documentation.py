"""The control API is documented: every route, fault, event and setting."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from sandbox.control.api import ControlAPI
from sandbox.faults import KINDS
from sandbox.mailbox import EVENTS
from sandbox.telegram.methods import METHODS
from tests.sandbox.conftest import mail

DOCUMENT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
MENTIONED = re.findall(r"`(GET|POST|DELETE) (/control/[^`?]*)", DOCUMENT)


def documented_routes():
    return {(method, re.sub(r"/(ID|EVENT)\b", "/*", path)) for method, path in MENTIONED}


def test_every_route_is_documented():
    parts = dict.fromkeys(field.name for field in fields(ControlAPI))
    routes = ControlAPI(**parts).routes()

    served = {(route.method, re.sub(r"{\w+}", "*", route.path)) for route in routes if route.method != "*"}
    assert served == documented_routes()


@pytest.mark.parametrize("word", [*KINDS, *EVENTS])
def test_every_fault_and_event_is_documented(word):
    assert f"`{word}`" in DOCUMENT


@pytest.mark.parametrize("method", sorted(name for name in METHODS if not name.startswith("getmy")))
def test_every_telegram_method_is_documented(method):
    assert f"`{method}`" in DOCUMENT.lower()


@pytest.mark.parametrize(
    "setting",
    ["SANDBOX_PORT", "SANDBOX_LIMITS", "SANDBOX_LEDGER", "ADMIN_TELEGRAM_IDS", "DATA_DIR", "DATABASE_URL"],
)
def test_every_setting_is_documented(setting):
    assert f"| `{setting}` |" in DOCUMENT


@pytest.mark.parametrize("example", re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL))
def test_examples_are_json(example):
    assert json.loads(example)


def example_after(words):
    """The last of the examples that directly follow the paragraph with these words."""
    blocks = DOCUMENT[DOCUMENT.index(words) :].split("```json\n")[1:]
    parsed = json.loads(blocks[0].split("```")[0])
    return parsed[0] if isinstance(parsed, list) else parsed


async def test_answers_have_the_documented_keys(telegram, resend, ada, control):
    await telegram.call("sendMessage", chat_id=ada.id, text="x")
    await resend.accepted(mail())

    assert (await ada.messages())[0].keys() == example_after("lists what the bot has sent").keys()
    assert (await control.inbox())[0].keys() == example_after("`GET /control/inbox?to=").keys()
    assert (await control.ledger())[0].keys() == example_after("`GET /control/ledger").keys()
    assert (await control.get("/clock")).keys() == example_after("`GET /control/clock`").keys()
    assert (await control.get("/bot")).keys() == example_after("`GET /control/bot`").keys()
    assert (await control.get("/limits")).keys() == example_after("`GET /control/limits`").keys()
