"""Throw-away accounts of Open edX, for people who come without one."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from ..base import LmsError
from . import releases

#: What the user names of such accounts begin with. 20 hexadecimal digits follow; the platform takes 30 characters.
PREFIX = "guest_"


class Guests:
    """The part of the contract that makes accounts and takes them away again."""

    def make_guest(self, course_key: CourseKey, *, name: str, domain: str) -> int:
        """Not by the platform's registration, which sends an activation mail and asks for a password: as its LTI provider
        does for people who come from elsewhere. Mailings and nudges of the run leave out whoever opted out of its mail."""
        if releases.in_studio():
            raise LmsError("guests come in through the LMS")
        from common.djangoapps.student.models import CourseEnrollment, CourseEnrollmentException, UserProfile
        from lms.djangoapps.bulk_email.models import Optout
        from openedx.core.djangoapps.content.course_overviews.models import CourseOverview

        if not CourseOverview.objects.filter(id=course_key).exists():
            raise LmsError(f"there is no course run {course_key}")
        username = f"{PREFIX}{secrets.token_hex(10)}"
        user = get_user_model()(username=username, email=f"{username}@{domain}", is_active=True)
        user.set_unusable_password()
        user.save()
        UserProfile.objects.create(user=user, name=name)
        try:
            CourseEnrollment.enroll(user, course_key)
        except CourseEnrollmentException as problem:
            raise LmsError(f"nobody can be enrolled in {course_key}: {problem}") from problem
        Optout.objects.create(user=user, course_id=course_key)
        return user.pk

    def sign_out_guest(self, user_id: int) -> None:
        """A new password that nobody can type: every session is bound to the one there was."""
        user = _guest(user_id)
        if user is not None:
            user.set_unusable_password()
            user.save()

    def retire_guest(self, user_id: int) -> None:
        """The name goes first, and past the model: saving a profile tells the tracking log the name that was, and leaving a
        run tells the event bus the name that is."""
        from common.djangoapps.student.models import CourseEnrollment, UserProfile

        user = _guest(user_id)
        if user is None:
            return
        UserProfile.objects.filter(user_id=user_id).update(name="", meta="")
        for enrolment in CourseEnrollment.objects.filter(user_id=user_id, is_active=True):
            enrolment.update_enrollment(is_active=False, skip_refund=True)
        user.is_active = False
        user.set_unusable_password()
        user.save()

    def expect_sign_in(self, user_id: int | None) -> None:
        """The platform drops a session whose person changes within a request, unless it was told."""
        from openedx.core.djangoapps.safe_sessions.middleware import mark_user_change_as_expected

        mark_user_change_as_expected(user_id)


def _guest(user_id: int) -> Any:
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is not None and (user.has_usable_password() or not user.username.startswith(PREFIX)):
        raise LmsError(f"account {user_id} is no guest's")
    return user
