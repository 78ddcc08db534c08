"""Retiring guests without an account: nobody else asks for it, so an operator's command does."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ...lms import get_lms
from ..attempts.models import Attempt
from ..sessions.models import GuestPass, GuestTries
from ..shared import audit
from .actions import forget

#: Tries count together for minutes; a day later nobody asks for them.
TRIES_KEPT = timedelta(days=1)


def retire_guest(*, pass_id: int, now: datetime) -> bool:
    """Take away a guest's name, way in and answers; the attempt and its points stay, and say nobody. False: was done before.

    Safe to repeat from wherever it stopped: that it is done is written last. Raises ``LmsError`` where the platform could
    not do its part now.
    """
    found = GuestPass.objects.filter(pk=pass_id, retired_at=None).first()
    if found is None:
        return False
    get_lms().retire_guest(found.account_id)
    forget(user_id=found.account_id)
    with transaction.atomic(durable=True):
        if not GuestPass.objects.filter(pk=pass_id, retired_at=None).update(retired_at=now, pin_digest=None):
            return False
        attempt_id = Attempt.objects.filter(learner_id=found.account_id).order_by("-pk").values_list("pk", flat=True).first()
        audit.record(action="retire_guest", by=None, now=now, session_id=found.session_id, attempt_id=attempt_id)
    return True


def forget_tries(*, now: datetime) -> int:
    """Take away what was counted of networks before yesterday; how many there were."""
    return GuestTries.objects.filter(since__lt=now - TRIES_KEPT).delete()[0]
