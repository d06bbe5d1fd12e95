"""The rules tell a risk and why, and stay within their bounds."""

from __future__ import annotations

from itertools import product

from engagement.risk.rules import load_rules

RULES = load_rules()
KNOWN = {rule.signal: None for rule in RULES.rules}


def test_who_is_here_every_day_is_at_less_risk_than_who_has_gone() -> None:
    here = KNOWN | {"days_since_active": 0, "active_days_7": 6, "active_days_14": 12, "streak_days": 6}
    gone = KNOWN | {"days_since_active": 16, "active_days_7": 0, "active_days_14": 0, "overdue": 5}

    assert RULES.risk(here) < 10 < 80 < RULES.risk(gone)
    assert RULES.reasons(here) == []
    assert RULES.reasons(gone)[:2] == ["nothing for a week", "nothing for two weeks"]


def test_a_risk_never_leaves_its_bounds() -> None:
    for values in product((None, 0, 1, 5, 1_000), repeat=3):
        known = KNOWN | dict(zip(("days_since_active", "active_days_14", "streak_days"), values, strict=True))
        assert 1 <= RULES.risk(known) <= 99


def test_of_whom_nothing_is_known_the_start_is_told() -> None:
    assert RULES.risk(KNOWN) == RULES.start
