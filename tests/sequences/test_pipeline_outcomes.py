"""What a provider's answer means for the ledger."""

from __future__ import annotations

import pytest

from channels.errors import Busy, DeliveryError, Misconfigured, Moved, Refused, Unknown, Unreachable
from sequences.outcomes import Verdict, verdict_on


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Unreachable("blocked"), Verdict("unreachable", "blocked")),
        (
            Busy("rate_limited", retry_after=3, whole_channel=True),
            Verdict("busy", "rate_limited", retry_after=3, whole_channel=True),
        ),
        (Refused("bad_markup"), Verdict("refused", "bad_markup")),
        (Misconfigured("unauthorized"), Verdict("misconfigured", "unauthorized")),
        (Unknown("no_answer"), Verdict("unknown", "no_answer")),
        (Moved("-1001"), Verdict("moved", "moved", address="-1001")),
    ],
)
def test_an_error_for_one_message_is_its_outcome(error: DeliveryError, verdict: Verdict) -> None:
    assert verdict_on(error, is_idempotent=False, is_single=True) == verdict


@pytest.mark.parametrize("error", [Refused("invalid"), Unreachable("bounced"), Moved("-1001")])
def test_what_is_wrong_with_one_of_many_sends_each_alone(error: DeliveryError) -> None:
    assert verdict_on(error, is_idempotent=True, is_single=False).outcome == "alone"


def test_an_unseen_end_is_tried_again_where_a_key_makes_that_harmless() -> None:
    assert verdict_on(Unknown("no_answer"), is_idempotent=True, is_single=False).outcome == "busy"


def test_an_unseen_end_that_repeating_cannot_clear_up_is_left_to_a_person() -> None:
    error = Unknown("already_sent", may_repeat=False)
    assert verdict_on(error, is_idempotent=True, is_single=False).outcome == "unknown"
