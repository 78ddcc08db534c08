"""Guests without an account: where they may come, and which accounts of a run are theirs."""

from __future__ import annotations

from opaque_keys.edx.keys import CourseKey

from assessprep_xblock import conf

from .models import GuestPass
from .rules import Delivery


def is_guest_run(course_key: CourseKey) -> bool:
    """Whether the operator opened this course run to people without an account. No query."""
    return str(course_key) in conf.get_runs("ASSESSPREP_GUEST_RUNS")


def admits(course_key: CourseKey, delivery: Delivery) -> bool:
    """Whether a session with these settings lets in people without an account."""
    return delivery.guests and delivery.guests_no_account and is_guest_run(course_key)


def accounts_in(course_key: CourseKey) -> frozenset[int]:
    """The throw-away accounts of a run: enrolled in it, and on nobody's list. One query, none where guests never come."""
    if not is_guest_run(course_key):
        return frozenset()
    return frozenset(GuestPass.objects.filter(course_key=course_key).values_list("account_id", flat=True))


def is_guest(account_id: int, course_key: CourseKey) -> bool:
    """Whether this is such an account. One query, none where guests never come."""
    return is_guest_run(course_key) and GuestPass.objects.filter(account_id=account_id, course_key=course_key).exists()
