"""Who may watch a session besides the course staff of its run."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Person

from ..shared import audit
from ..shared.refusals import Refusal
from . import queries
from .models import Invigilator

LEVELS = ("invigilator", "chief")


def invite(*, session_uuid: UUID, who: str, level: str, by: int, now: datetime) -> Person:
    """Let somebody watch one session, named by user name or e-mail address. Inviting again changes the level.

    An invigilator sees the room and never a question; a *chief* may also give time, end and hand in.
    """
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if level not in LEVELS:
        raise Refusal("invalid", field="level", why="it has to be invigilator or chief")
    person = get_lms().find_person(who)
    if person is None:
        raise Refusal("invalid", field="who", why="nobody here has this user name or e-mail address")
    if get_lms().is_enrolled(person.user_id, session.course_key):
        # Who may take the test may not watch who else takes it.
        raise Refusal("invalid", field="who", why="this person is a learner of the course run")
    if Invigilator.objects.filter(session=session, user_id=person.user_id, level=level).exists():
        return person
    with transaction.atomic(durable=True):
        Invigilator.objects.update_or_create(session=session, user_id=person.user_id, defaults={"level": level})
        facts = {"user": person.user_id, "level": level}
        audit.record(action="invite", by=by, now=now, session_id=session.pk, facts=facts)
    return person


def dismiss(*, session_uuid: UUID, user_id: int, by: int, now: datetime) -> None:
    """Take that right back. Safe to repeat."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    with transaction.atomic(durable=True):
        gone, _by_model = Invigilator.objects.filter(session=session, user_id=user_id).delete()
        if gone:
            audit.record(action="dismiss", by=by, now=now, session_id=session.pk, facts={"user": user_id})
