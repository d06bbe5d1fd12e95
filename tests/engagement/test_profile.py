"""What the file says of profiles is checked before it counts, and each mistake has a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from engagement.profile import FIELDS, BadProfile, load_profile

ALL = "\n".join(f"[{name}]" for name in FIELDS)


def wrong(tmp_path: Path, text: str) -> str:
    file = tmp_path / "profile.toml"
    file.write_text(text)
    with pytest.raises(BadProfile) as refused:
        load_profile(file)
    return str(refused.value)


def test_every_value_has_something_that_speaks_for_it() -> None:
    speaking = {(rule["field"], rule["value"]) for rule in load_profile()["rules"]}

    assert speaking == {(name, value) for name, values in FIELDS.items() for value in values}


def test_a_night_goes_past_midnight() -> None:
    (night,) = [rule for rule in load_profile()["rules"] if rule["value"] == "night"]

    hours = [hour for hour in range(24) if night["half_hours"] >> hour * 2 & 1]
    assert hours == [0, 1, 2, 3, 4, 22, 23]


def test_a_day_has_each_half_hour_once() -> None:
    masks = [rule["half_hours"] for rule in load_profile()["rules"] if rule["half_hours"]]

    assert sum(masks) == (1 << 48) - 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[pace", "profile.toml: "),
        ("[pace]", "its fields are learning_style, pace"),
        (ALL + "\nwarp = []", "motivation has no 'warp'; there are: progress"),
        (ALL + "\nprogress = [{}]", "motivation.progress.0: Value error, takes one of"),
        (ALL + '\nprogress = [{ from = "05:10", until = "06:00" }]', "motivation.progress.0.from"),
        (ALL + '\nprogress = [{ from = "05:00" }]', "a `from` and an `until`"),
        (ALL + "\nprogress = [{ days = [1, 9] }]", "motivation.progress.0.days.1"),
        (ALL + "\nprogress = [{ evnt = 'quiz' }]", "motivation.progress.0.evnt: Extra inputs"),
        (ALL + "\nprior = 0", "motivation.prior"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint in wrong(tmp_path, text)
