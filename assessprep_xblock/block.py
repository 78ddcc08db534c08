"""The assessment block: where an author writes its questions, a school places it, and a student meets it."""
from __future__ import annotations

from web_fragments.fragment import Fragment
from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock
from xblock.fields import Scope, String


def N(text: str) -> str:
    """Mark a text for translation without translating it (Studio does)."""
    return text


@XBlock.needs("user")
@XBlock.wants("i18n")
class AssessPrepXBlock(XBlock):
    """A common assessment. Its children are the questions; it has no score of its own, the platform sums theirs."""

    display_name = String(display_name=N("Display Name"), default=N("Common assessment"), scope=Scope.settings)
    version_uuid = String(
        display_name=N("Assessment version"),
        help=N("The published version this block delivers. Empty in a question bank, where its questions are written."),
        default="",
        scope=Scope.settings,
    )
    #: Written by the seam's ``remember_attempt`` only, and trusted by nobody: tables hold the truth.
    attempt_id = String(default="", scope=Scope.user_state)

    has_children = True
    has_author_view = True
    show_in_read_only_mode = True
    completion_mode = XBlockCompletionMode.AGGREGATOR
    icon_class = "problem"

    def student_view(self, context: dict | None = None) -> Fragment:
        """What a learner sees: nothing yet."""
        return Fragment("")
