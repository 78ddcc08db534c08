"""What an author does with versions: publish the next one, which never changes, and take one back."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from assessprep_xblock.lms.base import Question

from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.sentences import sentence
from ..shared.winning import Lost, one_winner
from . import queries
from .actions_guarding import guard_sources
from .models import Assessment, AssessmentVersion, VersionItem, VersionText, VersionWithdrawal
from .queries_publishing import Checked, checked, standards_of
from .rules import Finding


@one_winner
def publish_version(
    *, assessment_uuid: UUID, release_note: str, after: int | None = None, by: int, now: datetime
) -> AssessmentVersion:
    """Publish what Studio has published as the next version, which never changes, and offer it to schools.

    ``after``: the number of the newest version its author saw, 0 for none. Where there is a newer one by now, it is answered
    to whoever published exactly that, and told to everybody else (``stale_version``). Refuses with the first thing that
    stands in the way, and names every other one under ``problems``.
    """
    assessment = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=by)
    newest = assessment.versions.order_by("-number").first()
    if after is not None and newest is not None and newest.number != after:
        if (newest.number, newest.release_note, newest.published_by_id) == (after + 1, release_note, by):
            return newest
        raise Refusal("stale_version", version=newest.number)
    found = checked(assessment)
    if found.findings or found.snapshot is None:
        raise _refused(found.findings)
    before = assessment.current_version_id
    number = (newest.number if newest else 0) + 1
    try:
        with transaction.atomic(durable=True):
            version = AssessmentVersion.objects.create(
                assessment=assessment,
                number=number,
                title=assessment.title,
                pin=found.snapshot.pin,
                settings=found.envelope,
                release_note=release_note,
                published_by_id=by,
                published_at=now,
            )
            _freeze(version, found)
            guard_sources(assessment, found.questions)
            if not Assessment.objects.filter(pk=assessment.pk, current_version_id=before).update(current_version=version):
                raise Lost
            facts = {"assessment": str(assessment.uuid), "version": str(version.uuid), "number": number}
            audit.record(action="publish_version", by=by, now=now, facts=facts)
    except IntegrityError as taken:
        # Somebody published this number a moment ago: the number is theirs, ours is the next.
        raise Lost from taken
    return version


def refusal_of(finding: Finding) -> Refusal:
    """One thing that stands in the way, as the refusal it would be alone."""
    facts = {"question": finding.question, "block_id": finding.block_id, "why": finding.why}
    return Refusal(finding.code, **{name: fact for name, fact in facts.items() if fact})


def problems_of(findings: list[Finding]) -> list[dict[str, str]]:
    """Everything in the way, in plain values: ``code``, ``question``, ``block_id`` and a sentence that says it."""
    return [
        {
            "code": one.code,
            "question": one.question,
            "block_id": one.block_id,
            "message": sentence(refusal_of(one)),
        }
        for one in findings
    ]


def _refused(findings: list[Finding]) -> Refusal:
    first = refusal_of(findings[0])
    return Refusal(first.code, **first.facts, problems=problems_of(findings))


def _freeze(version: AssessmentVersion, found: Checked) -> None:
    """Keep every question and every text as it is now."""
    placed = list(enumerate(found.questions))
    VersionItem.objects.bulk_create(
        VersionItem(
            **_frozen(version, position, one),
            max_points=one.max_points,
            drafts=one.drafts,
            effective=dict(one.effective),
            standards=standards_of(version.assessment, one.block_id),
        )
        for position, one in placed
        if one.is_question
    )
    VersionText.objects.bulk_create(
        VersionText(**_frozen(version, position, one)) for position, one in placed if not one.is_question
    )


def _frozen(version: AssessmentVersion, position: int, one: Question) -> dict[str, object]:
    return {
        "version": version,
        "position": position,
        "block_id": one.block_id,
        "block_type": one.block_type,
        "title": one.title[:255],
        "olx": one.olx,
        "sha256": hashlib.sha256(one.olx.encode()).hexdigest(),
    }


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
