"""How well two people agree: every figure against one made another way, and against a published example."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest
from scipy import stats

from assessprep_xblock.domain.grading.agreement import FEW, FEW_FOR_KAPPA, agreement, weighted_kappa, wilson


def kappa_by_table(pairs: list[tuple[float, float]]) -> float:
    """Cohen's formula over a table of categories: observed and expected cells, each with its weight."""
    marks = sorted({mark for pair in pairs for mark in pair})
    cells, rows, columns = Counter(pairs), Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    n = len(pairs)
    observed = expected = 0.0
    for one, other in product(marks, marks):
        weight = (one - other) ** 2
        observed += weight * cells[one, other] / n
        expected += weight * rows[one] / n * columns[other] / n
    return 1 - observed / expected


def drawn(seed: int, n: int = 60) -> list[tuple[float, float]]:
    dice = random.Random(seed)
    return [
        (mark := dice.randrange(13) / 2, min(6.0, max(0.0, mark + dice.choice((-1, -0.5, 0, 0, 0.5, 2))))) for _ in range(n)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_kappa_is_cohens_over_the_table_of_marks(seed):
    pairs = drawn(seed)
    assert weighted_kappa(pairs) == pytest.approx(kappa_by_table(pairs), abs=1e-9)


def test_kappa_of_six_answers_is_told_by_their_moments():
    # The squared differences are 0, 0, 1, 0, 4 and 1: their mean is 1.
    pairs = [(1.0, 1.0), (2.0, 2.0), (3.0, 2.0), (0.0, 0.0), (2.0, 4.0), (3.0, 2.0)]
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    chance = stats.moment(first, 2) + stats.moment(second, 2) + (sum(first) / 6 - sum(second) / 6) ** 2
    assert weighted_kappa(pairs) == pytest.approx(1 - 1 / chance, abs=1e-12)
    assert weighted_kappa(pairs) == pytest.approx(kappa_by_table(pairs), abs=1e-12)


#: R's package irr, data set "anxiety": twenty people rated from 1 to 6 by three raters.
ANXIETY = (
    (3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3),
    (3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4),
    (2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2),
)


def test_kappa_of_twenty_ratings_as_r_prints_it():
    """R, package irr, examples of kappa2: kappa2(anxiety[,1:2], "squared") gives 0.297; kappa2(anxiety[,2:3], "squared")
    0.2520325 (so in statsmodels' test_inter_rater.py): nobody gave a 5 there, and irr's categories are the ratings given."""
    first, second, third = ANXIETY
    assert weighted_kappa(list(zip(first, second, strict=True))) == pytest.approx(0.297, abs=5e-4)
    closed = {mark: place for place, mark in enumerate(sorted({*second, *third}))}
    pairs = [(closed[one], closed[other]) for one, other in zip(second, third, strict=True)]
    assert weighted_kappa(pairs) == pytest.approx(0.2520325, abs=5e-8)


def test_kappa_of_all_or_nothing_is_cohens_own_as_the_textbook_example_has_it():
    """Cohen, J. (1960), Educational and Psychological Measurement 20, 37-46; worked at en.wikipedia.org/wiki/Cohen's_kappa,
    "simple example": of 50 proposals both say yes to 20 and no to 15, one alone to 5 and 10: kappa = 0.40."""
    pairs = [(1.0, 1.0)] * 20 + [(1.0, 0.0)] * 5 + [(0.0, 1.0)] * 10 + [(0.0, 0.0)] * 15
    assert weighted_kappa(pairs) == pytest.approx(0.4, abs=1e-12)


def test_kappa_is_one_for_the_same_marks_minus_one_for_opposite_ones_and_nothing_without_a_spread():
    same = [(float(one), float(one)) for one in range(5)]
    assert weighted_kappa(same) == 1
    assert weighted_kappa([(one, 4 - one) for one, _ in same]) == pytest.approx(-1)
    assert weighted_kappa([(3.0, 3.0)] * 40) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_other_figures_are_what_a_statistics_library_says(seed):
    pairs = drawn(seed)
    found = agreement(pairs, tolerance=0.5)
    apart = [abs(one - other) for one, other in pairs]
    assert found.apart == pytest.approx(float(stats.tmean(apart)), abs=1e-9)
    assert found.lean == pytest.approx(float(stats.tmean([other - one for one, other in pairs])), abs=1e-9)
    equal = stats.binomtest(sum(one == 0 for one in apart), len(apart))
    interval = equal.proportion_ci(method="wilson")
    assert (found.exact, found.exact_from, found.exact_to) == pytest.approx(
        (equal.statistic, interval.low, interval.high), abs=1e-9
    )
    assert found.within == pytest.approx(sum(one <= 0.5 for one in apart) / len(apart))


def test_the_interval_of_a_share_is_the_published_one():
    # Newcombe, R. G. (1998), Statistics in Medicine 17, 857-872, table I, method 3: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_of_few_answers_nothing_is_said_and_kappa_needs_more():
    pairs = drawn(1, n=FEW_FOR_KAPPA)
    assert agreement(pairs[: FEW - 1], tolerance=1).apart is None
    some = agreement(pairs[:FEW], tolerance=1)
    assert some.apart is not None and some.kappa is None
    assert agreement(pairs[: FEW_FOR_KAPPA - 1], tolerance=1).kappa is None
    assert agreement(pairs, tolerance=1).kappa is not None
    assert agreement([], tolerance=1).n == 0
