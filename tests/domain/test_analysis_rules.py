"""Statistics: equal to plain Python on random data, to published worked examples, and silent where there is nothing
to say."""

from __future__ import annotations

import itertools
import math
import random
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessprep_xblock.domain.analysis import dif, intervals, rules, suppression
from tests import oracle

EXACT = {"rel": 1e-9, "abs": 1e-9}


def near(value: float | None, expected: float | None):
    return value == expected if expected is None or value is None else value == pytest.approx(expected, **EXACT)


def drawn(seed: int, n: int, k: int, *, parts: int = 1) -> tuple[list[list[float]], list[float]]:
    """Scores of ``n`` students of differing ability; questions worth 1 to 4 points, given in ``parts`` steps."""
    chance = random.Random(seed)
    possible = [float(chance.randint(1, 4)) for _ in range(k)]
    rows = []
    for _ in range(n):
        ability = chance.gauss(0, 1)
        odds = [1 / (1 + math.exp(-(ability + one / k - 0.5))) for one in range(k)]
        rows.append([possible[one] * sum(chance.random() < odds[one] for _ in range(parts)) / parts for one in range(k)])
    return rows, possible


@pytest.mark.parametrize(("n", "k", "parts"), [(5, 3, 1), (37, 12, 1), (400, 40, 1), (60, 7, 3), (211, 5, 20)])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_equals_plain_python_on_random_scores(seed, n, k, parts):
    rows, possible = drawn(seed, n, k, parts=parts)
    scores = np.array(rows)
    whole = rules.whole(scores)
    totals = oracle.totals(rows)
    assert near(whole.mean, oracle.mean(totals))
    assert near(whole.median, oracle.median(totals))
    assert near(whole.sd, math.sqrt(oracle.variance(totals)))
    assert near(whole.skewness, oracle.skewness(totals))
    assert near(whole.kurtosis, oracle.kurtosis(totals))
    assert near(whole.alpha, oracle.alpha(rows))
    if 0 <= whole.alpha <= 1:
        assert near(whole.sem, math.sqrt(oracle.variance(totals)) * math.sqrt(1 - oracle.alpha(rows)))
    for one, item in enumerate(rules.items(scores, np.array(possible))):
        own = oracle.column(rows, one)
        assert near(item.facility, oracle.mean(own) / possible[one])
        assert near(item.sd, math.sqrt(oracle.variance(own)))
        assert near(item.rest, oracle.item_rest(rows, one))
        assert near(item.upper_lower, oracle.upper_lower(rows, one, possible[one]))
        assert near(item.efficiency, oracle.efficiency(rows, one))


def test_blocks_of_rows_change_nothing(monkeypatch):
    rows, possible = drawn(3, 300, 9)
    scores = np.array(rows)
    at_once = rules.items(scores, np.array(possible))
    monkeypatch.setattr(rules, "ROWS", 7)
    in_blocks = rules.items(scores, np.array(possible))
    for one, other in zip(at_once, in_blocks, strict=True):
        assert near(one.sd, other.sd)
        assert near(one.rest, other.rest)


# -- published worked examples ----------------------------------------------------------------------------------------


def test_kr20_of_ten_students_as_wuensch_works_it_out():
    """Karl L. Wuensch, "The Kuder-Richardson 20", core.ecu.edu/wuenschk/StatHelp/KR20.txt: sum pq 2.18, variance 5.84 (both
    over n), so KR20 = 10/9 (1 - 2.18/5.84)."""
    rows = [
        *("1111110110", "1011011101", "1111011001", "0010001000", "0000010010"),
        *("1110111111", "1101110111", "1111111101", "0101111101", "1101101110"),
    ]
    scores = np.array([[float(mark) for mark in row] for row in rows])
    whole = rules.whole(scores)
    assert whole.kr20
    assert whole.alpha == pytest.approx(10 / 9 * (1 - 2.18 / 5.84), abs=1e-12)
    facility = [item.facility for item in rules.items(scores, np.ones(10))]
    assert facility == pytest.approx([0.7, 0.7, 0.6, 0.7, 0.6, 0.8, 0.7, 0.7, 0.5, 0.6])


