"""Every word in its place: what the bot says is said by one topic, in each language."""

from __future__ import annotations

from collections import Counter

from bot.texts import words
from bot.texts.english import English


def said_by(topic: type) -> list[str]:
    return [name for name in vars(topic) if not name.startswith("__")]


def test_no_two_topics_use_the_same_name() -> None:
    """They are one object in the end, so that the second would silently lose against the first."""
    names = Counter(name for topic in English.__mro__[1:-1] for name in said_by(topic) if name != "commands")

    assert [name for name, times in names.items() if times > 1] == []


def test_each_translation_has_no_words_that_nobody_uses() -> None:
    german = type(words("de"))
    topics = [each for each in german.__mro__[1:] if each.__module__.startswith("bot.texts.german.")]
    spoken = {name for topic in topics for name in said_by(topic) if not name.startswith("_")}

    assert spoken - {name for topic in English.__mro__ for name in vars(topic)} == set()
