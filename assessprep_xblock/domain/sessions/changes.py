"""The one way in which a session's row is changed: conditionally, counted, and before anything else is locked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Q

from ..shared.prepared import Given, PreparedRead
from ..shared.winning import Lost
from . import notices
from .models import AssessmentSession

_PK = Given("pk", AssessmentSession._meta.get_field("id"))
_change_no = PreparedRead(lambda: AssessmentSession.objects.filter(pk=_PK).values_list("change_no", flat=True))


def take_change(
    session_id: int,
    *,
    where: Mapping[str, Any] | None = None,
    unless: Exists | Q | None = None,
    counters: Mapping[str, int] | None = None,
    notice: bool = False,
    values: Mapping[str, Any] | None = None,
) -> int:
    """Take the session's next change number and lock its row to the end of the transaction.

    ``where``: every session-level condition the rule relied on; raises :class:`Lost` when it no longer holds, or when there
    is a row that ``unless`` names. ``counters``:
    status -> difference. ``notice``: students must hear of it. Attempt rows come after this call, rows that tell of the
    change after those. The only caller-visible result is the number to stamp attempts and audit rows with.
    """
    changes: dict[str, Any] = {"change_no": F("change_no") + 1, **(values or {})}
    for status, difference in (counters or {}).items():
        if difference and status != "absent":
            changes[f"n_{status}"] = F(f"n_{status}") + difference
    if notice:
        changes["notice_no"] = F("notice_no") + 1
    rows = AssessmentSession.objects.filter(pk=session_id, **(where or {}))
    if unless is not None:
        rows = rows.filter(~unless)
    if not rows.update(**changes):
        raise Lost
    (change_no,) = _change_no(pk=session_id)
    if notice:
        transaction.on_commit(lambda: notices.forget(session_id), robust=True)
    return int(change_no)
