"""What every platform behind ``assessprep_xblock.lms`` must do: one suite, run on each implementation.

A module that runs it imports the classes below and defines the fixture ``lms_world``: an object with the attributes and
methods of :class:`World`, freshly built for each test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms.base import Answers, ContentError, Lms, LmsError, Question, Score

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class World(Protocol):
    """A small platform: a bank, two schools, people, and hands to change things behind the product's back."""

    lms: Lms
    bank: CourseKey
    school: CourseKey
    other_school: CourseKey
    #: In the bank, published, with a choice (weight 2), a number, a text question and a drag and drop, in this order.
    assessment: UsageKey
    staff_id: int
    global_staff_id: int
    outsider_id: int
    #: Learners of ``school``: two in class 7A, one in 7B, one in no class.
    ada_id: int
    ben_id: int
    cleo_id: int
    dan_id: int
    class_a: int
    class_b: int

    def edit_bank_question(self, block_id: str, **fields: Any) -> None:
        """The author edits a question in Studio (``data``, ``display_name`` ...), without publishing."""

    def publish_bank(self) -> None:
        """The author publishes the unit of the assessment."""

    def enrol(self, user_id: int, course_key: CourseKey | None = None) -> None:
        """The person joins ``school``, or another run."""

    def unenrol(self, user_id: int) -> None:
        """The learner leaves ``school``."""

    def retire(self, user_id: int) -> None:
        """The platform takes an account away for good, and tells plugins of it."""

    def delete_state(self, usage_key: UsageKey, user_id: int) -> None:
        """Staff delete the learner's state of a block with the platform's own tool."""

    def pseudonym(self, user_id: int) -> str:
        """The name that blocks of ``school`` are given for this person."""

    def view(self, usage_key: UsageKey, user_id: int) -> None:
        """The learner opens a question's page once: the platform then keeps its seed."""

    def stored_rows(self) -> Mapping[str, int]:
        """How many rows the platform keeps of answers and grades, by name."""

    def user_state(self, usage_key: UsageKey, user_id: int) -> Mapping[str, Any]:
        """What the platform holds as this learner's state of a block."""

    def right(self, question: Question) -> Answers:
        """The right answers of one of the three problems (by the order of ``assessment``), as its form posts them."""

    def wrong(self, question: Question) -> Answers:
        """Wrong answers of the same."""

    def many_learners(self, number: int) -> list[int]:
        """More learners of ``school``, all in class 7A."""


