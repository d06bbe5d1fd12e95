"""Each alert that the database raises has words of its own, in the chat and in what is sent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import sequences
from bot.texts import LANGUAGES, words

ROOT = Path(__file__).parents[2]
CAUSES = (ROOT / "sql/functions/sequences/alert_causes.sql").read_text()
NEWS = (Path(sequences.__file__).parent / "catalogue/admin_alert/news.md").read_text()
# What stands before a cause's details, and the two that are told by one question.
FOUND = re.findall(r"'(\w+)',\s+jsonb_build_object|\('(\w+)', '\w+', [\d.]+\)", CAUSES)
KINDS = sorted("".join(names) for names in FOUND)
DETAILS: dict[str, Any] = {
    "channel": "email",
    "sequence": "Welcome",
    "step": "hello",
    "campaign": "Spring",
    "experiment": "Subjects",
    "percent": 3,
    "mails": 100,
    "tasks": 2,
    "updates": 2,
    "host": "example.com",
    "provider": "resend",
}


def test_the_causes_are_found_in_the_database_s_function() -> None:
    assert len(KINDS) == CAUSES.count("union all") + 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_alert_has_a_line_of_its_own_in_the_chat(language: str) -> None:
    lines = {words(language).alert_line(kind, DETAILS, "because", "noon") for kind in KINDS}

    assert len(lines) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_alert_has_a_subject_a_message_and_one_for_its_end(kind: str) -> None:
    assert re.findall(rf"kind == (['\"]){kind}\1", NEWS) == ["'", '"', '"']
