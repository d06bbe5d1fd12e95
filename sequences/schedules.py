"""When a campaign runs: the days of its rule, each with its time of day.

What an hour that a clock change skips or repeats means is said by the database, in `tendril.instant`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from dateutil.rrule import rrulestr


def days_of_rule(rule: str, first: datetime, last: datetime, most: int) -> list[datetime]:
    """The first `most` times of an RRULE that begins at `first`, as far as `last`."""
    times: Iterator[datetime] = iter(rrulestr(rule, dtstart=first).replace(until=last))
    return list(islice(times, most))
