"""What is known of banks, assessments, versions and placements, for whoever may know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Count, Prefetch, Q, QuerySet, Value, When
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import CourseRun

from ..organizations.queries import run_for_staff, staff_runs
from ..shared.refusals import Refusal
from . import delivery, rules
from .models import Assessment, AssessmentVersion, Bank, BankAvailability, BankShare, Placement, VersionItem

# -- for authors: course staff of a bank's run ----------------------------------------------------------------------


def _for_author(course_key: CourseKey | None, user_id: int) -> None:
    if course_key is None or not get_lms().is_course_staff(user_id, course_key):
        raise Refusal("not_found")


def bank_for_author(*, bank_uuid: UUID, user_id: int) -> Bank:
    """A bank, for its authors. Anybody else is told ``not_found``."""
    bank = Bank.objects.prefetch_related("shares", "availabilities").filter(uuid=bank_uuid).first()
    _for_author(bank.course_key if bank else None, user_id)
    assert bank is not None
    return bank


def assessment_for_author(*, assessment_uuid: UUID, user_id: int) -> Assessment:
    """An assessment of a bank, for the bank's authors. Anybody else is told ``not_found``."""
    found = Assessment.objects.select_related("bank", "current_version__withdrawal").filter(uuid=assessment_uuid).first()
    _for_author(found.bank.course_key if found else None, user_id)
    assert found is not None
    return found


def version_for_author(*, version_uuid: UUID, user_id: int) -> AssessmentVersion:
    """A version of an assessment, for its authors. Anybody else is told ``not_found``."""
    found = AssessmentVersion.objects.select_related("assessment__bank").filter(uuid=version_uuid).first()
    _for_author(found.assessment.bank.course_key if found else None, user_id)
    assert found is not None
    return found


def banks_of_author(user_id: int) -> tuple[list[Bank], list[CourseRun]]:
    """The banks this person writes in, and the runs of hers that are no bank yet. Two queries beside the platform's."""
    runs = staff_runs(user_id)
    banks = {
        bank.course_key: bank
        for bank in Bank.objects.filter(course_key__in=[run.key for run in runs])
        .annotate(n_assessments=Count("assessments"))
        .prefetch_related("shares", "availabilities")
        .order_by("title")
    }
    return list(banks.values()), [run for run in runs if run.key not in banks]


def assessments_of(bank: Bank) -> QuerySet[Assessment]:
    """A bank's assessments by title, with ``n_questions`` of the current version and ``n_versions``."""
    return (
        Assessment.objects.filter(bank=bank)
        .select_related("bank", "current_version__withdrawal")
        .annotate(n_versions=Count("versions", distinct=True), n_questions=Count("current_version__items", distinct=True))
        .order_by("title", "pk")
    )


def search_assessments(
    assessments: QuerySet[Assessment], *, search: str = "", subject: str = "", grade: str = "", state: str = ""
) -> QuerySet[Assessment]:
    """Those whose title, description or standards hold every word of ``search``, of this subject and grade; ``state``:
    ``published``, ``withdrawn`` or ``unpublished``."""
    for word in search.split():
        assessments = assessments.filter(
            Q(title__icontains=word) | Q(description__icontains=word) | Q(standards__icontains=word)
        )
    if subject:
        assessments = assessments.filter(subject=subject)
    if grade:
        assessments = assessments.filter(grade=grade)
    if state == "unpublished":
        assessments = assessments.filter(current_version=None)
    elif state in ("published", "withdrawn"):
        withdrawn = Q(current_version__withdrawal__isnull=False)
        assessments = assessments.filter(withdrawn if state == "withdrawn" else ~withdrawn, current_version__isnull=False)
    return assessments


def described(assessments: QuerySet[Assessment]) -> dict[str, list[str]]:
    """Every subject and grade that is said of these, for filters to choose from. One query."""
    rows = set(assessments.order_by().values_list("subject", "grade"))
    return {
        "subjects": sorted({subject for subject, _grade in rows if subject}),
        "grades": sorted({grade for _subject, grade in rows if grade}),
    }


def assessment_at(usage_key: UsageKey) -> Assessment | None:
    """The assessment this block is, or None. For callers who have checked the role."""
    return Assessment.objects.select_related("bank", "current_version").filter(usage_key=usage_key).first()


def bank_in(course_key: CourseKey) -> Bank | None:
    """The bank this course run is, or None. For callers who have checked the role."""
    return Bank.objects.filter(course_key=course_key).first()


