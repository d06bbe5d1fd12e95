"""Rates and limits: what may be said of so many of so many."""

import pytest

from sequences.analytics import ENOUGH_MAILS, LIMITS, NOTHING, Figures, Rate, judged


def test_a_share_of_nothing_is_no_share() -> None:
    assert Rate.told(0, 0) is None


def test_none_of_a_few_may_still_be_a_good_share() -> None:
    rate = Rate.told(0, 10)

    assert rate is not None
    assert (rate.rate, rate.low, round(rate.high, 3)) == (0.0, 0.0, 0.278)


@pytest.mark.parametrize(
    ("bounced", "verdict"), [(0, "fine"), (19, "fine"), (20, "high"), (49, "high"), (50, "over")]
)
def test_bounces_are_judged_by_the_limits_of_providers(bounced: int, verdict: str) -> None:
    figures = Figures.read({**NOTHING, "mails": 1000, "hard_bounced": bounced})

    assert {each.rate: each.verdict for each in judged(figures)}["bounced"] == verdict


def test_of_few_mails_nothing_is_said() -> None:
    figures = Figures.read({**NOTHING, "mails": ENOUGH_MAILS - 1, "hard_bounced": 50})

    assert {each.verdict for each in judged(figures)} == {"too_few"}
    assert all(limit.source for limit in LIMITS)
