"""Sessions: one delivery of a placed assessment, with its settings, roster, code and clock."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from opaque_keys.edx.django.models import CourseKeyField

from ..library.models import Placement

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


def empty_roster() -> dict[str, Any]:
    """Nobody."""
    return {"everyone": False, "classes": [], "students": [], "excluded": []}


class AssessmentSession(models.Model):
    """One session. Lifecycle ``draft / published / archived``; the phase (scheduled, open, closed) is derived.

    The clock: ``session time = now - paused_us - (now - held_since, if held)`` in microseconds since 1970. Pausing writes
    this row alone. ``change_no`` counts every change of the session or of an attempt in it; ``notice_no`` counts those that
    students must hear of. The counters are the attempts in each status.

    ``roster``: ``{"everyone": bool, "classes": [class ids], "students": [user ids], "excluded": [user ids]}``.

    .. pii: the roster names learners, and its maker, by account id only.
    .. pii_types: id
    .. pii_retirement: local_api, retained
    """

    LIFECYCLES = [(state, state) for state in ("draft", "published", "archived")]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="sessions")
    course_key = CourseKeyField(max_length=255, db_index=True)
    name = models.CharField(max_length=120)
    lifecycle = models.CharField(max_length=20, choices=LIFECYCLES, default="draft")
    overrides = models.JSONField(default=dict)
    roster = models.JSONField(default=empty_roster)
    live_code = models.CharField(max_length=8, null=True)  # noqa: DJ001  NULL, unlike "", may stand in many rows
    version_no = models.PositiveIntegerField(default=1)

    held_since = models.DateTimeField(null=True)
    paused_us = models.BigIntegerField(default=0)
    # Where on its clock the invigilator began the test, if that is how it starts.
    begun_us = models.BigIntegerField(null=True)
    change_no = models.BigIntegerField(default=0)
    notice_no = models.BigIntegerField(default=0)
    # Signed: the session row is changed before the attempt row tells that a race was lost and all is rolled back.
    n_joined = models.IntegerField(default=0)
    n_in_progress = models.IntegerField(default=0)
    n_ended = models.IntegerField(default=0)
    n_submitted = models.IntegerField(default=0)
    #: How many were assigned when it was counted last; None while it never was. For authors, who see counts of thousands of
    #: sessions at once; whoever works with one session asks its roster.
    n_assigned = models.PositiveIntegerField(null=True)

    released_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    request_id = models.UUIDField(null=True)

    class Meta:
        app_label = "assessprep"
        constraints = [
            # NULLs are many, codes are one: unique among the live sessions of a run, on MariaDB too.
            models.UniqueConstraint(fields=["course_key", "live_code"], name="assessprep_live_code_once"),
            models.UniqueConstraint(fields=["created_by", "request_id"], name="assessprep_session_request_once"),
        ]

    def __str__(self) -> str:
        return self.name


class GradedCount(models.Model):
    """How many submissions of one session have all their points: what its assessment's author sees of the grading.

    Not on the session's own row, which everybody locks first: an attempt's points are known when the attempt is locked
    already. This row is locked last by everybody, so nobody waits here for somebody who waits for her.

    .. no_pii: a number for a session.
    """

    session = models.OneToOneField(
        AssessmentSession, on_delete=models.CASCADE, primary_key=True, related_name="graded_count"
    )
    n = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"{self.n} in {self.session_id}"


class SpentCode(models.Model):
    """A code that was in use not long ago: not given out again before ``until``.

    .. no_pii: codes that belong to nobody.
    """

    course_key = CourseKeyField(max_length=255)
    code = models.CharField(max_length=8)
    until = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        indexes = [models.Index(fields=["course_key", "until"], name="assessprep_spent_code")]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}"


class Invigilator(models.Model):
    """Somebody whom course staff let watch one session. ``chief`` may do all that staff may on the monitor.

    .. pii: who watches a session, by account id.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    LEVELS = [("invigilator", "invigilator"), ("chief", "chief")]

    session = models.ForeignKey(AssessmentSession, on_delete=models.CASCADE, related_name="invigilators")
    user = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    level = models.CharField(max_length=20, choices=LEVELS, default="invigilator")

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="assessprep_invigilator_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.session_id}"


class WrongTries(models.Model):
    """How many wrong codes one account typed in one run since ``since``; counted by conditional UPDATEs, not by a cache.

    .. pii: how often a learner typed a wrong code, by account id.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    learner = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    course_key = CourseKeyField(max_length=255)
    wrong = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["learner", "course_key"], name="assessprep_tries_once")]

    def __str__(self) -> str:
        return f"{self.wrong} by {self.learner_id}"


class GuestTries(models.Model):
    """How many wrong codes came in one run from one network of people without an account since ``since``.

    ``network`` is a keyed digest of the address (of IPv6 its /64): who reads the table finds no address in it.

    .. no_pii: a keyed digest of a network, which leads to no account.
    """

    course_key = CourseKeyField(max_length=255)
    network = models.CharField(max_length=64)
    wrong = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["course_key", "network"], name="assessprep_guest_tries_once")]

    def __str__(self) -> str:
        return f"{self.wrong} since {self.since:%Y-%m-%d %H:%M}"


class GuestPass(models.Model):
    """Somebody without an account came into one session: the account made for it, and the PIN that leads back to it.

    The name that was typed is the account's and stands nowhere else. ``pin_digest`` is keyed by the site's secret; None once
    the guest is retired. ``request_id``: of the call that made it, so that a repeat makes no second guest.

    .. pii: which throw-away account was made for whom of a session's guests, by account id.
    .. pii_types: id
    .. pii_retirement: local_api, retained
    """

    account = models.OneToOneField(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="guest_passes")
    course_key = CourseKeyField(max_length=255, db_index=True)
    request_id = models.UUIDField(unique=True)
    pin_digest = models.CharField(max_length=64, null=True)  # noqa: DJ001  NULL, unlike "", may stand in many rows
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["session", "pin_digest"], name="assessprep_guest_pin_once")]

    def __str__(self) -> str:
        return f"guest {self.account_id} of session {self.session_id}"


class Accommodation(models.Model):
    """Extra time that one learner always has in one run: ``percent`` of every duration, and ``extra_s`` seconds more.

    It counts from the next Start; the ledger of each attempt tells what it got. Why somebody has it is not kept here.

    .. pii: which learner has extra time, by account id only.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    course_key = CourseKeyField(max_length=255)
    learner = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    extra_s = models.PositiveIntegerField(default=0)
    percent = models.PositiveIntegerField(default=100)
    set_by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [
            models.UniqueConstraint(fields=["course_key", "learner"], name="assessprep_accommodation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % + {self.extra_s} s for {self.learner_id}"
