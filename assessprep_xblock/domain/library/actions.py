"""What an author does: make a run a bank, say who may use it and when, describe an assessment, set its defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError, Snapshot

from ..organizations.queries import organizations, run_for_staff
from ..shared import audit
from ..shared.refusals import Refusal
from ..shared.texts import plain
from . import delivery, queries
from .actions_guarding import guard_run, guard_sources
from .actions_publishing import publish_version, withdraw_version
from .models import Assessment, Bank, BankAvailability, BankShare
from .setting import N

__all__ = [
    "add_assessment",
    "change_assessment",
    "change_bank",
    "create_bank",
    "guard_run",
    "publish_version",
    "set_availability",
    "withdraw_version",
]

#: Fields an author describes an assessment with -> longest text.
DESCRIPTIONS = {"title": 255, "subject": 100, "grade": 100, "description": 5000}
#: What may be written of a bank itself.
BANK_FIELDS = ("title", "sessions_enabled", "shared_with_all", "tags_required")
#: Most standards of one question or assessment, and the longest name of one.
MOST_STANDARDS, LONGEST_STANDARD = 30, 100
MOST_QUESTIONS = 500


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
    values = {name: changes[name] for name in BANK_FIELDS if name in changes}
    with transaction.atomic(durable=True):
        Bank.objects.filter(pk=bank.pk).update(**values, uuid=bank.uuid)
        if shared_with is not None:
            bank.shares.all().delete()
            BankShare.objects.bulk_create(BankShare(bank=bank, organization=name) for name in sorted(set(shared_with)))
        audit.record(action="change_bank", by=by, now=now, facts={"bank": str(bank.uuid), "changed": sorted(changes)})
    bank.refresh_from_db()
    return bank


def set_availability(
    *,
    bank_uuid: UUID,
    organization: str,
    opens_at: datetime | None,
    closes_at: datetime | None,
    stopped: bool,
    by: int,
    now: datetime,
) -> Bank:
    """Say when one organization may start sessions from a bank, or stop it at once. Sessions that run finish."""
    bank = queries.bank_for_author(bank_uuid=bank_uuid, user_id=by)
    _check_organizations([organization])
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        raise Refusal("settings_contradict", field="closes_at", why=N("it closes before it opens"))
    given = {"opens_at": opens_at, "closes_at": closes_at, "stopped": stopped}
    with transaction.atomic(durable=True):
        if any(given.values()):
            BankAvailability.objects.update_or_create(bank=bank, organization=organization, defaults=given)
        else:
            BankAvailability.objects.filter(bank=bank, organization=organization).delete()
        facts = {"bank": str(bank.uuid), "organization": organization, "stopped": stopped}
        audit.record(action="set_availability", by=by, now=now, facts=facts)
    return queries.bank_for_author(bank_uuid=bank_uuid, user_id=by)


def _check_organizations(names: Collection[str]) -> None:
    strange = set(names) - {one.short_name for one in organizations()}
    if strange:
        raise Refusal("invalid", field="shared_with", why="there is no organization “{name}”", name=sorted(strange)[0])


def add_assessment(*, bank_uuid: UUID, usage_key: UsageKey, by: int, now: datetime) -> Assessment:
    """Make one of our blocks in a bank's run an assessment. Safe to repeat: a block is one assessment."""
    bank = queries.bank_for_author(bank_uuid=bank_uuid, user_id=by)
    if usage_key.course_key != bank.course_key or usage_key.block_type != "assessprep":
        raise Refusal("not_found")
    snapshot = snapshot_or_none(usage_key)
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
            guard_sources(assessment, snapshot.questions)
        if is_new:
            audit.record(action="add_assessment", by=by, now=now, facts={"assessment": str(assessment.uuid)})
    return assessment


def change_assessment(
    *, assessment_uuid: UUID, changes: Mapping[str, Any], version: int, by: int, now: datetime
) -> Assessment:
    """Describe an assessment or set its default delivery settings; versions already published keep theirs.

    ``changes``: ``title``, ``subject``, ``grade``, ``description``, ``standards`` (names), ``question_standards`` (block
    id -> names, whole), ``embargo_until`` (a time or None) and ``settings`` (an envelope, partial is fine).
    """
    assessment = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=by)
    if assessment.version_no != version:
        raise Refusal("stale_version", version=assessment.version_no)
    values = {name: changes[name] for name in DESCRIPTIONS if name in changes}
    if "standards" in changes:
        values["standards"] = read_standards(changes["standards"], field="standards")
    if "question_standards" in changes:
        values["question_standards"] = _question_standards(changes["question_standards"])
    if "embargo_until" in changes:
        values["embargo_until"] = changes["embargo_until"]
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


def read_standards(given: Any, *, field: str) -> list[str]:
    """Names of standards, trimmed, each once, in the order given."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Refusal("invalid", field=field, why=N("it has to be a list of names"))
    names = list(dict.fromkeys(" ".join(plain(one).split()) for one in given))
    names = [one for one in names if one]
    if len(names) > MOST_STANDARDS or any(len(one) > LONGEST_STANDARD for one in names):
        raise Refusal("too_large", field=field, limit=f"{MOST_STANDARDS} names of {LONGEST_STANDARD} characters")
    return names


def _question_standards(given: Any) -> dict[str, list[str]]:
    field = "question_standards"
    if not isinstance(given, Mapping) or len(given) > MOST_QUESTIONS:
        raise Refusal("invalid", field=field, why=N("it has to hold a list of names for each question"))
    read = {plain(str(block_id))[:255]: read_standards(names, field=field) for block_id, names in given.items()}
    return {block_id: names for block_id, names in read.items() if names}


def snapshot_or_none(usage_key: UsageKey) -> Snapshot | None:
    """What Studio has published of this block, or None where that cannot be had."""
    try:
        return get_lms().snapshot(usage_key)
    except LmsError:
        return None
