"""What analysis keeps: each attempt's answers in a few hundred bytes, and reports over very many of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..attempts.models import Attempt
from ..library.models import Assessment

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


class AnswerVector(models.Model):
    """A scored attempt's points and choices, packed as ``vectors.pack`` says, in the order of its version's questions.

    Kept only to be read fast: whatever is in it can be read from the attempt again, and is where ``read_at`` is older than
    the attempt's ``progress_at``.

    .. pii: points and chosen options of one attempt, by the attempt's id alone.
    .. pii_types: other
    .. pii_retirement: retained
    """

    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, primary_key=True, related_name="vector")
    packed = models.BinaryField()
    read_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"of {self.attempt_id}"


class PreparedReport(models.Model):
    """A report over more submissions than a page may wait for: made by a task, with progress, and kept until it is stale.

    States ``waiting -> working -> done``, or ``failed``. ``scope`` is a digest of what was asked; ``stamp`` of the
    submissions it was made from. It holds figures over groups, and no learner.

    .. pii: who asked for a report, by account id; the report names nobody.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    STATES = [(state, state) for state in ("waiting", "working", "done", "failed")]

    scope = models.CharField(max_length=64, unique=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="+")
    asked = models.JSONField()
    asked_by = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=STATES, default="waiting")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    stamp = models.CharField(max_length=64, blank=True)
    as_of = models.DateTimeField(null=True)
    result = models.JSONField(null=True)

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"{self.state} {self.done}/{self.total}"
