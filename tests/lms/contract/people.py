"""Who is who: roles, membership, names, classes."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from .world import World, statements


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
