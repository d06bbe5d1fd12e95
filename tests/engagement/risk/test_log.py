"""Logs of others are read, or refused with the line and what is expected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engagement.risk.log import BadLog, read_labels, read_log


def written(folder: Path, text: str) -> Path:
    file = folder / "log.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_log_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    log = read_log(
        written(
            tmp_path,
            "event,enrollment_id,Timestamp\nvideo,7,2026-03-01T23:30:00+02:00\nquiz,8,1772409600\nvideo,7,2026-03-02\n",
        )
    )

    assert (log.names, log.kinds) == (["7", "8"], ["video", "quiz"])
    assert ([*log.users], [*log.types]) == ([0, 1, 0], [0, 1, 0])
    assert [*log.moments] == [1_772_400_600, 1_772_409_600, 1_772_409_600]
    assert (log.first_day, log.last_day) == (date(2026, 3, 1), date(2026, 3, 2))


def test_a_column_of_any_name_can_be_given(tmp_path: Path) -> None:
    log = read_log(
        written(tmp_path, "who,when,what\na,0,x\n"), {"user": "who", "time": "WHEN", "event_type": "what"}
    )

    assert log.names == ["a"]


def test_what_people_belong_to_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    text = "user,time,event_type,course_id\na,0,x,chess\nb,0,x,go\na,5,x,chess\n"
    file = written(tmp_path, text)

    assert [*read_log(file, {"group": "course_id"}).groups] == [0, 1]
    assert [*read_log(file).groups] == []
    with pytest.raises(BadLog, match="no column for group"):
        read_log(file, {"group": "class"})
    with pytest.raises(BadLog, match=r"log.csv:5: 'a' is in two groups"):
        read_log(written(tmp_path, text + "a,6,x,go\n"), {"group": "course_id"})


def test_labels_stand_in_the_log_or_in_a_file_of_their_own(tmp_path: Path) -> None:
    log = read_log(written(tmp_path, "user,time,event_type,dropout\na,0,x,1\nb,0,x,0\n"))
    truth = tmp_path / "truth.csv"
    truth.write_text("user,label\na,1\nb,no\n", encoding="utf-8")

    assert log.labels == read_labels(truth) == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("user,time,event_type\n", "nothing below the header"),
        ("user,event_type\na,x\n", "no column for time (time or timestamp"),
        ("user,time,event_type\na,0,x\nb,yesterday,x\n", "log.csv:3: 'yesterday' is no time"),
        ("user,time,event_type\na,-5,x\n", "log.csv:2: '-5' is no time"),
        ("user,time,event_type\na,nan,x\n", "log.csv:2: 'nan' is no time"),
        ("user,time,event_type\na,0\n", "log.csv:2: there are 2 columns, and 3 are needed"),
        ("user,time,event_type,label\na,0,x,maybe\n", "log.csv:2: 'maybe' is no label"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadLog) as refused:
        read_log(written(tmp_path, text))

    assert said in str(refused.value)


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="there is no label"):
        read_labels(written(tmp_path, "user,label\n"))
