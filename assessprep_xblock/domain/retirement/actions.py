"""Retiring a person: what the platform asks of every plugin when an account is taken away for good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model, Q

from ..attempts.models import Attempt
from ..sessions.changes import take_change
from ..sessions.models import AssessmentSession
from ..shared import audit
from ..shared.models import AuditRow
from ..shared.winning import one_winner
from .columns import ROWS, Rows

#: Changes whose facts say something about a person's needs. They belong to no session, so no seal covers them.
SPEAKING_OF_NEEDS = ("set_accommodation", "remove_accommodation")


def retire(*, user_id: int, now: datetime) -> dict[str, int]:
    """Take away whatever we hold of a person beside account ids; model -> rows touched. Safe to repeat.

    Raises what the database raises: the platform's retirement then stops at this step and is tried again.
    """
    touched = forget(user_id=user_id)
    for session_id in _rosters_with(user_id):
        _leave_roster(session_id=session_id, user_id=user_id, now=now)
        touched["AssessmentSession"] = touched.get("AssessmentSession", 0) + 1
    if count := _take_reasons(_told_of_rosters(user_id)):
        touched["AuditRow"] = touched.get("AuditRow", 0) + count
    return touched


def forget(*, user_id: int) -> dict[str, int]:
    """The same but for rosters, which know a person by account id alone; for who was never on any."""
    touched: dict[str, int] = {}
    # Not durable: the platform tells of a retirement inside a transaction of its own, and all of it is one step.
    with transaction.atomic():
        for name, rows in ROWS.items():
            if (model := _model(name)) is not None and (count := _take_away(model, rows, user_id)):
                touched[name] = count
        if count := _forget_reasons(user_id):
            touched["AuditRow"] = count
    return touched


def _model(name: str) -> type[Model] | None:
    try:
        return apps.get_model("assessprep", name)
    except LookupError:
        return None


def _take_away(model: type[Model], rows: Rows, user_id: int) -> int:
    about = Q()
    for lookup in rows.of:
        about |= Q(**{lookup: user_id})
    # By key: MySQL changes no table that it joins in the same statement.
    ids = list(model._default_manager.filter(about).values_list("pk", flat=True))
    mine = model._default_manager.filter(pk__in=ids)
    if not ids:
        return 0
    if rows.delete:
        mine.delete()
        return len(ids)
    known = {column.name for column in model._meta.get_fields()}
    erased: dict[str, Any] = {column: value for column, value in rows.erase.items() if column in known}
    return mine.update(**erased) if erased else 0


def _forget_reasons(user_id: int) -> int:
    """What was typed about this person's attempts, and what says something about her needs."""
    attempts = list(Attempt.objects.filter(learner_id=user_id).values_list("pk", flat=True))
    typed = _take_reasons(list(AuditRow.objects.filter(attempt_id__in=attempts).exclude(reason="")))
    needs = list(AuditRow.objects.filter(action__in=SPEAKING_OF_NEEDS, facts__user=user_id))
    for row in needs:
        row.facts = {"user": user_id}
    AuditRow.objects.bulk_update(needs, ["facts"], batch_size=500)
    return typed + len(needs)


def _take_reasons(typed: list[AuditRow]) -> int:
    """Without their reasons; the digests stay, so that a sealed session can still be verified."""
    for row in typed:
        row.reason_digest = audit.reason_digest(row)
        row.reason = row.reason_salt = ""
    AuditRow.objects.bulk_update(typed, ["reason", "reason_salt", "reason_digest"], batch_size=500)
    return len(typed)


def _told_of_rosters(user_id: int) -> list[AuditRow]:
    """The changes that put this person on a roster, or took her off, and why."""
    rows = AuditRow.objects.filter(action="change_session").exclude(reason="").iterator(chunk_size=500)
    return [row for row in rows if user_id in row.facts.get("about", ())]


def _rosters_with(user_id: int) -> list[int]:
    rosters = AssessmentSession.objects.order_by("pk").values_list("pk", "roster").iterator(chunk_size=500)
    return [pk for pk, roster in rosters if user_id in (*roster.get("students", ()), *roster.get("excluded", ()))]


@one_winner
def _leave_roster(*, session_id: int, user_id: int, now: datetime) -> None:
    session = AssessmentSession.objects.get(pk=session_id)
    roster = {
        name: [one for one in value if one != user_id] if name in ("students", "excluded") else value
        for name, value in session.roster.items()
    }
    with transaction.atomic():
        values = {"roster": roster, "version_no": session.version_no + 1}
        change = take_change(session_id, where={"version_no": session.version_no}, values=values)
        audit.record(action="leave_roster", by=None, now=now, session_id=session_id, change_no=change)
