"""What is kept of a text that somebody typed, and what is said of one that an author wrote."""

from __future__ import annotations

import pytest

from assessprep_xblock.domain.analysis import options
from assessprep_xblock.domain.shared.texts import plain


@pytest.mark.parametrize(
    "text",
    ["می\u200cروم", "क्\u200dष", "12\u00a0000\u202f€", "四\u3000月", "e\u0301", "👩\u200d🏫", "two\nlines\tand a tab"],
)
def test_everything_that_writes_a_language_stays(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b\x0b\x7f", "ab"), ("\ud800a", "a"), ("a\r\nb\u2028c", "a\nb\nc"), ("Ada \u202egnp.exe", "Ada gnp.exe")],
)
def test_what_no_reader_can_see_and_a_page_would_trip_over_does_not(text, kept):
    assert plain(text) == kept


def test_a_picture_among_the_answers_says_its_description_and_without_one_its_name():
    answers = """<problem><multiplechoiceresponse><choicegroup>
        <choice correct="true"><img src="/static/a.png" alt="A square"/></choice>
        <choice correct="false"><img src="/static/b.png"/></choice>
        <choice correct="false">A <b>round</b> one<choicehint>Look again</choicehint></choice>
    </choicegroup></multiplechoiceresponse></problem>"""
    (part,) = options.parts_of(answers)
    assert [option.text for option in part.options] == ["A square", "choice_1", "A round one"]
