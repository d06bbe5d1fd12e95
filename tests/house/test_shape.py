"""Functions that fit on a screen, tests that state facts."""

import ast
from statistics import median

from tests.house.project import (
    PRODUCTION,
    SANDBOX,
    TESTS,
    assert_none,
    functions,
    lines_with,
    named,
    parse,
    place,
)

LONGEST = 40
# Waiting less, or remembering what a part answered, is no other part; answering instead of one is.
PATCHED = r"(?:monkeypatch|patch)\.setattr\((?!.*(?:\"(?:[\w.]+\.)?[A-Z][A-Z_]+\"|_remembering))"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Without what its docstring explains."""
    body = function.body
    if ast.get_docstring(function) and len(body) > 1:
        return (function.end_lineno or 0) - body[1].lineno + 1
    return (function.end_lineno or 0) - body[0].lineno + 1


def test_functions_are_short() -> None:
    lengths = {
        f"{place(file, function.lineno)}: {function.name}": _length(function)
        for file in [*PRODUCTION, *SANDBOX]
        for function in functions(parse(file))
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert median(lengths.values()) < 10


def test_tests_are_sentences() -> None:
    short = [
        f"{place(file, function.lineno)}: {function.name}"
        for file in TESTS
        for function in functions(parse(file))
        if function.name.startswith("test_") and function.name.count("_") < 3
    ]

    assert_none(short)


def test_tests_use_real_parts() -> None:
    assert lines_with(rf"unittest\.mock|from mock import|MagicMock|AsyncMock|{PATCHED}", _others()) == []


def test_tests_wait_for_conditions_and_not_for_time() -> None:
    assert_none(lines_with(r"\btime\.sleep\(|asyncio\.sleep\((?:[1-9]|0\.[1-9])", _others()))


def test_tests_are_skipped_only_for_what_is_not_installed() -> None:
    skipping = lines_with(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b", _others())

    assert [
        line
        for line in skipping
        if not line.startswith(("tests/fixtures/requirements.py:", "tests/house/test_fixtures.py:"))
    ] == []


def _others() -> list:
    """This file names what it forbids."""
    return [file for file in TESTS if named(file) != "tests/house/test_shape.py"]


def test_every_folder_of_tests_is_a_package() -> None:
    """So that two files of the same name in two folders are two modules."""
    bare = {str(file.parent) for file in TESTS if not (file.parent / "__init__.py").exists()}

    assert bare == set()


def test_nothing_is_left_for_later() -> None:
    wanted = r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b|raise NotImplemented" r"Error"

    assert_none(lines_with(wanted, [*PRODUCTION, *SANDBOX, *TESTS]))
