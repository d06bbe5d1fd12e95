"""The game's file: what is in it, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engagement.game import FILE, BadRules, load_game

PAGE = Path(__file__).parents[2] / "docs" / "game.md"


def test_the_game_has_what_it_takes() -> None:
    game = load_game()

    assert len(game.actions) >= 25
    assert [level.name for level in game.levels][::9] == ["Novice", "Grandmaster"]
    assert sorted(map(int, game.streak.milestones)) == [7, 14, 30, 60, 100, 365]
    assert sum(action.keeps_streak for action in game.actions.values()) >= 5


def test_what_can_be_repeated_has_a_cap() -> None:
    endless = [
        name
        for name, action in load_game().actions.items()
        if action.daily_cap is None and action.total_cap is None and action.event != "streak_milestone"
    ]

    assert endless == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("xp = 700", "xp = 300", "levels.4.xp: has to be more than the 300 of the level before"),
        ("xp = 0\n", "xp = 3\n", "levels.1.xp: the first level begins at 0"),
        ("xp = 700", "xp = -7", "levels.4.xp: Input should be greater than or equal to 0"),
        ("[streak]", "[streak", "not TOML: Expected ']' at the end of a table declaration"),
        ("repair_acts", "repair_deeds", "streak.repair_acts: Field required"),
        ("30 = 2", "soon = 2", "streak.milestones: a milestone is a number of days, which 'soon' is not"),
        ("daily_cap = 20", "daily_cap = 0", "actions.exercise.daily_cap: Input should be greater than"),
        ("daily_cap = 20", "cap = 20", "actions.exercise.cap: Extra inputs are not permitted"),
        ('"lesson_complete"', '"Lesson!"', "actions.lesson.event: String should match pattern"),
        ("where = { days = 7 }", "where = { days = [7] }", "actions.streak_of_7.where.days"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "game.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadRules) as refused:
        load_game(file)

    assert message in str(refused.value)
    first = str(refused.value).splitlines()[0]
    line = int(first.removeprefix(f"{file}:").split(":")[0])
    assert abs(line - (text[: text.index(old)].count("\n") + 1)) <= 4  # there, or where its table begins


def test_the_page_says_of_every_action_what_the_file_says() -> None:
    rows = {line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")}
    missing = []
    for name, action in load_game().actions.items():
        event = f"`{action.event}`" if action.event else "awarded"
        event += "".join(f", `{key}` {str(value).lower()}" for key, value in action.where.items())
        caps = [f"{action.daily_cap} a day"] if action.daily_cap else []
        caps += [f"{action.total_cap} in all"] if action.total_cap else []
        streak = "yes" if action.keeps_streak else ""
        row = f"| `{name}` | {action.title} | {event} | {action.xp:,} | {', '.join(caps)} | {streak} |"
        missing += [row] if row not in rows else []

    assert missing == []


def test_the_page_says_of_every_level_what_the_file_says() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for number, level in enumerate(load_game().levels, 1):
        freezes = f"{level.reward.freezes} back" if level.reward.freezes else ""
        attributes = ", ".join(f"`{name}`" for name in level.reward.attributes or {})
        given = ", ".join(part for part in (freezes, attributes) if part)
        assert f"| {number} | {level.reward.badge} {level.name} | {level.xp:,} | {given} |" in page
