"""What an author does: make a run a bank, describe an assessment, set its defaults, publish and withdraw versions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import ContentError, LmsError, Question, Snapshot

from ..organizations.queries import organizations, run_for_staff
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.winning import Lost, one_winner
from . import delivery, guards, queries, rules
from .models import (
    Assessment,
    AssessmentVersion,
    Bank,
    BankShare,
    GuardedSource,
    PlacedQuestion,
    VersionItem,
    VersionWithdrawal,
)

#: Fields an author describes an assessment with -> longest text.
DESCRIPTIONS = {"title": 255, "subject": 100, "grade": 100, "description": 5000}


def create_bank(
    *, course_key: CourseKey, title: str, shared_with_all: bool, shared_with: Collection[str], by: int, now: datetime
) -> Bank:
    """Make a course run a question bank. Safe to repeat: a run is one bank, and a repeat answers the one there is."""
    run = run_for_staff(course_key=course_key, user_id=by)
    _check_organizations(shared_with)
    with transaction.atomic(durable=True):
        bank, is_new = Bank.objects.get_or_create(
            course_key=course_key,
            defaults={
                "title": title or run.name,
                "organization": run.organization.short_name,
                "shared_with_all": shared_with_all,
                "created_at": now,
            },
        )
        if is_new:
            BankShare.objects.bulk_create(BankShare(bank=bank, organization=name) for name in sorted(set(shared_with)))
            audit.record(action="create_bank", by=by, now=now, facts={"bank": str(bank.uuid), "course": str(course_key)})
    return bank


def change_bank(*, bank_uuid: UUID, changes: Mapping[str, Any], by: int, now: datetime) -> Bank:
    """Rename a bank, switch sessions on or off in it, or share it with other organizations."""
    bank = queries.bank_for_author(bank_uuid=bank_uuid, user_id=by)
    shared_with = changes.get("shared_with")
    if shared_with is not None:
        _check_organizations(shared_with)
    values = {name: changes[name] for name in ("title", "sessions_enabled", "shared_with_all") if name in changes}
    with transaction.atomic(durable=True):
        Bank.objects.filter(pk=bank.pk).update(**values, uuid=bank.uuid)
        if shared_with is not None:
            bank.shares.all().delete()
            BankShare.objects.bulk_create(BankShare(bank=bank, organization=name) for name in sorted(set(shared_with)))
        audit.record(action="change_bank", by=by, now=now, facts={"bank": str(bank.uuid), "changed": sorted(changes)})
    bank.refresh_from_db()
    return bank


def _check_organizations(names: Collection[str]) -> None:
    strange = set(names) - {one.short_name for one in organizations()}
    if strange:
        raise Refusal("invalid", field="shared_with", why=f"there is no organization “{sorted(strange)[0]}”")


def add_assessment(*, bank_uuid: UUID, usage_key: UsageKey, by: int, now: datetime) -> Assessment:
    """Make one of our blocks in a bank's run an assessment. Safe to repeat: a block is one assessment."""
    bank = queries.bank_for_author(bank_uuid=bank_uuid, user_id=by)
    if usage_key.course_key != bank.course_key or usage_key.block_type != "assessprep":
        raise Refusal("not_found")
    snapshot = _snapshot_or_none(usage_key)
    with transaction.atomic(durable=True):
        assessment, is_new = Assessment.objects.get_or_create(
            usage_key=usage_key,
            defaults={
                "bank": bank,
                "title": (snapshot.title if snapshot else "") or usage_key.block_id,
                "settings": delivery.default_envelope(),
                "created_at": now,
            },
        )
        if snapshot:
            _guard_sources(assessment, snapshot.questions)
        if is_new:
            audit.record(action="add_assessment", by=by, now=now, facts={"assessment": str(assessment.uuid)})
    return assessment


def change_assessment(
    *, assessment_uuid: UUID, changes: Mapping[str, Any], version: int, by: int, now: datetime
) -> Assessment:
    """Describe an assessment or set its default delivery settings; versions already published keep theirs.

    ``changes``: ``title``, ``subject``, ``grade``, ``description`` and ``settings`` (an envelope, partial is fine).
    """
    assessment = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=by)
    if assessment.version_no != version:
        raise Refusal("stale_version", version=assessment.version_no)
    values = {name: changes[name] for name in DESCRIPTIONS if name in changes}
    if "settings" in changes:
        values["settings"] = delivery.read_envelope(changes["settings"], base=assessment.settings)
    with transaction.atomic(durable=True):
        # The row's number decides between two authors who save at the same moment.
        if not Assessment.objects.filter(pk=assessment.pk, version_no=version).update(**values, version_no=version + 1):
            raise Refusal("stale_version")
        audit.record(
            action="change_assessment",
            by=by,
            now=now,
            facts={"assessment": str(assessment.uuid), "changed": sorted(changes)},
        )
    assessment.refresh_from_db()
    return assessment


