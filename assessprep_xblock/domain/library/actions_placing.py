"""What puts a version into a school's course run: wanted, copied, guarded, published; safe to repeat at every step."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import ContentError, CourseRun, LmsError, Question

from ..organizations.queries import run_for_staff
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import guards, queries, rules
from .models import Assessment, AssessmentVersion, PlacedQuestion, Placement, VersionItem

log = logging.getLogger(__name__)


def want_placement(*, course_key: CourseKey, assessment_uuid: UUID, by: int, now: datetime) -> Placement:
    """Say that a run wants an assessment; sessions can be drafted at once. A repeat answers the placement there is."""
    run = run_for_staff(course_key=course_key, user_id=by)
    assessment = queries.assessment_for_school(assessment_uuid=assessment_uuid, run=run)
    with transaction.atomic(durable=True):
        # The row's lock lets two colleagues who press the button together find one placement.
        Assessment.objects.select_for_update().get(pk=assessment.pk)
        known = queries.placements_of(assessment, course_key)
        if known:
            return known[0]
        assert assessment.current_version is not None
        queries.check_not_withdrawn(assessment.current_version)
        placement = Placement.objects.create(
            course_key=course_key,
            organization=run.organization.short_name,
            organization_name=run.organization.name,
            version=assessment.current_version,
            created_by_id=by,
            created_at=now,
        )
        audit.record(action="want_placement", by=by, now=now, facts={"placement": str(placement.uuid)})
    return placement


def add_to_course(*, placement_uuid: UUID, by: int, now: datetime) -> Placement:
    """*Add to the course*: make a unit for a wanted placement, copy the questions into it and publish it.

    Where it cannot be done the placement is ``failed`` and says what to do. Safe to repeat.
    """
    placement = queries.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    if placement.usage_key is None:
        _check_open(placement.version, placement.organization)
        try:
            usage_key = get_lms().place(placement.course_key, title=placement.version.title, by=by)
        except LmsError as problem:
            log.warning("placement %s found no place: %s", placement.uuid, problem)
            why = _("The course cannot be changed from here. Add the block “Common assessment” to a unit in Studio.")
            return _failed(placement, why)
        # Of two colleagues who press the button together, the second one's unit stays empty; the placement has one block.
        with transaction.atomic():
            Placement.objects.filter(pk=placement.pk, usage_key=None).update(usage_key=usage_key, state="copying")
        placement.refresh_from_db()
    return _fill(placement, by=by, now=now)


def place_version(*, usage_key: UsageKey, version_uuid: UUID, by: int, now: datetime) -> Placement:
    """Deliver a version through one of our blocks in a school's run: what Studio's chooser does. Safe to repeat.

    A version whose students have begun stays (``placement_in_use``). Guards are committed before the questions are
    published where the caller is outside a transaction; a caller inside one has to commit whatever happens after.
    """
    run = run_for_staff(course_key=usage_key.course_key, user_id=by)
    version = queries.version_open_to(version_uuid=version_uuid, organization=run.organization.short_name)
    if usage_key.block_type != "assessprep" or queries.assessment_at(usage_key) is not None:
        # Copying into a bank's own block would overwrite what its author wrote.
        raise Refusal("invalid", field="usage_key", why="this block is a question bank's own")
    return _fill(_claim(usage_key=usage_key, run=run, version=version, by=by, now=now), by=by, now=now)


@one_winner
def _claim(*, usage_key: UsageKey, run: CourseRun, version: AssessmentVersion, by: int, now: datetime) -> Placement:
    placement = queries.placement_at(usage_key)
    # Not durable: Studio's handlers run inside the platform's request-long transaction.
    with transaction.atomic():
        if placement is None:
            placement = _wanted(run, usage_key, version) or Placement.objects.create(
                course_key=run.key,
                organization=run.organization.short_name,
                organization_name=run.organization.name,
                usage_key=usage_key,
                version=version,
                state="copying",
                created_by_id=by,
                created_at=now,
            )
        elif placement.version_id != version.pk:
            if placement.attempts.exists():
                raise Refusal("placement_in_use")
            changed = Placement.objects.filter(pk=placement.pk, version_id=placement.version_id)
            if not changed.update(version=version, state="copying", problem=""):
                raise Lost
    return Placement.objects.select_related("version__assessment").get(pk=placement.pk)


def _wanted(run: CourseRun, usage_key: UsageKey, version: AssessmentVersion) -> Placement | None:
    """A placement that waited for exactly this: sessions were drafted before the block was added in Studio."""
    waiting = Placement.objects.filter(course_key=run.key, usage_key=None, version__assessment=version.assessment).first()
    if waiting is None:
        return None
    mine = Placement.objects.filter(pk=waiting.pk, usage_key=None)
    if not mine.update(usage_key=usage_key, version=version, state="copying", problem=""):
        raise Lost
    return waiting


def _check_open(version: AssessmentVersion, organization: str) -> None:
    queries.version_open_to(version_uuid=version.uuid, organization=organization)


def _fill(placement: Placement, *, by: int, now: datetime) -> Placement:
    """Copy, guard, publish, in this order: a question is never on a page before it is guarded."""
    lms, usage_key, version = get_lms(), placement.usage_key, placement.version
    assert usage_key is not None
    effective = {
        item.block_id: rules.values_for_copy(item.effective, version.settings)
        for item in queries.items_by_block_id(version).values()
    }
    try:
        questions = lms.copy_version(pin=version.pin, into=usage_key, effective=effective, by=by)
        _guard(placement, questions, lms.source_block_ids(usage_key))
        lms.publish(usage_key, by=by)
    except ContentError as problem:
        log.warning("placement %s could not be copied: %s", placement.uuid, problem)
        return _failed(placement, _("The published questions could not be read. Ask the author to publish a new version."))
    except LmsError as problem:
        log.warning("placement %s could not be copied: %s", placement.uuid, problem)
        return _failed(placement, _("The questions could not be copied just now. Try again in a moment."))
    with transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(state="ready", problem="")
        audit.record(
            action="place_version", by=by, now=now, facts={"placement": str(placement.uuid), "version": str(version.uuid)}
        )
    placement.refresh_from_db()
    return placement


def _failed(placement: Placement, problem: str) -> Placement:
    with transaction.atomic():
        Placement.objects.filter(pk=placement.pk).exclude(state="ready").update(state="failed", problem=problem)
    placement.refresh_from_db()
    return placement


def _guard(placement: Placement, questions: Collection[Question], sources: dict[str, str]) -> None:
    """Write the placed questions. Those of an older version go, which the claim allowed only before any attempt."""
    items = queries.items_by_block_id(placement.version)
    rows = [_row(placement, position, question, sources, items) for position, question in enumerate(questions)]
    with transaction.atomic():
        known = {row.usage_key: row for row in placement.questions.all()}
        placement.questions.exclude(usage_key__in=[row.usage_key for row in rows]).delete()
        PlacedQuestion.objects.bulk_create(row for row in rows if row.usage_key not in known)
        again = [row for row in rows if row.usage_key in known]
        for row in again:
            row.pk = known[row.usage_key].pk
        fields = ["item", "source_block_id", "position", "block_type", "title", "max_points", "drafts"]
        PlacedQuestion.objects.bulk_update(again, fields)
        guards.forget(placement.course_key)


def _row(
    placement: Placement, position: int, question: Question, sources: dict[str, str], items: dict[str, VersionItem]
) -> PlacedQuestion:
    source = sources.get(question.block_id, "")
    # Points and kind are the version's, not what the school's course settings make of them.
    frozen = items.get(source)
    return PlacedQuestion(
        placement=placement,
        usage_key=question.usage_key,
        course_key=placement.course_key,
        item=question.block_id,
        source_block_id=source,
        position=position,
        block_type=question.block_type,
        title=frozen.title if frozen else question.title[:255],
        max_points=frozen.max_points if frozen else question.max_points,
        drafts=frozen.drafts if frozen else question.drafts,
    )
