"""People, roles, classes and organizations of Open edX.

A role is asked of the platform's own functions, never of its tables: those are being replaced.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import crum
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from opaque_keys.edx.keys import CourseKey
from organizations.models import Organization as OrganizationRow
from organizations.models import OrganizationCourse

from ..accounts import accounts_named
from ..base import CourseRun, Membership, Organization, Person, SchoolClass
from . import releases


class People:
    """The part of the contract that says who is who, and where."""

    def is_course_staff(self, user_id: int, course_key: CourseKey) -> bool:
        """One query for whoever asks in this request (none after the first), two for anybody else."""
        from lms.djangoapps.courseware.access import has_access

        user = account(user_id)
        return user is not None and user.is_active and bool(has_access(user, "staff", course_key))

    def staff_course_runs(self, user_id: int) -> list[CourseRun]:
        """Four queries. Every run is asked about by itself, out of the roles read once."""
        from lms.djangoapps.courseware.access import has_access
        from openedx.core.djangoapps.content.course_overviews.models import CourseOverview

        user = account(user_id)
        if user is None or not user.is_active:
            return []
        known = CourseOverview.objects.values_list("id", flat=True)
        mine = known if user.is_staff else [key for key in known if has_access(user, "staff", key)]
        return _runs(mine)

    def learner_course_runs(self, user_id: int) -> list[CourseRun]:
        """Three queries."""
        return _runs(_enrolments().filter(user_id=user_id, user__is_active=True).values_list("course_id", flat=True))

    def is_enrolled(self, user_id: int, course_key: CourseKey) -> bool:
        """One query."""
        return _enrolments().filter(user_id=user_id, course_id=course_key, user__is_active=True).exists()

    def membership(self, user_id: int, course_key: CourseKey) -> Membership:
        """Two queries, the second (is this course staff?) only for who is enrolled."""
        cohort = _cohort_memberships().filter(user=OuterRef("user"), course_id=course_key)
        found = (
            _enrolments()
            .filter(user_id=user_id, course_id=course_key, user__is_active=True, user__is_staff=False)
            .annotate(cohort=Subquery(cohort.values("course_user_group")[:1]))
            .values_list("cohort", flat=True)
        )
        for cohort_id in found:
            if user_id not in _staff_ids(course_key, among=user_id):
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
        """One query."""
        from common.djangoapps.student.models import user_by_anonymous_id

        user = user_by_anonymous_id(pseudonym)
        return None if user is None else user.pk

    def learners(
        self,
        course_key: CourseKey,
        *,
        everyone: bool = False,
        class_ids: Collection[int] = (),
        user_ids: Collection[int] = (),
    ) -> dict[int, Person]:
        """Two queries: the learners with their class, and the staff to leave out."""
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
        """Two queries: the staff to leave out, and the learners with their class."""
        if not (everyone or class_ids or user_ids):
            return
        users = _enrolled(course_key)
        if not everyone:
            in_class = _cohort_memberships().filter(
                user=OuterRef("pk"), course_id=course_key, course_user_group__in=list(class_ids)
            )
            users = users.filter(Q(pk__in=list(user_ids)) | Exists(in_class))
        staff = _staff_ids(course_key)
        named = users.order_by("pk").values_list("pk", "username", "first_name", "last_name", "profile__name", "cohort")
        for pk, username, first, last, name, cohort in named.iterator(chunk_size=500):
            if pk not in staff:
                shown = name or f"{first} {last}".strip() or username
                yield Person(pk, username, shown, classes=(cohort,) if cohort else ())

    def search_learners(self, course_key: CourseKey, text: str, *, limit: int = 20) -> list[Person]:
        """Two queries."""
        named = Q(username__icontains=text) | Q(profile__name__icontains=text) | Q(email__icontains=text)
        staff = _staff_ids(course_key)
        users = _enrolled(course_key).filter(named).exclude(pk__in=staff).order_by("profile__name", "username")
        return [_person(user, [user.cohort]) for user in users[:limit]]

    def classes(self, course_key: CourseKey) -> list[SchoolClass]:
        """One query. The platform's own list would write settings where a run has none yet."""
        from openedx.core.djangoapps.course_groups.models import CourseUserGroup

        rows = CourseUserGroup.objects.filter(course_id=course_key, group_type=CourseUserGroup.COHORT)
        return [SchoolClass(id=pk, name=name) for pk, name in rows.order_by("name").values_list("pk", "name")]

    def classes_of(self, user_id: int, course_key: CourseKey) -> tuple[int, ...]:
        """One query. The platform's own question would put a learner without a class into one."""
        rows = _cohort_memberships().filter(user_id=user_id, course_id=course_key)
        return tuple(rows.order_by("course_user_group").values_list("course_user_group", flat=True))

    def organizations(self) -> list[Organization]:
        """One query."""
        rows = OrganizationRow.objects.filter(active=True).order_by("name").values_list("short_name", "name")
        return [Organization(short_name=short_name, name=name) for short_name, name in rows]

    def course_run(self, course_key: CourseKey) -> CourseRun | None:
        """Two queries."""
        found = _runs([course_key])
        return found[0] if found else None


