"""Steps and words written as JSON become what is published, or an error that names path and line."""

from __future__ import annotations

from typing import Any

import pytest

from sequences.drafting import BadDraft, read_content, read_steps, template_names

STEP = {
    "name": "first",
    "channels": ["telegram", "email"],
    "content": {"default": {"body": "Hi.", "subject": "Hi"}},
}
REMINDER = {
    "name": "gentle_reminder",
    "number": 3,
    "version_id": 17,
    "context": ["days"],
    "content": {"default": {"subject": "Still there?", "body": "It has been {{ context.days }} days."}},
}


def problems(*steps: Any, context: tuple[str, ...] = ()) -> list[str]:
    try:
        read_steps(steps, {"gentle_reminder": REMINDER}, context)
    except BadDraft as bad:
        return [str(problem) for problem in bad.problems]
    return []


def test_a_step_in_json_is_spelled_as_in_a_file() -> None:
    (step,) = read_steps(
        [STEP | {"after": "3 days", "at": "09:00", "weekdays": ["mon", "fri"], "stale_after": "1 week"}], {}
    )
    assert (step.after, step.at, step.weekdays, step.stale_after) == ("3 days", "09:00", (1, 5), "7 days")
    assert step.content_for("email").subject == "Hi"


def test_a_step_keeps_the_version_of_the_template_that_it_was_published_with() -> None:
    step = {"name": "first", "channels": ["email"], "template": "gentle_reminder"}
    (read,) = read_steps([step], {"gentle_reminder": REMINDER}, ["days"])
    assert read.as_json()["template"] == {"name": "gentle_reminder", "number": 3, "version_id": 17}
    assert read.content_for("email").body == "It has been {{ context.days }} days."


def test_the_templates_of_steps_are_known_before_they_are_read() -> None:
    steps = [STEP, STEP | {"template": "b"}, STEP | {"template": "a"}, STEP | {"template": 7}, "nonsense"]
    assert template_names(steps) == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"after": "1 month"}, "steps.1.after: after: months and years differ in length"),
        ({"chanels": []}, "steps.1.chanels: unknown key 'chanels'"),
        ({"channels": ["pigeon"]}, "steps.1.channels: unknown channel 'pigeon'"),
        ({"weekdays": [1]}, "steps.1.weekdays: weekdays has to be a list of texts"),
        ({"quiet_hours": 1}, "steps.1.quiet_hours: quiet_hours has to be true or false"),
        ({"name": "zero"}, "steps.1.name: a second step is named 'zero'"),
        ({"condition": {"attributes.age": {"$gtr": 3}}}, "steps.1.condition: condition: attributes.age.$gtr"),
        ({"condition": {"clicked.none": {"$exists": True}}}, "steps.1.condition: condition: clicked.none"),
        ({"template": "gentle_reminder"}, "steps.1.content: a step needs either template or content"),
        ({"content": None}, "steps.1.content: a step needs either template or content"),
        ({"content": None, "template": "x"}, "steps.1.template: there is no template named 'x'"),
        ({"content": None, "template": 7}, "steps.1.template: template has to be a text in quotes"),
        ({"content": None, "template": "gentle_reminder"}, "steps.1.template: the template 'gentle_"),
        ({"content": []}, "steps.1.content: content is an object"),
        ({"content": {"fax": {}}}, "steps.1.content.fax: unknown channel 'fax'"),
        ({"content": {"default": "Hi"}}, "steps.1.content.default: default has to be an object"),
        ({"content": {"default": {"bdy": "Hi"}}}, "steps.1.content.default.bdy: unknown key 'bdy'"),
        (
            {"content": {"default": {"body": "One.\n\n{{ usr }}"}}},
            "steps.1.content.default.body (line 3): unknown variable 'usr'",
        ),
        (
            {"content": {"default": {"body": "a", "buttons": [{"label": "Go", "url": "ftp://x"}]}}},
            "steps.1.content.default.buttons.0.url (line 1): the link 'ftp://x'",
        ),
        (
            {"content": {"default": {"body": "a", "buttons": [{"label": "Go"}]}}},
            "steps.1.content.default.buttons.0.label: the button 'Go' needs either url or event",
        ),
        (
            {"content": {"default": {"body": "a", "buttons": ["Go"]}}},
            "steps.1.content.default.buttons: buttons has to be a list of tables",
        ),
        (
            {"content": {"default": {"body": "x" * 5000, "subject": "s"}}},
            "steps.1.content.default: the text has 5000 characters; Telegram takes 4096",
        ),
        ({"content": {"default": {"body": "a"}}}, "steps.1.content: the step 'one' has no subject for email"),
        ({"content": {"email": {"body": "a", "subject": "s"}}}, "steps.1.content: the step 'one' has no"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_path_and_line(change: dict[str, Any], expected: str) -> None:
    found = problems(STEP | {"name": "zero"}, STEP | {"name": "one"} | change)
    assert any(line.startswith(expected) for line in found), found


@pytest.mark.parametrize("steps", [[], ["first"], [STEP | {"name": str(n)} for n in range(101)]])
def test_what_is_no_list_of_steps_is_refused(steps: list[Any]) -> None:
    assert problems(*steps)


def test_all_mistakes_are_named_at_once() -> None:
    assert len(problems(STEP | {"at": "noon"}, STEP | {"name": "b", "max_attempts": 0, "fallback": "x"})) == 3


def test_words_may_be_too_long_for_a_channel_that_they_are_not_for() -> None:
    letter = {"default": {"subject": "s", "body": "word " * 1000}, "telegram": {"body": "Short."}}
    assert read_content(letter, channels=["telegram", "email"])["telegram"].body == "Short."
    assert read_content({"default": letter["default"]}, channels=["email"])
