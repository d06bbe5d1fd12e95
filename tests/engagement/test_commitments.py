"""Ratings: what is clear is told from what is only well meant, and the advice is the one that helps."""

from __future__ import annotations

import pytest

from engagement.commitments import RuleRater, rated

CLEAR = [
    "Write 2 pages of chapter one by Friday",
    "Run 5 km tomorrow at 7am",
    "Send the draft to Maya by friday 5pm",
    "Call mum on Sunday at 6 pm",
    "Meditate for ten minutes every morning",
    "Read 20 pages before bed tonight",
    "Do 3 sets of push-ups tomorrow",
    "Bis Freitag zwei Seiten schreiben",
    "Morgen um 7 Uhr 5 km laufen",
    "Ich rufe am Sonntag Oma an",
    "Jeden Abend zehn Minuten meditieren",
    "Ich laufe morgen 30 Minuten",
]
UNCLEAR = [
    ("Be better", "vague"),
    ("Try to exercise more", "vague"),
    ("Sleep better tomorrow", "vague"),
    ("Besser essen", "vague"),
    ("Improve my health this week", "vague"),
    ("Mehr für die Uni tun", "vague"),
    ("Ich versuche zu lesen", "vague"),
    ("The garden", "action"),
    ("Die Steuer", "action"),
    ("Read the book tomorrow", "amount"),
    ("Morgen Gitarre üben", "amount"),
    ("Write 2 pages", "time"),
    ("Zwei Seiten schreiben", "time"),
    ("finish", "detail"),
    ("Send " + "very " * 60 + "long mails tomorrow", "shorter"),
]


@pytest.mark.parametrize("text", CLEAR)
def test_a_clear_commitment_leaves_nothing_to_advise(text: str) -> None:
    rating = rated(text)

    assert rating.is_clear, rating


@pytest.mark.parametrize(("text", "advice"), UNCLEAR)
def test_an_unclear_one_is_advised_on_what_it_lacks(text: str, advice: str) -> None:
    rating = rated(text)

    assert (rating.advice, rating.is_clear) == (advice, False), rating


def test_every_clear_commitment_is_rated_above_every_vague_one() -> None:
    worst = min(rated(text).total for text in CLEAR)
    best = max(rated(text).total for text, advice in UNCLEAR if advice == "vague")

    assert worst - best >= 20


@pytest.mark.parametrize(
    "text", ["Call me at 17:00", "Call me by 5 pm", "Call me on 2026-05-03", "in 3 days"]
)
def test_a_time_is_no_amount(text: str) -> None:
    assert rated(text.replace("Call", "Ask")).measurable == 10


def test_a_day_chosen_besides_the_words_counts() -> None:
    rating = rated("Write 2 pages")

    assert rating.with_a_day().is_clear
    assert rating.with_a_day().total > rating.total


@pytest.mark.parametrize("text", ["", "🙂", "x" * 500, "\u202e\x00", "1 " * 250, "<b>", "(((("])
async def test_anything_at_all_is_rated(text: str) -> None:
    rating = await RuleRater().rate(text, None)

    assert 0 <= rating.total <= 100
