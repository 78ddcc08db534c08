"""What staff did to a learner's test with the platform's own tools."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import UsageKey

from ..attempts.models import Attempt
from ..shared import audit
from ..shared.refusals import Refusal
from . import actions_ending

log = logging.getLogger(__name__)


def state_deleted(*, usage_key: UsageKey, learner_id: int, by: int | None, now: datetime) -> None:
    """Staff deleted a learner's state of a whole assessment: the attempt becomes void, and is kept with its answers.

    The learner does not begin anew by it: staff allow that in the Monitor. Without an attempt that counts nothing happens.
    """
    attempt = Attempt.objects.filter(placement__usage_key=usage_key, learner_id=learner_id).order_by("-number").first()
    if attempt is None or attempt.voided:
        return
    # After what the platform does: its own transaction may be taken back, and ours has to be one by itself.
    transaction.on_commit(partial(_void, attempt, by=by, now=now), robust=True)


def _void(attempt: Attempt, *, by: int | None, now: datetime) -> None:
    with transaction.atomic(durable=True):
        audit.record(action="state_deleted", by=by, now=now, session_id=attempt.session_id, attempt_id=attempt.pk)
    if by is None:
        log.warning("the state of attempt %s was deleted by nobody we know; the attempt stays", attempt.uuid)
        return
    reason = _("The learner's state was deleted with the platform's own tool.")
    try:
        actions_ending.void(session_id=attempt.session_id, by=by, attempts=[attempt.uuid], reason=reason, now=now)
    except Refusal as refusal:
        log.warning("attempt %s did not become void after its state was deleted: %s", attempt.uuid, refusal.code)
