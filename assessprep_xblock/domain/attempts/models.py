"""Attempts: one learner's test in one session, its clock's ledger, its drafts and what became of each question."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models

from ..library.models import MarkingCorrection, PlacedQuestion, Placement
from ..sessions.models import AssessmentSession

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


def draw_lot() -> int:
    """A lot out of 10,000, drawn once for each attempt."""
    return secrets.randbelow(10_000)


class Attempt(models.Model):
    """One learner's attempt. Statuses ``joined -> in_progress -> ended -> submitted`` (no row: absent).

    Times named ``..._us`` are points (or lengths) on the session's clock in microseconds; the others are wall-clock time.
    ``due_us`` already holds everything granted; ``granted_us`` is the part of it that also moves the close for this
    learner, ``accommodation_us`` what of that was a standing accommodation.
    ``hold_us`` is where the learner's own hold began, ``ended_us`` where answering stopped: what was left there is what a
    reopened test goes on with. ``denied_at``: staff turned the learner away at the waiting room. ``handin``:
    ``none / pending / done / failed``, the outbox of the hand-off to the platform. ``scoring``:
    ``none / pending / scored / needs_marking``. ``gradebook``: of a void attempt whether its points are ``leaving`` the
    platform's gradebook or have ``left`` it, ``returning`` where that was undone; empty: they stand there, if any do.
    ``withdrawn``: usage key -> ``[earned, possible]`` as the platform stored what left.

    .. pii: which assessment a learner took, when, with what result, and on which browsers.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    STATUSES = [(status, status) for status in ("joined", "in_progress", "ended", "submitted")]
    GRADEBOOK = [(state, state) for state in ("", "leaving", "left", "returning")]
    HANDIN = [(state, state) for state in ("none", "pending", "done", "failed")]
    SCORING = [(state, state) for state in ("none", "pending", "scored", "needs_marking")]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="attempts")
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="attempts")
    learner = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=20, choices=STATUSES, default="joined")
    end_reason = models.CharField(max_length=20, blank=True)  # learner, clock, close, staff
    is_guest = models.BooleanField(default=False)
    no_account = models.BooleanField(default=False)  # a guest who typed a name, under a throw-away account
    voided = models.BooleanField(default=False)

    joined_at = models.DateTimeField()
    admitted_at = models.DateTimeField(null=True)
    denied_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    started_us = models.BigIntegerField(null=True)
    due_us = models.BigIntegerField(null=True)
    granted_us = models.BigIntegerField(default=0)
    accommodation_us = models.BigIntegerField(default=0)
    hold_us = models.BigIntegerField(null=True)
    ended_us = models.BigIntegerField(null=True)

    # When the honesty statement was agreed to, and since when the learner waits to be let in again.
    honesty_at = models.DateTimeField(null=True)
    waits_since = models.DateTimeField(null=True)
    # Seen outside of the networks the session is kept to: "waits" for staff's leave; "free": staff let the learner go on.
    outside = models.CharField(max_length=5, choices=[(one, one) for one in ("", "waits", "free")], default="", blank=True)

    # Where the test runs (a random name of the browser), and the other one it was seen on last.
    device = models.CharField(max_length=64, blank=True)
    device_label = models.CharField(max_length=60, blank=True)
    device_since = models.DateTimeField(null=True)
    other_device = models.CharField(max_length=64, blank=True)
    other_device_label = models.CharField(max_length=60, blank=True)
    other_device_at = models.DateTimeField(null=True)
    late_saves = models.PositiveIntegerField(default=0)  # answers that came from the first device after the test moved on
    focus_lost = models.PositiveIntegerField(default=0)
    focus_lost_at = models.DateTimeField(null=True)

    change_no = models.BigIntegerField(default=0)
    # How many questions were left for good (forward only), and the items put aside to look at again.
    passed = models.PositiveIntegerField(default=0)
    flagged = models.JSONField(default=list)
    # Item -> seconds for which the page showed that question, as the learner's own page counted them.
    spent = models.JSONField(default=dict)
    answered = models.PositiveIntegerField(default=0)
    current_item = models.CharField(max_length=255, blank=True)
    # The newest announcement that reached the page, and the newest up to which all were put away as read.
    heard_announcement = models.BigIntegerField(default=0)
    seen_announcement = models.BigIntegerField(default=0)
    last_saved_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    progress_at = models.DateTimeField(null=True)

    handin = models.CharField(max_length=10, choices=HANDIN, default="none")
    scoring = models.CharField(max_length=15, choices=SCORING, default="none")
    earned = models.FloatField(null=True)
    possible = models.FloatField(null=True)
    to_mark = models.PositiveIntegerField(default=0)  # answered questions that wait for a person
    graded = models.PositiveIntegerField(default=0)  # answered questions that have their points
    # Of those to mark: which have one of the two marks that a session may ask for, and where two people disagree.
    to_second = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    lot = models.PositiveSmallIntegerField(default=draw_lot)  # of 10,000: whether it is in a sample
    released_at = models.DateTimeField(null=True)  # released to this learner alone, before the session's
    gradebook = models.CharField(max_length=10, choices=GRADEBOOK, default="", blank=True)
    withdrawn = models.JSONField(default=dict)

    class Meta:
        app_label = "assessprep"
        constraints = [
            # The platform keeps one state per learner and block: one attempt per learner and placement at a time.
            models.UniqueConstraint(fields=["placement", "learner", "number"], name="assessprep_attempt_once"),
        ]
        indexes = [
            models.Index(fields=["session", "status"], name="assessprep_attempt_status"),
            models.Index(fields=["session", "change_no"], name="assessprep_attempt_change"),
            models.Index(fields=["handin"], name="assessprep_attempt_handin"),
            models.Index(fields=["gradebook"], name="assessprep_attempt_gradebook"),
        ]

    def __str__(self) -> str:
        return f"{self.uuid} ({self.status})"