#: pingouin's data set "cronbach_alpha": fifteen people, ten questions.
CRONBACH = [
    [3, 5, 7, 2, 6, 1, 4, 2, 6, 5, 4, 4, 5, 6, 4],
    [2, 4, 3, 4, 5, 2, 3, 4, 5, 4, 3, 2, 5, 5, 3],
    [4, 6, 5, 3, 6, 3, 5, 4, 5, 6, 5, 3, 6, 5, 5],
    [1, 3, 5, 3, 5, 4, 3, 3, 5, 4, 2, 2, 2, 4, 5],
    [4, 5, 6, 2, 4, 2, 5, 7, 1, 3, 5, 5, 3, 2, 3],
    [5, 1, 4, 2, 4, 5, 2, 2, 6, 5, 3, 3, 3, 2, 1],
    [1, 2, 3, 2, 4, 2, 1, 2, 5, 3, 2, 4, 2, 1, 3],
    [4, 5, 3, 6, 6, 3, 2, 4, 2, 1, 3, 2, 4, 4, 2],
    [3, 5, 6, 6, 7, 5, 4, 6, 3, 7, 4, 3, 4, 6, 3],
    [2, 5, 5, 3, 5, 2, 3, 5, 2, 2, 1, 4, 5, 5, 4],
]


def test_alpha_and_its_interval_as_pingouin_documents_them():
    """pingouin.cronbach_alpha, documentation: alpha 0.591719, 95 % interval 0.195 to 0.840 (tested there against R's
    psych)."""
    whole = rules.whole(np.array(CRONBACH, dtype=float).T)
    assert whole.alpha == pytest.approx(0.591719, abs=5e-7)
    assert whole.sure["alpha"] == pytest.approx((0.195, 0.840), abs=5e-4)
    assert not whole.kr20


def test_the_standard_error_of_measurement_as_harvill_works_it_out():
    """Harvill (1991, Educational Measurement: Issues and Practice 10(2):33): SEM = s sqrt(1 - r). Ten points of spread and a
    reliability of .91 leave an error of 3; here on the data above, whose two parts are known."""
    whole = rules.whole(np.array(CRONBACH, dtype=float).T)
    assert 10 * math.sqrt(1 - 0.91) == pytest.approx(3)
    assert whole.sem == pytest.approx(whole.sd * math.sqrt(1 - 0.5917188485995826), rel=1e-9)
    low, high = whole.sure["sem"]
    assert low < whole.sem < high


def test_mean_sd_skewness_and_kurtosis_as_excel_documents_them():
    """Microsoft's documentation of SKEW and KURT: of 3, 4, 5, 2, 3, 4, 5, 6, 4, 7 they are 0.359543071 and -0.151799637.
    Of STDEV.S: 1345, 1301, ... have 27.46391572; of MEDIAN: 1 to 5 have 3, 1 to 6 have 3.5; of AVERAGE: 10, 7, 9, 27, 2 have
    11."""
    found = rules.moments(np.array([3.0, 4, 5, 2, 3, 4, 5, 6, 4, 7]))
    assert found["skewness"] == pytest.approx(0.359543071, abs=1e-9)
    assert found["kurtosis"] == pytest.approx(-0.151799637, abs=1e-9)
    breaking = np.array([1345.0, 1301, 1368, 1322, 1310, 1370, 1318, 1350, 1303, 1299])
    assert rules.moments(breaking)["sd"] == pytest.approx(27.46391572, abs=1e-8)
    assert rules.moments(np.arange(1.0, 6))["median"] == pytest.approx(3)
    assert rules.moments(np.arange(1.0, 7))["median"] == pytest.approx(3.5)
    assert rules.moments(np.array([10.0, 7, 9, 27, 2]))["mean"] == pytest.approx(11)


