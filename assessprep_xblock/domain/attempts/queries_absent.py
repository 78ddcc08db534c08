"""Who has handed in already, so that a make-up session is for the others."""

from __future__ import annotations

from ..sessions.models import AssessmentSession
from .models import Attempt


def submitted_learner_ids(session: AssessmentSession) -> set[int]:
    """Accounts that submitted this session's assessment, in whichever session of its placement. One query."""
    done = Attempt.objects.filter(placement_id=session.placement_id, status="submitted", voided=False)
    return set(done.values_list("learner_id", flat=True))
