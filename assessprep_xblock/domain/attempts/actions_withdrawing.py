"""Taking what a void attempt earned out of the platform's gradebook, and putting it back when the void is taken back.

The attempt's ``gradebook`` is the outbox: it is set with the void or its undo, worked off after the commit, and what fails
stays in it and is tried again by every settle. Decision 0033 says why a void attempt is "not attempted" there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from celery import shared_task
from django.db import transaction
from opaque_keys.edx.keys import UsageKey

from ...lms import get_lms
from ...lms.base import LmsError
from . import queries
from .models import Attempt

log = logging.getLogger(__name__)


def after_commit(attempt_ids: Iterable[int]) -> None:
    """Have the gradebook follow once the transaction is committed; nothing that happens there fails the request."""
    for attempt_id in attempt_ids:
        transaction.on_commit(partial(_enqueue, attempt_id), robust=True)


def _enqueue(attempt_id: int) -> None:
    try:
        follow_task.delay(attempt_id)
    except Exception:  # noqa: BLE001  a broker may fail in any way; the outbox keeps the work for the next settle
        log.warning("the gradebook follows attempt %s with the next settle: the task could not be queued", attempt_id)


@shared_task(name="assessprep.follow_void", acks_late=True, ignore_result=True)
def follow_task(attempt_id: int) -> None:
    """Have the gradebook follow one attempt that became void, or counts again. May run any number of times."""
    follow(attempt_id=attempt_id)


def follow(*, attempt_id: int) -> bool:
    """Bring the gradebook to where a void or its undo wants it; False: the platform cannot do it now. Safe to repeat."""
    try:
        _withdraw(attempt_id)
        _restore(attempt_id)
    except LmsError as problem:
        log.warning("the gradebook does not follow attempt %s yet: %s", attempt_id, problem)
        return False
    return True


def withdraw_again(*, attempt_id: int) -> None:
    """An attempt that became void while it was being handed in: what was submitted meanwhile is taken out as well."""
    if Attempt.objects.filter(pk=attempt_id, gradebook="left").update(gradebook="leaving"):
        follow(attempt_id=attempt_id)


@transaction.atomic
def _withdraw(attempt_id: int) -> None:
    """Inside one transaction, against the rule: what the platform gives up here is nowhere else, and the attempt's row stays
    locked, so that an undo waits and then finds what it has to put back."""
    if not Attempt.objects.filter(pk=attempt_id, gradebook="leaving").update(gradebook="left"):
        return
    # The platform has one score of a learner: of who began another attempt it is the later one's.
    if queries.taken_again([attempt_id]):
        return
    attempt = Attempt.objects.select_related("placement").get(pk=attempt_id)
    assert attempt.placement.usage_key is not None
    taken = get_lms().withdraw_scores(attempt.placement.usage_key, attempt.learner_id)
    Attempt.objects.filter(pk=attempt_id).update(
        withdrawn={**attempt.withdrawn, **{str(key): one for key, one in taken.items()}}
    )


@transaction.atomic
def _restore(attempt_id: int) -> None:
    """The same way back."""
    if not Attempt.objects.filter(pk=attempt_id, gradebook="returning").update(gradebook=""):
        return
    attempt = Attempt.objects.select_related("placement").get(pk=attempt_id)
    assert attempt.placement.usage_key is not None
    stored = {UsageKey.from_string(key): (one[0], one[1]) for key, one in attempt.withdrawn.items()}
    if stored and not queries.taken_again([attempt_id]):
        get_lms().restore_scores(attempt.placement.usage_key, attempt.learner_id, stored)
    Attempt.objects.filter(pk=attempt_id).update(withdrawn={})
