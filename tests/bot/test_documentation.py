"""The documentation names what there is, and nothing else."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from bot.__main__ import parser
from bot.settings import Settings, variable_names
from bot.texts import words

ROOT = Path(__file__).parents[2]


def first_cells(page: str, section: str | None = None) -> list[str]:
    """What stands in backquotes at the beginning of a table's rows."""
    text = (ROOT / "docs" / page).read_text()
    if section is not None:
        text = text.split(f"## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def settings_variables() -> list[str]:
    return sorted(variable_names(field)[0] for field in Settings.model_fields)


def test_every_setting_is_documented() -> None:
    assert sorted(first_cells("configuration.md")) == settings_variables()


def test_a_setting_is_documented_with_its_default_and_meaning() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()

    for field, declared in Settings.model_fields.items():
        shown = f"`{declared.default}`" if declared.default not in (None, frozenset()) else ""
        assert f"| `{variable_names(field)[0]}` | {shown} | {declared.description} |" in text


def test_every_setting_is_in_the_example_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert sorted(example) == settings_variables()
    for field, declared in Settings.model_fields.items():
        default = "" if declared.default in (None, frozenset()) else str(declared.default)
        assert example[variable_names(field)[0]] == default


def test_every_bot_command_is_documented() -> None:
    documented = first_cells("commands.md", "What people can say to the bot")

    assert documented == [f"/{command}" for command in words("en").commands]


def test_every_admin_command_is_documented() -> None:
    documented = first_cells("commands.md", "What admins can say to the bot")

    assert documented == [f"/{command}" for command in words("en").admin_commands]


def test_every_command_of_the_command_line_is_documented() -> None:
    documented = {row.split()[3] for row in first_cells("commands.md", "The command line")}

    assert documented == set(subcommands())


def test_every_option_is_documented() -> None:
    rows = first_cells("commands.md", "The command line")

    for name, command in subcommands().items():
        for option in options(command):
            asked = re.compile(rf"python -m bot {name}\b.* {option}\b")
            assert any(asked.match(row) for row in rows), f"{name} {option}"


def subcommands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    return dict(action.choices)


def options(command: argparse.ArgumentParser) -> list[str]:
    return [
        each.option_strings[0] for each in command._actions if each.option_strings and each.dest != "help"
    ]
