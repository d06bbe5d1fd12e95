"""What people read about their events: in their own time, and of each kind of news."""

from typing import Any

import pytest

from sequences.definition import Sequence
from sequences.loading import load_catalogue
from sequences.mistakes import Unrenderable
from tests.events.conftest import CATALOGUE
from tests.sequences.content import renderer, row, step

MEETING = {
    "event_id": 7,
    "kind": "meeting",
    "title": "Early birds",
    "starts_at": "2026-03-29T00:30:00+00:00",
}


def sequence(name: str) -> Sequence:
    return next(each for each in load_catalogue(CATALOGUE) if each.name == name)


def news(kind: str, zone: str = "Europe/Berlin") -> dict[str, Any]:
    given = {"context": MEETING | {"news": kind}, "user": {"timezone": zone}}
    (only,) = sequence("meeting_news").steps
    return renderer().render(only, "email", row(**given))


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("cancelled", "Early birds is cancelled"),
        ("moved", "Early birds has a new time"),
        ("ended", "Early birds has come to an end"),
        ("place", "Early birds: you have a place"),
    ],
)
def test_each_kind_of_news_says_what_it_is_about(kind: str, subject: str) -> None:
    message = news(kind)

    assert message["subject"] == subject
    assert "Sunday, 29 March" in message["text"]


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Sunday, 29 March at 01:30"),
        ("America/New_York", "Saturday, 28 March at 20:30"),
        ("Pacific/Kiritimati", "Sunday, 29 March at 14:30"),
    ],
)
def test_times_are_those_of_the_reader(zone: str, words: str) -> None:
    assert words in news("moved", zone)["text"]


@pytest.mark.parametrize("at", ["soon", "2026-03-29T00:30:00"])
def test_what_names_no_moment_is_not_sent(at: str) -> None:
    template = step("It begins at {{ context.starts_at | local_time(user.timezone) }}.")

    with pytest.raises(Unrenderable):
        renderer().render(
            template, "telegram", row(context={"starts_at": at}, user={"timezone": "Europe/Berlin"})
        )


def test_without_a_link_the_place_is_named() -> None:
    last = sequence("meeting_reminder").steps[-1]

    def text(**context: str) -> str:
        given = row(context=MEETING | context, user={"timezone": "Europe/Berlin"})
        return str(renderer().render(last, "telegram", given)["text"])

    assert "We meet here: Room 7" in text(location="Room 7")
    assert "You know the place" in text()
