"""Every task that Celery knows of ours may run twice: a worker that dies is replaced, and brokers deliver again."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.test import override_settings
from django.utils import timezone

import assessprep_xblock.tasks  # noqa: F401  (registers them, as Celery's discovery does)
from assessprep_xblock.domain.analysis.models import PreparedReport
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.library.models import MarkingCorrection
from assessprep_xblock.domain.shared.models import AuditRow
from tests.flows.test_chapter_5_regrade import apply, call, look, publish, sat
from tests.world import delivered

pytestmark = pytest.mark.django_db(transaction=True)

#: When something was last done, which a second time may move.
TIMES = {
    "progress_at",
    "as_of",
    "asked_at",
    "at",
    "checked_at",
    "looked_at",
    "made_at",
    "kept_at",
    "updated_at",
    "sent_at",
    "read_at",
}


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of ours and every score of the platform's."""
    models = [*apps.get_app_config("assessprep").get_models(), apps.get_model("devlms", "StudentModule")]
    return {
        model.__name__: [
            {name: value for name, value in row.items() if name not in TIMES}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in models
    }


@override_settings(ASSESSPREP_ANALYSIS_AT_ONCE=0)
def test_every_task_that_is_registered_changes_nothing_the_second_time():
    world = delivered(timezone.now())
    sat(world)
    apply(world, publish(world, key=True))
    look(world, publish(world, drop=2))
    call(world, "POST", f"assessments/{world.placement.version.assessment.uuid}/analysis/prepare", {})
    attempts = list(Attempt.objects.values_list("pk", flat=True))
    last = AuditRow.objects.filter(session_id=world.session.pk, change_no__isnull=False).latest("pk")
    arguments: dict[str, list[Any]] = {
        "assessprep.look_for_drift": [str(world.school)],
        "assessprep.settle": [world.session.pk],
        "assessprep.hand_in": [attempts[0]],
        "assessprep.follow_void": [attempts[0]],
        "assessprep.tell_change": [world.session.pk, last.change_no, last.action],
        "assessprep.preview_correction": [MarkingCorrection.objects.get(applied_at=None).pk],
        "assessprep.correct_marking": [world.placement.pk],
        "assessprep.judge_marks": [world.session.pk, world.staff.pk],
        "assessprep.keep_answers": [attempts],
        "assessprep.prepare_report": [PreparedReport.objects.get().scope],
    }
    registered = {name for name in current_app.tasks if name.startswith("assessprep.")}
    assert registered == set(arguments), "say what a new task is called with, so that it runs twice here"
    for name, given in arguments.items():
        current_app.tasks[name].apply(args=given, throw=True)
        once = everything()
        current_app.tasks[name].apply(args=given, throw=True)
        assert everything() == once, name
