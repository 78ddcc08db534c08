"""Whether a question is harder for one school's students than for others who are as able: Mantel and Haenszel's procedure.

Students are matched by their total score; at each score the odds of a right answer in the two groups are compared (Mantel &
Haenszel 1959; for tests: Holland & Thayer 1988, "Differential item performance and the Mantel-Haenszel procedure").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import intervals
from .intervals import Interval
from .rules import Scores

#: log odds -> the delta scale of ETS.
DELTA = -2.35


@dataclass(frozen=True)
class Dif:
    """``odds``: common odds ratio, above 1 where the question favours the reference group. ``delta`` = -2.35 ln odds: below
    0 it is harder for the focal group. ``category``: ETS's A (negligible), B (moderate), C (large) (Zieky 1993).
    """

    odds: float | None
    sure: Interval | None
    chi2: float | None
    p: float | None
    delta: float | None
    delta_error: float | None
    category: str


def mantel_haenszel(tables: NDArray[np.float64]) -> Dif:
    """``tables`` (strata, 2, 2): [[right, wrong] of the reference group, [right, wrong] of the focal group].

    Chi-square with the continuity correction of Mantel & Haenszel (1959); the variance of the log odds is that of Robins,
    Breslow & Greenland (1986, Biometrics 42:311).
    """
    a, b, c, d = (tables[:, row, column] for row in (0, 1) for column in (0, 1))
    size = a + b + c + d
    use = size > 1
    a, b, c, d, size = a[use], b[use], c[use], d[use], size[use]
    r, s = a * d / size, b * c / size
    expected = (a + b) * (a + c) / size
    variance = ((a + b) * (c + d) * (a + c) * (b + d) / (size * size * (size - 1))).sum()
    apart = abs(float((a - expected).sum()))
    chi2 = max(0.0, apart - 0.5) ** 2 / float(variance) if variance > 0 else None
    p = None if chi2 is None else intervals.chi2_p_of_one_df(chi2)
    if r.sum() <= 0 or s.sum() <= 0:
        return Dif(None, None, chi2, p, None, None, "")
    odds = float(r.sum() / s.sum())
    one, two = (a + d) / size, (b + c) / size
    of_log = float(
        (one * r).sum() / (2 * r.sum() ** 2)
        + (one * s + two * r).sum() / (2 * r.sum() * s.sum())
        + (two * s).sum() / (2 * s.sum() ** 2)
    )
    error = math.sqrt(of_log)
    centre = math.log(odds)
    delta, delta_error = DELTA * centre, abs(DELTA) * error
    return Dif(
        odds=odds,
        sure=(math.exp(centre - intervals.Z * error), math.exp(centre + intervals.Z * error)),
        chi2=chi2,
        p=p,
        delta=delta,
        delta_error=delta_error,
        category=_category(delta, delta_error, p),
    )


def _category(delta: float, error: float, p: float | None) -> str:
    """ETS's rule: A where |delta| < 1 or not different from 0; C where |delta| >= 1.5 and above 1 with certainty; else B.

    "With certainty": one-sided 5 %, as in Zieky (1993) and Zwick (2012, ETS RR-12-08).
    """
    if p is None or p >= 0.05 or abs(delta) < 1:
        return "A"
    return "C" if abs(delta) >= 1.5 and (abs(delta) - 1) / error > 1.645 else "B"


def levels_of(total: Scores) -> NDArray[np.intp]:
    """For each student the number of their total score among all totals: who has the same number is as able."""
    return np.unique(np.round(total, 6), return_inverse=True)[1]


def counted(right: NDArray[np.bool_], level: NDArray[np.intp], levels: int) -> NDArray[np.float64]:
    """How many had one question right and wrong at each total (the question itself included, as Holland & Thayer ask):
    shape (levels, 2). Two groups' counts are stacked to the tables of :func:`mantel_haenszel`."""
    return np.bincount(level * 2 + ~right, minlength=2 * levels).reshape(-1, 2).astype(float)
