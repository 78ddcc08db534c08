"""People, roles, classes and organizations of the embedded LMS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from opaque_keys.edx.keys import CourseKey
from organizations.models import Organization as OrganizationRow
from organizations.models import OrganizationCourse

from assessprep_xblock.domain.shared.prepared import Given, PreparedRead
from assessprep_xblock.lms.accounts import accounts_named
from assessprep_xblock.lms.base import CourseRun, Membership, Organization, Person, SchoolClass
from devlms.models import Cohort, CohortMembership, CourseRole, Enrolment
from devlms.models import CourseRun as CourseRunRow
from devlms.services import anonymous_id


@PreparedRead
def _cohort_of() -> QuerySet[Any]:
    """Somebody's class, None where in none; no row for whoever is not enrolled, or is course staff."""
    mine = {"user": OuterRef("user"), "course_key": OuterRef("course_key")}
    user = Given("user_id", Enrolment._meta.get_field("user"))
    course = Given("course_key", Enrolment._meta.get_field("course_key"))
    return (
        Enrolment.objects.filter(user_id=user, course_key=course, is_active=True)
        .filter(~Exists(CourseRole.objects.filter(**mine)), user__is_active=True, user__is_staff=False)
        .annotate(cohort=Subquery(CohortMembership.objects.filter(**mine).values("cohort")[:1]))
        .values_list("cohort", flat=True)
    )


@PreparedRead
def _staff() -> QuerySet[Any]:
    """The account, where it is staff of the course run."""
    users = get_user_model()
    course = Given("course_key", CourseRole._meta.get_field("course_key"))
    roles = CourseRole.objects.filter(user=OuterRef("pk"), course_key=course)
    mine = users.objects.filter(pk=Given("user_id", users._meta.pk), is_active=True)
    return mine.filter(Q(is_staff=True) | Exists(roles)).values_list("pk", flat=True)


