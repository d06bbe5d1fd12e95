"""Links lead somewhere, and what can be typed works."""

import re
import shlex
from pathlib import Path

import pytest

from bot import VERSION
from bot.__main__ import parser
from bot.settings import Settings, variable_names
from tests.docs.pages import GUIDES, PAGES, ROOT, anchors, blocks, code, links, named, read, rows, section

PROGRAM = re.compile(r"(?:\.venv/bin/)?python -m bot ?(.*)")
TARGETS = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
VARIABLES = {name for field in Settings.model_fields for name in variable_names(field)}
OF_THE_SANDBOX = {cells[0].strip("`") for cells in rows(read("docs/sandbox.md"))}
LARGEST_PICTURE = 400_000


def typed(text: str) -> list[str]:
    """Every line of a shell block, and what prose says to type."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines() if line.strip()]
    return [*lines, *(each for each in code(text) if re.match(r"make |\S*python -m bot", each))]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(read(page)):
        path, _, anchor = link.partition("#")
        if not re.match(r"https?:", link):
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_every_file_in_backquotes_exists(page: Path) -> None:
    paths = [each for each in code(read(page)) if re.fullmatch(r"[\w.-]+/[\w./-]+\.(py|sql|md|toml)", each)]

    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_every_make_target_exists(page: Path) -> None:
    named_here = {line.split()[1] for line in typed(read(page)) if line.startswith("make ")}

    assert named_here <= TARGETS


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_the_command_line_understands_every_command(page: Path) -> None:
    for line in typed(read(page)):
        if found := PROGRAM.match(line.split(" > ")[0]):
            arguments = shlex.split(found[1])
            if arguments == ["explain"]:  # in "… with your address"
                continue
            parser().parse_args([{"DELIVERY": "1"}.get(each, each) for each in arguments])


@pytest.mark.parametrize("page", GUIDES, ids=named)
def test_every_variable_is_a_setting(page: Path) -> None:
    text = read(page)
    in_prose = {each for each in code(text) if re.fullmatch(r"[A-Z]+(_[A-Z]+)+(=\S+)?", each)}
    in_blocks = {
        name for block in blocks(text, "text") for name in re.findall(r"^([A-Z]+(?:_[A-Z]+)+)=", block, re.M)
    }

    assert {each.split("=")[0] for each in in_prose | in_blocks} <= VARIABLES | OF_THE_SANDBOX


def test_the_short_table_of_settings_says_what_the_settings_say() -> None:
    meanings = {variable_names(name)[0]: field.description for name, field in Settings.model_fields.items()}

    table = list(rows(section(read("README.md"), "Configuration")))

    assert len(table) > 5
    for variable, meaning in table:
        assert meaning == meanings[variable.strip("`")]


def test_the_readme_runs_with_two_commands() -> None:
    commands = [block.strip() for block in blocks(read("README.md"), "sh")]

    assert commands[:2] == ["make run", "make test"]


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[([^]]+)\]", read("CHANGELOG.md"), re.MULTILINE)

    assert versions[0] == VERSION


def test_pictures_are_light_enough_to_look_at() -> None:
    pictures = [file for file in (ROOT / "docs" / "pictures").iterdir() if file.is_file()]

    assert pictures
    assert [file.name for file in pictures if file.stat().st_size > LARGEST_PICTURE] == []
