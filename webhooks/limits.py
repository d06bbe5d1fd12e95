"""How much each caller of the JSON API may ask: a bucket of tokens for each, in the memory of this process.

Several processes count for themselves: behind a load balancer a caller may have a bucket in each.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

BURST_SECONDS = 4.0  # a bucket holds what flows into it in this time
MOST_CALLERS = 10_000  # remembered at once; who was away for longest begins anew


@dataclass(frozen=True, slots=True)
class Taken:
    """`wait_seconds` is 0 where there was a token; else the time until there is one."""

    quota: int
    left: int
    wait_seconds: float

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers says it."""
        until = math.ceil(self.wait_seconds)
        return {
            "RateLimit-Policy": f'"caller";q={self.quota};w={BURST_SECONDS:.0f}',
            "RateLimit": f'"caller";r={self.left};t={until}',
        }


class Limits:
    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._quota = max(1, math.floor(per_second * BURST_SECONDS))
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was

    def take(self, caller: str, now: float) -> Taken:
        """`now` in seconds of a clock that never goes back."""
        tokens, since = self._buckets.pop(caller, (float(self._quota), now))
        tokens = min(self._quota, tokens + (now - since) * self._per_second)
        has_one = tokens >= 1
        tokens -= has_one
        self._buckets[caller] = (tokens, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        wait = 0.0 if has_one else (1 - tokens) / self._per_second
        return Taken(self._quota, math.floor(tokens), wait)
