"""What school staff read of a question before it is in their course: its words and choices, and never its answer."""

from __future__ import annotations

from assessprep_xblock.domain.library.preview import Piece, pieces
from devlms import factories


def test_a_choice_question_shows_its_words_and_choices_and_not_which_is_right():
    found = pieces(factories.choice_olx())
    assert found == [Piece("text", "What is a force?"), Piece("choices", "", ("A push or a pull", "A kind of energy"))]


def test_a_number_and_a_word_are_places_to_type_into_and_the_answer_is_not_told():
    for olx, answer in ((factories.number_olx(answer="1234.5"), "1234.5"), (factories.text_olx(answer="newton"), "newton")):
        found = pieces(olx)
        assert [one.kind for one in found] == ["text", "input"]
        assert answer not in str(found)


def test_hints_solutions_and_scripts_are_never_read():
    olx = """<problem><script type="text/python">x = 42</script><p>Pick <b>one</b>.</p>
      <optionresponse><optioninput><option correct="True">red<optionhint>because</optionhint></option>
      <option correct="False">green</option></optioninput></optionresponse>
      <choiceresponse><checkboxgroup><choice correct="true">a<choicehint selected="true">SECRET</choicehint></choice>
      <choice correct="false">b <img src="/static/x.png" alt="a picture"/></choice></checkboxgroup></choiceresponse>
      <stringresponse answer="SECRET"><additional_answer answer="SECRET"/><correcthint>SECRET</correcthint><textline/>
      </stringresponse><solution><p>SECRET</p></solution><demandhint><hint>SECRET</hint></demandhint></problem>"""
    found = pieces(olx)
    assert found == [
        Piece("text", "Pick one."),
        Piece("dropdown", "", ("red", "green")),
        Piece("several", "", ("a", "b a picture")),
        Piece("input"),
    ]


def test_a_passage_keeps_its_paragraphs_its_lists_and_what_its_pictures_are_of():
    olx = """<html display_name="P"><![CDATA[<h2>Levers</h2><p>First &amp; second.</p><ul><li>one</li><li>two</li></ul>
      <img src="/static/lever.png" alt="A lever"/><script>alert(1)</script>]]></html>"""
    assert pieces(olx) == [
        Piece("heading", "Levers"),
        Piece("text", "First & second."),
        Piece("item", "one"),
        Piece("item", "two"),
        Piece("image", "A lever"),
    ]


def test_the_older_way_to_write_a_dropdown_is_read_too():
    olx = (
        "<problem><optionresponse><optioninput options=\"('red','dark green')\" correct=\"red\"/></optionresponse></problem>"
    )
    assert pieces(olx) == [Piece("dropdown", "", ("red", "dark green"))]


def test_a_question_that_a_person_marks_shows_what_it_asks_and_not_how_it_is_marked():
    olx = '<assessprep_written prompt="Why does it float?&#10;Give two reasons." rubric="2 | SECRET"/>'
    assert pieces(olx) == [Piece("text", "Why does it float?"), Piece("text", "Give two reasons."), Piece("area")]


def test_what_cannot_be_shown_in_words_says_so_and_what_cannot_be_read_is_empty():
    assert (
        pieces("<problem><p>Drag.</p><customresponse><drag_and_drop_input/></customresponse></problem>")[-1].kind == "other"
    )
    assert pieces('<drag-and-drop-v2 data="{}"/>') == []
    assert pieces("no markup at all") == []
    assert pieces("<problem><p>never closed") == [Piece("text", "never closed")]
