"""The files of the project, as the rules of the house look at them."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "webhooks", "events", "insights", "sequences", "engagement", "channels", "storage")
# Made by tools or by running, and ignored by git.
NOT_OURS = {"__pycache__", "var", "artifacts", "node_modules"}


def _walk() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and (name[0] != "." or name == ".ci")]
        yield from (Path(folder) / name for name in files if name not in (".env", ".DS_Store"))


FILES = sorted(_walk())
PYTHON = [file for file in FILES if file.suffix == ".py"]
TESTS = [file for file in PYTHON if file.is_relative_to(ROOT / "tests")]
PRODUCTION = [file for file in PYTHON if file.relative_to(ROOT).parts[0] in PACKAGES]
SANDBOX = [file for file in PYTHON if file.is_relative_to(ROOT / "sandbox")]


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def place(file: Path, line: int) -> str:
    return f"{named(file)}:{line}"


def lines_with(pattern: str, files: list[Path], flags: int = 0) -> list[str]:
    """Where a regular expression is found, as file:line: text."""
    wanted = re.compile(pattern, flags)
    return [
        f"{place(file, number)}: {line.strip()[:100]}"
        for file in files
        for number, line in enumerate(_text(file).splitlines(), start=1)
        if wanted.search(line)
    ]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def assert_none(found: list[str]) -> None:
    assert not found, "\n".join(["", *found])