class LedgerEntry(models.Model):
    """Where seconds came from. Of one attempt, or of the whole session (``attempt`` None).

    Kinds: ``duration``, ``grant``, ``pause`` (time in which the clock stood still), ``accommodation``, ``outage`` (lost
    contact, paid back), ``correction`` (a reversal, or the time between an end that was taken back and that moment).
    The sum of an attempt's own entries is ``due_us - started_us``. ``reverses``: the entry that this one takes back.
    ``since`` and ``until``: between which two moments contact was lost that an ``outage`` makes up for; of what stood still
    anyway in between it holds nothing, so ``us`` may be shorter. ``deed``: what was done with it, which Undo takes back.

    .. pii: why a learner was given time, in staff's words.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    KINDS = [(kind, kind) for kind in ("duration", "grant", "pause", "accommodation", "outage", "correction")]

    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="ledger")
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="ledger")
    kind = models.CharField(max_length=20, choices=KINDS)
    us = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    deed = models.UUIDField(null=True, db_index=True)

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"{self.kind} {self.us / 1e6:+.0f} s"


class ContactGap(models.Model):
    """A silence of one learner's page, longer than two heartbeats, told at the next sign of life.

    .. pii: when a learner's page was silent, by the attempt's id alone.
    .. pii_types: other
    .. pii_retirement: retained
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="gaps")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [
            # Two tabs that come back in the same second tell of one silence.
            models.UniqueConstraint(fields=["attempt", "since"], name="assessprep_gap_once"),
        ]

    def __str__(self) -> str:
        return f"{(self.until - self.since).total_seconds():.0f} s"


class AbsentMark(models.Model):
    """Staff say that a learner is not in the room: the code does not let her in until the mark is taken away.

    .. pii: who was absent from which session, and why.
    .. pii_types: id, other
    .. pii_retirement: local_api
    """

    session = models.ForeignKey(AssessmentSession, on_delete=models.PROTECT, related_name="absent_marks")
    learner = models.ForeignKey(ACCOUNT, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["session", "learner"], name="assessprep_absent_once")]

    def __str__(self) -> str:
        return f"{self.learner_id} is not in {self.session_id}"


