"""Where a learner stands towards a question or a placement, for the gate and the block. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from opaque_keys.edx.keys import UsageKey

from assessprep_xblock.lms import get_lms

from ..shared.refusals import Refusal
from .access import standing_of
from .devices import Device, is_other
from .models import Attempt
from .queries import results_released
from .rules import check_answer
from .standing import Seen, outside, seen


@dataclass(frozen=True)
class Access:
    """A learner's standing (access.py) and, where there is an attempt, its public id and shown status."""

    standing: str
    attempt_uuid: str = ""
    status: str = "absent"
    #: whether the questions stand in an order of this attempt's own
    shuffled: bool = False
    spellcheck: bool = True


OUTSIDE = Access(standing="outside")


def access_to_question(
    *, usage_key: UsageKey, learner_id: int | None, as_student: bool, now: datetime, device: Device | None = None
) -> Access:
    """Where somebody stands towards one question of a placement: three queries at most.

    ``as_student``: a member of staff who views the course as a student is one. ``device``: the browser that asks; None where
    none does.
    """
    attempts = Attempt.objects.filter(placement__questions__usage_key=usage_key)
    return _access(attempts, usage_key, learner_id, as_student, now, device)


def access_to_text(
    *, usage_key: UsageKey, learner_id: int | None, as_student: bool, now: datetime, device: Device | None = None
) -> Access:
    """The same for a text that stands beside the questions of a placement."""
    attempts = Attempt.objects.filter(placement__texts__usage_key=usage_key)
    return _access(attempts, usage_key, learner_id, as_student, now, device)


def access_to_placement(
    *, usage_key: UsageKey, learner_id: int | None, as_student: bool, now: datetime, device: Device | None = None
) -> Access:
    """The same for the assessment block itself, and so for all of its questions.

    ``device``: which browser asks, where the session cares; None: nobody's.
    """
    attempts = Attempt.objects.filter(placement__usage_key=usage_key)
    return _access(attempts, usage_key, learner_id, as_student, now, device)


def access_to_source(*, usage_key: UsageKey, learner_id: int | None, as_student: bool) -> Access:
    """A bank's question belongs to its authors alone."""
    if learner_id is None or as_student or not get_lms().is_course_staff(learner_id, usage_key.course_key):
        return OUTSIDE
    return Access(standing="staff")


def _access(
    attempts: QuerySet[Attempt],
    usage_key: UsageKey,
    learner_id: int | None,
    as_student: bool,
    now: datetime,
    device: Device | None = None,
) -> Access:
    if learner_id is None:
        return OUTSIDE
    if not as_student and get_lms().is_course_staff(learner_id, usage_key.course_key):
        return Access(standing="staff")
    found = attempts.select_related("session__placement__version").filter(learner_id=learner_id).order_by("-number").first()
    if found is None:
        return OUTSIDE
    view = seen(found)
    status = view.standing.shown_status(now)
    standing = _standing(view, status, now)
    # Asked last, because most who come this far are enrolled and most who are not never come this far.
    if standing != "outside" and not get_lms().is_enrolled(learner_id, usage_key.course_key):
        standing = "outside"
    elsewhere = device is not None and view.delivery.second_device != "allow" and is_other(device, found.device)
    away = device is not None and outside(view, device.address)
    if standing in ("answering", "practising") and (elsewhere or away or view.standing.waits(now)):
        # As while paused: no question is shown, and what was typed before is still taken.
        standing = "held"
    shuffled = view.delivery.order == "shuffled"
    return Access(standing, str(found.uuid), status, shuffled, view.delivery.spellcheck)


def _standing(view: Seen, status: str, now: datetime) -> str:
    return standing_of(
        status=status,
        voided=view.attempt.voided,
        held=view.standing.held,
        in_grace=_in_grace(view, now),
        checking=view.delivery.checking,
        released=results_released(view),
        show_correctness=view.delivery.show_correctness,
        show_answers=view.delivery.show_answers,
    )


def _in_grace(view: Seen, now: datetime) -> bool:
    try:
        check_answer(view.standing, now)
    except Refusal:
        return False
    return True
