"""What a message says may go by how its reader learns."""

from __future__ import annotations

from typing import Any

import pytest

from sequences.templating import TemplateLanguage
from tests.sequences.content import renderer, row, step

BY_TIME = "{% if profile.study_time == 'morning' %}Early{% else %}Later{% endif %}"
BY_FORMATS = "{% if 'video' in profile.formats | default([]) %}Watch{% else %}Read{% endif %}"
FORMATS = '{{ profile.formats | default(["reading"]) | join(" and ") }}'


@pytest.mark.parametrize(
    ("body", "profile", "text"),
    [
        (BY_TIME, {"study_time": "morning"}, "Early"),
        (BY_TIME, {"study_time": "night"}, "Later"),
        (BY_TIME, None, "Later"),
        (BY_FORMATS, {"formats": ["text", "video"]}, "Watch"),
        (BY_FORMATS, {}, "Read"),
        (FORMATS, {"formats": ["video", "audio"]}, "video and audio"),
        (FORMATS, {}, "reading"),
    ],
)
def test_words_go_by_what_is_known_of_the_reader(
    body: str, profile: dict[str, Any] | None, text: str
) -> None:
    assert renderer().render(step(body), "telegram", row(user={"profile": profile}))["text"] == text


@pytest.mark.parametrize(
    ("template", "objection"),
    [
        ("{{ profile.mood }}", "profile has no 'mood'; there are: learning_style, pace"),
        ("{{ profile.pace }}", 'profile.pace may be missing: write profile.pace | default("…")'),
        (
            "{% if profile.pace == 'warp' %}a{% endif %}",
            "profile.pace is never 'warp'; it is one of: slow, steady",
        ),
    ],
)
def test_a_mistake_about_a_profile_is_named_before_anybody_reads_it(template: str, objection: str) -> None:
    problems = TemplateLanguage().problems(template, ())

    assert any(objection in problem.message for problem in problems)
