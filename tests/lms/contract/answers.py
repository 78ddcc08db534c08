"""Answers: scored, handed in, marked, remembered, begun anew."""

from __future__ import annotations

import pytest
from django.db import transaction

from assessprep_xblock.lms.base import LmsError, Score

from .world import World, place_copy, statements, writes


class AnswersContract:
    """Dry scoring, handing in, stored scores."""

    def test_dry_scoring_grades_and_writes_nothing(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        before = lms_world.stored_rows()
        for question in questions[:3]:
            right, sql = statements(
                lambda question=question: lms_world.lms.score_item(
                    question.usage_key, lms_world.ada_id, lms_world.right(question)
                )
            )
            assert right == Score(earned=question.max_points, possible=question.max_points)
            assert writes(sql) == []
            wrong = lms_world.lms.score_item(question.usage_key, lms_world.ada_id, lms_world.wrong(question))
            assert wrong == Score(earned=0.0, possible=question.max_points)
        assert lms_world.stored_rows() == before

    def test_nobody_answered_is_no_score(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        for answers in ({}, {next(iter(lms_world.right(questions[1]))): ""}):
            score = lms_world.lms.score_item(questions[1].usage_key, lms_world.ada_id, answers)
            assert score == Score(earned=None, possible=1.0)

    def test_what_keeps_its_own_score_is_not_graded_dry(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        with pytest.raises(LmsError):
            lms_world.lms.score_item(questions[3].usage_key, lms_world.ada_id, {})

    def test_handing_in_stores_weighted_scores_of_this_learner_only(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        answers = {one.usage_key: lms_world.right(one) for one in questions[:2]}
        answers[questions[2].usage_key] = lms_world.wrong(questions[2])
        result = lms_world.lms.hand_in(placed, lms_world.ada_id, answers)
        assert all(graded.accepted for graded in result.values())
        keys = [one.usage_key for one in questions]
        stored, sql = statements(lambda: lms_world.lms.scores(keys, [lms_world.ada_id, lms_world.ben_id]))
        assert len(sql) == 1
        ada = lms_world.ada_id
        assert stored == {(ada, keys[0]): Score(2.0, 2.0), (ada, keys[1]): Score(1.0, 1.0), (ada, keys[2]): Score(0.0, 1.0)}
        assert {key: graded.score for key, graded in result.items()} == {key: stored[ada, key] for key in answers}

    @pytest.mark.parametrize(
        "trap",
        [
            {"due": "2020-01-01T00:00:00Z"},
            {"max_attempts": 1},
            {"rerandomize": "per_student"},
            {"rerandomize": "always"},
            {"submission_wait_seconds": 3600},
            {"due": "2020-01-01T00:00:00Z", "max_attempts": 1, "graceperiod": None, "submission_wait_seconds": 600},
        ],
        ids=lambda trap: "+".join(trap),
    )
    def test_settings_that_stop_a_learner_do_not_stop_the_server(self, lms_world: World, trap: dict) -> None:
        first = lms_world.lms.snapshot(lms_world.assessment).questions[0]
        placed, questions = place_copy(lms_world, {first.block_id: trap})
        key = questions[0].usage_key
        lms_world.view(key, lms_world.ada_id)
        dry = lms_world.lms.score_item(key, lms_world.ada_id, lms_world.right(questions[0]))
        result = lms_world.lms.hand_in(placed, lms_world.ada_id, {key: lms_world.right(questions[0])})
        assert result[key].accepted, result[key].message
        assert result[key].score == dry == Score(2.0, 2.0)
        assert lms_world.user_state(key, lms_world.ada_id)["done"] is True

    def test_hidden_results_are_handed_in_too(self, lms_world: World) -> None:
        first = lms_world.lms.snapshot(lms_world.assessment).questions[0]
        placed, questions = place_copy(lms_world, {first.block_id: {"show_correctness": "never"}})
        key = questions[0].usage_key
        result = lms_world.lms.hand_in(placed, lms_world.ada_id, {key: lms_world.right(questions[0])})
        assert result[key].accepted
        assert result[key].score == Score(2.0, 2.0)

    def test_one_failing_question_breaks_no_other(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        good, bad, foreign = questions[0], questions[3], lms_world.lms.snapshot(lms_world.assessment).questions[1]
        broken = {"input": "no such input"}
        result = lms_world.lms.hand_in(
            placed,
            lms_world.ada_id,
            {
                foreign.usage_key: {},
                questions[1].usage_key: broken,
                bad.usage_key: {},
                good.usage_key: lms_world.right(good),
            },
        )
        assert result[good.usage_key].accepted
        for key in (foreign.usage_key, questions[1].usage_key, bad.usage_key):
            assert not result[key].accepted
            assert result[key].message
        assert set(lms_world.lms.scores(list(result), [lms_world.ada_id])) == {(lms_world.ada_id, good.usage_key)}

    @pytest.mark.parametrize("typed", ["12 m/s", "12,5", "abc", "1/0", "2+", "<b>"])
    def test_what_a_question_cannot_read_earns_nothing_and_waits_for_nobody(self, lms_world: World, typed: str) -> None:
        placed, questions = place_copy(lms_world)
        number, other = questions[1], questions[0]
        unreadable = dict.fromkeys(lms_world.right(number), typed)
        assert lms_world.lms.score_item(number.usage_key, lms_world.ada_id, unreadable) == Score(0.0, 1.0)
        result = lms_world.lms.hand_in(
            placed, lms_world.ada_id, {number.usage_key: unreadable, other.usage_key: lms_world.right(other)}
        )
        assert result[number.usage_key].accepted, result[number.usage_key].message
        assert result[number.usage_key].score == Score(0.0, 1.0)
        assert result[other.usage_key].score == Score(2.0, 2.0)

    def test_a_learner_who_is_not_there_is_no_error(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        result = lms_world.lms.hand_in(placed, 10**9, {questions[0].usage_key: lms_world.right(questions[0])})
        assert not result[questions[0].usage_key].accepted

    def test_scores_cost_one_query_whatever_the_numbers(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        ids = lms_world.many_learners(50)
        _found, sql = statements(lambda: lms_world.lms.scores([one.usage_key for one in questions], ids))
        assert len(sql) == 1

    def test_a_stored_score_is_told_weighted(self, lms_world: World) -> None:
        told: list[tuple] = []
        lms_world.lms.on_score_changed(lambda learner, key, score: told.append((learner, key, score)))
        placed, questions = place_copy(lms_world)
        key = questions[0].usage_key
        lms_world.lms.score_item(key, lms_world.ada_id, lms_world.right(questions[0]))
        assert told == []
        lms_world.lms.hand_in(placed, lms_world.ada_id, {key: lms_world.right(questions[0])})
        assert told == [(lms_world.ada_id, key, Score(2.0, 2.0))]

    def test_a_persons_mark_is_stored_weighted_whatever_was_scored_before(self, lms_world: World) -> None:
        told: list[tuple] = []
        placed, questions = place_copy(lms_world)
        key, ada = questions[0].usage_key, lms_world.ada_id
        lms_world.lms.hand_in(placed, ada, {key: lms_world.right(questions[0])})
        lms_world.lms.on_score_changed(lambda learner, key, score: told.append((learner, key, score)))
        before = lms_world.user_state(key, ada)["student_answers"]
        for points in (0.5, 0.5, 0.0, 1.25, 2.0):
            assert lms_world.lms.set_score(key, ada, points) == Score(points, 2.0)
            assert lms_world.lms.scores([key], [ada, lms_world.ben_id]) == {(ada, key): Score(points, 2.0)}
        assert told[-1] == (ada, key, Score(2.0, 2.0))
        assert lms_world.user_state(key, ada)["student_answers"] == before

    def test_answers_are_graded_by_a_corrected_key_and_nothing_is_written(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        choice, ada = questions[0], lms_world.ada_id
        (name, right), (_name, wrong) = *lms_world.right(choice).items(), *lms_world.wrong(choice).items()
        # The author meant the other answer.
        corrected = choice.olx.replace('correct="true"', "was").replace('correct="false"', 'correct="true"')
        corrected = corrected.replace("was", 'correct="false"')
        before = lms_world.stored_rows()
        for answer, points in ((right, 0.0), (wrong, 2.0)):
            score, sql = statements(
                lambda answer=answer: lms_world.lms.score_item(choice.usage_key, ada, {name: answer}, olx=corrected)
            )
            assert score == Score(points, 2.0)
            assert writes(sql) == []
        assert lms_world.lms.score_item(choice.usage_key, ada, {name: right}) == Score(2.0, 2.0)
        assert lms_world.stored_rows() == before

    def test_a_corrected_key_grades_what_was_handed_in_before(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        choice, ada = questions[0], lms_world.ada_id
        lms_world.lms.hand_in(placed, ada, {choice.usage_key: lms_world.wrong(choice)})
        everything = choice.olx.replace('correct="false"', 'correct="true"')
        assert lms_world.lms.score_item(choice.usage_key, ada, lms_world.wrong(choice), olx=everything) == Score(2.0, 2.0)
        assert lms_world.lms.scores([choice.usage_key], [ada]) == {(ada, choice.usage_key): Score(0.0, 2.0)}

    def test_a_question_that_does_not_count_is_nothing_of_nothing_until_it_counts_again(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        key, ada = questions[0].usage_key, lms_world.ada_id
        lms_world.lms.hand_in(placed, ada, {key: lms_world.right(questions[0])})
        before = lms_world.user_state(key, ada)["student_answers"]
        for _again in range(2):
            assert lms_world.lms.set_score(key, ada, 0.0, counts=False) == Score(0.0, 0.0)
            assert lms_world.lms.scores([key], [ada]) == {(ada, key): Score(0.0, 0.0)}
        assert lms_world.lms.set_score(key, ada, 2.0) == Score(2.0, 2.0)
        assert lms_world.user_state(key, ada)["student_answers"] == before
        # Whoever never answered it loses nothing by it either.
        assert lms_world.lms.set_score(questions[1].usage_key, lms_world.ben_id, 0.0, counts=False) == Score(0.0, 0.0)

    def test_a_mark_for_who_never_answered_is_stored_too(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        key = questions[1].usage_key
        assert lms_world.lms.set_score(key, lms_world.ben_id, 1.0) == Score(1.0, 1.0)
        assert lms_world.lms.scores([key], [lms_world.ben_id]) == {(lms_world.ben_id, key): Score(1.0, 1.0)}

    def test_a_mark_for_nobody_or_nothing_is_an_error(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        gone = lms_world.school.make_usage_key("problem", "0" * 32)
        for key, learner in ((questions[0].usage_key, 10**9), (gone, lms_world.ada_id)):
            with pytest.raises(LmsError):
                lms_world.lms.set_score(key, learner, 1.0)

    def test_a_question_is_drawn_as_it_was_answered_and_nothing_is_written(self, lms_world: World) -> None:
        _placed, questions = place_copy(lms_world)
        before = lms_world.stored_rows()
        for question in questions[:3]:
            html, sql = statements(
                lambda question=question: lms_world.lms.as_answered(
                    question.usage_key, lms_world.ada_id, lms_world.wrong(question)
                )
            )
            assert writes(sql) == []
            (value,) = lms_world.wrong(question).values()
            assert str(value) in html
        assert lms_world.stored_rows() == before
        with pytest.raises(LmsError):
            lms_world.lms.as_answered(questions[3].usage_key, lms_world.ada_id, {})

    def test_the_attempt_is_remembered_in_the_learners_state(self, lms_world: World) -> None:
        placed, _questions = place_copy(lms_world)
        for uuid in ("5f0c", "6a1d", "6a1d"):
            lms_world.lms.remember_attempt(placed, lms_world.ada_id, uuid)
        assert "6a1d" in lms_world.user_state(placed, lms_world.ada_id).values()
        assert lms_world.user_state(placed, lms_world.ben_id) == {}

    def test_remembering_an_attempt_costs_four_statements_at_most(self, lms_world: World) -> None:
        placed, _questions = place_copy(lms_world)
        for _time in range(2):
            _done, sql = statements(lambda: lms_world.lms.remember_attempt(placed, lms_world.ada_id, "5f0c"))
            assert len(sql) <= 4

    def test_who_begins_anew_leaves_nothing_on_the_platform_and_what_was_there_is_given_back(self, lms_world: World) -> None:
        w = lms_world
        placed, questions = place_copy(w)
        keys = [one.usage_key for one in questions]
        w.lms.remember_attempt(placed, w.ada_id, "5f0c")
        for learner_id in (w.ada_id, w.ben_id):
            w.lms.hand_in(placed, learner_id, {keys[0]: w.right(questions[0]), keys[1]: w.wrong(questions[1])})
        told: list[tuple] = []
        w.lms.on_score_changed(lambda *score: told.append(score))
        kept = w.lms.archive_and_reset(placed, w.ada_id, by=w.staff_id)
        assert {key: one.score for key, one in kept.items()} == {
            placed: None,
            keys[0]: Score(2.0, 2.0),
            keys[1]: Score(0.0, 1.0),
        }
        assert "5f0c" in kept[placed].state.values()
        assert kept[keys[0]].state["done"] is True
        assert {learner for learner, _key in w.lms.scores(keys, [w.ada_id, w.ben_id])} == {w.ben_id}
        assert [w.user_state(key, w.ada_id) for key in (placed, *keys)] == [{}] * 5
        assert w.user_state(keys[0], w.ben_id)["done"] is True
        assert told == []

    def test_what_staff_delete_in_the_platform_is_told_and_what_we_reset_is_not(self, lms_world: World) -> None:
        w = lms_world
        placed, questions = place_copy(w)
        key = questions[0].usage_key
        told: list[tuple] = []
        w.lms.on_score_removed(lambda *score: told.append(score))
        w.lms.hand_in(placed, w.ada_id, {key: w.right(questions[0])})
        w.lms.archive_and_reset(placed, w.ada_id, by=w.staff_id)
        assert told == []
        assert not w.lms.is_resetting()
        w.lms.hand_in(placed, w.ada_id, {key: w.right(questions[0])})
        w.delete_state(key, w.ada_id)
        assert told == [(w.ada_id, key, Score(0.0, 2.0))]

    def test_who_began_anew_is_handed_in_as_if_it_were_the_first_time(self, lms_world: World) -> None:
        w = lms_world
        first = w.lms.snapshot(w.assessment).questions[0]
        placed, questions = place_copy(w, {first.block_id: {"max_attempts": 1}})
        key = questions[0].usage_key
        # Without a row of the block itself too: nobody remembered an attempt.
        w.lms.hand_in(placed, w.ada_id, {key: w.wrong(questions[0])})
        assert key in w.lms.archive_and_reset(placed, w.ada_id, by=w.staff_id)
        assert w.lms.archive_and_reset(placed, w.ada_id, by=w.staff_id) == {}
        assert w.lms.hand_in(placed, w.ada_id, {key: w.right(questions[0])})[key].score == Score(2.0, 2.0)
        assert w.user_state(key, w.ada_id)["attempts"] == 1

    def test_beginning_anew_is_undone_with_the_transaction_it_belongs_to(self, lms_world: World) -> None:
        w = lms_world
        placed, questions = place_copy(w)
        key = questions[0].usage_key
        w.lms.hand_in(placed, w.ada_id, {key: w.right(questions[0])})
        with transaction.atomic():
            assert w.lms.archive_and_reset(placed, w.ada_id, by=w.staff_id)
            transaction.set_rollback(True)
        assert w.lms.scores([key], [w.ada_id]) == {(w.ada_id, key): Score(2.0, 2.0)}
        assert w.user_state(key, w.ada_id)["done"] is True

    def test_scores_that_are_withdrawn_are_not_attempted_and_come_back_to_the_last_digit(self, lms_world: World) -> None:
        w = lms_world
        placed, questions = place_copy(w)
        keys = [one.usage_key for one in questions]
        for learner_id in (w.ada_id, w.ben_id):
            w.lms.hand_in(placed, learner_id, {keys[0]: w.right(questions[0]), keys[1]: w.wrong(questions[1])})
        # A third of two points is no number of a few digits.
        w.lms.set_score(keys[0], w.ada_id, 2.0 / 3.0)
        before = w.lms.scores(keys, [w.ada_id, w.ben_id])
        state = [w.user_state(key, w.ada_id) for key in keys]
        told: list[tuple] = []
        w.lms.on_score_removed(lambda *score: told.append(score))
        with transaction.atomic():
            taken = w.lms.withdraw_scores(placed, w.ada_id)
        assert set(taken) == {keys[0], keys[1]}
        assert {learner for learner, _key in w.lms.scores(keys, [w.ada_id, w.ben_id])} == {w.ben_id}
        assert [w.user_state(key, w.ada_id) for key in keys] == state, "answers and seeds stay"
        with transaction.atomic():
            assert w.lms.withdraw_scores(placed, w.ada_id) == {}
        gone = {w.school.make_usage_key("problem", "0" * 32): (1.0, 1.0)}
        for _again in range(2):
            with transaction.atomic():
                w.lms.restore_scores(placed, w.ada_id, taken | gone)
            assert w.lms.scores(keys, [w.ada_id, w.ben_id]) == before
        assert told == []
        assert not w.lms.is_resetting()

    def test_scores_stay_where_the_transaction_that_withdraws_them_is_given_up(self, lms_world: World) -> None:
        w = lms_world
        placed, questions = place_copy(w)
        key = questions[0].usage_key
        w.lms.hand_in(placed, w.ada_id, {key: w.right(questions[0])})
        with transaction.atomic():
            assert w.lms.withdraw_scores(placed, w.ada_id)
            transaction.set_rollback(True)
        assert w.lms.scores([key], [w.ada_id]) == {(w.ada_id, key): Score(2.0, 2.0)}
        missing = w.school.make_usage_key("assessprep", "0" * 32)
        for call in (lambda: w.lms.withdraw_scores(missing, w.ada_id), lambda: w.lms.restore_scores(missing, w.ada_id, {})):
            with transaction.atomic(), pytest.raises(LmsError):
                call()

    def test_nobody_begins_anew_in_what_is_not_in_the_course(self, lms_world: World) -> None:
        gone = lms_world.school.make_usage_key("assessprep", "0" * 32)
        with pytest.raises(LmsError):
            lms_world.lms.archive_and_reset(gone, lms_world.ada_id, by=lms_world.staff_id)