def place_copy(world: World, effective: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[UsageKey, list[Question]]:
    """A published placement of the assessment in ``school``."""
    snapshot = world.lms.snapshot(world.assessment)
    placed = world.lms.place(world.school, title="Common test", by=world.staff_id)
    questions = world.lms.copy_version(pin=snapshot.pin, into=placed, effective=effective or {}, by=world.staff_id)
    world.lms.publish(placed, by=world.staff_id)
    return placed, questions


def statements(work: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What ``work`` returns, and the SQL it ran."""
    with CaptureQueriesContext(connection) as captured:
        result = work()
    return result, [query["sql"] for query in captured.captured_queries]


def writes(sql: Iterable[str]) -> list[str]:
    """The statements that change data."""
    return [one for one in sql if one.lstrip().upper().startswith(WRITES)]


class PeopleContract:
    """Roles, classes and names."""

    def test_course_staff_are_staff_of_their_own_run_only(self, lms_world: World) -> None:
        lms = lms_world.lms
        assert lms.is_course_staff(lms_world.staff_id, lms_world.school)
        assert not lms.is_course_staff(lms_world.staff_id, lms_world.other_school)
        assert lms.is_course_staff(lms_world.global_staff_id, lms_world.other_school)
        assert not lms.is_course_staff(lms_world.ada_id, lms_world.school)
        assert [run.key for run in lms.staff_course_runs(lms_world.staff_id)] == [lms_world.school]
        assert {lms_world.school, lms_world.other_school} <= {
            run.key for run in lms.staff_course_runs(lms_world.global_staff_id)
        }

    def test_a_retirement_is_told_and_what_the_receiver_raises_stops_it(self, lms_world: World) -> None:
        told: list[int] = []

        def receive(user_id: int) -> None:
            told.append(user_id)
            if user_id == lms_world.ben_id:
                raise LookupError("not now")

        lms_world.lms.on_user_retired(receive)
        lms_world.retire(lms_world.ada_id)
        assert set(told) == {lms_world.ada_id}
        with pytest.raises(LookupError):
            lms_world.retire(lms_world.ben_id)

    def test_a_block_has_a_page_of_its_own(self, lms_world: World) -> None:
        assert str(lms_world.assessment) in unquote(lms_world.lms.block_url(lms_world.assessment))

    def test_asking_for_a_role_costs_one_query(self, lms_world: World) -> None:
        _answer, sql = statements(lambda: lms_world.lms.is_course_staff(lms_world.staff_id, lms_world.school))
        assert len(sql) <= 1

    def test_who_leaves_the_run_is_no_learner_any_more(self, lms_world: World) -> None:
        lms = lms_world.lms
        assert lms.is_enrolled(lms_world.ada_id, lms_world.school)
        assert [run.key for run in lms.learner_course_runs(lms_world.ada_id)] == [lms_world.school]
        lms_world.unenrol(lms_world.ada_id)
        assert not lms.is_enrolled(lms_world.ada_id, lms_world.school)
        assert not lms.membership(lms_world.ada_id, lms_world.school).enrolled
        assert lms_world.ada_id not in lms.learners(lms_world.school, everyone=True)
        assert lms.learner_course_runs(lms_world.ada_id) == []

    def test_membership_says_enrolment_and_classes_in_two_queries_at_most(self, lms_world: World) -> None:
        found, sql = statements(lambda: lms_world.lms.membership(lms_world.cleo_id, lms_world.school))
        assert (found.enrolled, found.classes) == (True, (lms_world.class_b,))
        assert len(sql) <= 2
        assert lms_world.lms.membership(lms_world.dan_id, lms_world.school).classes == ()
        assert not lms_world.lms.membership(lms_world.ada_id, lms_world.other_school).enrolled

    def test_course_staff_are_no_learners_even_where_they_are_enrolled(self, lms_world: World) -> None:
        w = lms_world
        for user_id in (w.staff_id, w.global_staff_id):
            w.enrol(user_id)
            found, sql = statements(lambda user_id=user_id: w.lms.membership(user_id, w.school))
            assert (found.enrolled, found.classes) == (False, ())
            assert len(sql) <= 2
            assert w.lms.is_enrolled(user_id, w.school)
        assert set(w.lms.learners(w.school, everyone=True)) == {w.ada_id, w.ben_id, w.cleo_id, w.dan_id}
        # Staff of one run can be a learner of another.
        w.enrol(w.staff_id, w.other_school)
        assert w.lms.membership(w.staff_id, w.other_school).enrolled

    def test_learners_are_those_of_the_classes_and_those_named(self, lms_world: World) -> None:
        w, lms = lms_world, lms_world.lms
        assert set(lms.learners(w.school, class_ids=[w.class_a])) == {w.ada_id, w.ben_id}
        assert set(lms.learners(w.school, class_ids=[w.class_b], user_ids=[w.dan_id])) == {w.cleo_id, w.dan_id}
        everyone = lms.learners(w.school, everyone=True)
        assert set(everyone) == {w.ada_id, w.ben_id, w.cleo_id, w.dan_id}
        assert everyone[w.cleo_id].classes == (w.class_b,)
        assert everyone[w.dan_id].classes == ()
        assert lms.learners(w.school) == {}

    def test_learners_come_one_by_one_too_by_their_account_and_are_the_same(self, lms_world: World) -> None:
        w, lms = lms_world, lms_world.lms
        for asked in (
            {"everyone": True},
            {"class_ids": [w.class_a], "user_ids": [w.dan_id]},
            {"user_ids": [w.staff_id]},
            {},
        ):
            each, sql = statements(lambda asked=asked: list(lms.each_learner(w.school, **asked)))
            assert {one.user_id: one for one in each} == lms.learners(w.school, **asked)
            assert [one.user_id for one in each] == sorted(one.user_id for one in each)
            assert len(sql) <= 2

    def test_staff_and_people_of_elsewhere_are_never_learners(self, lms_world: World) -> None:
        w = lms_world
        assert w.lms.learners(w.school, user_ids=[w.staff_id, w.outsider_id, w.global_staff_id]) == {}
        assert w.lms.learners(w.other_school, class_ids=[w.class_a], user_ids=[w.ada_id]) == {}

    @pytest.mark.parametrize("number", [10, 200])
    def test_learners_cost_two_queries_whatever_the_numbers(self, lms_world: World, number: int) -> None:
        lms_world.many_learners(number)
        found, sql = statements(lambda: lms_world.lms.learners(lms_world.school, class_ids=[lms_world.class_a]))
        assert len(found) == number + 2
        assert len(sql) <= 2

    def test_people_are_named_in_one_query_and_unknown_ones_left_out(self, lms_world: World) -> None:
        found, sql = statements(lambda: lms_world.lms.people([lms_world.ada_id, lms_world.staff_id, 10**9]))
        assert set(found) == {lms_world.ada_id, lms_world.staff_id}
        assert found[lms_world.ada_id].full_name
        assert len(sql) == 1

    def test_who_stands_behind_a_pseudonym_is_known(self, lms_world: World) -> None:
        w = lms_world
        assert w.lms.person_behind(w.pseudonym(w.ada_id)) == w.ada_id
        assert w.lms.person_behind("0" * 32) is None
        assert w.lms.person_behind("") is None

    def test_a_person_is_found_by_the_whole_user_name_or_address_only(self, lms_world: World) -> None:
        lms, ada = lms_world.lms, lms_world.lms.people([lms_world.ada_id])[lms_world.ada_id]
        found, sql = statements(lambda: lms.find_person(ada.username))
        assert found is not None and found.user_id == lms_world.ada_id
        assert len(sql) == 1
        assert lms.find_person(ada.username[:-1]) is None
        assert lms.find_person("") is None

    def test_people_are_found_by_whole_user_names_and_addresses_in_one_query(self, lms_world: World) -> None:
        lms, ada = lms_world.lms, lms_world.lms.people([lms_world.ada_id])[lms_world.ada_id]
        email = get_user_model().objects.get(pk=lms_world.ada_id).email
        asked = [ada.username, email, email.upper(), ada.username[:-1], "", "nobody@example.org"]
        found, sql = statements(lambda: lms.find_people(asked))
        assert {text: one.user_id for text, one in found.items()} == dict.fromkeys(asked[:3], lms_world.ada_id)
        assert len(sql) == 1
        assert lms.find_people([]) == {}

    def test_search_finds_learners_by_user_name_full_name_and_e_mail_address(self, lms_world: World) -> None:
        ada = lms_world.lms.people([lms_world.ada_id])[lms_world.ada_id]
        email = get_user_model().objects.get(pk=lms_world.ada_id).email
        assert "@" in email
        for text in (ada.username[:3], ada.full_name[-4:].lower(), email.upper()):
            assert lms_world.ada_id in [person.user_id for person in lms_world.lms.search_learners(lms_world.school, text)]
        assert lms_world.lms.search_learners(lms_world.other_school, ada.username) == []

    def test_classes_are_listed_by_name(self, lms_world: World) -> None:
        assert [one.name for one in lms_world.lms.classes(lms_world.school)] == ["7A", "7B"]
        assert lms_world.lms.classes_of(lms_world.ada_id, lms_world.school) == (lms_world.class_a,)
        assert lms_world.lms.classes_of(lms_world.ada_id, lms_world.other_school) == ()

    def test_a_run_knows_its_organization(self, lms_world: World) -> None:
        run = lms_world.lms.course_run(lms_world.school)
        assert run is not None
        assert run.organization in lms_world.lms.organizations()
        assert lms_world.lms.course_run(CourseKey.from_string("course-v1:No+Such+Run")) is None


class GuestsContract:
    """Throw-away accounts, for people who come without one. They come through the LMS."""

    def test_a_guest_has_an_account_for_one_run_and_nothing_else(self, lms_world: World) -> None:
        w, lms = lms_world, lms_world.lms
        guest_id = lms.make_guest(w.school, name="Ann <b>Guest</b>", domain="guests.invalid")
        account = get_user_model().objects.get(pk=guest_id)
        assert not account.has_usable_password()
        assert account.email.endswith("@guests.invalid")
        assert not (account.is_staff or account.is_superuser or lms.is_course_staff(guest_id, w.school))
        assert lms.people([guest_id])[guest_id].full_name == "Ann <b>Guest</b>"
        assert [run.key for run in lms.learner_course_runs(guest_id)] == [w.school]
        assert lms.membership(guest_id, w.school).enrolled
        assert lms.membership(guest_id, w.school).classes == ()
        other = get_user_model().objects.get(pk=lms.make_guest(w.school, name="Ann", domain="guests.invalid"))
        assert len({account.username, other.username, account.email, other.email, "Ann"}) == 5

    def test_a_guest_is_undone_with_the_transaction_it_was_made_in(self, lms_world: World) -> None:
        before = set(get_user_model().objects.values_list("pk", flat=True))
        with pytest.raises(LookupError), transaction.atomic():
            guest_id = lms_world.lms.make_guest(lms_world.school, name="Ann", domain="guests.invalid")
            raise LookupError
        assert set(get_user_model().objects.values_list("pk", flat=True)) == before
        assert guest_id not in lms_world.lms.learners(lms_world.school, everyone=True)
        with pytest.raises(LmsError):
            lms_world.lms.make_guest(CourseKey.from_string("course-v1:No+Such+Run"), name="Ann", domain="guests.invalid")

    def test_a_retired_guest_has_no_name_and_no_way_in(self, lms_world: World) -> None:
        w, lms = lms_world, lms_world.lms
        guest_id = lms.make_guest(w.school, name="Ann Guest", domain="guests.invalid")
        cookie_of = get_user_model().objects.get(pk=guest_id).get_session_auth_hash()
        for _again in range(2):
            lms.retire_guest(guest_id)
        account = get_user_model().objects.get(pk=guest_id)
        assert not account.is_active
        assert account.get_session_auth_hash() != cookie_of
        assert "Ann" not in lms.people([guest_id])[guest_id].full_name
        assert not lms.is_enrolled(guest_id, w.school)
        assert guest_id not in lms.learners(w.school, everyone=True)
        lms.retire_guest(10**9)

    def test_a_guest_can_be_signed_out_of_every_browser(self, lms_world: World) -> None:
        lms = lms_world.lms
        guest_id = lms.make_guest(lms_world.school, name="Ann", domain="guests.invalid")
        cookie_of = get_user_model().objects.get(pk=guest_id).get_session_auth_hash()
        lms.expect_sign_in(guest_id)
        lms.sign_out_guest(guest_id)
        assert get_user_model().objects.get(pk=guest_id).get_session_auth_hash() != cookie_of
        assert lms.is_enrolled(guest_id, lms_world.school)

    def test_nobody_but_a_guest_is_signed_out_or_retired_as_one(self, lms_world: World) -> None:
        for user_id in (lms_world.ada_id, lms_world.staff_id):
            before = get_user_model().objects.filter(pk=user_id).values().get()
            for deed in (lms_world.lms.retire_guest, lms_world.lms.sign_out_guest):
                with pytest.raises(LmsError):
                    deed(user_id)
            assert get_user_model().objects.filter(pk=user_id).values().get() == before


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
