"""Taking an assessment once more: what was is kept, what the platform holds of it is put into the archive."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError

from ..sessions.models import AssessmentSession
from ..sessions.rules import delivery
from ..shared.refusals import Refusal
from ..shared.winning import Lost
from .models import Attempt, AttemptArchive
from .queries import taken_again


def attempt_before(session: AssessmentSession, old: Attempt) -> Attempt | None:
    """``old``, a learner's newest attempt, if she may take the assessment once more in this session after it; None: may not.

    Every time in a session of its own, so that a session's list stays a list of people. Refused while the last result is
    still on its way: what the platform holds of it would be lost.
    """
    allowed = delivery(session.placement.version.settings, session.overrides).attempts_allowed
    if old.session_id == session.pk or old.status != "submitted" or allowed < 2:
        return None
    taken = Attempt.objects.filter(placement_id=old.placement_id, learner_id=old.learner_id, voided=False).count()
    if taken >= allowed:
        raise Refusal("no_attempt_left", allowed=allowed)
    if not old.voided and old.handin != "done":
        raise Refusal("handin_running")
    return old


def refuse_taken_again(attempt_ids: Collection[int]) -> None:
    """Refuse what would put one of these attempts to work again beside a later one; asked where their rows are locked."""
    if taken_again(attempt_ids):
        raise Refusal("taken_again")


def leave_behind(old: Attempt, *, now: datetime) -> None:
    """Archive a finished attempt for the learner's next one, in the transaction that makes it; reopened meanwhile: Lost."""
    finished = Attempt.objects.filter(pk=old.pk, status="submitted", submitted_at=old.submitted_at, voided=old.voided)
    # Nothing is changed: the row is locked, so that a reopening comes before this or sees the later attempt.
    if not finished.update(status="submitted"):
        raise Lost
    archive(old, by=old.learner_id, now=now)


def archive(old: Attempt, *, by: int, now: datetime) -> None:
    """Take what the platform holds of an attempt out of the way and keep it whole. To be called in the transaction that
    makes the next attempt.

    Inside the transaction, against the rule: what the platform gives up here is nowhere else, and is taken back with
    everything else if this is not committed.
    """
    key = old.placement.usage_key
    assert key is not None
    try:
        kept = get_lms().archive_and_reset(key, old.learner_id, by=by)
    except LmsError as problem:
        raise Refusal("platform_unavailable") from problem
    AttemptArchive.objects.create(attempt=old, kept=_as_json(kept), by_id=by, at=now)


def _as_json(kept: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(key): {
            "state": dict(one.state),
            "earned": one.score.earned if one.score else None,
            "possible": one.score.possible if one.score else None,
        }
        for key, one in kept.items()
    }
