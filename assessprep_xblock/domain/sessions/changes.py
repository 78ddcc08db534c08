"""The one way in which a session's row is changed: conditionally, counted, and before anything else is locked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Q

from ..shared.prepared import Given, PreparedRead, Unless, Written, update
from ..shared.winning import Lost
from . import notices
from .models import AssessmentSession

_PK = Given("pk", AssessmentSession._meta.get_field("id"))
_change_no = PreparedRead(lambda: AssessmentSession.objects.filter(pk=_PK).values_list("change_no", flat=True))


def take_change(
    session_id: int,
    *,
    where: Mapping[str, Any] | None = None,
    unless: Exists | Q | Unless | None = None,
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
    conditions = {"pk": session_id, **(where or {})}
    counted = {f"n_{status}": more for status, more in (counters or {}).items() if more and status != "absent"}
    if notice:
        counted["notice_no"] = 1
    usual = all(abs(more) == 1 for more in counted.values()) and not any(map(_is_expression, (values or {}).values()))
    if usual and (unless is None or isinstance(unless, Unless)):
        written = update(AssessmentSession, where=conditions, values=values, plus=counted, number="change_no", unless=unless)
    else:
        written = _seldom(conditions, unless, counted, values)
    if not written.rows:
        raise Lost
    change_no = written.number
    if change_no is None:
        (change_no,) = _change_no(pk=session_id)
    if notice:
        transaction.on_commit(lambda: notices.forget(session_id), robust=True)
    return int(change_no)


def _is_expression(value: Any) -> bool:
    return hasattr(value, "resolve_expression")


def _seldom(
    where: Mapping[str, Any],
    unless: Exists | Q | Unless | None,
    plus: Mapping[str, int],
    values: Mapping[str, Any] | None,
) -> Written:
    """The same change where its SQL is another one each time."""
    rows = AssessmentSession.objects.filter(**where)
    if unless is not None:
        assert not isinstance(unless, Unless), "a change that is prepared has no numbers of its own"
        rows = rows.filter(~unless)
    added = {name: F(name) + more for name, more in plus.items()}
    return Written(rows.update(change_no=F("change_no") + 1, **added, **(values or {})), None)
