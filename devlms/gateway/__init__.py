"""The contract of ``assessprep_xblock.lms.base``, kept by the embedded LMS: people, content, answers, and the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from eventtracking import tracker
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms.base import Lms, Score
from devlms import signals, tabs
from devlms.gateway.answers import AnswersAndScores
from devlms.gateway.content import Content
from devlms.gateway.guests import Guests
from devlms.gateway.people import People

log = logging.getLogger(__name__)


class DevLms(People, Guests, Content, AnswersAndScores, Lms):
    """The embedded LMS as our product sees it."""

    page_shell = "main_django.html"

    def on_score_changed(self, receiver: Callable[[int, UsageKey, Score], None]) -> None:
        """Connect once; a receiver that is connected again replaces itself."""

        def tell(sender, user_id, usage_key, earned, possible, **_kwargs):
            receiver(user_id, usage_key, Score(earned=earned, possible=possible))

        signals.score_changed.connect(tell, weak=False, dispatch_uid=_name(receiver))

    def on_score_removed(self, receiver: Callable[[int, UsageKey, Score], None]) -> None:
        """Connect once; a receiver that is connected again replaces itself."""

        def tell(sender, user_id, usage_key, earned, possible, **_kwargs):
            if not self.is_resetting():
                receiver(user_id, usage_key, Score(earned=earned, possible=possible))

        signals.score_removed.connect(tell, weak=False, dispatch_uid=_name(receiver))

    def on_course_published(self, receiver: Callable[[CourseKey], None]) -> None:
        """Connect once; a receiver that is connected again replaces itself."""

        def tell(sender, course_key, **_kwargs):
            receiver(course_key)

        signals.course_published.connect(tell, weak=False, dispatch_uid=_name(receiver))

    def offers_our_block(self, course_key: CourseKey) -> bool:
        """The embedded Studio offers every block that is installed."""
        return True

    def on_user_retired(self, receiver: Callable[[int], None]) -> None:
        """Connect once; a receiver that is connected again replaces itself."""

        def tell(sender, user, **_kwargs):
            receiver(user.pk)

        signals.user_retired.connect(tell, weak=False, dispatch_uid=_name(receiver))

    def track(self, name: str, data: Mapping[str, Any], *, user_id: int | None, course_key: CourseKey) -> None:
        """Into the tracking log, with the context of the run."""
        context = {"course_id": str(course_key), "org_id": course_key.org, "user_id": user_id}
        try:
            with tracker.get_tracker().context("edx.assessprep", context):
                tracker.emit(f"edx.assessprep.{name}", dict(data))
        except Exception:
            log.exception("tracking event %s was lost", name)

    def masquerading_as_student(self, user_id: int, course_key: CourseKey, session: Mapping[str, Any]) -> bool:
        """What the switch "View this course as" keeps in the session, where the LMS keeps it. No query."""
        chosen = (session.get("masquerade_settings") or {}).get(str(course_key))
        return chosen == "student"

    def gradebook_url(self, course_key: CourseKey) -> str:
        """The gradebook's page."""
        return reverse("gradebook", kwargs={"course_id": str(course_key)})

    def course_tabs(self, user_id: int, course_key: CourseKey) -> Sequence[tuple[str, str]]:
        """The run's tabs, ours among them, found as the LMS finds them. Three queries at most."""
        return tabs.course_tabs(user_id, course_key)


def _name(receiver: Callable) -> str:
    return f"{receiver.__module__}.{receiver.__qualname__}"
