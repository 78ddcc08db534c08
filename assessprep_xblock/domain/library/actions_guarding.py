"""What guards questions that no placement holds: a bank's, and those that came into a run by a copy nobody knows of."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import Question

from . import guards
from .models import Assessment, GuardedSource, PlacedQuestion, PlacedText


def guard_sources(assessment: Assessment, questions: Collection[Question]) -> None:
    """Guard everything the bank's block holds. What was taken out of the unit stays guarded: older versions use it."""
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
    placed = {
        usage_key
        for table in (PlacedQuestion, PlacedText)
        for usage_key in table.objects.filter(course_key=course_key).values_list("usage_key", flat=True)
    }
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
