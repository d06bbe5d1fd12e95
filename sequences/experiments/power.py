"""How many people an experiment needs, what it can find, and how long that takes.

By the normal approximation (Fleiss, Levin & Paik 2003, chapter 4), two-sided, for one look at the end. For
sequential intervals `for_looks` says how many times as many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sequences.experiments.distributions import STANDARD_NORMAL, normal_quantile
from sequences.experiments.sequential import TUNED_FOR, critical_value


@dataclass(frozen=True, slots=True)
class Plan:
    """What is promised: `confidence` of not finding what is not there, `power` of finding what is.

    `comparisons` are the variants that are compared with the control; each gets its share of the error
    (Bonferroni), which is what Holm's correction asks of the first.
    """

    confidence: float = 0.95
    power: float = 0.8
    comparisons: int = 1

    @property
    def reach(self) -> tuple[float, float]:
        """The two quantiles: of the confidence, and of the power."""
        corrected = 1 - (1 - self.confidence) / self.comparisons
        return normal_quantile(corrected), STANDARD_NORMAL.inv_cdf(self.power)


DEFAULT_PLAN = Plan()


def people_for_rate(rate: float, lift: float, plan: Plan = DEFAULT_PLAN) -> int:
    """How many in each group to find that `rate` becomes `rate * (1 + lift)`.

    Raises ValueError where either is no rate between 0 and 1, or nothing changes.
    """
    changed = rate * (1 + lift)
    if not (0 < rate < 1 and 0 <= changed <= 1 and lift):
        raise ValueError("both rates lie between 0 and 1, and differ")
    sure, strong = plan.reach
    both = (rate + changed) / 2
    alike = sure * math.sqrt(2 * both * (1 - both))
    apart = strong * math.sqrt(rate * (1 - rate) + changed * (1 - changed))
    return math.ceil(((alike + apart) / (changed - rate)) ** 2)


def people_for_mean(mean: float, deviation: float, lift: float, plan: Plan = DEFAULT_PLAN) -> int:
    """How many in each group to find that `mean` becomes `mean * (1 + lift)`, of values that deviate so.

    Raises ValueError where nothing deviates or changes.
    """
    if not (mean * lift and deviation > 0):
        raise ValueError("a mean that changes and a deviation above 0 are needed")
    return max(2, math.ceil(2 * (sum(plan.reach) * deviation / (mean * lift)) ** 2))


def smallest_lift_of_rate(rate: float, people: int, plan: Plan = DEFAULT_PLAN) -> float | None:
    """The smallest increase that so many in each group can find; None where not even everybody would do."""
    high = (1 - rate) / rate * (1 - 1e-12)  # everybody, or by rounding a little more than that
    if people < people_for_rate(rate, high, plan):
        return None
    low = 0.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if people_for_rate(rate, middle, plan) > people:
            low = middle
        else:
            high = middle
    return high


def smallest_lift_of_mean(
    mean: float, deviation: float, people: int, plan: Plan = DEFAULT_PLAN
) -> float | None:
    """The smallest increase that so many in each group can find; None without a mean or people."""
    if mean <= 0 or people < 2:
        return None
    return sum(plan.reach) * deviation * math.sqrt(2 / people) / mean


def days_needed(people: int, groups: int, a_day: float) -> int | None:
    """Until each of the groups has so many, with `a_day` new ones in all; None if nobody comes."""
    return math.ceil(people * groups / a_day) if a_day > 0 else None


def for_looks(people: int, plan: Plan = DEFAULT_PLAN, tuned_for: int = TUNED_FOR) -> int:
    """How many in each group the sequential intervals need for what `people` would find at one look."""
    sure, strong = plan.reach
    corrected = 1 - (1 - plan.confidence) / plan.comparisons
    needed = float(people)
    for _ in range(50):  # the critical value hardly depends on it, so this settles at once
        watched = critical_value(2 * math.ceil(needed), corrected, tuned_for)
        needed = people * ((watched + strong) / (sure + strong)) ** 2
    return math.ceil(needed)