def account(user_id: int) -> Any:
    """The account, or None. That of the current request is taken from it, roles and all, but never with a mask on."""
    current = getattr(crum.get_current_request(), "user", None)
    if current is not None and current.pk == user_id:
        user = copy.copy(current)
        user.masquerade_settings = {}
        return user
    return get_user_model().objects.filter(pk=user_id).first()


def _enrolments() -> QuerySet:
    from common.djangoapps.student.models import CourseEnrollment

    return CourseEnrollment.objects.filter(is_active=True)


def _cohort_memberships() -> QuerySet:
    from openedx.core.djangoapps.course_groups.models import CohortMembership

    return CohortMembership.objects.all()


def _enrolled(course_key: CourseKey) -> QuerySet:
    """Active accounts actively enrolled in a run, not of the site's staff, each with its class."""
    cohort = _cohort_memberships().filter(user=OuterRef("pk"), course_id=course_key)
    enrolled = _enrolments().filter(user=OuterRef("pk"), course_id=course_key)
    users = get_user_model().objects.filter(Exists(enrolled), is_active=True, is_staff=False).select_related("profile")
    return users.annotate(cohort=Subquery(cohort.values("course_user_group")[:1]))


def _staff_ids(course_key: CourseKey, *, among: int | None = None) -> set[int]:
    """Course staff of a run, or whether this one person is among them. One query."""
    from common.djangoapps.student import roles

    return releases.ids_of_users_with(
        [
            roles.CourseStaffRole(course_key),
            roles.CourseLimitedStaffRole(course_key),
            roles.CourseInstructorRole(course_key),
            roles.OrgStaffRole(course_key.org),
            roles.OrgInstructorRole(course_key.org),
        ],
        among=among,
    )


def _person(user: Any, classes: Iterable[int | None] = ()) -> Person:
    # An account made by a command may have no profile.
    profile = getattr(user, "profile", None)
    name = (profile.name if profile else "") or user.get_full_name() or user.username
    return Person(user.pk, user.username, name, classes=tuple(sorted(one for one in classes if one)))


def _runs(course_keys: Iterable[CourseKey]) -> list[CourseRun]:
    """Runs by name with the organization linked to each, or the key's own where none is linked."""
    from openedx.core.djangoapps.content.course_overviews.models import CourseOverview

    rows = list(
        CourseOverview.objects.filter(id__in=list(course_keys))
        .order_by("display_name", "id")
        .values_list("id", "display_name")
    )
    links = OrganizationCourse.objects.filter(
        course_id__in=[str(key) for key, _name in rows], active=True, organization__active=True
    ).select_related("organization")
    linked = {link.course_id: link.organization for link in links}
    names = {row.short_name: row.name for row in linked.values()}
    result = []
    for key, name in rows:
        found = linked.get(str(key))
        short_name = found.short_name if found else key.org
        result.append(CourseRun(key, name or str(key), Organization(short_name, names.get(short_name, short_name))))
    return result
