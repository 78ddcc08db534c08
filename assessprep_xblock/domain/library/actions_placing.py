"""What puts a version into a school's course run: wanted, copied, guarded, published; safe to repeat at every step."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import ContentError, CourseRun, LmsError, OnlyInStudio, Question

from ..organizations.queries import run_for_staff
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import drift, guards, queries, rules
from .models import Assessment, AssessmentVersion, PlacedQuestion, PlacedText, Placement, VersionItem
from .setting import N

log = logging.getLogger(__name__)

#: What is written anew of a question or a text that was placed before.
PLACED_FIELDS = ["item", "source_block_id", "position", "block_type", "title"]
#: States in which a placement delivers a version, or should.
JUDGED = ("ready", "drifted")


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
        queries.version_open_to(
            version_uuid=assessment.current_version.uuid, organization=run.organization.short_name, now=now
        )
        placement = Placement.objects.create(
            course_key=course_key,
            organization=run.organization.short_name,
            organization_name=run.organization.name,
            version=assessment.current_version,
            state_since=now,
            created_by_id=by,
            created_at=now,
        )
        audit.record(action="want_placement", by=by, now=now, facts={"placement": str(placement.uuid)})
    return placement


def add_to_course(*, placement_uuid: UUID, by: int, now: datetime) -> Placement:
    """*Add to the course*: make a unit for a wanted placement, copy the questions into it and publish it.

    Of a placement that is in the course already it makes the same copy again: it goes on with one that was interrupted,
    and restores one that has drifted. Where it cannot be done ``problem`` says what to do. Safe to repeat.
    """
    placement = queries.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    if placement.usage_key is not None and get_lms().unit_place(placement.usage_key) is None:
        _forget_place(placement)
    if placement.usage_key is None:
        queries.version_open_to(version_uuid=placement.version.uuid, organization=placement.organization, now=now)
        try:
            usage_key = get_lms().place(placement.course_key, title=placement.version.title, by=by)
        except LmsError as problem:
            log.warning("placement %s found no place: %s", placement.uuid, problem)
            why = _("The course cannot be changed from here. Add the block “Common assessment” to a unit in Studio.")
            return _failed(placement, why, now)
        # Of two colleagues who press the button together, the second one's unit stays empty; the placement has one block.
        with transaction.atomic():
            Placement.objects.filter(pk=placement.pk, usage_key=None).update(usage_key=usage_key)
        placement.refresh_from_db()
    return _fill(placement, by=by, now=now)


def _forget_place(placement: Placement) -> None:
    """The unit was deleted from the course. Where nobody has worked on it, it may simply be made again."""
    if placement.attempts.exists():
        raise Refusal("unit_gone")
    with transaction.atomic():
        Placement.objects.filter(pk=placement.pk, usage_key=placement.usage_key).update(usage_key=None, state="wanted")
    placement.refresh_from_db()


def take_version(*, placement_uuid: UUID, version_uuid: UUID, by: int, now: datetime) -> Placement:
    """Deliver another version, usually a newer one, through a placement that no student has begun. Safe to repeat."""
    placement = queries.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    version = queries.version_open_to(version_uuid=version_uuid, organization=placement.organization, now=now)
    if version.assessment_id != placement.version.assessment_id:
        raise Refusal("not_found")
    _give_version(placement, version, now)
    placement = queries.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    return placement if placement.usage_key is None else _fill(placement, by=by, now=now)


def place_version(*, usage_key: UsageKey, version_uuid: UUID, by: int, now: datetime) -> Placement:
    """Deliver a version through one of our blocks in a school's run: what Studio's chooser does. Safe to repeat.

    A version whose students have begun stays (``placement_in_use``). Guards are committed before the questions are
    published where the caller is outside a transaction; a caller inside one has to commit whatever happens after.
    """
    run = run_for_staff(course_key=usage_key.course_key, user_id=by)
    version = _version_for(usage_key, version_uuid, run, now)
    if usage_key.block_type != "assessprep" or queries.assessment_at(usage_key) is not None:
        # Copying into a bank's own block would overwrite what its author wrote.
        raise Refusal("invalid", field="usage_key", why=N("this block is a question bank's own"))
    return _fill(_claim(usage_key=usage_key, run=run, version=version, by=by, now=now), by=by, now=now)


@one_winner
def _claim(*, usage_key: UsageKey, run: CourseRun, version: AssessmentVersion, by: int, now: datetime) -> Placement:
    placement = queries.placement_at(usage_key)
    # Not durable: Studio's handlers run inside the platform's request-long transaction.
    with transaction.atomic():
        if placement is None:
            placement = _wanted(run, usage_key, version, now) or Placement.objects.create(
                course_key=run.key,
                organization=run.organization.short_name,
                organization_name=run.organization.name,
                usage_key=usage_key,
                version=version,
                state="copying",
                state_since=now,
                created_by_id=by,
                created_at=now,
            )
        else:
            _give_version(placement, version, now)
    return Placement.objects.select_related("version__assessment").get(pk=placement.pk)


def _version_for(usage_key: UsageKey, version_uuid: UUID, run: CourseRun, now: datetime) -> AssessmentVersion:
    """A version that may be placed now; the one that stands here already may always be copied again."""
    here = queries.placement_at(usage_key)
    if here is not None and here.version.uuid == version_uuid:
        return here.version
    return queries.version_open_to(version_uuid=version_uuid, organization=run.organization.short_name, now=now)


def _give_version(placement: Placement, version: AssessmentVersion, now: datetime) -> None:
    if placement.version_id == version.pk:
        return
    with transaction.atomic():
        changed = Placement.objects.filter(pk=placement.pk, version_id=placement.version_id)
        state = "wanted" if placement.usage_key is None else "copying"
        if not changed.update(version=version, state=state, state_since=now, problem="", drift=[]):
            raise Lost
        # Asked behind the write: whoever joins at this moment holds the row or waits for it, and is counted or comes later
        # (and starts only when the new questions are there).
        if placement.attempts.exists():
            raise Refusal("placement_in_use")


def _wanted(run: CourseRun, usage_key: UsageKey, version: AssessmentVersion, now: datetime) -> Placement | None:
    """A placement that waited for exactly this: sessions were drafted before the block was added in Studio."""
    waiting = Placement.objects.filter(course_key=run.key, usage_key=None, version__assessment=version.assessment).first()
    if waiting is None:
        return None
    mine = Placement.objects.filter(pk=waiting.pk, usage_key=None)
    if not mine.update(usage_key=usage_key, version=version, state="copying", state_since=now, problem=""):
        raise Lost
    return waiting


def _fill(placement: Placement, *, by: int, now: datetime) -> Placement:
    """Copy, guard, publish, forget, in this order and each step safe to repeat.

    A question is never on a page before it is guarded, nor unguarded while it is still on a page. Interrupted anywhere, the
    placement is ``copying``: nobody starts it, no session of it is published, and the same call goes on.
    """
    lms, usage_key, version, before = get_lms(), placement.usage_key, placement.version, placement.state
    assert usage_key is not None
    effective = {
        item.block_id: rules.values_for_copy(item.effective, version.settings)
        for item in queries.items_by_block_id(version).values()
    }
    mine = Placement.objects.filter(pk=placement.pk)
    with transaction.atomic():
        n_to_copy = len(effective) + version.texts.count()
        mine.update(state="copying", state_since=now, problem="", n_copied=0, n_to_copy=n_to_copy)
    # No transaction around these: whoever looks at the page meanwhile reads how far it is.
    told = partial(_copied, placement.pk, now, time.monotonic())
    try:
        blocks = lms.copy_version(pin=version.pin, into=usage_key, effective=effective, by=by, told=told)
        _guard(placement, blocks, lms.source_block_ids(usage_key))
        lms.publish(usage_key, by=by)
    except OnlyInStudio as problem:
        log.warning("placement %s has to be filled in Studio: %s", placement.uuid, problem)
        why = _("Courses are changed in Studio only. Open the block there, press Edit, and deliver the version again.")
        return _failed(placement, why, now, state=before if before in ("ready", "drifted") else "failed")
    except ContentError as problem:
        log.warning("placement %s could not be copied: %s", placement.uuid, problem)
        why = _("The published questions could not be read. Ask the author to publish a new version.")
        return _failed(placement, why, now)
    except LmsError as problem:
        log.warning("placement %s could not be copied: %s", placement.uuid, problem)
        return _failed(placement, _("The questions could not be copied just now. Try again in a moment."), now)
    _done(placement, {block.usage_key for block in blocks}, by=by, now=now)
    placement.refresh_from_db()
    return placement


def _copied(placement_id: int, now: datetime, begun: float, done: int) -> None:
    """Say how far the copy is, and when: one that moves is not taken for one that was interrupted."""
    moved = now + timedelta(seconds=time.monotonic() - begun)
    Placement.objects.filter(pk=placement_id).update(n_copied=done, state_since=moved)


def _done(placement: Placement, kept: Collection[UsageKey], *, by: int, now: datetime) -> None:
    """The copy is published: what it no longer holds needs no guard, and the placement is ready."""
    with transaction.atomic():
        placement.questions.exclude(usage_key__in=kept).delete()
        placement.texts.exclude(usage_key__in=kept).delete()
        guards.forget(placement.course_key)
        Placement.objects.filter(pk=placement.pk).update(state="ready", state_since=now, problem="", drift=[])
        facts = {"placement": str(placement.uuid), "version": str(placement.version.uuid)}
        audit.record(action="place_version", by=by, now=now, facts=facts)


def _failed(placement: Placement, problem: str, now: datetime, *, state: str = "failed") -> Placement:
    with transaction.atomic():
        # A colleague's copy that came through in the meantime stands.
        mine = Placement.objects.filter(pk=placement.pk).exclude(state="ready")
        mine.update(state=state, problem=problem, state_since=now)
    placement.refresh_from_db()
    return placement


def _guard(placement: Placement, blocks: Collection[Question], sources: dict[str, str]) -> None:
    """Write the placed questions and texts. Those of an older version stay guarded until the new ones are published."""
    items = queries.items_by_block_id(placement.version)
    placed = list(enumerate(blocks))
    questions = [_question(placement, position, one, sources, items) for position, one in placed if one.is_question]
    texts = [PlacedText(**_placed(placement, position, one, sources)) for position, one in placed if not one.is_question]
    with transaction.atomic():
        _write(placement.questions.all(), questions, [*PLACED_FIELDS, "max_points", "drafts"])
        _write(placement.texts.all(), texts, PLACED_FIELDS)
        guards.forget(placement.course_key)


def _write(known: QuerySet[Any], rows: list[Any], fields: list[str]) -> None:
    """Add the rows that are new and bring the others up to date; what a row is keeps its number."""
    numbers = {row.usage_key: row.pk for row in known}
    known.model.objects.bulk_create(row for row in rows if row.usage_key not in numbers)
    again = [row for row in rows if row.usage_key in numbers]
    for row in again:
        row.pk = numbers[row.usage_key]
    known.model.objects.bulk_update(again, fields)


def _placed(placement: Placement, position: int, block: Question, sources: dict[str, str]) -> dict[str, Any]:
    return {
        "placement": placement,
        "usage_key": block.usage_key,
        "course_key": placement.course_key,
        "item": block.block_id,
        "source_block_id": sources.get(block.block_id, ""),
        "position": position,
        "block_type": block.block_type,
        "title": block.title[:255],
    }


def _question(
    placement: Placement, position: int, block: Question, sources: dict[str, str], items: dict[str, VersionItem]
) -> PlacedQuestion:
    # Points and kind are the version's, not what the school's course settings make of them.
    frozen = items.get(sources.get(block.block_id, ""))
    placed = PlacedQuestion(
        **_placed(placement, position, block, sources),
        max_points=frozen.max_points if frozen else block.max_points,
        drafts=frozen.drafts if frozen else block.drafts,
    )
    if frozen is not None:
        placed.title = frozen.title
    return placed


def look_for_drift(*, course_key: CourseKey, now: datetime) -> int:
    """Judge every placement of a run on what students are served now, and keep what was found. Returns how many drifted."""
    count = 0
    for placement in Placement.objects.select_related("version").filter(course_key=course_key, state__in=JUDGED):
        count += bool(_judge(placement, now))
    return count


def check_placement(*, placement_uuid: UUID, by: int, now: datetime) -> Placement:
    """Look again whether a placement delivers its version."""
    placement = queries.placement_for_staff(placement_uuid=placement_uuid, user_id=by)
    if placement.state in JUDGED:
        _judge(placement, now)
        placement.refresh_from_db()
    return placement


def _judge(placement: Placement, now: datetime) -> list[dict[str, str]]:
    try:
        found = [{"question": one.question, "what": one.what} for one in drift.drift_of(placement)]
    except ContentError:
        found = [{"question": "", "what": "gone"}]
    except LmsError:
        return placement.drift
    if found != placement.drift:
        with transaction.atomic():
            # A copy that began in the meantime has the last word.
            rows = Placement.objects.filter(pk=placement.pk, state=placement.state, state_since=placement.state_since)
            if rows.update(state="drifted" if found else "ready", state_since=now, drift=found):
                facts = {"placement": str(placement.uuid), "drift": len(found)}
                audit.record(action="judge_placement", by=None, now=now, facts=facts)
    return found


@shared_task(name="assessprep.look_for_drift", ignore_result=True)
def look_for_drift_task(course_id: str) -> None:
    """What a worker does after content of a run with placements was published."""
    look_for_drift(course_key=CourseKey.from_string(course_id), now=timezone.now())


def after_publish(course_key: CourseKey) -> None:
    """Have a run's placements judged once what was published is committed; runs without any cost one query."""
    if Placement.objects.filter(course_key=course_key, state__in=JUDGED).exists():
        transaction.on_commit(lambda: look_for_drift_task.delay(str(course_key)), robust=True)