def versions_of(assessment: Assessment) -> list[AssessmentVersion]:
    """An assessment's versions, newest first, with ``n_questions`` and their withdrawals."""
    return list(assessment.versions.select_related("withdrawal").annotate(n_questions=Count("items")).order_by("-number"))


# -- for the staff of schools ---------------------------------------------------------------------------------------


def _known_to(organization: str) -> Q:
    """Banks that are shared with an organization and whose author lets schools deliver."""
    shared = BankShare.objects.filter(organization=organization).values("bank")
    return Q(sessions_enabled=True) & (Q(shared_with_all=True) | Q(organization=organization) | Q(pk__in=shared))


def _open_to(organization: str, now: datetime) -> Q:
    """Of those, the banks from which the organization may start sessions now."""
    closed = BankAvailability.objects.filter(organization=organization).filter(
        Q(stopped=True) | Q(opens_at__gt=now) | Q(closes_at__lte=now)
    )
    return _known_to(organization) & ~Q(pk__in=closed.values("bank"))


def offered_in(run: CourseRun, now: datetime) -> list[Assessment]:
    """What a run may start sessions of, and what it has placed already, by bank and title. One query.

    Each has ``n_questions`` and ``is_open``: False where the run only keeps what it has, because the bank is not open to
    its organization any more, or the version was withdrawn.
    """
    open_banks = Bank.objects.filter(_open_to(run.organization.short_name, now)).values("pk")
    placed = Placement.objects.filter(course_key=run.key).values("version__assessment")
    is_open = Q(bank__in=open_banks, current_version__withdrawal__isnull=True)
    return list(
        Assessment.objects.filter(current_version__isnull=False)
        .filter(is_open | Q(pk__in=placed))
        .select_related("bank", "current_version__withdrawal")
        .annotate(
            n_questions=Count("current_version__items"),
            is_open=Case(When(is_open, then=Value(True)), default=Value(False), output_field=BooleanField()),
        )
        .order_by("bank__title", "bank", "title", "pk")
    )


def assessment_for_school(*, assessment_uuid: UUID, run: CourseRun) -> Assessment:
    """A published assessment that this run's organization may use, or that the run uses already; else ``not_found``."""
    found = (
        Assessment.objects.select_related("bank", "current_version__withdrawal")
        .filter(uuid=assessment_uuid, current_version__isnull=False)
        .first()
    )
    if found is None:
        raise Refusal("not_found")
    if not (_is_known(found.bank, run.organization.short_name) or placements_of(found, run.key)):
        raise Refusal("not_found")
    return found


def version_open_to(*, version_uuid: UUID, organization: str, now: datetime) -> AssessmentVersion:
    """A version that an organization may place now. Refuses a withdrawn one, and any of a bank that is closed to it for
    the moment; of a bank that is not shared with it, nothing is there."""
    found = AssessmentVersion.objects.select_related("assessment__bank", "withdrawal")
    version = found.filter(uuid=version_uuid).first()
    if version is None or not _is_known(version.assessment.bank, organization):
        raise Refusal("not_found")
    check_not_withdrawn(version)
    if not _window(version.assessment.bank, organization).open(now):
        raise Refusal("bank_closed")
    return version


def may_start(*, bank: Bank, organization: str, now: datetime) -> bool:
    """Whether an organization may start another session from this bank now; what runs goes on whatever the answer."""
    return _is_known(bank, organization) and _window(bank, organization).open(now)


def check_may_start(placement: Placement, now: datetime) -> None:
    """Refuse another session of a placement whose bank is closed to its organization; what runs goes on."""
    if not may_start(bank=placement.version.assessment.bank, organization=placement.organization, now=now):
        raise Refusal("bank_closed")


def versions_open_to(organization: str, now: datetime) -> list[AssessmentVersion]:
    """The current version of every assessment an organization may use, by title: what Studio's chooser offers, each with
    the titles of its questions in ``items``. Two queries."""
    banks = Bank.objects.filter(_open_to(organization, now)).values("pk")
    return list(
        AssessmentVersion.objects.filter(
            pk__in=Assessment.objects.filter(bank__in=banks).values("current_version"),
            withdrawal__isnull=True,
        )
        .select_related("assessment__bank")
        .annotate(n_questions=Count("items"))
        .prefetch_related(Prefetch("items", VersionItem.objects.only("version_id", "title", "max_points", "position")))
        .order_by("title", "pk")
    )


def is_offered(bank: Bank) -> bool:
    """Whether any school but the bank's owner may use it."""
    return bank.sessions_enabled and (bank.shared_with_all or bank.shares.exists())


def is_withdrawn(version: AssessmentVersion) -> bool:
    """Whether its author took this version back."""
    return getattr(version, "withdrawal", None) is not None


