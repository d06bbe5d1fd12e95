"""The distributions that the standard library does not have, each to about ten digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

STANDARD_NORMAL = NormalDist()
_TINY = 1e-300
_PRECISION = 1e-15
_STEPS = 20_000
_ALMOST_NORMAL = 1e6


def normal_two_sided(z: float) -> float:
    """How likely a standard normal value is as far from 0 as `z`, or farther."""
    return math.erfc(abs(z) / math.sqrt(2))


def normal_quantile(confidence: float) -> float:
    """How far from 0 a standard normal value stays with this probability: 1.96 for 0.95."""
    return -STANDARD_NORMAL.inv_cdf((1 - confidence) / 2)


def student_two_sided(t: float, df: float) -> float:
    """How likely a value of Student's t is as far from 0 as `t`, or farther.

    By the incomplete beta function (NIST DLMF 8.17, Abramowitz & Stegun 26.7.1); for a million degrees of
    freedom or more by Wallace's normal approximation (1959).
    """
    if df > _ALMOST_NORMAL:
        return normal_two_sided(math.sqrt(df * math.log1p(t * t / df)) * (8 * df + 1) / (8 * df + 3))
    if t * t < 1:  # where little is missing to 1, which would be rounded away
        return 1 - regularized_beta(t * t / (df + t * t), 0.5, df / 2)
    return regularized_beta(df / (df + t * t), df / 2, 0.5)


def student_quantile(confidence: float, df: float) -> float:
    """How far from 0 a value of Student's t stays with this probability.

    By Newton's method from the normal quantile, which is never too far out, and from there never overshoots.
    """
    t = normal_quantile(confidence)
    for _ in range(_STEPS):
        step = (student_two_sided(t, df) - (1 - confidence)) / (2 * _student_density(t, df))
        t += step
        if abs(step) <= 1e-12 * t:
            break
    return t


def _student_density(t: float, df: float) -> float:
    log_front = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    return math.exp(log_front - (df + 1) / 2 * math.log1p(t * t / df))


def chi_square_beyond(x: float, df: float) -> float:
    """How likely a value of chi-square is as large as `x`, or larger: the upper incomplete gamma function."""
    a, x = df / 2, x / 2
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1 - front * _gamma_series(a, x) if x < a + 1 else front * _gamma_fraction(a, x)


def _gamma_series(a: float, x: float) -> float:
    """NIST DLMF 8.7.1, without the factor in front."""
    term = total = 1 / a
    for step in range(1, _STEPS):
        term *= x / (a + step)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _gamma_fraction(a: float, x: float) -> float:
    """NIST DLMF 8.9.2, without the factor in front."""
    return 1 / _fraction(x + 1 - a, lambda step: (-step * (step - a), x + 2 * step + 1 - a))


def regularized_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b): how likely a value of Beta(a, b) is below `x` (NIST DLMF 8.17)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly: the other side
        return 1 - _beta_fraction(1 - x, b, a)
    return _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """NIST DLMF 8.17.22."""

    def coefficients(step: int) -> tuple[float, float]:
        m = step // 2
        if step % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _fraction(1.0, coefficients))


def _fraction(first: float, coefficients: Callable[[int], tuple[float, float]]) -> float:
    """first + a₁/(b₁ + a₂/(b₂ + …)), by the modified method of Lentz (Numerical Recipes, 5.2)."""
    value = c = first or _TINY
    d = 0.0
    for step in range(1, _STEPS):
        a, b = coefficients(step)
        d = 1 / (b + a * d or _TINY)
        c = b + a / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value
