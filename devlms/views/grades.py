"""The gradebook, a learner's own progress, and the tracking log."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import render
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms
from devlms.content import ROOT_ID, ContentTree
from devlms.models import PUBLISHED, StudentModule
from devlms.runtime import DevRuntime, weighted

from .access import course_or_404, require_place, require_staff

SHOWN_EVENTS = 200


@login_required
@transaction.non_atomic_requests
def gradebook(request, course_id):
    """Every learner of the run with points per graded block and in all. Three queries and the page's own."""
    course_key = course_or_404(request, course_id)
    require_staff(request, course_key)
    columns = graded_columns(course_key)
    learners = get_lms().learners(course_key, everyone=True)
    points = _points(course_key, columns)
    rows = [
        _row(person.full_name, person.username, points[person.user_id], columns)
        for person in sorted(learners.values(), key=lambda person: person.full_name)
    ]
    return render(request, "devlms/gradebook.html", {"columns": columns, "rows": rows, "total": _total(columns)})


@login_required
@transaction.non_atomic_requests
def progress(request, course_id):
    """A learner's own points. Results that a block hides are hidden here, as on the platform's page."""
    course_key = course_or_404(request, course_id)
    require_place(request, course_key)
    columns = graded_columns(course_key)
    points = _points(course_key, columns, learner_id=request.user.pk)[request.user.pk]
    cells = [
        {**column, "earned": points.get(column["block_id"]), "hidden": column["show_correctness"] == "never"}
        for column in columns
    ]
    earned = sum(cell["earned"] or 0 for cell in cells if not cell["hidden"])
    return render(request, "devlms/progress.html", {"cells": cells, "earned": earned, "total": _total(columns)})


def graded_columns(course_key: CourseKey) -> list[dict]:
    """The scored blocks below graded subsections, in the order of the course. One query."""
    tree = ContentTree.load(course_key, PUBLISHED)
    runtime = DevRuntime(course_key, None, tree=tree)
    columns = []
    for node in tree.below(ROOT_ID) if ROOT_ID in tree.nodes else ():
        if node.children or not getattr(runtime.load_block_type(node.block_type), "has_score", False):
            continue
        block = runtime.get_block(tree.usage_key(node.block_id))
        _none, possible = weighted(None, block.max_score(), getattr(block, "weight", None))
        if block.graded and possible:
            columns.append(
                {
                    "block_id": node.block_id,
                    "title": block.display_name_with_default,
                    "possible": float(possible),
                    "usage_key": str(block.scope_ids.usage_id),
                    "show_correctness": getattr(block, "show_correctness", "always"),
                }
            )
    return columns


def _points(course_key: CourseKey, columns: list[dict], learner_id: int | None = None) -> dict[int, dict[str, float]]:
    wanted = {column["block_id"] for column in columns}
    rows = StudentModule.objects.filter(course_key=course_key, earned__isnull=False)
    if learner_id is not None:
        rows = rows.filter(student=learner_id)
    points: dict[int, dict[str, float]] = defaultdict(dict)
    for student, key, earned in rows.values_list("student", "usage_key", "earned"):
        if key.block_id in wanted:
            points[student][key.block_id] = earned
    return points


def _row(name: str, username: str, points: dict[str, float], columns: list[dict]) -> dict:
    cells = [{"block_id": column["block_id"], "earned": points.get(column["block_id"])} for column in columns]
    return {
        "name": name,
        "username": username,
        "cells": cells,
        "earned": sum(points.values()),
        "attempted": bool(points),
    }


def _total(columns: list[dict]) -> float:
    return sum(column["possible"] for column in columns)


@login_required
@transaction.non_atomic_requests
def tracking_log(request, course_id):
    """The last events of this run."""
    course_key = course_or_404(request, course_id)
    require_staff(request, course_key)
    path = Path(settings.TRACKING_LOG)
    lines = path.read_text(encoding="utf-8").splitlines()[-5000:] if path.exists() else []
    events = [event for event in map(json.loads, reversed(lines)) if _is_of(event, str(course_key))][:SHOWN_EVENTS]
    for event in events:
        event["text"] = json.dumps(event.get("data"), ensure_ascii=False)[:400]
    return render(request, "devlms/tracking_log.html", {"events": events})


def _is_of(event: dict, course_id: str) -> bool:
    return (event.get("context") or {}).get("course_id") == course_id
