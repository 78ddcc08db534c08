"""How sure a figure is: quantiles and 95 % intervals. Plain Python: values in, values out; ``None`` where there is
no interval.

The quantiles of Student's t, F and chi-square are found by bisection on the distribution functions, which are written with
the regularized incomplete beta and gamma functions. That is exact to about 1e-12, and needs no library that an LMS may lack.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Any

from numpy.typing import NDArray

LEVEL = 0.95
#: Two-sided 95 % point of the normal distribution.
Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)

Interval = tuple[float, float]


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), by the continued fraction of DLMF 8.17.22 (Lentz's method)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_cdf(1 - x, b, a)
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    fraction = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for term in (even, odd):
            d, c = 1 + term * d, 1 + term / c
            d, c = 1 / (d if abs(d) > tiny else tiny), c if abs(c) > tiny else tiny
            step = d * c
            fraction *= step
        if abs(step - 1) < 1e-15:
            break
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * fraction / a


def gamma_cdf(x: float, a: float) -> float:
    """The regularized incomplete gamma function P(a, x): the series of DLMF 8.11.4, or the fraction of 8.9.2."""
    if x <= 0:
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, 100_000):
            term *= x / (a + n)
            total += term
            if term < total * 1e-16:
                break
        return front * total
    b, c, tiny = x + 1 - a, 1e300, 1e-300
    d = 1 / b
    fraction = d
    for n in range(1, 100_000):
        an, b = -n * (n - a), b + 2
        d, c = an * d + b, b + an / c
        d, c = 1 / (d if abs(d) > tiny else tiny), c if abs(c) > tiny else tiny
        fraction *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return 1 - front * fraction


def _found(cdf: Callable[[float], float], p: float, low: float, high: float) -> float:
    """The value between ``low`` and ``high`` (which is doubled until it is enough) at which ``cdf`` is ``p``."""
    while cdf(high) < p and high < 1e300:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if cdf(middle) < p else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def t_quantile(p: float, df: float) -> float:
    """Student's t. ``df`` need not be whole (Welch's is not)."""
    if p < 0.5:
        return -t_quantile(1 - p, df)
    return _found(lambda t: 1 - beta_cdf(df / (df + t * t), df / 2, 0.5) / 2, p, 0.0, 2.0)


@lru_cache(maxsize=1024)
def f_quantile(p: float, df1: float, df2: float) -> float:
    """The F distribution."""
    return _found(lambda f: beta_cdf(df1 * f / (df1 * f + df2), df1 / 2, df2 / 2), p, 0.0, 2.0)


@lru_cache(maxsize=1024)
def chi2_quantile(p: float, df: float) -> float:
    """The chi-square distribution."""
    return _found(lambda x: gamma_cdf(x / 2, df / 2), p, 0.0, max(2.0, df))


def chi2_p_of_one_df(value: float) -> float:
    """How often a chi-square value with one degree of freedom is at least this large by chance."""
    return math.erfc(math.sqrt(value / 2))


def mean(value: float, sd: float | None, n: int) -> Interval | None:
    """Of a mean, by Student (1908): mean +- t(n-1) * sd / sqrt(n)."""
    if sd is None or n < 2:
        return None
    half = t_quantile(0.5 + LEVEL / 2, n - 1) * sd / math.sqrt(n)
    return value - half, value + half


def spread(sd: float | None, n: int) -> Interval | None:
    """Of a standard deviation, by the chi-square distribution (Snedecor & Cochran, Statistical Methods, section 5.7)."""
    if not sd or n < 2:
        return None
    df = n - 1
    below, above = chi2_quantile(0.5 - LEVEL / 2, df), chi2_quantile(0.5 + LEVEL / 2, df)
    return sd * math.sqrt(df / above), sd * math.sqrt(df / below)


def spread_of_shares(sd: float | None, sure: Interval | None, n: int, worth: float) -> Interval | None:
    """Of a standard deviation of a question that is right or wrong: of its facility's interval, since sd^2 is
    worth^2 p (1 - p) n / (n - 1) (Lord & Novick 1968, section 15.2). Marks of two kinds are no normal distribution."""
    if sd is None or sure is None or n < 2:
        return None
    ends = [math.sqrt(max(0.0, p * (1 - p)) * n / (n - 1)) * abs(worth) for p in sure]
    most = math.sqrt(0.25 * n / (n - 1)) * abs(worth) if sure[0] <= 0.5 <= sure[1] else max(ends)
    return min(ends), most


def median(ordered: Sequence[float] | NDArray[Any]) -> Interval | None:
    """Of a median, out of the ordered values, without assuming any distribution (Conover 1999, section 3.2).

    The narrowest symmetric pair of values that holds the median with at least 95 %; None below 6 values.
    """
    n = len(ordered)
    low, high = 0, n // 2
    # The largest k with P(fewer than k values lie below the median) <= 2.5 %: a binomial with p = 1/2, which is
    # P(X <= k - 1) = I_1/2(n - k + 1, k).
    while low < high:
        middle = (low + high + 1) // 2
        if beta_cdf(0.5, n - middle + 1, middle) <= 0.5 - LEVEL / 2:
            low = middle
        else:
            high = middle - 1
    return (float(ordered[low - 1]), float(ordered[n - low])) if low else None


def share(part: float, n: float) -> Interval | None:
    """Of a share part/n, by Wilson (1927), as recommended by Newcombe (1998, Statistics in Medicine 17:857, method 3)."""
    if n <= 0:
        return None
    p, z2 = part / n, Z * Z
    centre, half = 2 * part + z2, Z * math.sqrt(max(0.0, z2 + 4 * part * (1 - p)))
    # At the ends the root and the centre cancel but for rounding.
    low = 0.0 if part <= 0 else (centre - half) / (2 * (n + z2))
    high = 1.0 if part >= n else (centre + half) / (2 * (n + z2))
    return max(0.0, low), min(1.0, high)


def difference_of_shares(p1: float, n1: float, p2: float, n2: float) -> Interval | None:
    """Of p1 - p2 between independent groups, by Newcombe (1998, Statistics in Medicine 17:873, method 10)."""
    one, two = share(p1 * n1, n1), share(p2 * n2, n2)
    if one is None or two is None:
        return None
    apart = p1 - p2
    return (
        apart - math.hypot(p1 - one[0], two[1] - p2),
        apart + math.hypot(one[1] - p1, p2 - two[0]),
    )


def correlation(r: float | None, n: int) -> Interval | None:
    """Of a correlation, by Fisher's z (Fisher 1915): tanh(atanh r +- z / sqrt(n - 3)); None below 4 students."""
    if r is None or n < 4:
        return None
    if abs(r) >= 1:
        return math.copysign(1.0, r), math.copysign(1.0, r)
    centre, half = math.atanh(r), Z / math.sqrt(n - 3)
    return math.tanh(centre - half), math.tanh(centre + half)


