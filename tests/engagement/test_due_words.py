"""By when: what people write is understood, in two languages, and what is no day is not taken for one."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from engagement.due_words import Due, find_due, read_due

WEDNESDAY = datetime.fromisoformat("2026-03-04T15:30")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write one page today", "03-04"),
        ("Write one page tonight", "03-04"),
        ("Run 5 km tomorrow", "03-05"),
        ("Run 5 km the day after tomorrow", "03-06"),
        ("Send the draft by friday", "03-06"),
        ("Send the draft by FRI", "03-06"),
        ("Send the draft on Wednesday", "03-04"),
        ("Send the draft next friday", "03-13"),
        ("Send the draft in 3 days", "03-07"),
        ("Send the draft in two weeks", "03-18"),
        ("Send the draft this week", "03-08"),
        ("Send the draft by the end of the week", "03-08"),
        ("Send the draft next week", "03-15"),
        ("Send the draft by the end of the month", "03-31"),
        ("Send the draft by 5 March", "03-05"),
        ("Send the draft by March 21st", "03-21"),
        ("Send the draft by 2026-04-01", "04-01"),
        ("Einen Absatz schreiben, heute", "03-04"),
        ("Ich laufe morgen 5 km", "03-05"),
        ("Übermorgen die Steuer abgeben", "03-06"),
        ("Den Entwurf bis Freitag schicken", "03-06"),
        ("Den Entwurf am Montag schicken", "03-09"),
        ("Den Entwurf nächsten Montag schicken", "03-09"),
        ("Den Entwurf in 3 Tagen schicken", "03-07"),
        ("Den Entwurf in einer Woche schicken", "03-11"),
        ("Den Entwurf diese Woche schicken", "03-08"),
        ("Den Entwurf bis Ende des Monats schicken", "03-31"),
        ("Den Entwurf bis 5.3. schicken", "03-05"),
        ("Den Entwurf bis zum 21. März schicken", "03-21"),
    ],
)
def test_a_day_is_found_in_what_somebody_wrote(text: str, expected: str) -> None:
    assert find_due(text, WEDNESDAY) == Due(date.fromisoformat(f"2026-{expected}"))


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("Send it by friday 5pm", 6, time(17)),
        ("Send it tomorrow at 9:15 am", 5, time(9, 15)),
        ("Send it tomorrow by noon", 5, time(12)),
        ("Send it tomorrow 17:45", 5, time(17, 45)),
        ("Send it tomorrow at 9", 5, time(9)),
        ("Übermorgen um 10", 6, time(10)),
        ("Send it tomorrow at 12am", 5, time(0)),
        ("Bis morgen um 18 Uhr schicken", 5, time(18)),
        ("Bis Freitag 18.30 Uhr schicken", 6, time(18, 30)),
        ("Call mum at 6 pm", 4, time(18)),
        ("Call mum at 9 am", 5, time(9)),
        ("Call mum thu 5pm", 5, time(17)),
        ("Call mum sat at 5pm", 7, time(17)),
    ],
)
def test_a_time_of_day_is_found_as_well(text: str, day: int, at: time) -> None:
    assert find_due(text, WEDNESDAY) == Due(date(2026, 3, day), at)


@pytest.mark.parametrize(
    "text",
    [
        "Write one page",
        "Walk 3.5 km and read 20 pages",
        "Read chapter 5.3",
        "Every day ten minutes",
        "I sat down and did my monthly taxes",
        "Jeden Morgen laufen",
        "Am Morgen laufen",
        "Do 10 push-ups",
        "So many pages",
        "Be better in 2026",
        "Send it by 30.2.",
        "Send it by 2025-01-01",
        "Meet them at gate 12",
        "",
    ],
)
def test_what_names_no_day_ahead_is_not_taken_for_one(text: str) -> None:
    assert find_due(text, WEDNESDAY) is None


def test_a_date_that_is_over_this_year_means_the_next() -> None:
    assert find_due("by 2 January", WEDNESDAY) == Due(date(2027, 1, 2))


def test_the_leap_day_is_no_day_of_other_years() -> None:
    assert find_due("by 29 February", WEDNESDAY) is None


@pytest.mark.parametrize(
    ("text", "day"), [("fri", 6), ("Fr.", 6), ("friday", 6), ("5.3", 5), ("by sat", 7), ("morgen", 5)]
)
def test_an_answer_may_be_short(text: str, day: int) -> None:
    assert read_due(text, WEDNESDAY) == Due(date(2026, 3, day))


@pytest.mark.parametrize("text", ["thu 5pm", "Do um 17 Uhr", "thursday, at 17:00", "5.3. 17:00"])
def test_a_short_answer_may_name_a_time(text: str) -> None:
    assert read_due(text, WEDNESDAY) == Due(date(2026, 3, 5), time(17))


@pytest.mark.parametrize("text", ["later", "99.99", "🙂", "the 13th of nothing", "x" * 4000])
def test_an_answer_that_is_no_day_is_none(text: str) -> None:
    assert read_due(text, WEDNESDAY) is None
