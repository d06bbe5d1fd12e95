"""Whom a broadcast can be for, in the order in which it is offered. The words for each are in the texts."""

from __future__ import annotations

from sequences.audiences import load_audiences

OFFERED = (
    "all_users",
    "active_7_days",
    "inactive_7_days",
    "inactive_30_days",
    "onboarded",
    "still_onboarding",
    "committed",
    "never_committed",
    "in_a_pod",
    "reachable_only_by_email",
    "unverified_email",
)
_KNOWN = load_audiences()
AUDIENCES = {name: _KNOWN[name].filter for name in OFFERED}
