"""What the invigilator adds to a session: announcements, irregularities, who helps whom, and deeds that can be undone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from ..attempts.models import Attempt
from ..sessions.models import AssessmentSession

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


class Announcement(models.Model):
    """A sentence to everybody in a session, late comers included, or to one learner.

    ``number`` is the session's notice number at that moment.

    .. pii: what staff wrote to one learner; who wrote it, by account id.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="announcements")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="announcements")
    number = models.BigIntegerField()
    text = models.CharField(max_length=1000)
    # Whether each learner is asked to say that it was read.
    acknowledge = models.BooleanField(default=False)
    by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["session", "number", "attempt"], name="assessprep_announcement_once")]

    def __str__(self) -> str:
        return self.text[:60]


class DoneRequest(models.Model):
    """A request that added something, with its first answer: a repeat gets that answer and adds nothing.

    .. pii: who asked for something, by account id, and the answer to it.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    by = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    request_id = models.UUIDField()
    action = models.CharField(max_length=40)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["by", "request_id"], name="assessprep_request_once")]

    def __str__(self) -> str:
        return self.action


class Deed(models.Model):
    """An end, a submit or a void, with how each attempt was before: what Undo puts back.

    One row for each transaction of a bulk action; they share ``uuid``. ``before``: attempt's id -> its values as JSON.

    .. pii: who did it, by account id; the attempts by their ids alone.
    .. pii_types: id
    .. pii_retirement: retained
    """

    uuid = models.UUIDField(default=uuid.uuid4, db_index=True)
    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="deeds")
    action = models.CharField(max_length=20)
    change_no = models.BigIntegerField()
    before = models.JSONField(default=dict)
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M:%S}"


class Irregularity(models.Model):
    """Something that went wrong, to one student or in the room: a category, a closer word, and a comment.

    .. pii: what happened to a learner during a test, in staff's words.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="irregularities")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="irregularities")
    learner = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    category = models.CharField(max_length=20)
    subcategory = models.CharField(max_length=30)
    comment = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        app_label = "assessprep"
        verbose_name_plural = "irregularities"

    def __str__(self) -> str:
        return f"{self.category}: {self.subcategory}"


class Claim(models.Model):
    """Somebody of staff is with this student now, so that two invigilators do not walk to the same desk.

    .. pii: which learner was helped by whom, by account id.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="claims")
    learner = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["session", "learner"], name="assessprep_claim_once")]

    def __str__(self) -> str:
        return f"{self.by_id} helps {self.learner_id}"
