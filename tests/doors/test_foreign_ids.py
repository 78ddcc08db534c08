"""Everybody's own calls with another school's ids in them: in addresses, in bodies, one at a time.

The matrix asks who may call an address; here somebody who may calls it about what is another school's.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from assessprep_xblock.domain.attempts.models import Attempt, LedgerEntry
from assessprep_xblock.domain.library import actions_placing as placing
from assessprep_xblock.domain.library.models import MarkingCorrection
from assessprep_xblock.domain.monitoring.models import Deed, Irregularity
from assessprep_xblock.domain.sessions.models import AssessmentSession, Invigilator
from devlms import factories
from tests.addresses import GUEST_RUN, ROWS
from tests.doors.test_matrix import text_of
from tests.scene import Scene, everything, make_scene
from tests.world import Page, World, published_session

pytestmark = pytest.mark.django_db

#: Words that stand in the other school alone.
ROOM, STUDENT, WATCHER, REASON = "Lakeroom", "Zoe Lakewood", "Lars Lakewatch", "lakereason"
#: What the columns of our tables call the other school's things.
OWNED_BY = ("session_id", "attempt_id", "placement_id", "learner_id", "course_key")


@pytest.fixture
def scene(settings) -> Scene:
    settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
    return make_scene()


@pytest.fixture
def foreign(scene) -> dict[str, Any]:
    """What stands in addresses and bodies, of a school that delivers the same assessment at the same time."""
    now, ours = timezone.now(), scene.world
    run = factories.make_course_run("course-v1:Lakeside+MATH7+2026", "Lakeside mathematics")
    staff = factories.make_staff(run, "lake-staff")
    learner, other = (factories.make_learner(run, f"lake-{n}", STUDENT) for n in (1, 2))
    watcher = factories.make_user("lake-watcher", WATCHER)
    assessment = ours.placement.version.assessment
    placement = placing.want_placement(course_key=run, assessment_uuid=assessment.uuid, by=staff.pk, now=now)
    placement = placing.add_to_course(placement_uuid=placement.uuid, by=staff.pk, now=now)
    session = published_session(placement, staff, now, name=ROOM)
    AssessmentSession.objects.filter(pk=session.pk).update(live_code="73519264")
    session = AssessmentSession.objects.get(pk=session.pk)
    Invigilator.objects.create(session=session, user=watcher, level="chief")
    questions = list(placement.questions.order_by("position"))
    theirs = World(now, run, ours.author, staff, [learner, other], placement, session, questions)
    page = Page(learner)
    assert page.verify(theirs, session.live_code).status_code == 200
    assert page.start().status_code == 200
    attempt = Attempt.objects.get(uuid=page.state["attempt"])
    about = {"session": session, "at": now}
    entry = LedgerEntry.objects.create(attempt=attempt, kind="grant", us=60, reason=REASON, **about)
    note = Irregularity.objects.create(category="other", subcategory="other", comment=REASON, learner=learner, **about)
    deed = Deed.objects.create(action="end", change_no=1, **about)
    correction = MarkingCorrection.objects.create(
        placement=placement, version=placement.version, asked_at=now, applied_at=now, created_by=staff
    )
    return {
        "placement_key": theirs.usage_key,
        "attempt": attempt.uuid,
        "nobody": attempt.uuid,
        "item": questions[1].item,
        "token": page.state["token"],
        "run": run,
        "placement": placement.uuid,
        "session": session.uuid,
        "second": session.uuid,
        "draft": session.uuid,
        "watcher_id": watcher.pk,
        "learner_id": learner.pk,
        "irregularity": note.uuid,
        "correction": correction.uuid,
        "entry": entry.pk,
        "deed": deed.uuid,
    }


def _theirs(owned: dict[str, set[Any]]) -> dict[str, list[str]]:
    """Every row of ours that is about the other school."""
    return {
        model: sorted(json.dumps(row, default=str) for row in rows if _is_theirs(row, owned))
        for model, rows in everything().items()
    }


def _is_theirs(row: dict[str, Any], owned: dict[str, set[Any]]) -> bool:
    return any(str(row.get(name)) in owned[name] for name in OWNED_BY)


def test_another_school_s_ids_in_one_s_own_calls_tell_and_change_nothing(scene, foreign):
    attempt = Attempt.objects.get(uuid=foreign["attempt"])
    owned = {
        "session_id": {str(attempt.session_id)},
        "attempt_id": {str(attempt.pk)},
        "placement_id": {str(attempt.placement_id)},
        "learner_id": {str(attempt.learner_id), str(foreign["watcher_id"])},
        "course_key": {str(foreign["run"])},
    }
    before, mine = _theirs(owned), dict(scene.facts)
    assert sum(map(len, before.values())) > 15
    wrong, calls = [], 0
    for name, row in ROWS.items():
        for method in row.may:
            body = json.dumps(row.body.get(method, {}))
            named = [one for one in foreign if one in row.at or f"{{{one}}}" in body + row.query]
            for who in sorted(row.may[method]):
                for one in named:
                    point = transaction.savepoint()
                    scene.facts.update({**mine, one: foreign[one]})
                    answer, calls = scene.call(who, method, name), calls + 1
                    told = text_of(answer)
                    if answer.status_code >= 500:
                        wrong.append((who, method, name, one, answer.status_code))
                    if who != "author" and re.search(f"{ROOM}|{STUDENT}|{WATCHER}|{REASON}|73519264|lake-", told):
                        wrong.append((who, method, name, one, "is told of the other school"))
                    if _theirs(owned) != before:
                        wrong.append((who, method, name, one, "changed the other school"))
                    transaction.savepoint_rollback(point)
    scene.facts.update(mine)
    assert wrong == []
    assert calls > 250, calls


def test_accounts_of_nobody_here_get_no_name_by_being_named(scene, foreign):
    """Numbers of accounts are small and follow each other: whoever counts through them finds out nobody's name."""
    learner, session = foreign["learner_id"], scene.facts["session"]
    call = Page(scene.world.staff).call
    since = (timezone.now() - timedelta(minutes=1)).isoformat()
    tried = [
        call("GET", f"sessions/{session}/why/{learner}"),
        call("PUT", f"courses/{scene.world.school}/accommodations/{learner}", {"percent": 150}),
        call("PUT", f"sessions/{scene.facts['draft']}/roster", {"version": 1, "students": [learner], "excluded": [learner]}),
        call("POST", f"sessions/{session}/mark-absent", {"learner_ids": [learner], "reason": ""}),
        call("POST", f"sessions/{session}/unmark-absent", {"learner_ids": [learner]}),
        call("POST", f"sessions/{session}/claim", {"learner_ids": [learner]}),
        call("POST", f"sessions/{session}/clear-tries", {"learner_ids": [learner]}),
        call("POST", f"courses/{scene.world.school}/learners/listed", {"text": f"lake-1\nlake-1@example.com\n{learner}"}),
        call("GET", f"courses/{scene.world.school}/learners?search=lake"),
        call("GET", f"courses/{scene.world.school}/learners?search=Zoe"),
        call("GET", f"sessions/{session}/outages?since={since}".replace("+", "%2B")),
    ]
    note = {"learner_ids": [learner], "category": "other", "subcategory": "other", "request_id": str(uuid4())}
    tried.append(call("POST", f"sessions/{session}/irregularities", note))
    for answer in tried:
        assert answer.status_code < 500
        assert STUDENT not in answer.content.decode(), answer.content
    for name, row in ROWS.items():
        if "staff" in row.may.get("GET", ()):
            assert STUDENT not in text_of(scene.call("staff", "GET", name)), name
