"""Every word in its place: what the bot says is said by one topic, in each language."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from bot.texts import LANGUAGES, words
from bot.texts.english import English

LONGEST_MESSAGE, LONGEST_DESCRIPTION, LONGEST_SHORT_DESCRIPTION, MOST_COMMANDS = 4096, 256, 120, 100
TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
translated = pytest.mark.parametrize("language", TRANSLATIONS)
spoken = pytest.mark.parametrize("language", LANGUAGES)
A_WORD = re.compile(r"[^\W\d_A-Z]{3,}")
NO_WORDS = re.compile(r"<[^>]*>|/\w+|%-?\w|\w+://\S+|\w+\.svg")


def said_by(topic: type) -> list[str]:
    return [name for name in vars(topic) if not name.startswith("__")]


def said_in_english() -> Iterator[tuple[str, Any]]:
    for topic in English.__mro__[1:-1]:
        yield from ((name, vars(topic)[name]) for name in said_by(topic))


def said_in(language: str) -> dict[str, Any]:
    """By the translation itself; what it leaves out comes from the English."""
    topics = [each for each in type(words(language)).__mro__ if not issubclass(English, each)]
    return {name: vars(topic)[name] for topic in reversed(topics) for name in said_by(topic)}


def texts_of(said: Any) -> Iterator[str]:
    """Of a text, of several under names, of a function's source: neither its docstring nor a key."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        yield from (text for each in said.values() for text in texts_of(each))
    elif isinstance(said, list | tuple):
        yield from (text for each in said for text in texts_of(each))
    elif inspect.isfunction(said):
        parsed, described = source_of(said), inspect.getdoc(said)
        inside = (each for node in ast.walk(parsed) for each in ast.walk(key_of(node)))
        keys = {id(node) for node in inside}
        constants = (
            node for node in ast.walk(parsed) if isinstance(node, ast.Constant) and id(node) not in keys
        )
        told = (node.value for node in constants if isinstance(node.value, str))
        yield from (text for text in told if inspect.cleandoc(text) != described)


def key_of(node: ast.AST) -> ast.AST:
    """What only looks something up, or is compared."""
    if isinstance(node, ast.Subscript):
        return node.slice
    return node if isinstance(node, ast.Compare) else ast.Pass()


def has_words(said: Any) -> bool:
    return any(A_WORD.search(NO_WORDS.sub("", text)) for text in texts_of(said))


def source_of(function: Callable[..., Any]) -> ast.FunctionDef:
    (parsed,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(parsed, ast.FunctionDef)
    return parsed


def parameters_used(function: Callable[..., Any]) -> set[str]:
    given = set(inspect.signature(function).parameters) - {"self"}
    return given & {node.id for node in ast.walk(source_of(function)) if isinstance(node, ast.Name)}


def test_no_two_topics_use_the_same_name() -> None:
    """They are one object in the end, so that the second would silently lose against the first."""
    names = Counter(name for name, _ in said_in_english() if name != "commands")

    assert [name for name, times in names.items() if times > 1] == []


@translated
def test_each_translation_has_no_words_that_nobody_uses(language: str) -> None:
    public = {name for name in said_in(language) if not name.startswith("_")}

    assert public - {name for topic in English.__mro__ for name in vars(topic)} == set()


@translated
def test_everything_that_has_words_is_translated(language: str) -> None:
    known = said_in(language)

    assert [name for name, said in said_in_english() if has_words(said) and name not in known] == []


@translated
def test_a_translation_takes_the_same_parameters_and_uses_them(language: str) -> None:
    known = said_in(language)
    pairs = [
        (said, known[name]) for name, said in said_in_english() if name in known and inspect.isfunction(said)
    ]

    for english, other in pairs:
        assert list(inspect.signature(english).parameters) == list(inspect.signature(other).parameters)
        assert parameters_used(english) == parameters_used(other), english.__qualname__


@translated
def test_a_translation_has_the_same_choices_and_names_the_same_commands(language: str) -> None:
    known = said_in(language)
    for name, said in said_in_english():
        if name not in known or name == "typed_words":  # what may be typed is each language's own
            continue
        if isinstance(said, Mapping):
            assert set(said) == set(known[name]), name
        assert commands_in(said) == commands_in(known[name]), name


def commands_in(said: Any) -> set[str]:
    return {command for text in texts_of(said) for command in re.findall(r"(?<![\w</])/[a-z]\w*", text)}


@translated
def test_every_command_is_explained_in_the_language(language: str) -> None:
    english, other = words("en"), words(language)

    for ours, theirs in (
        (english.commands, other.commands),
        (english.admin_commands, other.admin_commands),
    ):
        assert list(ours) == list(theirs)
        assert [name for name in ours if ours[name] == theirs[name]] == []


@spoken
def test_the_menus_are_such_as_telegram_takes(language: str) -> None:
    texts = words(language)
    everything = {**texts.commands, **texts.admin_commands}

    assert len(everything) <= MOST_COMMANDS
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in everything)
    assert all(1 <= len(meaning) <= LONGEST_DESCRIPTION for meaning in everything.values())
    assert len(texts.short_description("A brand with a very long name " * 9)) <= LONGEST_SHORT_DESCRIPTION
    assert len(texts.help("Tendril", everything)) <= LONGEST_MESSAGE


@spoken
def test_no_text_is_longer_than_a_message(language: str) -> None:
    texts = words(language)
    names = {name for name, said in said_in_english() if not inspect.isfunction(said)}

    assert [
        name for name in names if any(len(each) > LONGEST_MESSAGE for each in texts_of(getattr(texts, name)))
    ] == []


@pytest.mark.parametrize(
    ("locale", "hello"),
    [
        ("de", "Hallo"),
        ("de-AT", "Hallo"),
        ("DE", "Hallo"),
        ("de_CH", "Hallo"),
        ("en-GB", "Hello"),
        ("tlh", "Hello"),
        ("", "Hello"),
        (None, "Hello"),
    ],
)
def test_an_unknown_language_is_answered_in_english(locale: str | None, hello: str) -> None:
    assert words(locale).hello("Ada").startswith(hello)
