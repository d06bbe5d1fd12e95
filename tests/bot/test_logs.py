"""What reaches a log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import redact, start_logging

SECRETS = [
    "http://localhost/bot123456:placeholder/sendMessage",
    "the key is re_placeholder_of_a_key",
    "whsec_cGxhY2Vob2xkZXI=",
    "postgresql://tendril:placeholder@localhost/tendril",
    "mail to placeholder@example.com bounced",
    "GET /u/placeholder.of-a-signed-token",
    "GET /p/placeholder.of-a-signed-token",
]


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configured)


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_and_addresses_are_redacted(text: str) -> None:
    assert "placeholder" not in redact(text)
    assert "cGxh" not in redact(text)


def test_a_sequence_whose_name_begins_like_a_key_is_told() -> None:
    assert redact("sequence=re_engagement") == "sequence=re_engagement"


@pytest.mark.usefixtures("logging_as_it_was")
def test_other_libraries_are_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO", "json")

    logging.getLogger("some.library").warning("calling %s", SECRETS[0])

    logged = json.loads(capsys.readouterr().err)
    assert logged["event"] == "calling http://localhost/[token]/sendMessage"


@pytest.mark.usefixtures("logging_as_it_was")
def test_httpx_does_not_log_the_addresses_that_it_calls(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO", "console")

    logging.getLogger("httpx").info("HTTP Request: POST %s", SECRETS[0])

    assert capsys.readouterr().err == ""
