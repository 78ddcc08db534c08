"""The pure parts of ``make demo-smoke``: reading answer keys, drawing answers, reading pages and logs, judging controls."""

from __future__ import annotations

import random
from fractions import Fraction
from html import escape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from devlms import spoil
from tests.smoke import answers, controls, logs, pages
from tests.smoke.answers import Part, Question
from tests.smoke.checks import Deviation, among, equal, true
from tests.smoke.job import Outcome, steps

CHOICE = Part("choice", options=("Gas", "Liquid", "Solid"), right=frozenset({"Solid"}))
BOXES = Part("checkboxes", options=("Coal", "Wind", "Sunlight"), right=frozenset({"Wind", "Sunlight"}))
DROPDOWN = Part("dropdown", options=("freezing", "melting"), right=frozenset({"melting"}))
NUMBER = Part("number", number=Fraction("2.5"), tolerance=Fraction("0.01"))
TEXT = Part("text", right=frozenset({"joule", "joules"}))
PYRAMID = Question(
    "dnd",
    "Question 9",
    Fraction(2),
    (),
    zones={0: frozenset({"top"}), 1: frozenset({"bottom"}), 2: frozenset({"bottom"})},
    all_zones=("top", "bottom"),
)


def question(*parts: Part, points: int = 1, title: str = "Question 1") -> Question:
    return Question("q", title, Fraction(points), ("Which of these are renewable?",), parts)


@pytest.fixture(scope="module")
def demo() -> list[Question]:
    return answers.read_assessment()[1]


# -- answer keys ---------------------------------------------------------------------------------------------------------
def test_the_demo_s_assessment_is_read_whole(demo):
    assert len(demo) >= 12
    assert {part.kind for one in demo for part in one.parts} == {"choice", "checkboxes", "dropdown", "number", "text"}
    assert [len(one.parts) for one in demo].count(2) == 1
    assert sum(one.is_dragged for one in demo) == 1
    assert all(one.points > 0 and one.texts and one.title for one in demo)
    assert len({one.name for one in demo}) == len(demo)


@pytest.mark.parametrize(
    "inner",
    [
        "<customresponse/>",
        "<numericalresponse answer='5'><responseparam type='tolerance' default='5%'/></numericalresponse>",
        "<choiceresponse partial_credit='EDC'><checkboxgroup/></choiceresponse>",
        "<multiplechoiceresponse><choicegroup><choice>Unmarked</choice></choicegroup></multiplechoiceresponse>",
        "<stringresponse answer='a.*' type='regexp'/>",
        "<p>Nothing is asked.</p>",
    ],
)
def test_a_key_that_the_reader_does_not_understand_is_refused_and_never_guessed(tmp_path, inner):
    file = tmp_path / "assessment.xml"
    file.write_text(f"<assessprep><problem url_name='x'>{inner}</problem></assessprep>", encoding="utf-8")
    with pytest.raises(answers.Unreadable):
        answers.read_assessment(file)


@pytest.mark.parametrize(
    ("part", "given", "right"),
    [
        (CHOICE, "Solid", True),
        (CHOICE, "Gas", False),
        (CHOICE, None, False),
        (BOXES, frozenset({"Sunlight", "Wind"}), True),
        (BOXES, frozenset({"Wind"}), False),
        (BOXES, frozenset({"Coal", "Wind", "Sunlight"}), False),
        (DROPDOWN, "melting", True),
        (NUMBER, "2.5", True),
        (NUMBER, "2.51", True),
        (NUMBER, "2.511", False),
        (TEXT, "JOULES", True),
        (TEXT, "watt", False),
    ],
)
def test_an_answer_is_right_or_wrong_as_its_key_says(part, given, right):
    assert part.is_right(given) is right


def test_each_part_of_a_question_earns_its_share_of_the_points():
    both = question(NUMBER, CHOICE, points=2)
    assert both.earned(("2.5", "Solid")) == 2
    assert both.earned(("2.5", None)) == both.earned((None, "Solid")) == 1
    assert both.earned(("7", "Gas")) == both.earned((None, None)) == 0


def test_each_item_dropped_where_it_belongs_earns_its_share():
    assert PYRAMID.earned(((0, "top"), (1, "bottom"), (2, "bottom"))) == 2
    assert PYRAMID.earned(((1, "top"), (2, "bottom"))) == Fraction(2, 3)
    assert PYRAMID.earned(()) == 0
    assert not PYRAMID.is_answered(())


# -- drawing -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("part", [CHOICE, BOXES, DROPDOWN, NUMBER, TEXT], ids=lambda part: part.kind)
@pytest.mark.parametrize("right", [True, False])
def test_what_is_drawn_as_right_is_right_and_as_wrong_is_wrong(part, right):
    rng = random.Random(7)
    assert {part.is_right(part.draw(rng, right=right)) for _ in range(300)} == {right}


