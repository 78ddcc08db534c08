"""What a later version corrects: which questions it marks by another key, and which it no longer has.

A correction is for students who have sat the earlier version. So a later version can only be one where it asks nothing that
they never saw, and gives no question other points: those would be another test, not another marking of this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..shared.refusals import Refusal
from .drift import content
from .models import AssessmentVersion, MarkingCorrection, PlacedQuestion, Placement, VersionItem
from .setting import N
from .written import BLOCK_TYPE

#: What becomes of questions that a later version no longer has.
LEAVE, FULL = "leave", "full"


@dataclass(frozen=True)
class Key:
    """How the questions of a placement are marked: by ``correction`` (its row id), or None: by what was delivered.

    ``changed``: placed question's row id -> the corrected question. ``dropped``: row id -> ``leave`` or ``full``.
    """

    correction: int | None = None
    changed: Mapping[int, str] = field(default_factory=dict)
    dropped: Mapping[int, str] = field(default_factory=dict)


def key_of(placement_id: int) -> Key:
    """How a placement is marked at this moment. One query where nothing was corrected, three more where something was."""
    row = Placement.objects.select_related("correction__version", "version").get(pk=placement_id)
    return Key() if row.correction is None else key_by(row.correction, row)


def key_by(correction: MarkingCorrection, placement: Placement) -> Key:
    """How a placement is marked by one correction, in force or not. Three queries."""
    before, after = _items(placement.version), _items(correction.version)
    changed, dropped = {}, {}
    for question in PlacedQuestion.objects.filter(placement=placement):
        old, new = before.get(question.source_block_id), after.get(question.source_block_id)
        if new is None:
            dropped[question.pk] = correction.dropped
        elif question.drafts and question.block_type != BLOCK_TYPE and (old is None or _asks(old) != _asks(new)):
            changed[question.pk] = new.olx
    return Key(correction.pk, changed, dropped)


def check_corrects(delivered: AssessmentVersion, later: AssessmentVersion) -> None:
    """Refuse a version by which what was delivered cannot be marked."""
    if later.assessment_id != delivered.assessment_id or later.number <= delivered.number:
        raise Refusal("not_found")
    before = _items(delivered)
    for block_id, item in _items(later).items():
        old = before.get(block_id)
        why = _why_not(old, item)
        if why:
            raise Refusal("not_a_correction", question=item.title, why=why)


def _why_not(old: VersionItem | None, new: VersionItem) -> str:
    if old is None:
        return N("students never saw this question")
    if (old.block_type, old.drafts) != (new.block_type, new.drafts):
        return N("it is another kind of question now")
    if old.max_points != new.max_points:
        return N("it gives other points now")
    if not old.drafts and _asks(old) != _asks(new):
        return N("it keeps its own answers and cannot be marked again")
    return ""


def drops(delivered: AssessmentVersion, later: AssessmentVersion) -> list[str]:
    """The titles of the questions that the later version no longer has. Two queries."""
    kept = _items(later)
    return [item.title for block_id, item in _items(delivered).items() if block_id not in kept]


def corrects(delivered: AssessmentVersion, later: AssessmentVersion) -> list[str]:
    """The titles of the questions that the later version asks or marks otherwise. Two queries."""
    before = _items(delivered)
    found = _items(later).items()
    return [item.title for block_id, item in found if block_id in before and _asks(before[block_id]) != _asks(item)]


def _asks(item: VersionItem) -> tuple[str, ...]:
    return content(item.olx)


def _items(version: AssessmentVersion) -> dict[str, VersionItem]:
    return {item.block_id: item for item in VersionItem.objects.filter(version=version).order_by("position")}
