"""What a student still reads of an attempt that staff made void."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from assessprep_xblock.domain.attempts.actions_handin import hand_in
from assessprep_xblock.domain.attempts.actions_recount import miscounted, recount
from assessprep_xblock.domain.attempts.actions_settle import settle, unsettled_sessions, would_settle
from assessprep_xblock.domain.attempts.models import Attempt
from assessprep_xblock.domain.attempts.queries_health import waiting_longer_than
from assessprep_xblock.domain.monitoring import actions as monitoring
from assessprep_xblock.domain.sessions.models import AssessmentSession, GradedCount
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import StudentModule
from tests.world import Page, World, delivered

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_void_attempt_tells_its_student_no_points_though_results_are_released():
    world = delivered(timezone.now(), learners=1)
    page = Page(world.learners[0])
    page.verify(world)
    page.start()
    page.save(world.questions[0].item, world.answers(0))
    page.submit()
    address = f"attempts/{page.state['attempt']}"
    assert page.call("GET", address).json()["results"]
    now = timezone.now()
    monitoring.void(session_id=world.session.pk, by=world.staff.pk, attempts="all", reason="phone on the table", now=now)
    assert page.call("GET", address).json()["results"] == []


def test_how_many_are_graded_follows_every_move_and_a_recount_finds_nothing():
    world = delivered(timezone.now(), learners=2)
    now, about = world.now, {"session_id": world.session.pk, "by": world.staff.pk}

    def graded() -> int:
        assert miscounted() == []
        address = f"assessments/{world.placement.version.assessment.uuid}/usage"
        (row,) = Page(world.author).call("GET", address).json()["results"]
        return row["graded"]

    pages = [Page(learner) for learner in world.learners]
    assert graded() == 0
    for page in pages:
        page.verify(world), page.start()
        page.save(world.questions[0].item, world.answers(0))
    pages[0].submit()
    assert graded() == 1
    monitoring.submit(attempts="all", reason="", now=now, **about)
    assert graded() == 2
    first = UUID(pages[0].state["attempt"])
    monitoring.reopen(attempts=[first], seconds=60, reason="fire drill", now=now, **about)
    assert graded() == 1
    pages[0].submit()
    voided = monitoring.void(attempts=[first], reason="phone on the table", now=now, **about)
    assert graded() == 1
    monitoring.undo(deed=UUID(voided["undo"]), reason="", now=now, **about)
    assert graded() == 2
    monitoring.renew(attempts=[first], reason="power cut", now=now, **about)
    assert graded() == 1
    GradedCount.objects.update(n=7)
    (wrong,) = miscounted()
    assert (wrong.stored["graded"], wrong.counted["graded"]) == (7, 1)
    assert recount(session_id=world.session.pk, now=now) and graded() == 1


def test_the_count_of_a_session_counts_nobody_of_another():
    world = delivered(timezone.now(), learners=2)
    world.add_session("Period 2")
    codes = list(AssessmentSession.objects.order_by("pk").values_list("live_code", flat=True))
    for learner, code in zip(world.learners, codes, strict=True):
        page = Page(learner)
        page.verify(world, code), page.start(), page.submit()
    assert list(GradedCount.objects.order_by("session_id").values_list("n", flat=True)) == [1, 1]
    assert miscounted() == []


# -- the platform's gradebook ---------------------------------------------------------------------------------------------
def gradebook(world: World) -> dict[str, Any]:
    """What the platform stores of the first learner: scores as they stand, and the answers beside them."""
    keys = [one.usage_key for one in world.questions]
    rows = StudentModule.objects.filter(student=world.learners[0], usage_key__in=keys).order_by("usage_key")
    scores = get_lms().scores(keys, [world.learners[0].pk])
    raw = list(rows.values_list("usage_key", "grade", "max_grade", "earned", "possible"))
    return {"scores": scores, "raw": raw, "answers": list(rows.values_list("state", flat=True))}


def sat(world: World) -> Page:
    page = Page(world.learners[0])
    page.verify(world), page.start()
    for position in (0, 1):
        page.save(world.questions[position].item, world.answers(position))
    return page


def void(world: World, page: Page) -> UUID:
    about: dict[str, Any] = {"session_id": world.session.pk, "by": world.staff.pk, "now": world.now}
    return UUID(monitoring.void(attempts=[UUID(page.state["attempt"])], reason="phone on the table", **about)["undo"])


def undo(world: World, deed: UUID) -> None:
    monitoring.undo(session_id=world.session.pk, by=world.staff.pk, deed=deed, reason="", now=world.now)


def told(world: World, page: Page) -> dict[str, Any]:
    """What everybody reads: the student, the spreadsheet, the Analyse view, and the author's counters."""
    staff, uuid = Page(world.staff), world.placement.version.assessment.uuid
    sheet = staff.client.get(f"/assessprep/api/v1/sessions/{world.session.uuid}/grades.csv").getvalue().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(sheet))
    (use,) = Page(world.author).call("GET", f"assessments/{uuid}/usage").json()["results"]
    analysis = staff.call("GET", f"assessments/{uuid}/analysis?session={world.session.uuid}").json()
    return {
        "student": page.call("GET", f"attempts/{page.state['attempt']}").json()["results"],
        "row": row,
        "analysed": analysis["students"],
        "use": {name: use[name] for name in ("submitted", "graded")},
    }


