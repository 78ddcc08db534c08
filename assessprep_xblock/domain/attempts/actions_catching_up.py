"""Bringing all submissions of a placement up to date after its marking was corrected, one by one."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from ..library.models import Placement
from .actions_correcting import behind, bring_up_to_date
from .actions_handin import after_commit
from .models import Attempt

log = logging.getLogger(__name__)


def correct_placement(*, placement_id: int, now: datetime, by: int | None = None, most: int | None = None) -> int:
    """Bring every submission of a placement up to date with the correction in force, or the ``most`` that waited longest;
    returns how many. What cannot be marked just now stays behind, and is tried again by every settle."""
    correction_id = Placement.objects.values_list("correction_id", flat=True).get(pk=placement_id)
    waiting = behind(correction_id).filter(attempt__placement_id=placement_id)
    ids = list(waiting.order_by("attempt_id").values_list("attempt_id", flat=True).distinct()[:most])
    for attempt_id in ids:
        attempt = Attempt.objects.get(pk=attempt_id)
        try:
            if bring_up_to_date(attempt, now=now, by=by, resend=True):
                after_commit([attempt_id])
        except Exception:  # whatever one submission meets, it must not cost the others their points
            log.exception("attempt %s could not be marked by its correction, and waits for the next settle", attempt_id)
    if not waiting.exists():
        # Another correction that came meanwhile has work of its own.
        with transaction.atomic():
            Placement.objects.filter(pk=placement_id, correction_id=correction_id).update(correcting=False)
    return len(ids)