class AnswerDraft(models.Model):
    """What a learner typed into one question, the newest revision. ``values`` is as the question's own form would post it.

    Questions that keep their own state have a row too once they are answered, with no values.

    .. pii: what a learner typed, by the attempt's id alone.
    .. pii_types: other
    .. pii_retirement: local_api, retained
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="drafts")
    question = models.ForeignKey(PlacedQuestion, on_delete=models.PROTECT, related_name="+")
    values = models.JSONField(default=dict)
    answered = models.BooleanField(default=False)
    revision = models.BigIntegerField(default=0)
    written_at = models.DateTimeField(null=True)  # the learner's own clock
    device = models.CharField(max_length=64, blank=True)  # the browser it was typed in; "": not known
    saved_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["attempt", "question"], name="assessprep_draft_once")]

    def __str__(self) -> str:
        return f"revision {self.revision}"


class ItemResult(models.Model):
    """What became of one question of a handed-in attempt; claimed by compare-and-set, because handing in twice overwrites.

    ``state`` is the hand-in to the platform: ``pending -> claimed -> done``; ``failed`` is tried again ("grade pending").
    ``scored_at`` is set once ``machine`` holds the platform's own score, handed in or not (0 where nothing was answered;
    None where a person has to mark it). ``mark`` is what a person gave, None: nobody has. ``earned`` is what counts: the
    mark where there is one, else the machine's score. ``mark_no`` counts every change of the mark, so that of two graders
    one wins; ``sent_no`` is the change that the platform knows of.

    ``correction``: the corrected marking that ``machine`` is by, None: the key of what the learner was given; what that gave
    is kept in ``first_machine`` where the correction changes the question. ``dropped``: it no longer counts (``leave``) or
    everybody has its points (``full``), whatever machine and people gave.

    ``marks_in``: where two people mark, how many of their marks are in; ``mark`` stays None until both agree or somebody
    settled it, and ``way`` says which.

    .. pii: who marked a learner's answer, and what they wrote to the learner.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    STATES = [(state, state) for state in ("pending", "claimed", "done", "failed")]

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="results")
    question = models.ForeignKey(PlacedQuestion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=STATES, default="pending")
    claimed_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    answered = models.BooleanField(default=False)
    machine = models.FloatField(null=True)
    mark = models.FloatField(null=True)
    mark_no = models.PositiveIntegerField(default=0)
    sent_no = models.PositiveIntegerField(default=0)
    marks_in = models.PositiveSmallIntegerField(default=0)  # how many of two people's marks are in
    way = models.CharField(max_length=10, blank=True)  # of a mark by two people: agreed, settled
    criteria = models.JSONField(default=dict)  # criterion's id -> points, where the question has a rubric
    comment = models.TextField(blank=True)  # to the learner, shown with the released result
    marked_by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    marked_at = models.DateTimeField(null=True)
    earned = models.FloatField(null=True)
    possible = models.FloatField()
    scored_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=500, blank=True)
    correction = models.ForeignKey(MarkingCorrection, null=True, on_delete=models.PROTECT, related_name="+")
    first_machine = models.FloatField(null=True)
    dropped = models.CharField(max_length=10, blank=True)

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["attempt", "question"], name="assessprep_result_once")]

    def __str__(self) -> str:
        return f"{self.state} {self.earned}/{self.possible}"


class AttemptArchive(models.Model):
    """What the platform kept of an attempt when its learner began anew: nowhere else any more, so kept here whole.

    ``kept``: usage key -> ``{"state": {...}, "earned": number or null, "possible": number or null}``.

    .. pii: a learner's answers and scores of an earlier attempt.
    .. pii_types: id, other
    .. pii_retirement: local_api, retained
    """

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="archive")
    kept = models.JSONField(default=dict)
    by = models.ForeignKey(ACCOUNT, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"archive of {self.attempt_id}"