def test_a_seed_gives_the_same_answers_again_and_another_seed_gives_others(demo):
    def drawn(seed):
        return answers.draw_sheets(demo, random.Random(seed), students=3)

    assert drawn(1) == drawn(1) != drawn(2)


def test_everybody_answers_something_right_something_wrong_and_something_not_at_all(demo):
    for seed in range(40):
        sheets = answers.draw_sheets(demo, random.Random(seed), students=3)
        sums = [answers.total(demo, sheet) for sheet in sheets]
        assert len(set(sums)) == 3
        assert all(0 < one < sum(question.points for question in demo) for one in sums)
        for sheet in sheets:
            assert any(not question.is_answered(sheet[question.name]) for question in demo)


@pytest.mark.parametrize(
    ("earned", "name"),
    [(0, "0-25"), (24, "0-25"), (25, "25-50"), (49, "25-50"), (50, "50-75"), (75, "75-100"), (100, "75-100")],
)
def test_a_score_range_includes_its_lower_edge(earned, name):
    assert answers.band(Fraction(earned), Fraction(100)) == name


def test_points_are_compared_to_the_tenth_digit():
    assert answers.as_shown(Fraction(2, 3)) == "0.6666666667"
    assert answers.as_shown(Fraction(7)) == "7"


def test_the_question_to_spoil_changes_somebody_s_points(demo):
    for seed in range(40):
        rng = random.Random(seed)
        sheets = answers.draw_sheets(demo, rng, students=3)
        name = answers.question_to_spoil(demo, sheets, rng)
        chosen = next(one for one in demo if one.name == name)
        changed = chosen.with_another_key()
        assert any(changed.earned(sheet[name]) != chosen.earned(sheet[name]) for sheet in sheets)


def test_a_changed_key_means_here_what_the_embedded_lms_makes_of_it(demo, tmp_path, monkeypatch):
    source = Path(answers.ASSESSMENT).read_text(encoding="utf-8")
    for one in (one for one in demo if one.has_marked_choices):
        monkeypatch.setenv("DEVLMS_CHANGE_ONE_KEY", one.name)
        begin = source.index(f'url_name="{one.name}"')
        end = source.index("</problem>", begin)
        file = tmp_path / "assessment.xml"
        changed = spoil.with_changed_key(one.name, source[begin:end], [])
        file.write_text(source[:begin] + changed + source[end:], encoding="utf-8")
        again = {other.name: other for other in answers.read_assessment(file)[1]}
        assert again[one.name] == one.with_another_key() != one


# -- pages ---------------------------------------------------------------------------------------------------------------
DRAWN = """<h3>Question 1</h3><input type="text" name="input_abc_2_1" value=""/>
<input type="checkbox" name="input_abc_3_1[]" id="a" value="choice_0"/><label for="a">Coal</label>
<input type="checkbox" name="input_abc_3_1[]" id="b" value="choice_1"/><label for="b"> Wind </label>
<input type="checkbox" name="input_abc_3_1[]" id="c" value="choice_2"/><label for="c">Sunlight</label>
<select name="input_abc_4_1"><option value="x_dummy_default">Select an option</option>
<option value="melting">melting</option></select>
<input type="hidden" name="problem_id" value="Question 1"/>"""
# The platform draws a question from an attribute of the page.
FORM = f"""<div class="ap-question" data-item="abc" data-drafts="true">
<div data-usage-id="block-v1:N+S+1+type@problem+block@abc">
<div class="problems-wrapper" data-content="{escape(DRAWN)}"></div></div></div>"""


def test_answers_are_typed_into_the_inputs_that_the_page_has():
    (asked,) = pages.questions_on(BeautifulSoup(FORM, "html.parser"))
    assert (asked.item, asked.keeps_drafts, asked.usage_key[-4:]) == ("abc", True, "@abc")
    three = question(NUMBER, BOXES, DROPDOWN)
    posted = pages.filled_in(three, ("2.5", frozenset({"Sunlight", "Wind"}), "melting"), asked)
    assert posted == {"input_abc_2_1": "2.5", "input_abc_3_1[]": ["choice_1", "choice_2"], "input_abc_4_1": "melting"}
    assert pages.filled_in(three, (None, None, None), asked) == {"input_abc_2_1": ""}


