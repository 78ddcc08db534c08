"""Questions: read in the bank, copied into a course, found there."""

from __future__ import annotations

import pytest
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms.base import ContentError, LmsError

from .world import World, place_copy


class ContentContract:
    """Snapshots, copies and places."""

    def test_a_snapshot_tells_each_question_with_its_effective_values(self, lms_world: World) -> None:
        snapshot = lms_world.lms.snapshot(lms_world.assessment)
        assert [one.block_type for one in snapshot.questions] == ["problem", "problem", "problem", "drag-and-drop-v2"]
        assert [one.drafts for one in snapshot.questions] == [True, True, True, False]
        assert [one.max_points for one in snapshot.questions] == [2.0, 1.0, 1.0, 1.0]
        assert all(one.gradable and one.is_question for one in snapshot.questions)
        assert {"weight", "max_attempts", "showanswer", "due", "rerandomize"} <= set(snapshot.questions[0].effective)
        assert "multiplechoiceresponse" in snapshot.questions[0].olx
        assert not snapshot.unpublished_changes

    def test_a_snapshot_shows_what_is_published_and_says_where_studio_holds_more(self, lms_world: World) -> None:
        first = lms_world.lms.snapshot(lms_world.assessment).questions[0]
        lms_world.edit_bank_question(first.block_id, display_name="Edited")
        after = lms_world.lms.snapshot(lms_world.assessment)
        assert after.unpublished_changes
        assert after.questions[0].title == first.title
        lms_world.publish_bank()
        published = lms_world.lms.snapshot(lms_world.assessment)
        assert not published.unpublished_changes
        assert published.questions[0].title == "Edited"

    def test_what_was_never_published_has_no_snapshot(self, lms_world: World) -> None:
        placed = lms_world.lms.place(lms_world.school, title="Empty", by=lms_world.staff_id)
        with pytest.raises(ContentError):
            lms_world.lms.snapshot(placed)

    def test_copying_twice_makes_the_same_ids(self, lms_world: World) -> None:
        pin = lms_world.lms.snapshot(lms_world.assessment).pin
        placed = lms_world.lms.place(lms_world.school, title="Common test", by=lms_world.staff_id)
        once = lms_world.lms.copy_version(pin=pin, into=placed, effective={}, by=lms_world.staff_id)
        twice = lms_world.lms.copy_version(pin=pin, into=placed, effective={}, by=lms_world.staff_id)
        assert [one.block_id for one in once] == [one.block_id for one in twice]
        assert len({one.block_id for one in once}) == 4
        assert all(one.usage_key.course_key == lms_world.school for one in once)

    def test_two_placements_of_one_version_share_no_id(self, lms_world: World) -> None:
        _first, one = place_copy(lms_world)
        _second, other = place_copy(lms_world)
        assert not {question.block_id for question in one} & {question.block_id for question in other}

    def test_what_stands_below_our_blocks_is_found_once_it_is_published(self, lms_world: World) -> None:
        assert lms_world.lms.blocks_below_ours(lms_world.school) == frozenset()
        _placed, questions = place_copy(lms_world)
        below = lms_world.lms.blocks_below_ours(lms_world.school)
        assert {question.usage_key for question in questions} <= below
        assert all(key.course_key == lms_world.school for key in below)

    def test_a_session_can_govern_each_question_and_a_class_with_calls_of_its_own_is_told(self, lms_world: World) -> None:
        assert {one.obstacle for one in lms_world.lms.snapshot(lms_world.assessment).questions} == {""}

    def test_a_copy_tells_how_far_it_is_and_goes_on_where_it_was_ended(self, lms_world: World) -> None:
        lms, told = lms_world.lms, []
        placed = lms.place(lms_world.school, title="Common test", by=lms_world.staff_id)
        given = {"pin": lms.snapshot(lms_world.assessment).pin, "into": placed, "effective": {}, "by": lms_world.staff_id}

        def end_after_one(done: int) -> None:
            told.append(done)
            raise TimeoutError

        with pytest.raises(TimeoutError):
            lms.copy_version(**given, told=end_after_one)
        copied = lms.copy_version(**given, told=told.append)
        assert told == [1, *range(1, len(copied) + 1)]
        lms.publish(placed, by=lms_world.staff_id)
        assert [one.usage_key for one in lms.snapshot(placed).questions] == [one.usage_key for one in copied]

    def test_each_copy_knows_the_question_it_was_copied_from(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        sources = lms_world.lms.source_block_ids(placed)
        bank = [one.block_id for one in lms_world.lms.snapshot(lms_world.assessment).questions]
        assert [sources[one.block_id] for one in questions] == bank

    def test_a_pin_restores_what_was_published_then(self, lms_world: World) -> None:
        before = lms_world.lms.snapshot(lms_world.assessment)
        lms_world.edit_bank_question(before.questions[0].block_id, display_name="Rewritten")
        lms_world.publish_bank()
        placed = lms_world.lms.place(lms_world.school, title="Common test", by=lms_world.staff_id)
        copied = lms_world.lms.copy_version(pin=before.pin, into=placed, effective={}, by=lms_world.staff_id)
        assert [one.title for one in copied] == [one.title for one in before.questions]
        assert lms_world.lms.snapshot(lms_world.assessment).questions[0].title == "Rewritten"

    def test_effective_values_stand_on_the_copy_whatever_the_course_says(self, lms_world: World) -> None:
        first = lms_world.lms.snapshot(lms_world.assessment).questions[0]
        _placed, questions = place_copy(lms_world, {first.block_id: {"showanswer": "never", "max_attempts": 3}})
        assert questions[0].effective["showanswer"] == "never"
        assert questions[0].effective["max_attempts"] == 3

    def test_an_unreadable_pin_is_refused_and_changes_nothing(self, lms_world: World) -> None:
        placed, questions = place_copy(lms_world)
        for pin in ("", "nonsense", f"{lms_world.bank}@999|nowhere"):
            with pytest.raises(ContentError):
                lms_world.lms.copy_version(pin=pin, into=placed, effective={}, by=lms_world.staff_id)
        assert set(lms_world.lms.source_block_ids(placed)) == {one.block_id for one in questions}

    def test_a_place_is_found_by_students_once_it_is_published(self, lms_world: World) -> None:
        placed = lms_world.lms.place(lms_world.school, title="Common test", by=lms_world.staff_id)
        draft = lms_world.lms.unit_place(placed)
        assert draft is not None
        assert (draft.published, draft.visible_to_students) == (False, False)
        lms_world.lms.publish(placed, by=lms_world.staff_id)
        place = lms_world.lms.unit_place(placed)
        assert place is not None
        assert (place.published, place.visible_to_students, place.graded) == (True, True, True)
        assert place.path[-1] == "Common test"
        assert "Common Assessments" in place.path
        assert (place.timed, place.beside) == (False, 0)
        assert lms_world.lms.unit_urls([placed]) == {placed: place.student_url}

    def test_what_is_not_in_the_course_has_no_place(self, lms_world: World) -> None:
        gone = lms_world.school.make_usage_key("assessprep", "0" * 32)
        assert lms_world.lms.unit_place(gone) is None
        assert lms_world.lms.unit_urls([gone]) == {}
        with pytest.raises(LmsError):
            lms_world.lms.place(CourseKey.from_string("course-v1:No+Such+Run"), title="x", by=lms_world.staff_id)

    def test_publishing_is_told(self, lms_world: World) -> None:
        told: list[CourseKey] = []
        lms_world.lms.on_course_published(told.append)
        place_copy(lms_world)
        assert told
        assert set(told) == {lms_world.school}
