"""The guide for authors is true: its example loads and renders, and it names all that there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sequences import filters, loading, operands, reading, vocabulary
from sequences.definition import CHANNELS, MESSAGE_CLASSES, Sequence, interval
from tests.sequences.content import renderer, row, write

GUIDE = (Path(__file__).parents[2] / "docs" / "writing-sequences.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
FILTERS = ("filter", "happened", "moments")
CONTEXT = {
    "title": "Habits",
    "starts_at": "2026-03-02T18:00:00+01:00",
    "join_url": "https://example.org/join",
}


@pytest.fixture
def webinar(tmp_path: Path) -> Sequence:
    files = {f"webinar/{name}": text for name, text in BLOCKS.items() if name not in FILTERS}
    (sequence,) = loading.load_catalogue(write(tmp_path, files))
    return sequence


def test_the_example_of_the_guide_loads(webinar: Sequence) -> None:
    assert (webinar.steps[0].anchor, webinar.steps[0].after) == ("context.starts_at", "-24 hours")


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_example_of_the_guide_renders(webinar: Sequence, channel: str) -> None:
    message = renderer().render(webinar.steps[0], channel, row(context=CONTEXT))
    assert "Habits" in message["text"]
    assert "host" not in message["text"]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_of_the_guide_is_a_filter(name: str) -> None:
    filters.check_filter(json.loads(BLOCKS[name]), steps={"tomorrow"})


@pytest.mark.parametrize(
    "word",
    [
        *loading.SEQUENCE_KEYS,
        *reading.STEP_KEYS,
        *reading.FRONT_KEYS,
        *reading.BUTTON_KEYS,
        *loading.TRIGGER_KEYS,
        *vocabulary.FILTERS,
        *vocabulary.STATEMENTS,
        *filters.OPERATORS,
        *filters.CONTACT_STATES,
        *filters.FIELDS["preferences"],
        *filters.DELIVERY_STATES,
        *operands.TYPES,
        *CHANNELS,
        *MESSAGE_CLASSES,
    ],
)
def test_the_guide_names_every_word_of_the_format(word: str) -> None:
    assert re.search(rf'[`"\[]{re.escape(word)}[`"\]]', GUIDE), word


def test_the_durations_of_the_guide_can_be_read() -> None:
    (line,) = re.findall(r"^Durations are written (.*)$", GUIDE, re.MULTILINE)
    durations = re.findall(r'"([^"]+)"', line)
    assert len(durations) == 5
    assert all(map(interval, durations))
