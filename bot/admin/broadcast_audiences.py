"""Whom a broadcast can be for: each audience by its name, as a filter. Its words are in the texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AUDIENCES: Mapping[str, Mapping[str, Any]] = {
    "everybody": {},
    "active_7": {"user.days_inactive": {"$lt": 7}},
    "inactive_7": {"user.days_inactive": {"$gte": 7}},
    "inactive_30": {"user.days_inactive": {"$gte": 30}},
    "onboarded": {"sequences.onboarding": "completed"},
    "not_onboarded": {"sequences.onboarding": {"$in": ["active", "paused"]}},
    "committed": {"behavior.commitment_created": {"$exists": True}},
    "not_committed": {"behavior.commitment_created": {"$exists": False}},
    "in_a_pod": {"user.pods": {"$gt": 0}},
    "only_email": {"contact_points.email": {"$exists": True}, "contact_points.telegram": {"$exists": False}},
    "unverified_email": {"contact_points.email": "unverified"},
}
"""In the order in which they are offered."""