class People:
    """Half of the contract: who is who, and where."""

    def is_course_staff(self, user_id: int, course_key: CourseKey) -> bool:
        """One query."""
        return bool(_staff(user_id=user_id, course_key=course_key))

    def staff_course_runs(self, user_id: int) -> list[CourseRun]:
        """Three queries."""
        runs = CourseRunRow.objects.order_by("name")
        if not get_user_model().objects.filter(pk=user_id, is_active=True, is_staff=True).exists():
            keys = CourseRole.objects.filter(user_id=user_id, user__is_active=True).values("course_key")
            runs = runs.filter(key__in=keys)
        return _with_organizations(runs)

    def learner_course_runs(self, user_id: int) -> list[CourseRun]:
        """Two queries."""
        keys = Enrolment.objects.filter(user_id=user_id, is_active=True).values("course_key")
        return _with_organizations(CourseRunRow.objects.filter(key__in=keys).order_by("name"))

    def is_enrolled(self, user_id: int, course_key: CourseKey) -> bool:
        """One query."""
        return Enrolment.objects.filter(
            user_id=user_id, course_key=course_key, is_active=True, user__is_active=True
        ).exists()

    def membership(self, user_id: int, course_key: CourseKey) -> Membership:
        """One query."""
        for cohort_id in _cohort_of(user_id=user_id, course_key=course_key):
            return Membership(enrolled=True, classes=(cohort_id,) if cohort_id else ())
        return Membership(enrolled=False)

    def people(self, user_ids: Collection[int]) -> dict[int, Person]:
        """One query."""
        users = get_user_model().objects.filter(pk__in=list(user_ids)).select_related("profile")
        return {user.pk: _person(user) for user in users}

    def find_person(self, text: str) -> Person | None:
        """One query."""
        named = Q(username=text) | Q(email__iexact=text)
        user = get_user_model().objects.filter(named, is_active=True).select_related("profile").first()
        return None if user is None else _person(user)

    def find_people(self, texts: Collection[str]) -> dict[str, Person]:
        """One query for each thousand texts."""
        return {text: _person(account) for text, account in accounts_named(texts).items()}

    def person_behind(self, pseudonym: str) -> int | None:
        """One query, and a look at everybody: a demo has few."""
        ids = get_user_model().objects.values_list("pk", flat=True)
        return next((pk for pk in ids if anonymous_id(pk) == pseudonym), None)

    def learners(
        self,
        course_key: CourseKey,
        *,
        everyone: bool = False,
        class_ids: Collection[int] = (),
        user_ids: Collection[int] = (),
    ) -> dict[int, Person]:
        """Two queries."""
        found = self.each_learner(course_key, everyone=everyone, class_ids=class_ids, user_ids=user_ids)
        return {person.user_id: person for person in found}

    def each_learner(
        self,
        course_key: CourseKey,
        *,
        everyone: bool = False,
        class_ids: Collection[int] = (),
        user_ids: Collection[int] = (),
    ) -> Iterator[Person]:
        """Two queries."""
        if not (everyone or class_ids or user_ids):
            return
        users = _active_learners(course_key)
        members = CohortMembership.objects.filter(course_key=course_key)
        if not everyone:
            in_class = members.filter(user=OuterRef("pk"), cohort__in=list(class_ids))
            users = users.filter(Q(pk__in=list(user_ids)) | Exists(in_class))
        classes = members.order_by("user_id", "cohort_id").values_list("user_id", "cohort_id").iterator(chunk_size=500)
        member = next(classes, None)
        named = users.order_by("pk").values_list("pk", "username", "first_name", "last_name", "profile__name")
        for pk, username, first, last, name in named.iterator(chunk_size=500):
            own: list[int] = []
            while member is not None and member[0] <= pk:
                own += [member[1]] if member[0] == pk else []
                member = next(classes, None)
            yield Person(pk, username, name or f"{first} {last}".strip() or username, classes=tuple(own))

    def search_learners(self, course_key: CourseKey, text: str, *, limit: int = 20) -> list[Person]:
        """One query."""
        named = Q(username__icontains=text) | Q(profile__name__icontains=text) | Q(email__icontains=text)
        users = _active_learners(course_key).filter(named)
        return [_person(user) for user in users.order_by("profile__name", "username")[:limit]]

    def classes(self, course_key: CourseKey) -> list[SchoolClass]:
        """One query."""
        rows = Cohort.objects.filter(course_key=course_key).order_by("name").values_list("pk", "name")
        return [SchoolClass(id=pk, name=name) for pk, name in rows]

    def classes_of(self, user_id: int, course_key: CourseKey) -> tuple[int, ...]:
        """One query; nobody is assigned to anything."""
        rows = CohortMembership.objects.filter(user_id=user_id, course_key=course_key)
        return tuple(rows.order_by("cohort").values_list("cohort", flat=True))

    def organizations(self) -> list[Organization]:
        """One query."""
        rows = OrganizationRow.objects.filter(active=True).order_by("name").values_list("short_name", "name")
        return [Organization(short_name=short_name, name=name) for short_name, name in rows]

    def course_run(self, course_key: CourseKey) -> CourseRun | None:
        """Two queries."""
        found = _with_organizations(CourseRunRow.objects.filter(key=course_key))
        return found[0] if found else None


def _active_learners(course_key: CourseKey) -> QuerySet:
    """Active accounts actively enrolled in a run that have no role in it and are not staff of the site."""
    enrolled = Enrolment.objects.filter(user=OuterRef("pk"), course_key=course_key, is_active=True)
    roles = CourseRole.objects.filter(user=OuterRef("pk"), course_key=course_key)
    users = get_user_model().objects.filter(is_active=True, is_staff=False).select_related("profile")
    return users.filter(Exists(enrolled), ~Exists(roles))


def _person(user, classes: Iterable[int] = ()) -> Person:
    profile = getattr(user, "profile", None)
    name = (profile.name if profile else "") or user.get_full_name() or user.username
    return Person(user_id=user.pk, username=user.username, full_name=name, classes=tuple(sorted(classes)))


def _with_organizations(runs: QuerySet) -> list[CourseRun]:
    """Runs with the organization linked to each, or the key's own where none is linked."""
    rows = list(runs)
    links = OrganizationCourse.objects.filter(
        course_id__in=[str(row.key) for row in rows], active=True, organization__active=True
    ).select_related("organization")
    linked = {link.course_id: link.organization for link in links}
    result = []
    for row in rows:
        found = linked.get(str(row.key))
        short_name, name = (found.short_name, found.name) if found else (row.key.org, row.key.org)
        result.append(CourseRun(key=row.key, name=row.name, organization=Organization(short_name, name)))
    return result
