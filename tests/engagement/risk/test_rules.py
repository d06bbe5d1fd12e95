"""The rules tell a risk and why, and stay within their bounds."""

from __future__ import annotations

from itertools import product

from engagement.risk.reasons import load_reasons
from engagement.risk.rules import load_rules

RULES, REASONS = load_rules(), load_reasons()
HERE = {"days_since_active": 0, "active_days_7": 6, "active_days_14": 12, "streak_days": 6}
GONE = {"days_since_active": 16, "active_days_7": 0, "active_days_14": 0, "overdue": 5}


def test_who_is_here_every_day_is_at_less_risk_than_who_has_gone() -> None:
    assert RULES.risk(HERE) < 10 < 80 < RULES.risk(GONE)


def test_what_raises_a_risk_is_told_in_words_and_what_lowers_it_is_not() -> None:
    assert REASONS.told(RULES.shares(HERE), HERE) == []

    told = REASONS.told(RULES.shares(GONE), GONE)
    assert [each["words"] for each in told] == ["nothing for 16 days", "active on none of the last 14 days"]
    assert told[0]["words_de"] == "seit 16 Tagen nichts"
    assert (told[0]["signal"], told[0]["value"]) == ("days_since_active", 16)


def test_one_day_and_several_are_said_as_people_say_them() -> None:
    quiet = {"days_since_active": 1.0}

    assert REASONS.told({"days_since_active": 1}, quiet)[0]["words"] == "nothing since yesterday"


def test_where_little_time_is_left_a_person_comes_first() -> None:
    shares = RULES.shares(GONE)

    assert REASONS.interventions(shares, 70) == ["gentle_reminder", "personalized_content", "peer_comparison"]
    assert REASONS.interventions(shares, 90)[0] == "human_outreach"


def test_a_risk_never_leaves_its_bounds() -> None:
    for values in product((None, 0, 1, 5, 1_000), repeat=3):
        known = dict(zip(("days_since_active", "active_days_14", "streak_days"), values, strict=True))
        risk = RULES.risk(known)
        weekly, monthly = RULES.horizons(risk)
        assert 1 <= monthly <= risk <= weekly <= 100
        assert risk <= 99


def test_of_whom_nothing_is_known_the_start_is_told() -> None:
    assert RULES.risk({}) == RULES.start