#: Marks of 22 attempts in Moodle's own test of its quiz statistics (fixtures/mdl_question_states.csv), the questions worth
#: something to somebody, with their maximum marks.
MOODLE_WORTH = [8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
MOODLE_FIRST = [
    *((5.5, 0.3, 0.9, 1, 0.3), (1, 0.9, 0.9, 0.3, 0.3), (2.5, 1, 0.9, 0.3, 1), (4, 0.3, 0.9, 1, 0.3), (3, 0.9, 0.3, 0.9, 1)),
    *(
        (4.5, 0.9, 1, 1, 0.9),
        (3, 0.3, 0.3, 0.3, 0.3),
        (6, 0.9, 0.9, 1, 0.3),
        (0.5, 0.9, 1, 0.9, 0.3),
        (5.5, 0.9, 1, 0.9, 0.3),
    ),
    *((2.5, 0.9, 1, 1, 0.9), (4, 0.9, 0.3, 0.9, 1), (4, 0.9, 0.3, 0.3, 1), (3, 1, 1, 0.3, 1), (1, 1, 0.9, 0.3, 0.3)),
    *((1, 0.3, 0.3, 0.3, 0.9), (1.5, 1, 0.3, 0.9, 1), (4, 0.9, 1, 0.9, 1), (2, 0.9, 0.9, 0.3, 0.9), (1, 1, 0.3, 0.3, 0.3)),
    *((6, 0.9, 1, 1, 0.9), (7, 0.9, 0.3, 0.3, 0.3)),
]
#: Slots 13 to 20 of each attempt.
MOODLE_LAST = [
    *("10011001", "10010101", "00111111", "00001001", "01001110", "01110000", "10111111", "01111001"),
    *("01101101", "11001000", "01001001", "01111101", "11100110", "01011110", "10100000", "00010001"),
    *("11011000", "01110100", "01000000", "01101000", "00010011", "10111100"),
]
MOODLE_EFFICIENCY = [
    *(27.23492723, 1.382386552, -4.691171307, 31.12404354, -2.877487579, -17.5074184, -10.27568922, 10.86956522),
    *(34.58997279, 17.4790556, 20.14359793, 22.06477733, -10),
]
MOODLE_INDEX = [
    *(25.88327077, 1.170256965, -4.207816809, 28.16930644, -2.513606859, -12.99017581, -8.900638238, 8.670004606),
    *(29.63337745, 15.18945843, 16.21079629, 15.52451404, -8.396734802),
]
MOODLE_FACILITY = [
    *(41.19318182, 81.36363636, 71.36363636, 65.45454545, 65.90909091, 36.36363636, 59.09090909, 50),
    *(59.09090909, 63.63636364, 45.45454545, 27.27272727, 50),
]


def test_facility_discrimination_and_efficiency_as_moodle_works_them_out():
    """Values of contrib/tools/quiz_tools/stats.xls, as in Moodle's mod/quiz/report/statistics/tests/statistics_test.php."""
    scores = np.array([[*first, *map(int, last)] for first, last in zip(MOODLE_FIRST, MOODLE_LAST, strict=True)])
    found = rules.items(scores, np.array(MOODLE_WORTH, dtype=float))
    assert [100 * item.facility for item in found] == pytest.approx(MOODLE_FACILITY, abs=1e-6)
    assert [100 * item.rest for item in found] == pytest.approx(MOODLE_INDEX, abs=1e-6)
    assert [100 * item.efficiency for item in found] == pytest.approx(MOODLE_EFFICIENCY, abs=1e-6)
    assert found[0].sd == pytest.approx(1.912733589, abs=1e-9)


def test_the_point_biserial_correlation_as_scipy_documents_it():
    """scipy.stats.pointbiserialr, documentation: 0, 0, 0, 1, 1, 1, 1 with 0 to 6 gives 0.8660254037844386."""
    chose = np.array([0.0, 0, 0, 1, 1, 1, 1])
    assert rules.pearson(chose, np.arange(7.0)) == pytest.approx(0.8660254037844386, abs=1e-12)


def test_upper_less_lower_group_of_a_worked_class():
    """Forty students, groups of 27 % = 11: nine right above and three below are D = 6/11 = 0.55 (Johnson 1951's index; the
    figures of examoo.com, "item discrimination", question 6797)."""
    rest = np.arange(40.0)
    item = np.zeros(40)
    item[29:38], item[:3] = 1, 1
    scores = np.column_stack([item, 10 * rest])
    (found, _) = rules.items(scores, np.array([1.0, 400.0]))
    assert found.upper_lower == pytest.approx(6 / 11)


def test_intervals_of_shares_as_newcombe_tables_them():
    """Newcombe (1998, Statistics in Medicine 17:857), table I, method 3; and (17:873), table II, method 10, 56/70 -
    48/80."""
    for part, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert intervals.share(part, n) == pytest.approx((low, high), abs=5e-5)
    assert intervals.difference_of_shares(56 / 70, 70, 48 / 80, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_difference_of_two_groups_as_r_prints_it():
    """R, t.test(extra ~ group, data = sleep): difference -1.58, 95 % interval -3.3654832 to 0.2054832 (Welch)."""
    one, two = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    of = [(oracle.mean(group), math.sqrt(oracle.variance(group)), len(group)) for group in (one, two)]
    apart, sure = intervals.difference_of_means(*of[0], *of[1])
    assert apart == pytest.approx(-1.58)
    assert sure == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_the_effect_size_as_borenstein_works_it_out():
    """Borenstein et al. (2009), Introduction to Meta-Analysis, chapter 4: means 103 and 100, sds 5.5 and 4.5, 50 each:
    d = 0.5970, J = 0.9923, g = 0.5924."""
    g, sure = intervals.effect_size(103, 5.5, 50, 100, 4.5, 50)
    assert g == pytest.approx(0.5924, abs=1e-4)
    # There the variance is 0.0411; the large-sample one of Hedges & Olkin lies a hundredth of the interval beside it.
    half = 1.96 * math.sqrt(0.0411)
    assert sure == pytest.approx((0.5924 - half, 0.5924 + half), abs=0.004)


def test_the_interval_of_a_mean_as_nist_works_it_out():
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2 (ZARR13.DAT): 195 values, mean 9.261460, sd 0.022789:
    9.258242 to 9.264679."""
    assert intervals.mean(9.261460, 0.022789, 195) == pytest.approx((9.258242, 9.264679), abs=2e-6)


def test_the_interval_of_a_standard_deviation_as_a_course_works_it_out():
    """Penn State, STAT 415, lesson 4: ten candy bars, variance 4.2: from 1.41 to 3.74 grams."""
    assert intervals.spread(math.sqrt(4.2), 10) == pytest.approx((1.41, 3.74), abs=5e-3)


def test_the_errors_of_skewness_and_kurtosis_as_brown_works_them_out():
    """Stan Brown, "Measures of Shape": heights of 100 students, skewness -0.1098 +- 2 * 0.2414, excess kurtosis -0.2091
    +- 2 * 0.4784; here with 1.96 errors for 95 %."""
    low, high = intervals.skewness(-0.1098, 100)
    assert (high - low) / 2 / intervals.Z == pytest.approx(0.2414, abs=5e-5)
    assert (high + low) / 2 == pytest.approx(-0.1098)
    low, high = intervals.kurtosis(-0.2091, 100)
    # Printed out of the rounded first error.
    assert (high - low) / 2 / intervals.Z == pytest.approx(0.4784, abs=1e-4)
    assert (high + low) / 2 == pytest.approx(-0.2091)


def test_every_figure_of_a_question_has_its_interval_and_those_that_follow_from_others_follow_them():
    rows, possible = drawn(3, 60, 6)
    for one, worth in zip(rules.items(np.array(rows), np.array(possible)), possible, strict=True):
        low, high = one.sure["facility"]
        assert one.sure["mean"] == pytest.approx((low * worth, high * worth))
        assert one.sure["sd"][0] < one.sd <= one.sure["sd"][1]
        # Right or wrong: sd^2 = p (1 - p) n / (n - 1), largest at one half.
        ends = [math.sqrt(p * (1 - p) * 60 / 59) * worth for p in (low, high)]
        most = math.sqrt(15 / 59) * worth if low <= 0.5 <= high else max(ends)
        assert one.sure["sd"] == pytest.approx((min(ends), most))
        bounds = [bound * one.efficiency / one.rest for bound in one.sure["rest"]]
        assert one.sure["efficiency"] == pytest.approx((bounds[0], min(1.0, bounds[1])))
        assert one.sure["efficiency"][0] < one.efficiency < one.sure["efficiency"][1]


def test_no_question_is_told_to_be_more_efficient_than_can_be():
    rows = [[float(mark < ability) for mark in range(4)] for ability in (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)]
    of = rules.items(np.array(rows), np.ones(4))[1]
    assert of.efficiency == pytest.approx(1) and of.sure["rest"][1] > of.rest and of.sure["efficiency"][1] == 1


def test_a_spread_of_partial_points_has_the_interval_of_chi_square_and_none_has_none():
    scores = np.array([[0.0, 1, 2], [1, 1, 2], [3, 1, 0], [2, 1, 2], [3, 1, 0], [1, 1, 0]])
    partial, same, half = rules.items(scores, np.array([3.0, 1, 4]))
    assert partial.sure["sd"] == pytest.approx(intervals.spread(partial.sd, 6))
    # Everybody right: the facility may be less than it was found, and the spread more than nothing.
    assert same.sd == 0 and same.sure["sd"] == pytest.approx((0, math.sqrt(0.5 * 0.5 * 6 / 5)), abs=0.02)
    # Two of four points or none: no share of the points is the share of the students.
    assert half.sure["sd"] == pytest.approx(intervals.spread(half.sd, 6))


def test_quantiles_as_tables_print_them():
    """Snedecor & Cochran, tables: t(.975; 10) 2.228139, t(.975; 1) 12.70620, chi2(.975; 9) 19.02277, F(.975; 4, 10)
    4.46834."""
    assert intervals.t_quantile(0.975, 10) == pytest.approx(2.228138852, abs=1e-8)
    assert intervals.t_quantile(0.975, 1) == pytest.approx(12.70620474, abs=1e-6)
    assert intervals.chi2_quantile(0.975, 9) == pytest.approx(19.0227678, abs=1e-6)
    assert intervals.chi2_quantile(0.025, 9) == pytest.approx(2.70038950, abs=1e-6)
    assert intervals.f_quantile(0.975, 4, 10) == pytest.approx(4.46834, abs=1e-5)
    assert intervals.t_quantile(0.975, 1e6) == pytest.approx(intervals.Z, abs=1e-5)


def test_the_interval_of_a_median_is_the_pair_of_values_that_tables_name():
    """Conover (1999), table of the binomial: of 10 values the second and the ninth; of 6 the first and the last; of
    5 none."""
    assert intervals.median(list(range(1, 11))) == (2, 9)
    assert intervals.median(list(range(1, 7))) == (1, 6)
    assert intervals.median(list(range(1, 6))) is None
    assert intervals.median(list(range(20_000))) is not None


@pytest.mark.parametrize("n", [0, 1, 5, 6, 7, 40, 41])
def test_the_time_spent_is_the_median_of_what_is_known_with_the_interval_of_its_ranks(n):
    dice = np.random.default_rng(n)
    known = dice.integers(1, 600, n).tolist()
    told, middle, sure = rules.spent(np.array([*known, 0, 0], dtype=np.uint32))
    assert (told, middle) == (n, oracle.median(known) if known else None)
    assert sure == (intervals.median(sorted(known)) if n else None)
    assert (sure is None) == (n < 6)


def test_fishers_interval_as_textbooks_have_it():
    """r = .50 of 28 students: z = .5493 +- 1.96/5, so .156 to .736 (Fisher 1915; Cohen & Cohen, section 2.8)."""
    assert intervals.correlation(0.5, 28) == pytest.approx((0.156, 0.736), abs=1e-3)


#: Admissions to Berkeley in 1973 by department: [[men admitted, rejected], [women admitted, rejected]].
BERKELEY = [
    *([[512, 313], [89, 19]], [[353, 207], [17, 8]], [[120, 205], [202, 391]]),
    *([[138, 279], [131, 244]], [[53, 138], [94, 299]], [[22, 351], [24, 317]]),
]


def test_mantel_haenszel_as_r_prints_it():
    """R, mantelhaen.test(UCBAdmissions): X-squared 1.4269, p 0.2323, common odds ratio 0.9046968 (0.7719074 to
    1.0603298)."""
    found = dif.mantel_haenszel(np.array(BERKELEY, dtype=float))
    assert found.odds == pytest.approx(0.9046968, abs=5e-8)
    assert found.sure == pytest.approx((0.7719074, 1.0603298), abs=5e-8)
    assert found.chi2 == pytest.approx(1.4269, abs=5e-5)
    assert found.p == pytest.approx(0.2323, abs=5e-5)
    assert found.delta == pytest.approx(-2.35 * math.log(0.9046968), abs=1e-6)
    assert found.category == "A"


def test_mantel_haenszel_equals_plain_python_on_random_students():
    chance = random.Random(5)
    n = 600
    right = [chance.random() < 0.6 for _ in range(n)]
    focal = [chance.random() < 0.4 for _ in range(n)]
    total = [float(chance.randint(0, 9)) for _ in range(n)]
    over = under = 0.0
    for level in sorted(set(total)):
        cell = [
            [
                sum(r is x and f is y for r, f, t in zip(right, focal, total, strict=True) if t == level)
                for x in (True, False)
            ]
            for y in (False, True)
        ]
        size = sum(map(sum, cell))
        over += cell[0][0] * cell[1][1] / size
        under += cell[0][1] * cell[1][0] / size
    was_right, level = np.array(right), dif.levels_of(np.array(total))
    groups = [dif.counted(was_right[inside], level[inside], 10) for inside in (~np.array(focal), np.array(focal))]
    found = dif.mantel_haenszel(np.stack(groups, axis=1))
    assert found.odds == pytest.approx(over / under, rel=1e-9)


def test_a_question_far_harder_for_one_school_is_of_category_c():
    found = dif.mantel_haenszel(np.array([[[90, 10], [40, 60]], [[80, 20], [30, 70]]], dtype=float))
    assert found.category == "C"
    assert found.delta < -1.5


# -- where there is nothing to say ------------------------------------------------------------------------------------

DEGENERATE = {
    "nobody": np.zeros((0, 3)),
    "one student": np.array([[1.0, 0, 1]]),
    "two students": np.array([[1.0, 0, 1], [0, 0, 1]]),
    "all right": np.ones((20, 3)),
    "all wrong": np.zeros((20, 3)),
    "one question": np.arange(8.0).reshape(8, 1) % 2,
    "all the same": np.full((9, 3), 0.1),
    "huge marks": np.array([[1e300, 1e300, 0], [1e300, 0, 0], [0, 1e300, 1e300], [0, 0, 0], [1e300, 1e300, 1e300]]),
    "tiny marks": np.array([[1e-300, 0, 0], [0, 1e-300, 0], [0, 0, 0], [1e-300, 1e-300, 1e-300]]),
    "negative marks": np.array([[-1.0, 2, 0], [-5, 1, 1], [3, -2, 2], [0, 0, -7]]),
    "no question": np.zeros((4, 0)),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_nothing_breaks_warns_or_says_not_a_number(name):
    scores = DEGENERATE[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = rules.whole(scores)
        found = rules.items(scores, np.array([1.0, 0.0, 2.0])[: scores.shape[1]], scores != 0)
    figures = [value for one in (whole, *found) for value in vars(one).values() if isinstance(value, float)]
    figures += [bound for one in (whole, *found) for pair in one.sure.values() if pair for bound in pair]
    assert all(math.isfinite(figure) for figure in figures)
    assert whole.n == len(scores)


def test_what_has_no_meaning_is_not_told():
    everybody_right = rules.whole(DEGENERATE["all right"])
    assert (everybody_right.sd, everybody_right.alpha, everybody_right.skewness) == (0, None, None)
    (same, _, _) = rules.items(DEGENERATE["all right"], np.ones(3))
    assert (same.facility, same.sd, same.rest, same.upper_lower, same.efficiency) == (1, 0, None, 0, None)
    (only,) = rules.items(DEGENERATE["one question"], np.ones(1))
    assert (only.rest, only.efficiency, rules.whole(DEGENERATE["one question"]).alpha) == (None, None, None)
    (_, worthless, _) = rules.items(DEGENERATE["two students"], np.array([1.0, 0.0, 1.0]))
    assert (worthless.facility, worthless.upper_lower) == (None, None)
    one = rules.whole(DEGENERATE["one student"])
    assert (one.mean, one.sd, one.alpha, one.sure["mean"]) == (2, None, None, None)
    nobody = rules.whole(DEGENERATE["nobody"])
    assert (nobody.mean, nobody.median, nobody.lowest) == (None, None, None)


def test_figures_do_not_depend_on_the_order_of_students_nor_on_the_size_of_points():
    rows, possible = drawn(11, 90, 6)
    one = rules.items(np.array(rows), np.array(possible))
    random.Random(1).shuffle(rows)
    for other, factor in ((rows, 1.0), ([[value * 1e9 for value in row] for row in rows], 1e9)):
        again = rules.items(np.array(other), np.array(possible) * factor)
        for a, b in zip(one, again, strict=True):
            assert (near(a.rest, b.rest), near(a.upper_lower, b.upper_lower), near(a.efficiency, b.efficiency)) == (
                True,
            ) * 3


def test_a_histogram_counts_everybody_once_and_the_edges_above():
    assert rules.histogram(np.array([0, 9.999, 10, 50, 99.9999, 100, 120, -3])) == [3, 1, 0, 0, 0, 1, 0, 0, 0, 3]
    assert rules.histogram(np.array([29.9999999])) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert rules.histogram(np.array([])) == [0] * 10


def test_few_students_are_told_little():
    assert [rules.guard("alpha", n) for n in (0, 9, 10, 29, 30)] == ["few", "few", "rough", "rough", "ok"]


# -- what is kept back ------------------------------------------------------------------------------------------------


def same_look(total: int, cells: int) -> dict[tuple, list[tuple[int, ...]]]:
    """What is shown -> every table with this total that shows it."""
    looks: dict[tuple, list[tuple[int, ...]]] = {}
    for head in itertools.product(range(total + 1), repeat=cells - 1):
        if sum(head) <= total:
            table = (*head, total - sum(head))
            looks.setdefault(tuple(suppression.shown_counts(table)), []).append(table)
    return looks


@given(st.integers(5, 26), st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_no_count_that_is_kept_back_can_be_computed_from_what_is_shown(total, cells):
    """Somebody who knows the rule, the total and all that is shown is left with more than one possible count in each
    cell."""
    for look, tables in same_look(total, cells).items():
        for place, count in enumerate(look):
            possible = {table[place] for table in tables}
            assert (count is None) == (len(possible) > 1), (look, tables)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=6))
def test_no_count_of_one_to_four_is_shown(counts):
    assert not {1, 2, 3, 4} & set(suppression.shown_counts(counts))
