"""A new attempt for a student, the old one kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from assessprep_xblock.lms import get_lms

from ..attempts import rules
from ..attempts.actions_again import archive
from ..attempts.actions_running import stopped_us
from ..attempts.models import Attempt
from ..attempts.standing import Seen
from ..shared.refusals import Refusal
from ..shared.winning import Lost
from .bulk import Act, Change, act_on, answer


def renew(*, session_id: int, by: int, attempts: Collection[UUID], reason: str, now: datetime) -> dict[str, Any]:
    """Let students begin anew, as if they had just joined; the attempt that was is void, and kept with its answers.

    For who has ended or handed in, or whose attempt is void.
    """
    act = Act(
        name="renew",
        by=by,
        now=now,
        reason=reason,
        check=partial(_check_renew, now=now),
        then=partial(_begin_anew, by=by, now=now),
        voided=True,
        adds="joined",
        # One student in a transaction: the platform's own rows are changed in it, and must not be locked for a whole room.
        chunk=1,
    )
    return answer(session_id, act_on(session_id, list(attempts), act))


def _check_renew(view: Seen, *, now: datetime) -> Change:
    attempt = view.attempt
    if attempt.voided and attempt.status == "joined":
        return Change({"voided": True})
    status = rules.after(attempt.status, "renew")
    newer = Attempt.objects.filter(
        placement_id=attempt.placement_id, learner_id=attempt.learner_id, number__gt=attempt.number
    )
    if newer.exists():
        raise Refusal("move_refused", status="void", move="renew")
    if not attempt.voided and "pending" in (attempt.handin, attempt.scoring) and status == "submitted":
        raise Refusal("handin_running")
    return Change({"voided": True, "ended_us": stopped_us(view, now)})


def _begin_anew(ids: list[int], *, by: int, now: datetime) -> None:
    for old in Attempt.objects.select_related("session__placement__version").filter(pk__in=ids):
        _insert(old, now)
        archive(old, by=by, now=now)


def _insert(old: Attempt, now: datetime) -> None:
    new = Attempt(
        session_id=old.session_id,
        placement_id=old.placement_id,
        learner_id=old.learner_id,
        number=old.number + 1,
        status=rules.after("absent", "join"),
        is_guest=old.is_guest,
        no_account=old.no_account,
        joined_at=now,
        admitted_at=now,
        change_no=old.change_no,
        progress_at=now,
    )
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError as twice:
        raise Lost from twice
    key, learner, uuid = old.placement.usage_key, old.learner_id, str(new.uuid)
    transaction.on_commit(lambda: get_lms().remember_attempt(key, learner, uuid), robust=True)
