"""What stands in the way of publishing an assessment, read from the platform at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import ContentError, LmsError, Question, Snapshot

from ..shared.refusals import Refusal
from . import delivery, olx, rules
from .models import Assessment


@dataclass(frozen=True)
class Checked:
    """An assessment as it would be published now: ``findings`` have to be mended first; ``snapshot`` None: nothing is
    published in Studio."""

    snapshot: Snapshot | None
    envelope: delivery.Envelope
    findings: list[rules.Finding]

    @property
    def questions(self) -> list[Question]:
        """Questions and texts in the order of the page."""
        return list(self.snapshot.questions) if self.snapshot else []


def checked(assessment: Assessment) -> Checked:
    """Read what Studio has published and look for everything in the way. Raises ``platform_unavailable``."""
    envelope = delivery.read_envelope({}, base=assessment.settings or None)
    try:
        snapshot = get_lms().snapshot(assessment.usage_key)
    except ContentError:
        return Checked(None, envelope, [rules.Finding("nothing_to_publish")])
    except LmsError:
        raise Refusal("platform_unavailable") from None
    found = rules.findings(
        [_candidate(question, assessment) for question in snapshot.questions],
        unpublished_changes=snapshot.unpublished_changes,
        envelope=envelope,
        tags_required=assessment.bank.tags_required,
    )
    return Checked(snapshot, envelope, found)


def standards_of(assessment: Assessment, block_id: str) -> list[str]:
    """What a question is about, as its author said: of itself, else of the whole assessment."""
    return list(assessment.question_standards.get(block_id) or assessment.standards)


def _candidate(question: Question, assessment: Assessment) -> rules.Candidate:
    return rules.Candidate(
        block_id=question.block_id,
        title=question.title,
        gradable=question.gradable,
        drafts=question.drafts,
        rerandomize=question.effective.get("rerandomize"),
        is_question=question.is_question,
        block_type=question.block_type,
        weight=question.effective.get("weight"),
        standards=tuple(standards_of(assessment, question.block_id)),
        obstacle=question.obstacle or ("peers" if olx.is_assessed_by_peers(question.olx) else ""),
    )
