"""Who may see what, for the pages of the embedded LMS."""

from __future__ import annotations

from types import SimpleNamespace

from django.core.exceptions import PermissionDenied
from django.http import Http404
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms import get_lms
from devlms.models import CourseRun


def usage_key_or_404(text: str) -> UsageKey:
    """The key this text names."""
    try:
        return UsageKey.from_string(text)
    except InvalidKeyError as error:
        raise Http404(f"{text!r} names no block") from error


def block_in_run_or_404(text: str, course_key: CourseKey) -> UsageKey:
    """The block of this run that the text names. Like the LMS's views, whatever run the text itself says."""
    key = usage_key_or_404(text.replace(";_", "/").replace(";;", ";"))
    return course_key.make_usage_key(key.block_type, key.block_id)


def course_or_404(request, course_id: str) -> CourseKey:
    """The run of this page; the request carries it, as in the LMS, for the page's header."""
    try:
        key = CourseKey.from_string(course_id)
    except InvalidKeyError as error:
        raise Http404(f"{course_id!r} names no course run") from error
    row = CourseRun.objects.filter(key=key).first()
    if row is None:
        raise Http404(f"there is no course run {course_id}")
    request.course = SimpleNamespace(
        id=key, display_name=row.name, display_name_with_default=row.name, org=key.org, number=key.course
    )
    return key


def staff_here(request, course_key: CourseKey) -> bool:
    """Course staff who are not viewing the course as a student."""
    lms = get_lms()
    if not request.user.is_authenticated or not lms.is_course_staff(request.user.pk, course_key):
        return False
    return not lms.masquerading_as_student(request.user.pk, course_key, request.session)


def require_staff(request, course_key: CourseKey) -> None:
    """403 for everybody but course staff."""
    if not get_lms().is_course_staff(request.user.pk, course_key):
        raise PermissionDenied("This page is for course staff.")


def require_place(request, course_key: CourseKey) -> bool:
    """403 for whoever is neither enrolled nor staff; whether the person is staff here."""
    if staff_here(request, course_key):
        return True
    lms = get_lms()
    if not lms.is_enrolled(request.user.pk, course_key) and not lms.is_course_staff(request.user.pk, course_key):
        raise PermissionDenied("You are not enrolled in this course.")
    return False
