"""What the invigilator adds to a session: announcements, and what was granted once per request."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..attempts.models import Attempt
from ..sessions.models import AssessmentSession

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


class Announcement(models.Model):
    """A sentence to everybody in a session, late comers included, or to one learner.

    ``number`` is the session's notice number at that moment.
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
    """A request that added something, with its first answer: a repeat gets that answer and adds nothing."""

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