def test_a_void_attempt_is_not_attempted_in_the_gradebook_and_its_undo_brings_it_back_to_the_last_digit():
    world = delivered(timezone.now(), learners=1)
    page = sat(world)
    page.submit()
    # A person's mark that no few digits can say, beside the machine's.
    get_lms().set_score(world.questions[1].usage_key, world.learners[0].pk, 1.0 / 3.0)
    before, words = gradebook(world), told(world, page)
    assert sorted(one.earned for one in before["scores"].values()) == [1.0 / 3.0, 1.0]
    deed = void(world, page)
    assert gradebook(world)["scores"] == {}
    assert gradebook(world)["answers"] == before["answers"]
    hidden = told(world, page)
    # It was received, and stands where it stood in the room; its points count nowhere.
    assert (hidden["student"], hidden["analysed"], hidden["use"]) == ([], 0, {"submitted": 1, "graded": 0})
    assert hidden["row"]["Status"] == "Void"
    points = [
        value for name, value in hidden["row"].items() if name.startswith(("1.", "2.", "3.", "Points", "Percent", "Score"))
    ]
    # Three questions' points and three times, and what they come to.
    assert set(points) == {""} and len(points) == 10
    undo(world, deed)
    assert gradebook(world) == before
    assert told(world, page) == words
    assert Attempt.objects.get().withdrawn == {}


def test_what_the_gradebook_holds_of_a_test_that_was_never_handed_in_goes_and_comes_back_too():
    world = delivered(timezone.now(), learners=1, olx=[factories.choice_olx(), factories.number_olx()], checking="as_you_go")
    page = sat(world)
    key = world.questions[0].usage_key
    get_lms().hand_in(world.usage_key, world.learners[0].pk, {key: world.answers(0)})
    before = gradebook(world)
    deed = void(world, page)
    assert gradebook(world)["scores"] == {}
    undo(world, deed)
    assert gradebook(world) == before
    assert Attempt.objects.get().status == "in_progress"


def test_a_platform_that_fails_is_asked_again_by_the_next_settle(tmp_path, monkeypatch):
    world = delivered(timezone.now(), learners=1)
    page = sat(world)
    page.submit()
    before, flag = gradebook(world), tmp_path / "fails"
    monkeypatch.setenv("DEVLMS_HAND_IN_FAILS_WHILE", str(flag))

    def settled() -> int:
        later = world.now + timedelta(minutes=30)
        flag.touch()
        assert world.session.pk in unsettled_sessions()
        assert would_settle(session_id=world.session.pk, now=later).tried_again == 1
        assert waiting_longer_than(timedelta(minutes=10), later).grades == 1, "the doctor says so"
        settle(session_id=world.session.pk, now=later)
        flag.unlink()
        return settle(session_id=world.session.pk, now=later).tried_again

    flag.touch()
    deed = void(world, page)
    assert gradebook(world) == before
    assert settled() == 1
    assert gradebook(world)["scores"] == {}
    flag.touch()
    undo(world, deed)
    assert gradebook(world)["scores"] == {}
    assert settled() == 1
    assert gradebook(world) == before
    assert settle(session_id=world.session.pk, now=world.now).tried_again == 0
    assert waiting_longer_than(timedelta(), world.now + timedelta(hours=1)).grades == 0


def test_the_later_attempt_of_a_learner_keeps_its_score_when_the_earlier_one_is_void():
    world = delivered(timezone.now(), learners=1)
    page = sat(world)
    page.submit()
    first = UUID(page.state["attempt"])
    monitoring.renew(session_id=world.session.pk, by=world.staff.pk, attempts=[first], reason="power cut", now=world.now)
    page = sat(world)
    page.submit()
    before = gradebook(world)
    Attempt.objects.filter(uuid=first).update(gradebook="leaving")
    settle(session_id=world.session.pk, now=world.now)
    assert gradebook(world) == before
    assert Attempt.objects.get(uuid=first).gradebook == "left"


def test_a_hand_in_that_ends_behind_a_void_leaves_nothing_in_the_gradebook():
    world = delivered(timezone.now(), learners=1)
    page = sat(world)
    page.submit()
    before = gradebook(world)
    deed = void(world, page)
    # As a worker leaves it that read the attempt before the void, and submitted after it.
    learner = world.learners[0].pk
    get_lms().restore_scores(world.usage_key, learner, dict.fromkeys(before["scores"], (1.0, 1.0)))
    Attempt.objects.update(voided=False)
    hand_in(attempt_id=Attempt.objects.get().pk, now=world.now)
    assert gradebook(world)["scores"] == {}
    Attempt.objects.update(voided=True)
    undo(world, deed)
    assert set(gradebook(world)["scores"]) == set(before["scores"])