def alpha(value: float | None, n: int, items: int) -> Interval | None:
    """Of coefficient alpha, by Feldt (1965): 1 - (1 - alpha) * F with n-1 and (n-1)(k-1) degrees of freedom."""
    if value is None or n < 2 or items < 2:
        return None
    df1, df2 = n - 1, (n - 1) * (items - 1)
    tail = 0.5 - LEVEL / 2
    return 1 - (1 - value) * f_quantile(1 - tail, df1, df2), 1 - (1 - value) * f_quantile(tail, df1, df2)


def skewness(value: float | None, n: int) -> Interval | None:
    """Of the sample skewness G1, by its standard error under normality (Joanes & Gill 1998, The Statistician 47:183)."""
    if value is None or n < 3:
        return None
    half = Z * _skewness_error(n)
    return value - half, value + half


def kurtosis(value: float | None, n: int) -> Interval | None:
    """Of the sample excess kurtosis G2, by its standard error under normality (Joanes & Gill 1998)."""
    if value is None or n < 4:
        return None
    half = Z * 2 * _skewness_error(n) * math.sqrt((n * n - 1) / ((n - 3) * (n + 5)))
    return value - half, value + half


def _skewness_error(n: int) -> float:
    return math.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))


def difference_of_means(
    mean1: float, sd1: float | None, n1: int, mean2: float, sd2: float | None, n2: int
) -> tuple[float, Interval] | None:
    """mean1 - mean2 with its interval, the spreads being allowed to differ (Welch 1947, Biometrika 34:28)."""
    if sd1 is None or sd2 is None:
        return None
    a, b = sd1 * sd1 / n1, sd2 * sd2 / n2
    if a + b <= 0:
        return None
    df = (a + b) ** 2 / (a * a / (n1 - 1) + b * b / (n2 - 1))
    half = t_quantile(0.5 + LEVEL / 2, df) * math.sqrt(a + b)
    apart = mean1 - mean2
    return apart, (apart - half, apart + half)


def effect_size(
    mean1: float, sd1: float | None, n1: int, mean2: float, sd2: float | None, n2: int
) -> tuple[float, Interval] | None:
    """The difference in standard deviations, corrected for small groups: Hedges' g with its large-sample interval.

    Hedges (1981, J. Educational Statistics 6:107): d over the pooled sd, times J = 1 - 3 / (4 (n1 + n2) - 9); variance
    (n1 + n2) / (n1 n2) + g^2 / (2 (n1 + n2)) (Hedges & Olkin 1985, section 5.E).
    """
    if sd1 is None or sd2 is None or n1 + n2 < 4:
        return None
    pooled = math.sqrt(((n1 - 1) * sd1 * sd1 + (n2 - 1) * sd2 * sd2) / (n1 + n2 - 2))
    if pooled <= 0:
        return None
    g = (1 - 3 / (4 * (n1 + n2) - 9)) * (mean1 - mean2) / pooled
    half = Z * math.sqrt((n1 + n2) / (n1 * n2) + g * g / (2 * (n1 + n2)))
    return g, (g - half, g + half)
