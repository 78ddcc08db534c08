"""Bands, statuses and the numbers under a class: values in, values out."""

from __future__ import annotations

import csv
import io

import pytest

from assessprep_xblock.domain.grading import rules
from assessprep_xblock.domain.grading.given import Given, given
from assessprep_xblock.domain.shared.spreadsheets import csv_lines, safe, typed


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (0, "0-25"),
        (24.99, "0-25"),
        (25, "25-50"),
        (49.9999, "25-50"),
        (50, "50-75"),
        (74.9, "50-75"),
        (75, "75-100"),
        (100, "75-100"),
        (110, "75-100"),
        (-5, "0-25"),
    ],
)
def test_a_band_holds_its_lower_edge_and_the_last_one_a_hundred(value, band):
    assert rules.band_of(value).name == band


def test_no_score_is_in_no_band():
    assert rules.band_of(None) is None
    assert rules.percent(None, 4) is None
    assert rules.percent(1, 0) is None
    assert rules.percent(1, None) is None


def test_a_sum_of_fractions_does_not_fall_off_the_edge_of_its_band():
    earned = sum([0.1] * 3)  # 0.30000000000000004
    assert rules.band_of(rules.percent(earned, 1.2)).name == "25-50"
    short = 2.3 - 1.55  # 0.7499999999999998
    assert short < 0.75
    assert rules.band_of(rules.percent(short, 1.0)).name == "75-100"


def test_every_band_has_words_and_a_shape_of_its_own_beside_the_colour():
    assert len({band.words for band in rules.BANDS}) == len({band.shape for band in rules.BANDS}) == 4
    assert [(one.least, one.most) for one in rules.BANDS] == [(0, 25), (25, 50), (50, 75), (75, 100)]


@pytest.mark.parametrize(
    ("attempt", "answered", "pending", "marking", "status"),
    [
        ("absent", 0, False, False, "unattempted"),
        ("joined", 0, False, False, "unattempted"),
        ("in_progress", 3, False, False, "working"),
        ("ended", 3, False, False, "working"),
        ("submitted", 0, False, False, "unattempted"),
        ("submitted", 3, True, False, "ungraded"),
        ("submitted", 3, False, True, "ungraded"),
        ("submitted", 3, False, False, "scored"),
    ],
)
def test_a_submission_has_one_status(attempt, answered, pending, marking, status):
    assert rules.status_of(attempt_status=attempt, answered=answered, pending=pending, needs_marking=marking) == status


def test_the_summary_of_nothing_is_no_number_and_the_median_of_two_is_between_them():
    assert rules.summary([]).mean is None
    assert rules.summary([40.0, 80.0]) == rules.Summary(2, 60.0, 60.0, 40.0, 80.0)
    assert rules.summary([10.0, 90.0, 20.0]).median == 20.0


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (10.0, "10"), (2.5, "2.5"), (1 / 3, "0.33"), (100.0, "100")])
def test_points_are_written_as_people_write_them(value, text):
    assert rules.points(value) == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe(text) == f"'{text}"
    assert typed(safe(text)) == text


@pytest.mark.parametrize(
    "inside",
    [
        *("x;=1", "x; +1", 'x";=1', 'x;"=1', 'x;" "-1', "x\n=1", "x\r\n@A", "\n=1", "\r=1", "a;b;=1", "=1;=2", ";＝1"),
        *("x\t=1", "\t=1", "x;\t=1", "x\t;=1", 'x\t "+1', "\t\t=1", "x\t＝1", "\r\n\t@A", "=1\t=2"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_run_whichever_sign_separates_the_cells_where_it_is_opened(inside, separator):
    """Excel separates by semicolons where the comma is a decimal sign; LibreOffice by tabs, too."""
    text = "".join(csv_lines(["Name", "Title", "Note"], [["Ada", inside, "a,b"], ["a,b", f'x"{inside}', inside]]))
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(' "').startswith(("=", "+", "-", "@", "＝"))]
    assert typed(safe(inside)) == inside


def test_a_number_stays_a_number_and_a_name_a_name():
    assert safe(-1.5) == -1.5
    assert safe("Ada = Lovelace") == "Ada = Lovelace"
    assert safe("a; b = c\nd - e") == "a; b = c\nd - e"
    assert safe("") == ""


CHOICES = """<problem><multiplechoiceresponse><label>What is a force?</label><choicegroup>
<choice correct="true">A push <b>or</b> a pull<choicehint>Right!</choicehint></choice><choice correct="false">Heat</choice>
</choicegroup></multiplechoiceresponse><choiceresponse><label>Which are units?</label><checkboxgroup>
<choice correct="true">newton</choice><choice correct="true">joule</choice><choice correct="false">blue</choice>
</checkboxgroup></choiceresponse></problem>"""


def test_an_answer_is_told_in_the_words_of_the_question_part_by_part():
    values = {"input_abc_3_1[]": ["choice_0", "choice_1"], "input_abc_2_1": "choice_0"}
    assert given(values, CHOICES) == [
        Given("What is a force?", ("A push or a pull",)),
        Given("Which are units?", ("newton", "joule")),
    ]


def test_a_typed_answer_is_told_as_it_was_typed_and_previews_are_left_out():
    olx = "<problem><numericalresponse answer='12'><label>Speed</label><formulaequationinput/></numericalresponse></problem>"
    assert given({"input_a_2_1": "12 m/s", "input_a_2_1_dynamath": "<math/>"}, olx) == [Given("", ("12 m/s",))]


def test_what_cannot_be_read_is_told_as_it_was_sent():
    assert given({"input_a_2_1": "choice_7"}, "<problem") == [Given("", ("choice_7",))]
    assert given({"input_a_2_1": "choice_7"}, CHOICES)[0].texts == ("choice_7",)
    assert given({"input_a_2_1": "  "}, CHOICES) == []
