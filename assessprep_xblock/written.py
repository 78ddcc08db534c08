"""A written response: a question that a person marks, below our assessment block.

It keeps no draft of its own: while the test runs the text is saved and handed in like every other answer of the assessment,
and only then is it written here, so that the platform's own reports show it and its gradebook gets the points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.templatetags.static import static
from web_fragments.fragment import Fragment
from webob import Response
from xblock.core import XBlock
from xblock.fields import Boolean, Dict, Float, Integer, Scope, String
from xblock.scorable import ScorableXBlockMixin, Score
from xblock.utils.studio_editable import StudioEditableXBlockMixin

from .domain.library import written
from .domain.shared.refusals import Refusal
from .domain.shared.sentences import sentence
from .lms import get_lms

#: Where a whole number of points would never be enough.
LEAST_POINTS = 0.25


def N(text: str) -> str:
    """Mark a text for translation without translating it (Studio does)."""
    return text


@XBlock.needs("user")
@XBlock.wants("i18n")
class WrittenXBlock(StudioEditableXBlockMixin, ScorableXBlockMixin, XBlock):
    """An essay question with a rubric. Its answer is a draft of the assessment; its points come from a person."""

    display_name = String(display_name=N("Display Name"), default=N("Written response"), scope=Scope.settings)
    prompt = String(
        display_name=N("Question"),
        help=N("What the student is asked. An empty line begins a new paragraph."),
        default="",
        scope=Scope.content,
        multiline_editor=True,
    )
    points = Float(display_name=N("Points"), help=N("Used where there is no rubric."), default=10, scope=Scope.settings)
    rubric = String(
        display_name=N("Rubric"),
        help=N("One criterion a line: points | title | description. Students see it with the question."),
        default="",
        scope=Scope.settings,
        multiline_editor=True,
    )
    words_most = Integer(
        display_name=N("Words asked for, at most"),
        help=N("Shown beside the count of words; 0: no number is shown. Longer answers are taken all the same."),
        default=0,
        scope=Scope.settings,
    )
    # The platform's own name for what a question counts; ours are the points themselves.
    weight = Float(default=None, scope=Scope.settings)

    answer = String(default="", scope=Scope.user_state)
    handed_in = Boolean(default=False, scope=Scope.user_state)
    raw_score = Dict(default={}, scope=Scope.user_state)

    editable_fields = ("display_name", "prompt", "points", "rubric", "words_most")
    has_score = True
    icon_class = "problem"
    #: Read by the seam: its input is saved as a draft and handed in by the server, through :meth:`take_answer`.
    is_drafted_answer = True

    # -- what is seen --------------------------------------------------------------------------------------------------
    def student_view(self, _context: Mapping[str, Any] | None = None) -> Fragment:
        """The question, its rubric, and the text: to write while the test runs, to read afterwards."""
        block_id = self.scope_ids.usage_id.block_id
        content = render_to_string(
            "assessprep_xblock/student/written.html",
            {
                "title": self.display_name,
                "prompt": self.prompt,
                "rubric": self._criteria(),
                "name": f"input_{block_id}_2_1",
                "id": block_id,
                "text": self.answer,
                "read_only": self.handed_in,
                "words_most": max(0, self.words_most or 0),
            },
        )
        fragment = Fragment(content)
        fragment.add_css_url(static("assessprep_xblock/shared/tokens.css"))
        fragment.add_css_url(static("assessprep_xblock/student/written.css"))
        fragment.add_javascript_url(static("assessprep_xblock/student/written.js"))
        fragment.initialize_js("AssessPrepWritten")
        return fragment

    def public_view(self, _context: Mapping[str, Any] | None = None) -> Fragment:
        """For people who are not signed in: nothing."""
        return Fragment()

    def index_dictionary(self) -> dict[str, Any]:
        """Nothing of a test's question goes into a search index."""
        return {}

    # -- for its author, in Studio ---------------------------------------------------------------------------------------
    def validate_field_data(self, validation: Any, data: Any) -> None:
        """Points and a rubric that can be read, before they are saved."""
        try:
            criteria = written.read_rubric(data.rubric or "")
        except Refusal as refusal:
            validation.add(self._problem(sentence(refusal)))
            return
        if not criteria and not LEAST_POINTS <= (data.points or 0) <= written.MOST_POINTS:
            out = Refusal("setting_out_of_range", field="points", least=LEAST_POINTS, most=written.MOST_POINTS)
            validation.add(self._problem(sentence(out)))

    @staticmethod
    def _problem(text: str) -> Any:
        from xblock.validation import ValidationMessage

        return ValidationMessage(ValidationMessage.ERROR, text)

    @XBlock.handler
    def submit_studio_edits(self, request: Any, suffix: str = "") -> Any:
        """Save the editor's fields; Studio itself asks for nothing but a login here."""
        person = self.runtime.service(self, "user").get_current_user().opt_attrs.get("edx-platform.user_id")
        if person is None or not get_lms().is_course_staff(person, self.scope_ids.usage_id.course_key):
            return Response(status=403)
        return super().submit_studio_edits(request, suffix)

    # -- answer and score --------------------------------------------------------------------------------------------------
    def take_answer(self, values: Mapping[str, Any]) -> None:
        """Hand in what was written, for good; called by the server alone. The caller saves the block."""
        self.answer = written.text_of(values)
        self.handed_in = True

    def max_score(self) -> float:
        """The rubric's points, or the question's own where it has none."""
        criteria = self._criteria()
        return sum(one.points for one in criteria) if criteria else float(self.points or 0)

    def allows_rescore(self) -> bool:
        """A machine has nothing to say here."""
        return False

    def has_submitted_answer(self) -> bool:
        """Whether it was handed in."""
        return bool(self.handed_in)

    def get_score(self) -> Score | None:
        """What a person gave, or None."""
        known = self.raw_score
        return Score(raw_earned=known["earned"], raw_possible=known["possible"]) if known else None

    def set_score(self, score: Score) -> None:
        """Keep what a person gave."""
        self.raw_score = {"earned": score.raw_earned, "possible": score.raw_possible}

    def calculate_score(self) -> Score | None:
        """The same: nothing is calculated."""
        return self.get_score()

    def publish_grade(self, score: Score | None = None, only_if_higher: bool | None = None, **_more: Any) -> None:
        """Tell the platform, by the name under which it asks every question for this."""
        given = score or self.get_score()
        if given is not None:
            self._publish_grade(given, only_if_higher)

    def _criteria(self) -> tuple[written.Criterion, ...]:
        try:
            return written.read_rubric(self.rubric or "")
        except Refusal:
            return ()