@one_winner
def publish_version(*, assessment_uuid: UUID, release_note: str, by: int, now: datetime) -> AssessmentVersion:
    """Publish what Studio has published as the next version, which never changes, and offer it to schools."""
    assessment = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=by)
    snapshot = _snapshot(assessment.usage_key)
    envelope = delivery.read_envelope({}, base=assessment.settings or None)
    rules.check_publishable(
        [_candidate(question) for question in snapshot.questions],
        unpublished_changes=snapshot.unpublished_changes,
        envelope=envelope,
    )
    before = assessment.current_version_id
    number = (assessment.versions.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    try:
        with transaction.atomic(durable=True):
            version = AssessmentVersion.objects.create(
                assessment=assessment,
                number=number,
                title=assessment.title,
                pin=snapshot.pin,
                settings=envelope,
                release_note=release_note,
                published_by_id=by,
                published_at=now,
            )
            VersionItem.objects.bulk_create(_items(version, snapshot.questions))
            _guard_sources(assessment, snapshot.questions)
            if not Assessment.objects.filter(pk=assessment.pk, current_version_id=before).update(current_version=version):
                raise Lost
            facts = {"assessment": str(assessment.uuid), "version": str(version.uuid), "number": number}
            audit.record(action="publish_version", by=by, now=now, facts=facts)
    except IntegrityError as taken:
        # Somebody published this number a moment ago: the number is theirs, ours is the next.
        raise Lost from taken
    return version


def _snapshot(usage_key: UsageKey) -> Snapshot:
    try:
        return get_lms().snapshot(usage_key)
    except ContentError:
        raise Refusal("nothing_to_publish") from None
    except LmsError:
        raise Refusal("platform_unavailable") from None


def _snapshot_or_none(usage_key: UsageKey) -> Snapshot | None:
    try:
        return get_lms().snapshot(usage_key)
    except LmsError:
        return None


def _candidate(question: Question) -> rules.Candidate:
    return rules.Candidate(
        block_id=question.block_id,
        title=question.title,
        gradable=question.gradable,
        drafts=question.drafts,
        rerandomize=question.effective.get("rerandomize"),
    )


def _items(version: AssessmentVersion, questions: Collection[Question]) -> list[VersionItem]:
    return [
        VersionItem(
            version=version,
            position=position,
            block_id=question.block_id,
            block_type=question.block_type,
            title=question.title[:255],
            max_points=question.max_points,
            drafts=question.drafts,
            olx=question.olx,
            sha256=hashlib.sha256(question.olx.encode()).hexdigest(),
            effective=dict(question.effective),
        )
        for position, question in enumerate(questions)
    ]


def _guard_sources(assessment: Assessment, questions: Collection[Question]) -> None:
    """Guard every question the bank holds. A question taken out of the unit stays guarded: older versions use it."""
    known = set(GuardedSource.objects.filter(assessment=assessment).values_list("usage_key", flat=True))
    GuardedSource.objects.bulk_create(
        [
            GuardedSource(usage_key=question.usage_key, course_key=question.usage_key.course_key, assessment=assessment)
            for question in questions
            if question.usage_key not in known
        ],
        ignore_conflicts=True,
    )
    guards.forget(assessment.usage_key.course_key)


def guard_run(*, course_key: CourseKey) -> int:
    """After a publish: guard every block below ours that nobody guards yet. Returns how many are newly guarded.

    Publishing announces a unit only, and a rerun, an import or a paste brings questions that no placement knows: those are
    for course staff alone until an assessment is chosen for their block.
    """
    below = get_lms().blocks_below_ours(course_key)
    placed = set(PlacedQuestion.objects.filter(course_key=course_key).values_list("usage_key", flat=True))
    sources = dict(GuardedSource.objects.filter(course_key=course_key).values_list("usage_key", "assessment"))
    new = below - placed - sources.keys()
    settled = [key for key, assessment in sources.items() if assessment is None and (key in placed or key not in below)]
    with transaction.atomic():
        GuardedSource.objects.bulk_create(
            [GuardedSource(usage_key=usage_key, course_key=course_key) for usage_key in sorted(new, key=str)],
            ignore_conflicts=True,
        )
        GuardedSource.objects.filter(usage_key__in=settled, assessment=None).delete()
        guards.forget(course_key)
    return len(new)


def withdraw_version(*, version_uuid: UUID, reason: str, by: int, now: datetime) -> VersionWithdrawal:
    """Take a version back: schools can no longer place it; running sessions finish. Safe to repeat."""
    version = queries.version_for_author(version_uuid=version_uuid, user_id=by)
    with transaction.atomic(durable=True):
        withdrawal, is_new = VersionWithdrawal.objects.get_or_create(
            version=version, defaults={"by_id": by, "at": now, "reason": reason}
        )
        if is_new:
            audit.record(
                action="withdraw_version", by=by, now=now, reason=reason[:500], facts={"version": str(version.uuid)}
            )
    return withdrawal
