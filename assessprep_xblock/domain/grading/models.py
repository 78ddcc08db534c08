"""What grading adds to an attempt: the history of its marks, who marks it now, and whose names were hidden no longer."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..attempts.models import Attempt, ItemResult
from ..library.models import PlacedQuestion
from ..sessions.models import AssessmentSession

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


class MarkStep(models.Model):
    """One change of one question's mark, told once: the newest step is what ``ItemResult`` holds. Never updated.

    ``points`` None: the mark was taken back, and the machine's score counts again. ``undoes``: an undo made it.
    ``way``: ``first`` or ``second``, one of two people's marks, which counts nothing alone; ``agreed`` or ``settled``, what
    came of both; empty: the mark of one person.

    .. pii: who marked a learner's answer, and what they wrote to the learner.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="mark_steps")
    question = models.ForeignKey(PlacedQuestion, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    points = models.FloatField(null=True)
    criteria = models.JSONField(default=dict)
    comment = models.TextField(blank=True)
    reason = models.CharField(max_length=500, blank=True)
    undoes = models.BooleanField(default=False)
    way = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["attempt", "question", "number"], name="assessprep_mark_step_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.points}"


class RoundMark(models.Model):
    """One of the two marks that an answer gets where two people mark it. What counts is on the result, once both are in.

    ``no`` counts the changes of this mark. The row goes when its mark is taken back or the test is reopened; the history
    (:class:`MarkStep`) stays.

    .. pii: who marked a learner's answer, and what they wrote to the learner.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    result = models.ForeignKey(ItemResult, on_delete=models.CASCADE, related_name="round_marks")
    round = models.PositiveSmallIntegerField()
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    no = models.PositiveIntegerField(default=1)
    points = models.FloatField()
    criteria = models.JSONField(default=dict)
    comment = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [
            models.UniqueConstraint(fields=["result", "round"], name="assessprep_round_mark_once"),
            # Two marks are two people's.
            models.UniqueConstraint(fields=["result", "by"], name="assessprep_round_mark_person"),
        ]

    def __str__(self) -> str:
        return f"{self.round}: {self.points}"


class MarkingLease(models.Model):
    """Who marks a submission now, until when: short, and to be taken over. One person at a seat.

    ``seat`` 1 where one person marks; where two do, 1 and 2 are theirs, and 3 is for whoever settles between them.

    .. pii: who marks whose submission now, by account and attempt id.
    .. pii_types: id
    .. pii_retirement: local_api
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="leases")
    seat = models.PositiveSmallIntegerField(default=1)
    holder = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["attempt", "seat"], name="assessprep_lease_seat")]

    def __str__(self) -> str:
        return f"{self.holder_id} until {self.until:%H:%M:%S}"


class NamesRevealed(models.Model):
    """Somebody lifted the made-up names of a session that is marked without names; from then on all graders see names.

    .. pii: who lifted the made-up names, by account id, and why.
    .. pii_types: id
    .. pii_retirement: retained
    """

    session = models.OneToOneField(AssessmentSession, on_delete=models.CASCADE, related_name="names_revealed")
    by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"of {self.session_id}"
