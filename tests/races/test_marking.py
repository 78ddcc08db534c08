"""Two graders, one question: exactly one mark stands, and none for what was declared void at that moment."""

from __future__ import annotations

from functools import partial

import pytest

from assessprep_xblock.domain.attempts.actions_recount import miscounted, recount
from assessprep_xblock.domain.attempts.models import Attempt, ItemResult
from assessprep_xblock.domain.grading import actions, actions_judging, actions_keeping, actions_twice, queries_marking, rules
from assessprep_xblock.domain.grading.models import MarkingLease, MarkStep, RoundMark
from assessprep_xblock.domain.sessions.models import AssessmentSession, GradedCount
from assessprep_xblock.domain.shared.models import AuditRow
from assessprep_xblock.domain.shared.refusals import Refusal
from tests.bare import Room, room
from tests.races.campaign import deadlocks

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

ROUNDS = 8


def handed_in(place: Room, learner: int, now) -> tuple[Attempt, str]:
    """A submission that waits for a person, and the version of its first question."""
    attempt = Attempt.objects.create(
        session=place.session,
        placement=place.session.placement,
        learner_id=learner,
        joined_at=now,
        submitted_at=now,
        status="submitted",
        answered=1,
        scoring="needs_marking",
    )
    for question in place.questions:
        ItemResult.objects.create(attempt=attempt, question=question, possible=4, answered=True, scored_at=now)
    return attempt, queries_marking.version_of(attempt, ItemResult())


def give(place: Room, attempt: Attempt, version: str, points: float, now):
    return partial(
        actions.mark,
        attempt_uuid=attempt.uuid,
        item=place.questions[0].item,
        version=version,
        given=rules.Given(points),
        by=place.staff,
        now=now,
    )