def check_not_withdrawn(version: AssessmentVersion) -> None:
    """Refuse a version that its author took back."""
    if is_withdrawn(version):
        raise Refusal("withdrawn")


def _is_known(bank: Bank, organization: str) -> bool:
    shares = bank.shares.values_list("organization", flat=True)
    return bank.sessions_enabled and rules.is_shared_with(
        organization, owner=bank.organization, shared_with_all=bank.shared_with_all, shares=shares
    )


def _window(bank: Bank, organization: str) -> rules.Window:
    row = BankAvailability.objects.filter(bank=bank, organization=organization).first()
    return rules.Window() if row is None else rules.Window(row.opens_at, row.closes_at, row.stopped)


def placements_of(assessment: Assessment, course_key: CourseKey) -> list[Placement]:
    """Where this assessment stands in a run, newest version first."""
    return list(
        Placement.objects.filter(course_key=course_key, version__assessment=assessment)
        .select_related("version__assessment")
        .order_by("-version__number", "-pk")
    )


def placements_in(course_key: CourseKey, *, usage_key: UsageKey | None = None) -> QuerySet[Placement]:
    """What stands in a run or is on its way, newest first; of one block only. For callers who have checked the role."""
    found = Placement.objects.filter(course_key=course_key).select_related("version__withdrawal").order_by("-pk")
    return found if usage_key is None else found.filter(usage_key=usage_key)


def has_attempts(placement: Placement) -> bool:
    """Whether a student has begun, so that its version stays. One query."""
    return placement.attempts.exists()


def placement_for_staff(*, placement_uuid: UUID, user_id: int) -> Placement:
    """A placement, for course staff of its run. Anybody else is told ``not_found``."""
    found = Placement.objects.select_related("version__assessment__bank").filter(uuid=placement_uuid).first()
    if found is None:
        raise Refusal("not_found")
    run_for_staff(course_key=found.course_key, user_id=user_id)
    return found


def placement_at(usage_key: UsageKey) -> Placement | None:
    """The placement this block is, or None. For callers who have checked the role."""
    return Placement.objects.select_related("version__assessment").filter(usage_key=usage_key).first()


# -- what a version holds -------------------------------------------------------------------------------------------


def questions_of(version: AssessmentVersion) -> list[dict[str, Any]]:
    """A version's questions as anybody who may see it sees them: titles, kinds and points, never a text or a key."""
    rows = version.items.values("title", "block_type", "max_points", "drafts", "standards")
    return [{**row, "number": number} for number, row in enumerate(rows, start=1)]


@dataclass(frozen=True)
class SettingShown:
    """One delivery setting with its value in force and who decided it: ``product``, ``author`` or ``school``.

    ``is_refused``: the school chose ``chosen``, which a later version no longer allows.
    """

    setting: delivery.Setting
    value: Any
    default: Any
    rule: str
    least: int | None
    most: int | None
    decided_by: str
    is_refused: bool = False
    chosen: Any = None

    @property
    def locked(self) -> bool:
        """Whether the author's default stands."""
        return self.rule == "locked"


def settings_shown(envelope: delivery.Envelope, overrides: Mapping[str, Any] | None = None) -> list[SettingShown]:
    """Every delivery setting in the order of the catalogue, with who decided it."""
    overrides = overrides or {}
    values, refused = delivery.effective(envelope, overrides), delivery.no_longer_allowed(overrides, envelope)
    shown = []
    for setting in delivery.CATALOGUE:
        entry = envelope.get(setting.name, {"default": setting.default, "rule": "open"})
        by_author = entry["rule"] == "locked" or entry["default"] != setting.default
        by_school = setting.name in overrides and setting.name not in refused
        decided_by = "school" if by_school else "author" if by_author else "product"
        in_range = entry["rule"] == "range"
        shown.append(
            SettingShown(
                setting=setting,
                value=values[setting.name],
                default=entry["default"],
                rule=entry["rule"],
                least=entry["least"] if in_range else setting.least,
                most=entry["most"] if in_range else setting.most,
                decided_by=decided_by,
                is_refused=setting.name in refused,
                chosen=refused.get(setting.name),
            )
        )
    return shown


def own_state_titles(version: AssessmentVersion) -> list[str]:
    """Titles of the questions that keep their own state and give their score at once, without a draft."""
    return list(version.items.filter(drafts=False).values_list("title", flat=True))


def items_by_block_id(version: AssessmentVersion) -> dict[str, VersionItem]:
    """A version's questions by the id of the block they were published from."""
    return {item.block_id: item for item in version.items.all()}
