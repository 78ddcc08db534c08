"""Throw-away accounts of the embedded LMS, for people who come without one."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms.base import LmsError
from devlms.models import CourseRun, Enrolment, Profile

PREFIX = "guest_"


class Guests:
    """The part of the contract that makes accounts and takes them away again."""

    def make_guest(self, course_key: CourseKey, *, name: str, domain: str) -> int:
        """Account, profile and enrolment."""
        if not CourseRun.objects.filter(key=course_key).exists():
            raise LmsError(f"there is no course run {course_key}")
        username = f"{PREFIX}{secrets.token_hex(10)}"
        user = get_user_model()(username=username, email=f"{username}@{domain}")
        user.set_unusable_password()
        user.save()
        Profile.objects.create(user=user, name=name)
        Enrolment.objects.create(user=user, course_key=course_key)
        return user.pk

    def sign_out_guest(self, user_id: int) -> None:
        """A new password that nobody can type: every session is bound to the one there was."""
        user = _guest(user_id)
        if user is not None:
            user.set_unusable_password()
            user.save(update_fields=["password"])

    def retire_guest(self, user_id: int) -> None:
        """Name, enrolment and way in."""
        user = _guest(user_id)
        if user is None:
            return
        Profile.objects.filter(user=user).update(name="")
        Enrolment.objects.filter(user=user).update(is_active=False)
        user.is_active = False
        user.set_unusable_password()
        user.save()

    def expect_sign_in(self, user_id: int | None) -> None:
        """Nobody minds here."""


def _guest(user_id: int) -> Any:
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is not None and (user.has_usable_password() or not user.username.startswith(PREFIX)):
        raise LmsError(f"account {user_id} is no guest's")
    return user
