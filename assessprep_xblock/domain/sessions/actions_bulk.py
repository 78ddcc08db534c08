"""Many sessions in one action: all of them are made, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from ..library import queries as library
from ..library.models import Placement
from ..shared import audit
from ..shared.refusals import Refusal
from .bulk import Planned, Row, plan
from .models import AssessmentSession, GradedCount
from .queries import names_taken


def create_sessions(
    *, placement_uuid: UUID, settings: Mapping[str, Any], rows: Sequence[Row], request_id: UUID, by: int, now: datetime
) -> list[AssessmentSession]:
    """A draft for each row, with ``settings`` for all. A repeat of the request answers the first sessions.

    One row with a problem refuses them all: ``rows_wrong``, with what is wrong in each line.
    """
    placement = library.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    ids = [uuid5(request_id, str(number)) for number in range(len(rows))]
    if first := _asked_before(ids, by):
        return first
    library.check_may_start(placement, now)
    planned = plan(
        course_key=placement.course_key,
        envelope=placement.version.settings,
        settings=settings,
        rows=rows,
        taken=names_taken(placement.course_key),
    )
    wrong = [one for one in planned if one.problems]
    if wrong:
        told = [one.as_json() for one in wrong[:100]]
        raise Refusal("rows_wrong", count=len(wrong), line=wrong[0].line, problem=wrong[0].problems[0], rows=told)
    try:
        with transaction.atomic(durable=True):
            AssessmentSession.objects.bulk_create(
                [_session(one, placement, pk, by, now) for one, pk in zip(planned, ids, strict=True)], batch_size=500
            )
            made = _asked_before(ids, by)
            pks = [one.pk for one in made]
            GradedCount.objects.bulk_create(GradedCount(session_id=pk) for pk in pks)
            audit.record_sessions(action="create_session", by=by, now=now, session_ids=pks, facts={"together": len(pks)})
    except IntegrityError:
        # The same request arrived twice at once; the other one made the sessions.
        made = _asked_before(ids, by)
        if not made:
            raise
    return made


def _session(one: Planned, placement: Placement, request_id: UUID, by: int, now: datetime) -> AssessmentSession:
    return AssessmentSession(
        placement=placement,
        course_key=placement.course_key,
        name=one.name,
        overrides=one.overrides,
        roster=one.roster,
        created_by_id=by,
        created_at=now,
        request_id=request_id,
    )


def _asked_before(ids: Sequence[UUID], by: int) -> list[AssessmentSession]:
    return list(AssessmentSession.objects.filter(created_by_id=by, request_id__in=ids).order_by("pk"))
