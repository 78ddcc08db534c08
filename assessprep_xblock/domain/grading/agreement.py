"""How well two people's marks agree, over the answers that both have marked. Values in, values out; no framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

#: Fewer pairs say nothing about two people, and kappa needs more than a difference does.
FEW = 10
FEW_FOR_KAPPA = 30
#: The normal distribution's 97.5 % point.
Z = 1.959963984540054
CLOSE = 1e-9


@dataclass(frozen=True)
class Agreement:
    """The agreement of ``n`` pairs of marks of one question. None: too few pairs, or nothing to say.

    ``apart``: the mean of the absolute differences, in points. ``exact`` and ``within``: shares (0 to 1) of equal marks, and
    of marks within the tolerance; ``exact_from`` and ``exact_to``: the 95 % interval of the first. ``lean``: the mean of
    second minus first mark. ``kappa``: quadratic weighted kappa, 1: the same, 0: no better than chance.
    """

    n: int
    apart: float | None
    exact: float | None
    exact_from: float | None
    exact_to: float | None
    within: float | None
    lean: float | None
    kappa: float | None


def agreement(pairs: Sequence[tuple[float, float]], *, tolerance: float) -> Agreement:
    """The agreement of pairs (first mark, second mark) of one question."""
    n = len(pairs)
    if n < FEW:
        return Agreement(n, None, None, None, None, None, None, None)
    equal = sum(abs(one - other) <= CLOSE for one, other in pairs)
    low, high = wilson(equal, n)
    return Agreement(
        n=n,
        apart=sum(abs(one - other) for one, other in pairs) / n,
        exact=equal / n,
        exact_from=low,
        exact_to=high,
        within=sum(abs(one - other) <= tolerance + CLOSE for one, other in pairs) / n,
        lean=sum(other - one for one, other in pairs) / n,
        kappa=weighted_kappa(pairs) if n >= FEW_FOR_KAPPA else None,
    )


def weighted_kappa(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Kappa with quadratic weights: 1 minus the mean squared difference over the one that chance would give.

    Cohen, J. (1968), Weighted kappa, Psychological Bulletin 70, 213-220. With weights (x - y)^2 the share that chance gives
    is the mean over all pairs of a first mark with a second one: var(x) + var(y) + (mean(x) - mean(y))^2 with variances over
    n (Fleiss, J. L. and Cohen, J. (1973), Educational and Psychological Measurement 33, 613-619), so that marks need not be
    put into categories. None where everybody gave every answer the same points: chance would do as well.
    """
    n = len(pairs)
    first, second = sum(one for one, _other in pairs) / n, sum(other for _one, other in pairs) / n
    spread = sum((one - first) ** 2 + (other - second) ** 2 for one, other in pairs) / n
    by_chance = spread + (first - second) ** 2
    if by_chance <= CLOSE:
        return None
    return 1 - sum((one - other) ** 2 for one, other in pairs) / n / by_chance


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share: Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212."""
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
