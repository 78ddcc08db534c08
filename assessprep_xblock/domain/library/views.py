"""Banks, assessments, versions and placements in plain values, for REST and for pages. Nothing here asks the database
beyond what its caller has read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .models import Assessment, AssessmentVersion, Bank, BankAvailability, Placement
from .queries import is_withdrawn


def bank_view(bank: Bank) -> dict[str, Any]:
    """A bank as its authors see it; its shares are prefetched."""
    return {
        "uuid": str(bank.uuid),
        "title": bank.title,
        "course_id": str(bank.course_key),
        "organization": bank.organization,
        "sessions_enabled": bank.sessions_enabled,
        "shared_with_all": bank.shared_with_all,
        "shared_with": sorted(share.organization for share in bank.shares.all()),
        "tags_required": bank.tags_required,
        "availability": [availability_view(one) for one in bank.availabilities.all()],
    }


def availability_view(one: BankAvailability) -> dict[str, Any]:
    """When one organization may start sessions from a bank."""
    return {
        "organization": one.organization,
        "opens_at": iso(one.opens_at) if one.opens_at else None,
        "closes_at": iso(one.closes_at) if one.closes_at else None,
        "stopped": one.stopped,
    }


def assessment_view(assessment: Assessment) -> dict[str, Any]:
    """An assessment as its authors see it, with its default delivery settings."""
    current = assessment.current_version
    return {
        "uuid": str(assessment.uuid),
        "bank": str(assessment.bank.uuid),
        "usage_key": str(assessment.usage_key),
        "title": assessment.title,
        "subject": assessment.subject,
        "grade": assessment.grade,
        "description": assessment.description,
        "standards": assessment.standards,
        "question_standards": assessment.question_standards,
        "embargo_until": iso(assessment.embargo_until) if assessment.embargo_until else None,
        "settings": assessment.settings,
        "version": assessment.version_no,
        "current_version": None if current is None else version_view(current),
    }


def offered_view(assessment: Assessment) -> dict[str, Any]:
    """An assessment as a school sees it before opening it."""
    current = assessment.current_version
    assert current is not None
    return {
        "uuid": str(assessment.uuid),
        "title": current.title,
        "subject": assessment.subject,
        "grade": assessment.grade,
        "description": assessment.description,
        "standards": assessment.standards,
        "questions": getattr(assessment, "n_questions", None),
        "version": version_view(current),
    }


def version_view(version: AssessmentVersion) -> dict[str, Any]:
    """A version without its content."""
    return {
        "uuid": str(version.uuid),
        "number": version.number,
        "title": version.title,
        "release_note": version.release_note,
        "published_at": iso(version.published_at),
        "withdrawn": is_withdrawn(version),
        "questions": getattr(version, "n_questions", None),
    }


def placement_view(placement: Placement) -> dict[str, Any]:
    """Where an assessment stands in a run."""
    return {
        "uuid": str(placement.uuid),
        "course_id": str(placement.course_key),
        "state": placement.state,
        "problem": placement.problem,
        "drift": placement.drift,
        "copied": {"done": placement.n_copied, "of": placement.n_to_copy} if placement.state == "copying" else None,
        "usage_key": str(placement.usage_key) if placement.usage_key else None,
        "version": version_view(placement.version),
    }


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC."""
    return moment.isoformat().replace("+00:00", "Z")