def test_a_choice_or_an_input_that_is_not_on_the_page_is_a_deviation():
    (asked,) = pages.questions_on(BeautifulSoup(FORM, "html.parser"))
    with pytest.raises(Deviation, match="freezing"):
        pages.filled_in(question(NUMBER, BOXES, DROPDOWN), (None, None, "freezing"), asked)
    with pytest.raises(Deviation, match="expected 1, saw input_abc_2_1"):
        pages.filled_in(question(NUMBER), ("2.5",), asked)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Which of these are renewable?</p>",
        '<div data-content="&lt;p&gt;Which of these\n are renewable?&lt;/p&gt;">',
        '{"html": "<p>Which of these are renewable?</p>"}',
    ],
)
def test_a_question_s_text_is_found_in_a_page_s_source_however_it_is_written(page):
    assert pages.texts_seen(page, [question(CHOICE)]) == ["Which of these are renewable?"]
    assert pages.texts_seen("<p>Enter your session code</p>", [question(CHOICE)]) == []


def test_the_gradebook_s_page_is_read_cell_by_cell():
    page = BeautifulSoup(
        """<table id="gradebook"><thead><tr><th>Learner</th><th data-block-id="a">Question 1 / 2</th></tr></thead><tbody>
        <tr data-username="ben"><td class="total" data-earned="1.333333333">1.33</td>
          <td data-block-id="a" data-earned="1.333333333">1.33</td></tr>
        <tr data-username="mina"><td class="total" data-earned="0">–</td><td data-block-id="a" data-earned="">–</td></tr>
        </tbody></table>""",
        "html.parser",
    )
    columns, rows = pages.gradebook_of(page)
    assert columns == [("a", "Question 1 / 2")]
    assert (rows["ben"].points, rows["ben"].total) == ({"a": "1.333333333"}, "1.333333333")
    assert rows["mina"].points == {"a": ""}
    with pytest.raises(Deviation, match="gradebook"):
        pages.gradebook_of(BeautifulSoup("<p>Sign in</p>", "html.parser"))


# -- logs ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "line",
    [
        "verify of learner 4 with code 4064 refused",
        '[23/Nov/2026 12:58:37] "GET /join?code=4064 HTTP/1.1" 200 17',
        '{"code": "4064"}',
        "4064",
    ],
)
def test_a_line_that_tells_the_code_is_found(line):
    assert logs.lines_with(f"before\n{line}\nafter", "4064") == [line]


@pytest.mark.parametrize(
    "line",
    [
        '[23/Nov/4064 12:58:37] "GET /login HTTP/1.1" 200 4064',
        '"POST /assessprep/api/v1/attempts/8cadc6a1-4064-4064-849a-bcb18987137b/beat HTTP/1.1" 204 0',
        '"GET /xblock/block-v1:N+S+4064+type@problem+block@4064 HTTP/1.1" 403 10',
        '"GET /courses/course-v1%3AN%2BS%2B4064/course HTTP/1.1" 200 1',
        "Starting development server at http://127.0.0.1:4064/",
        "learner 40640",
        "  (nobody signed in)        guests without an account, by a name and the code 4064: /assessprep/guests/x/",
    ],
)
def test_four_digits_that_are_something_else_are_no_code(line):
    assert logs.lines_with(line, "4064") == []


def test_an_error_is_found_and_a_refused_page_is_none():
    raised = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n{}\nGET / 200\n'
    refused = "Forbidden (Permission denied): /studio\n" + raised.format("PermissionDenied: This page is for staff.")
    assert logs.errors_in(refused) == []
    assert logs.errors_in(refused + raised.format("ValueError: no")) == ["ValueError: no"]
    assert logs.errors_in("Internal Server Error: /x") == ["Internal Server Error: /x"]


# -- checks and controls --------------------------------------------------------------------------------------------------
def test_a_failed_check_says_what_was_expected_and_what_was_seen():
    with pytest.raises(Deviation, match=r"^the card: expected joined, saw absent$"):
        equal("the card", "absent", "joined")
    with pytest.raises(Deviation, match=r"^a page: expected one of 403, 404, saw 200$"):
        among("a page", 200, (403, 404))
    with pytest.raises(Deviation, match=r"^a list: expected three names, saw \[\]$"):
        true("a list", [], expected="three names")


def test_each_control_names_a_step_there_is_and_a_switch_of_its_own():
    five = controls.all_controls("g7_conduction")
    assert {one.step for one in five} <= {name for name, _step in steps()}
    assert len({(one.switch, one.name) for one in five}) == len(five) == 5
    assert all(one.switch in (spoil.__doc__ or "") for one in five)


@pytest.mark.parametrize(
    ("outcome", "accepted"),
    [
        (Outcome(1, "gate", "the handler …: expected a refusal, saw a question"), True),
        (Outcome(1), False),
        (Outcome(1, "gradebook", "the handler …"), False),
        (Outcome(1, "gate", "the page …: expected 403, saw 200"), False),
        (Outcome(1, "gate", "could not go on: KeyError: the handler", noticed=False), False),
    ],
)
def test_a_control_counts_only_where_its_own_step_noticed_its_own_fault(outcome, accepted):
    gate = controls.all_controls("x")[0]
    assert (controls.verdict(gate, outcome) == "") is accepted
