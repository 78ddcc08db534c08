"""The statistics of a test once more, in plain Python and straight from the textbooks' formulas: what the product's
must equal.

Written without looking at how the product does it: no sums of squares, no blocks of rows, no numpy. Slow, and meant to be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def covariance(one: Sequence[float], other: Sequence[float]) -> float:
    a, b = mean(one), mean(other)
    return math.fsum((x - a) * (y - b) for x, y in zip(one, other, strict=True)) / (len(one) - 1)


def variance(values: Sequence[float]) -> float:
    return covariance(values, values)


def median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def skewness(values: Sequence[float]) -> float:
    n, centre, sd = len(values), mean(values), math.sqrt(variance(values))
    return n / ((n - 1) * (n - 2)) * math.fsum(((x - centre) / sd) ** 3 for x in values)


def kurtosis(values: Sequence[float]) -> float:
    n, centre, sd = len(values), mean(values), math.sqrt(variance(values))
    fourth = math.fsum(((x - centre) / sd) ** 4 for x in values)
    return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * fourth - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def column(rows: Rows, one: int) -> list[float]:
    return [row[one] for row in rows]


def totals(rows: Rows) -> list[float]:
    return [math.fsum(row) for row in rows]


def rests(rows: Rows, one: int) -> list[float]:
    return [math.fsum(value for place, value in enumerate(row) if place != one) for row in rows]


def alpha(rows: Rows) -> float:
    k = len(rows[0])
    return k / (k - 1) * (1 - math.fsum(variance(column(rows, one)) for one in range(k)) / variance(totals(rows)))


def item_rest(rows: Rows, one: int) -> float | None:
    own, rest = column(rows, one), rests(rows, one)
    below = math.sqrt(variance(own) * variance(rest))
    return covariance(own, rest) / below if below > 1e-12 else None


def upper_lower(rows: Rows, one: int, worth: float) -> float:
    """Groups of 27 % by total; who ties at the edge counts in part, by hand: sorted, with the tied ones' mean score."""
    size = max(1, round(0.27 * len(rows)))
    ranked = sorted(zip([round(total, 9) for total in totals(rows)], column(rows, one), strict=True))

    def group(taken: list[tuple[float, float]]) -> float:
        edge = taken[-1][0]
        sure = [score for total, score in taken if total != edge]
        tied = [score for total, score in ranked if total == edge]
        return (math.fsum(sure) + (size - len(sure)) * mean(tied)) / size

    return (group(ranked[::-1][:size]) - group(ranked[:size])) / worth


def efficiency(rows: Rows, one: int) -> float | None:
    own, rest = column(rows, one), rests(rows, one)
    largest = covariance(sorted(own), sorted(rest))
    return covariance(own, rest) / largest if largest > 1e-12 else None


def analysis(rows: Rows, possible: Sequence[float]) -> list[dict[str, float | None]]:
    """Everything the bench compares: facility, item-rest correlation, upper less lower, efficiency, and alpha for
    the test."""
    of_all = alpha(rows)
    return [
        {
            "facility": mean(column(rows, one)) / possible[one],
            "rest": item_rest(rows, one),
            "upper_lower": upper_lower(rows, one, possible[one]),
            "efficiency": efficiency(rows, one),
            "alpha": of_all,
        }
        for one in range(len(possible))
    ]
