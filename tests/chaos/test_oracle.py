import json
from pathlib import Path

from tests.chaos.oracle import Accepted, LedgerFile, Row, compare
from tests.chaos.table import as_markdown, as_text


def accepted(recipient: str, body_hash: str = "same") -> Accepted:
    return Accepted("telegram", recipient, 1, body_hash)


def test_who_got_nothing_is_lost() -> None:
    assert compare(["1", "2"], [accepted("1")]).lost == {"2"}


def test_who_got_it_three_times_counts_as_two_duplicates() -> None:
    assert compare(["1"], [accepted("1")] * 3).duplicates == 2


def test_who_was_to_get_nothing_is_strange() -> None:
    assert compare(["1"], [accepted("1"), accepted("2")]).strange == {"2"}


def test_other_words_the_second_time_are_strange() -> None:
    assert compare(["1"], [accepted("1"), accepted("1", "other")]).strange == {"1"}


def test_a_row_fails_for_each_kind_of_failure_and_for_having_shown_nothing() -> None:
    assert Row("fine", n=3).has_passed
    assert Row("allowed", n=3, duplicates=2, allowed=2).has_passed
    for failed in (
        Row("nothing", n=0),
        Row("lost", n=3, lost=1),
        Row("twice", n=3, duplicates=1),
        Row("wrong", n=3, wrong=1),
        Row("told", n=3, complaints=("too late",)),
    ):
        assert not failed.has_passed
        assert failed.bound is None


def test_the_bound_is_three_over_n() -> None:
    assert Row("fine", n=300).bound == 0.01


def test_the_ledger_file_gives_each_whole_line_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    entry = json.dumps({"provider": "resend", "recipient": "a@b.c", "request": 1, "body_hash": "x"})
    path.write_text(entry + "\n" + entry[:10])
    ledger = LedgerFile(path)

    assert ledger.waiting() == 1
    assert [each.recipient for each in ledger.news()] == ["a@b.c"]
    assert ledger.news() == []
    with path.open("a") as file:
        file.write(entry[10:] + "\n")
    assert len(ledger.news()) == 1


def test_a_failure_can_be_seen_in_both_tables() -> None:
    row = Row("test", n=1, lost=1, complaints=("it is gone",))

    assert "FAIL" in as_text([row])
    assert "it is gone" in as_text([row])
    assert "FAIL" in as_markdown([row.as_json()])
