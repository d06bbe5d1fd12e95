"""Names say what a thing is for."""

import ast
import re

from tests.house.project import (
    FILES,
    PACKAGES,
    PRODUCTION,
    ROOT,
    SANDBOX,
    assert_none,
    functions,
    lines_with,
    named,
    parse,
    place,
)

EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "core", "manager", "managers", "misc", "lib"}
# A level of logging, what the command `test-email` and its route do, and names that Jinja gave.
EXCEPTIONS = (
    r"\.debug\(|\"DEBUG\"|test[-_]email|email/test|/test\"|\blatest\b"
    r"|jinja2\.sandbox|(?:Immutable)?Sandboxed\w+|nodes\.Test|\.tests?\b"
)


def test_no_folder_or_file_is_a_drawer_for_anything() -> None:
    drawers = [
        named(file)
        for file in FILES
        if EMPTY_WORDS & {part.split(".")[0] for part in file.relative_to(ROOT).parts}
    ]

    assert_none(drawers)


def test_production_does_not_know_that_it_is_being_tried_out() -> None:
    words = re.compile(r"(?<![a-z])(?:sandbox|tests?|debug)(?![a-z])", re.IGNORECASE)
    knowing = [
        line
        for line in lines_with(words.pattern, PRODUCTION, re.IGNORECASE)
        if words.search(re.sub(EXCEPTIONS, "", line.partition(": ")[2]))
    ]

    assert_none(knowing)


def test_no_class_is_named_after_being_a_class() -> None:
    vague = [
        f"{place(file, node.lineno)}: {node.name}"
        for file in [*PRODUCTION, *SANDBOX]
        for node in ast.walk(parse(file))
        if isinstance(node, ast.ClassDef)
        and re.search(r"(Manager|Helper|Service|Util|Utils|Handler)$", node.name)
    ]

    assert_none(vague)


def test_no_function_just_does_or_processes() -> None:
    vague = [
        f"{place(file, function.lineno)}: {function.name}"
        for file in [*PRODUCTION, *SANDBOX]
        for function in functions(parse(file))
        if re.match(r"_?(process|do)_[a-z]", function.name)
    ]

    assert_none(vague)


def test_every_package_says_in_one_sentence_what_it_is() -> None:
    for package in (*PACKAGES, "sandbox"):
        sentence = ast.get_docstring(parse(ROOT / package / "__init__.py")) or ""

        assert re.fullmatch(r"[A-Z].+\.", sentence), package