def test_of_two_marks_at_the_same_moment_one_stands(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt, version = handed_in(place, learner, now)
        outcomes = threads(give(place, attempt, version, 1.0, now), give(place, attempt, version, 2.0, now))
        lost = [one for one in outcomes if isinstance(one, Exception)]
        assert [one.code for one in lost if isinstance(one, Refusal)] == ["stale_version"], outcomes
        result = ItemResult.objects.get(attempt=attempt, question=place.questions[0])
        (step,) = MarkStep.objects.filter(attempt=attempt)
        assert (result.mark_no, result.mark) == (1, step.points)
        assert Attempt.objects.get(pk=attempt.pk).earned == step.points


def test_marks_of_two_questions_are_both_in_the_total(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt, version = handed_in(place, learner, now)
        other = give(place, attempt, version, 2.0, now)
        other.keywords["item"] = place.questions[1].item
        outcomes = threads(give(place, attempt, version, 1.0, now), other)
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        row = Attempt.objects.get(pk=attempt.pk)
        assert (row.earned, row.scoring, row.to_mark, row.graded) == (3, "scored", 0, 2)


def last_marks(place: Room, now) -> list:
    """A call for each submission of a room that gives it the last mark it waits for."""
    calls = []
    for learner in place.learners:
        attempt, version = handed_in(place, learner, now)
        ItemResult.objects.filter(attempt=attempt).exclude(question=place.questions[0]).update(machine=1, earned=1)
        calls.append(give(place, attempt, version, 2.0, now))
    AssessmentSession.objects.filter(pk=place.session.pk).update(n_submitted=len(calls))
    return calls


def test_marks_of_a_whole_room_at_once_are_all_in_the_count_that_its_author_reads(now, threads):
    place = room(now, learners=ROUNDS)
    outcomes = threads(*last_marks(place, now))
    assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
    assert GradedCount.objects.get(session=place.session).n == ROUNDS
    assert miscounted() == []


def test_marks_where_nothing_counts_them_meet_in_no_deadlock_and_a_recount_does(now, threads):
    place = room(now, learners=ROUNDS)
    calls, before = last_marks(place, now), deadlocks()
    GradedCount.objects.all().delete()
    outcomes = threads(*calls)
    assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
    assert deadlocks() == before
    assert [one.stored["graded"] for one in miscounted()] == [None]
    assert recount(session_id=place.session.pk, now=now)
    assert GradedCount.objects.get(session=place.session).n == ROUNDS
    assert miscounted() == []


def test_a_mark_against_a_void_is_refused_or_came_before_it(now, threads):
    place = room(now, learners=ROUNDS)
    for learner in place.learners:
        attempt, version = handed_in(place, learner, now)
        void = Attempt.objects.filter(pk=attempt.pk, voided=False).update
        outcome, _void = threads(give(place, attempt, version, 1.0, now), partial(void, voided=True))
        if isinstance(outcome, Exception):
            assert isinstance(outcome, Refusal) and outcome.code == "voided", outcome
            assert not MarkStep.objects.filter(attempt=attempt).exists()


def test_of_two_graders_who_open_a_submission_together_one_keeps_it(now, threads):
    place = room(now, learners=ROUNDS)
    colleague = type(place.session.created_by).objects.create(username="colleague", email="c@example.com", is_staff=True)
    for learner in place.learners:
        attempt, _version = handed_in(place, learner, now)
        take = partial(actions_keeping.take_lease, attempt_uuid=attempt.uuid, take_over=False, now=now)
        outcomes = threads(partial(take, by=place.staff), partial(take, by=colleague.pk))
        assert [one.code for one in outcomes if isinstance(one, Refusal)] == ["leased"], outcomes
        assert MarkingLease.objects.filter(attempt=attempt).count() == 1


# -- two people mark ----------------------------------------------------------------------------------------------------
def marked_by_two(now, *, graders: int = 3) -> tuple[Room, list[int]]:
    """A room whose answers two people mark, a point apart at most, and who may."""
    place = room(now, learners=ROUNDS, second_marking="all", mark_tolerance=1)
    accounts = type(place.session.created_by).objects
    made = [
        accounts.create(username=f"grader{n}", email=f"grader{n}@example.com", is_staff=True).pk for n in range(graders - 1)
    ]
    return place, [place.staff, *made]


def one_of_two(place: Room, attempt: Attempt, points: float, by: int, now, **asked):
    result = ItemResult.objects.get(attempt=attempt, question=place.questions[0])
    read = queries_marking.place(attempt_uuid=attempt.uuid, item=place.questions[0].item, user_id=by).attempt
    call = give(place, attempt, queries_marking.version_of(read, result), points, now)
    call.keywords.update(by=by, **asked)
    return call


def stands(place: Room, attempt: Attempt) -> tuple[int, str, float | None, int]:
    """Marks in, how it was decided, what counts, and how many conflicts the list tells of."""
    result = ItemResult.objects.get(attempt=attempt, question=place.questions[0])
    assert result.marks_in == RoundMark.objects.filter(result=result).count()
    return result.marks_in, result.way, result.earned, Attempt.objects.get(pk=attempt.pk).conflicts


def test_of_two_people_who_give_the_same_of_two_marks_one_wins(now, threads):
    place, (one, two, _three) = marked_by_two(now)
    for learner in place.learners:
        attempt, _version = handed_in(place, learner, now)
        first = one_of_two(place, attempt, 1.0, one, now, asked_round=1)
        outcomes = threads(first, one_of_two(place, attempt, 3.0, two, now, asked_round=1))
        assert [one.code for one in outcomes if isinstance(one, Refusal)] == ["round_taken"], outcomes
        assert stands(place, attempt) == (1, "", None, 0)


def test_two_marks_at_the_same_moment_are_both_in_and_compared_once(now, threads):
    place, (one, two, _three) = marked_by_two(now)
    for number, learner in enumerate(place.learners):
        attempt, _version = handed_in(place, learner, now)
        far = 3.0 if number % 2 else 2.0
        outcomes = threads(one_of_two(place, attempt, 1.0, one, now), one_of_two(place, attempt, far, two, now))
        assert not [one for one in outcomes if isinstance(one, Exception)], outcomes
        assert stands(place, attempt) == ((2, "", None, 1) if number % 2 else (2, "agreed", 1.5, 0))
        assert AuditRow.objects.filter(attempt_id=attempt.pk, action="agree_marks").count() == 1 - number % 2


def test_of_three_people_who_mark_at_once_two_are_in(now, threads):
    place, people = marked_by_two(now)
    for learner in place.learners:
        attempt, _version = handed_in(place, learner, now)
        outcomes = threads(*(one_of_two(place, attempt, 2.0, person, now) for person in people))
        assert [one.code for one in outcomes if isinstance(one, Refusal)] == ["both_marks_in"], outcomes
        assert stands(place, attempt) == (2, "agreed", 2.0, 0)


def settling(place: Room, attempt: Attempt, version: str, points: float, by: int, now):
    given = rules.Given(points, reason="Read together.")
    about = {"attempt_uuid": attempt.uuid, "item": place.questions[0].item, "version": version}
    return partial(actions_twice.settle_marks, **about, given=given, by=by, now=now)


def test_a_settlement_against_the_second_mark_is_refused_or_comes_after_it(now, threads):
    place, (one, two, three) = marked_by_two(now)
    for learner in place.learners:
        attempt, _version = handed_in(place, learner, now)
        one_of_two(place, attempt, 0.0, one, now)()
        second = one_of_two(place, attempt, 4.0, two, now)
        version = one_of_two(place, attempt, 0.0, three, now).keywords["version"]
        marked, settled = threads(second, settling(place, attempt, version, 3.0, three, now))
        assert not isinstance(marked, Exception), marked
        if isinstance(settled, Exception):
            assert isinstance(settled, Refusal) and settled.code == "second_mark_missing", settled
            assert stands(place, attempt) == (2, "", None, 1)
        else:
            assert stands(place, attempt) == (2, "settled", 3.0, 0)


def test_of_two_settlements_one_stands(now, threads):
    place, (one, two, three) = marked_by_two(now)
    for learner in place.learners:
        attempt, _version = handed_in(place, learner, now)
        one_of_two(place, attempt, 0.0, one, now)()
        one_of_two(place, attempt, 4.0, two, now)()
        version = one_of_two(place, attempt, 0.0, three, now).keywords["version"]
        mine = one_of_two(place, attempt, 0.0, one, now).keywords["version"]
        mine = f"{mine.rpartition('-')[0]}-1"
        outcomes = threads(settling(place, attempt, version, 3.0, three, now), settling(place, attempt, mine, 1.0, one, now))
        assert [one.code for one in outcomes if isinstance(one, Refusal)] == ["stale_version"], outcomes
        marks, way, earned, conflicts = stands(place, attempt)
        (step,) = MarkStep.objects.filter(attempt=attempt, way="settled")
        assert (marks, way, earned, conflicts) == (2, "settled", step.points, 0)


def test_two_people_who_open_a_submission_together_have_a_seat_each_and_a_third_has_none(now, threads):
    place, people = marked_by_two(now)
    for learner in place.learners:
        attempt, _version = handed_in(place, learner, now)
        take = partial(actions_keeping.take_lease, attempt_uuid=attempt.uuid, take_over=False, now=now)
        outcomes = threads(*(partial(take, by=person) for person in people))
        assert [one.code for one in outcomes if isinstance(one, Refusal)] == ["leased"], outcomes
        leases = list(MarkingLease.objects.filter(attempt=attempt).order_by("seat").values_list("seat", "holder_id"))
        assert [seat for seat, _holder in leases] == [1, 2] and len({holder for _seat, holder in leases}) == 2


def test_a_settlement_against_another_tolerance_wins_or_comes_after_it_and_two_judges_judge_once(now, threads):
    place, (one, two, three) = marked_by_two(now)
    rows = AssessmentSession.objects.filter(pk=place.session.pk)
    judge = partial(actions_judging.judge_again, session_uuid=place.session.uuid, by=place.staff, now=now)
    for learner in place.learners:
        rows.update(overrides={**place.session.overrides, "mark_tolerance": 1})
        attempt, _version = handed_in(place, learner, now)
        one_of_two(place, attempt, 0.0, one, now)()
        one_of_two(place, attempt, 4.0, two, now)()
        version = one_of_two(place, attempt, 0.0, three, now).keywords["version"]
        rows.update(overrides={**place.session.overrides, "mark_tolerance": 4})
        settled, *judged = threads(settling(place, attempt, version, 3.0, three, now), judge, judge)
        assert not [one for one in judged if isinstance(one, Exception)], judged
        again = AuditRow.objects.filter(attempt_id=attempt.pk, action="judge_marks").count()
        if isinstance(settled, Exception):
            assert isinstance(settled, Refusal) and settled.code == "stale_version", settled
            assert (stands(place, attempt), again) == ((2, "agreed", 2.0, 0), 1)
        else:
            assert (stands(place, attempt), again) == ((2, "settled", 3.0, 0), 0)
