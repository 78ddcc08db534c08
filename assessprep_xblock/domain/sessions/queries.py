"""What is known of sessions, for whoever may know it. School A never sees school B: not yours reads as not there."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from assessprep_xblock.lms import get_lms

from ..library import delivery
from ..shared.refusals import Refusal
from .models import AssessmentSession, Invigilator


def settings_of(session: AssessmentSession) -> dict[str, Any]:
    """The settings in force: the version's defaults with what the school changed."""
    return delivery.effective(session.placement.version.settings, session.overrides)


def session_for_staff(*, session_uuid: UUID, user_id: int) -> AssessmentSession:
    """A session, for course staff of its run. Anybody else is told ``not_found``."""
    session = _session(session_uuid)
    if not get_lms().is_course_staff(user_id, session.course_key):
        raise Refusal("not_found")
    return session


def session_for_monitor(*, session_uuid: UUID, user_id: int) -> tuple[AssessmentSession, str]:
    """A session and what its watcher may do: ``chief`` (course staff are) or ``invigilator``. Anybody else: ``not_found``."""
    session = _session(session_uuid)
    if get_lms().is_course_staff(user_id, session.course_key):
        return session, "chief"
    level = Invigilator.objects.filter(session=session, user_id=user_id).values_list("level", flat=True).first()
    if level is None:
        raise Refusal("not_found")
    return session, level


def _session(session_uuid: UUID) -> AssessmentSession:
    found = AssessmentSession.objects.select_related("placement__version__assessment").filter(uuid=session_uuid).first()
    if found is None:
        raise Refusal("not_found")
    return found
