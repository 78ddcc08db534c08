"""The contract of ``lms.base``, kept by Open edX. This package alone names edx-platform, and only inside functions: it is
imported before the platform's apps are ready.

What has moved between releases, or is known to move, is in ``releases``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from eventtracking import tracker
from opaque_keys.edx.keys import CourseKey, UsageKey

from ..base import Lms, Score
from . import releases
from .answers import AnswersAndScores
from .copies import Copies
from .guests import Guests
from .people import People, account
from .places import Places
from .resets import Resets
from .withdrawing import WithdrawnScores

log = logging.getLogger(__name__)


class EdxApp(People, Guests, Copies, Places, AnswersAndScores, Resets, WithdrawnScores, Lms):
    """Open edX as our product sees it, in the LMS's processes and in Studio's."""

    @property
    def page_shell(self) -> str:  # type: ignore[override]  # it depends on the process
        """The LMS's own frame. Studio has none for pages that are no Mako templates, so there we bring a plain one."""
        return "assessprep_xblock/shell.html" if releases.in_studio() else "main_django.html"

    @property
    def course_tab_base(self) -> type:  # type: ignore[override]  # the platform is imported when the first tab is asked for
        """The platform's tab: both its own pages and the Learning MFE find what they ask of one."""
        from xmodule.tabs import CourseTab

        return CourseTab

    def on_score_changed(self, receiver: Callable[[int, UsageKey, Score], None]) -> None:
        """Connect once. A reset tells scores of 0 as deleted; those are no scores."""
        _connect_scores(receiver, wanted=lambda told: not told.get("score_deleted"))

    def on_score_removed(self, receiver: Callable[[int, UsageKey, Score], None]) -> None:
        """Connect once. The same signal, told as deleted."""
        _connect_scores(receiver, wanted=lambda told: bool(told.get("score_deleted")) and not self.is_resetting())

    def on_course_published(self, receiver: Callable[[CourseKey], None]) -> None:
        """Connect once. Told in the process that published, mostly Studio's. An import publishes without saying so."""
        from xmodule.modulestore.django import SignalHandler

        def tell(sender: Any, course_key: CourseKey, **_more: Any) -> None:
            receiver(course_key)

        def tell_of_whole_run(sender: Any, course: Any, **_more: Any) -> None:
            receiver(course.course_key)

        SignalHandler.course_published.connect(tell, weak=False, dispatch_uid=_name(receiver))
        for event in releases.whole_run_events():
            event.connect(tell_of_whole_run, weak=False, dispatch_uid=_name(receiver))

    def offers_our_block(self, course_key: CourseKey) -> bool:
        """As the run's Advanced Module List says."""
        from xmodule.modulestore.django import modulestore

        course = modulestore().get_course(course_key)
        return course is None or "assessprep" in (course.advanced_modules or ())

    def on_user_retired(self, receiver: Callable[[int], None]) -> None:
        """Connect once, to both of the platform's steps: sites leave out one or the other."""
        from openedx.core.djangoapps.user_api.accounts import signals

        def tell(sender: Any, user: Any, **_more: Any) -> None:
            receiver(user.pk)

        signals.USER_RETIRE_LMS_CRITICAL.connect(tell, weak=False, dispatch_uid=_name(receiver))
        signals.USER_RETIRE_LMS_MISC.connect(tell, weak=False, dispatch_uid=_name(receiver))

    def track(self, name: str, data: Mapping[str, Any], *, user_id: int | None, course_key: CourseKey) -> None:
        """Into the tracking log, with the context of the run."""
        context = {"course_id": str(course_key), "org_id": course_key.org, "user_id": user_id}
        try:
            with tracker.get_tracker().context("edx.assessprep", context):
                tracker.emit(f"edx.assessprep.{name}", dict(data))
        except Exception:
            log.exception("tracking event %s was lost", name)

    def masquerading_as_student(self, user_id: int, course_key: CourseKey, session: Mapping[str, Any]) -> bool:
        """Any choice of "View this course as" but staff: a learner, a group of learners, one learner. No query."""
        chosen = (session.get("masquerade_settings") or {}).get(course_key)
        return getattr(chosen, "role", None) == "student"

    def gradebook_url(self, course_key: CourseKey) -> str:
        """The gradebook the operator has set up, else the LMS's own."""
        if address := getattr(settings, "WRITABLE_GRADEBOOK_URL", None):
            return f"{address.rstrip('/')}/{course_key}"
        if releases.in_studio():
            return f"{releases.lms_root()}/courses/{course_key}/instructor"
        return releases.gradebook_path(course_key)

    def course_tabs(self, user_id: int, course_key: CourseKey) -> Sequence[tuple[str, str]]:
        """What the LMS shows this person in this run; no tabs in Studio, which has none."""
        if releases.in_studio():
            return ()
        from lms.djangoapps.courseware.tabs import get_course_tab_list
        from xmodule.modulestore.django import modulestore

        course = modulestore().get_course(course_key)
        user = account(user_id)
        if course is None or user is None:
            return ()
        return [
            (gettext(tab.title or tab.name), tab.link_func(course, reverse)) for tab in get_course_tab_list(user, course)
        ]


def _connect_scores(
    receiver: Callable[[int, UsageKey, Score], None], *, wanted: Callable[[Mapping[str, Any]], bool]
) -> None:
    from lms.djangoapps.grades.signals.signals import PROBLEM_WEIGHTED_SCORE_CHANGED

    def tell(sender: Any, **told: Any) -> None:
        if told.get("weighted_possible") is not None and wanted(told):
            score = Score(earned=float(told.get("weighted_earned") or 0), possible=float(told["weighted_possible"]))
            receiver(told["user_id"], UsageKey.from_string(told["usage_id"]), score)

    PROBLEM_WEIGHTED_SCORE_CHANGED.connect(tell, weak=False, dispatch_uid=_name(receiver))


def _name(receiver: Callable) -> str:
    return f"{receiver.__module__}.{receiver.__qualname__}"
