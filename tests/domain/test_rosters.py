"""Who is assigned: resolved as classes stand now, less the excluded, in a constant number of queries."""

from __future__ import annotations

import pytest

from assessprep_xblock.domain.sessions import rosters, rules
from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.lms import get_lms
from devlms import factories
from devlms.models import CohortMembership
from tests.domain import district as d

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return d.make_district()


def names(session) -> set[str]:
    return {person.username for person in rosters.assigned(session).values()}


def may_join(session, learner_id: int) -> bool:
    """What joining asks about one learner."""
    found = get_lms().membership(learner_id, session.course_key)
    return rules.on_roster(session.roster, learner_id, enrolled=found.enrolled, classes=found.classes)


def agrees(session, school) -> bool:
    """The question about one and the whole list say the same of everybody."""
    everybody = rosters.assigned(session)
    return all(may_join(session, one.pk) == (one.pk in everybody) for one in [*school.learners, school.staff])


def test_a_roster_is_classes_and_named_students_less_the_excluded(district):
    school = district.a
    one, two, three, four = (learner.pk for learner in school.learners)
    roster = {"classes": [school.class_a.pk], "students": [three], "excluded": [two]}
    session = d.draft(district, school, roster=roster)
    assert rosters.assigned(session).keys() == {one, three}
    assert not may_join(session, four)
    assert agrees(session, school)


def test_a_learner_who_changes_class_changes_rosters_at_once(district):
    school = district.a
    session = d.draft(district, school, roster={"classes": [school.class_a.pk]})
    assert names(session) == {"student-a-01", "student-a-02"}
    CohortMembership.objects.filter(user=school.learners[0]).update(cohort=school.class_b)
    assert names(session) == {"student-a-02"}
    assert agrees(session, school)


def test_who_leaves_the_run_leaves_the_roster(district):
    school = district.a
    session = d.draft(district, school)
    factories.unenrol(school.learners[0], school.course_key)
    assert len(rosters.assigned(session)) == 3
    assert agrees(session, school)


def test_everyone_means_learners_never_staff(district):
    school = district.a
    factories.enrol(school.staff, school.course_key)
    session = d.draft(district, school)
    assert school.staff.pk not in rosters.assigned(session)
    assert agrees(session, school)


def test_nobody_is_nobody(district):
    session = d.draft(district, district.a, roster={})
    assert rosters.assigned(session) == {}
    assert agrees(session, district.a)


def test_a_learner_of_another_school_is_never_on_it(district):
    session = d.draft(district, district.a)
    assert not may_join(session, district.b.learners[0].pk)


@pytest.mark.parametrize(
    "roster",
    [
        {"everyone": "yes"},
        {"classes": "7A"},
        {"classes": [True]},
        {"students": [-1]},
        {"students": list(range(1, 5002))},
        {"teachers": [1]},
        [],
        None,
    ],
)
def test_a_roster_that_is_none_is_refused(roster):
    with pytest.raises(Refusal) as refused:
        rosters.read_roster(roster)
    assert refused.value.status == 400


def test_classes_and_students_of_another_school_cannot_be_chosen(district):
    for part, strange in (("classes", district.b.class_a.pk), ("students", district.b.learners[0].pk)):
        with pytest.raises(Refusal) as refused:
            d.draft(district, district.a, placement=None, roster={part: [strange]})
        assert refused.value.facts["field"] == part


def test_resolving_costs_the_same_for_few_and_for_many(django_assert_max_num_queries):
    district = d.make_district()
    session = d.draft(district, district.a)
    for _ in range(2):
        with django_assert_max_num_queries(2):
            rosters.assigned(session)
        with django_assert_max_num_queries(2):
            may_join(session, district.a.learners[0].pk)
        for number in range(20):
            factories.make_learner(district.a.course_key, f"more-{session.pk}-{number}-{_}")
