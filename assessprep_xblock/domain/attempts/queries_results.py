"""A learner's own released result, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..library.models import VersionItem
from ..library.written import BLOCK_TYPE, rubric_of, text_of
from .models import Attempt, ItemResult


def results_of(attempt: Attempt, drafts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Points of each question, with what the grader wrote; of a written response also the text and its rubric. Two queries.

    For callers who know that the results are released with their points. ``drafts``: the attempt's, by item.
    """
    rows = list(ItemResult.objects.filter(attempt=attempt).select_related("question").order_by("question__position"))
    rubrics = rubrics_of(attempt.session.placement.version_id)
    return [_result(row, drafts, rubrics) for row in rows]


def rubrics_of(version_id: int) -> dict[str, str]:
    """The frozen content of a version's written questions, by the id of the block they were published from. One query."""
    return dict(VersionItem.objects.filter(version_id=version_id, block_type=BLOCK_TYPE).values_list("block_id", "olx"))


def _result(row: ItemResult, drafts: Mapping[str, Mapping[str, Any]], rubrics: Mapping[str, str]) -> dict[str, Any]:
    question = row.question
    shown: dict[str, Any] = {
        "item": question.item,
        "title": question.title,
        "answered": row.answered,
        "earned": row.earned,
        "possible": row.possible,
        "comment": row.comment,
        "dropped": row.dropped,
        "corrected": row.first_machine is not None,
    }
    if question.block_type == BLOCK_TYPE:
        shown["text"] = text_of(drafts.get(question.item, {}).get("values", {}))
        shown["rubric"] = [
            {"title": one.title, "points": row.criteria.get(one.id), "possible": one.points}
            for one in rubric_of(rubrics.get(question.source_block_id, ""))
        ]
    return shown
