"""Banks, assessments, their immutable versions, and where a version is placed in a school's course run."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from opaque_keys.edx.django.models import CourseKeyField, UsageKeyField

from .fields import PlaceField

#: Whoever signs in: the platform's user model.
ACCOUNT = settings.AUTH_USER_MODEL


class Bank(models.Model):
    """A course run in which an organization writes common assessments, shared with all or with chosen organizations.

    .. no_pii: a course run and its organization.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course_key = CourseKeyField(max_length=255, unique=True)
    organization = models.CharField(max_length=255, db_index=True)
    title = models.CharField(max_length=255)
    sessions_enabled = models.BooleanField(default=True)
    shared_with_all = models.BooleanField(default=False)
    #: Whether a version may be published only when each of its questions says which standard it is about.
    tags_required = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return self.title


class BankShare(models.Model):
    """One organization that may use a bank.

    .. no_pii: organizations only.
    """

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="shares")
    organization = models.CharField(max_length=255, db_index=True)

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["bank", "organization"], name="assessprep_share_once")]

    def __str__(self) -> str:
        return f"{self.bank_id} with {self.organization}"


class BankAvailability(models.Model):
    """When one organization may start sessions from a bank, however the bank came to be shared with it.

    No row: always. ``stopped`` is the switch for today's trouble; the window is for what was planned. Sessions that were
    published before finish.

    .. no_pii: organizations and dates only.
    """

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="availabilities")
    organization = models.CharField(max_length=255, db_index=True)
    opens_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    stopped = models.BooleanField(default=False)

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["bank", "organization"], name="assessprep_availability_once")]

    def __str__(self) -> str:
        return f"{self.bank_id} for {self.organization}"


class Assessment(models.Model):
    """Our block in a bank, with the author's default delivery settings. ``settings`` is an envelope (library/delivery.py).

    ``current_version`` is what schools are offered; None until the first publish. ``version_no`` counts edits of this row.
    ``standards`` are those of the whole assessment, ``question_standards`` those of single questions by their block id.
    Before ``embargo_until`` schools see no question of it in its details.

    .. no_pii: an author's content and settings; no author.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="assessments")
    usage_key = UsageKeyField(max_length=255, unique=True)
    title = models.CharField(max_length=255)
    subject = models.CharField(max_length=100, blank=True)
    grade = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    standards = models.JSONField(default=list)
    question_standards = models.JSONField(default=dict)
    embargo_until = models.DateTimeField(null=True)
    settings = models.JSONField(default=dict)
    current_version = models.ForeignKey(
        "assessprep.AssessmentVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    version_no = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return self.title


class AssessmentVersion(models.Model):
    """What was published at one moment. A row never changes; withdrawing is a row of its own.

    .. pii: who published it, by account id.
    .. pii_types: id
    .. pii_retirement: retained
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    pin = models.CharField(max_length=500)
    settings = models.JSONField()
    release_note = models.TextField(blank=True)
    published_by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"
        constraints = [models.UniqueConstraint(fields=["assessment", "number"], name="assessprep_version_number_once")]

    def __str__(self) -> str:
        return f"{self.title} (version {self.number})"


class VersionItem(models.Model):
    """One question of a version, frozen: its OLX and hash, its points and its effective values.

    .. no_pii: an author's content; no author.
    """

    version = models.ForeignKey(AssessmentVersion, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    block_id = models.CharField(max_length=255)
    block_type = models.CharField(max_length=100)
    title = models.CharField(max_length=255)
    max_points = models.FloatField()
    drafts = models.BooleanField()
    olx = models.TextField()
    sha256 = models.CharField(max_length=64)
    effective = models.JSONField(default=dict)
    #: Which standards it is about, as its author said; those of the whole assessment where nothing was said of it.
    standards = models.JSONField(default=list)

    class Meta:
        app_label = "assessprep"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "block_id"], name="assessprep_version_item_once")]

    def __str__(self) -> str:
        return self.title


class VersionText(models.Model):
    """What stands beside a version's questions: a passage to read, a film, a document. Frozen, and never a question.

    A table of its own, so that whatever counts, grades or lists questions cannot meet it by accident. ``position`` is its
    place among questions and texts alike.

    .. no_pii: an author's content; no author.
    """

    version = models.ForeignKey(AssessmentVersion, on_delete=models.PROTECT, related_name="texts")
    position = models.PositiveIntegerField()
    block_id = models.CharField(max_length=255)
    block_type = models.CharField(max_length=100)
    title = models.CharField(max_length=255)
    olx = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        app_label = "assessprep"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["version", "block_id"], name="assessprep_version_text_once")]

    def __str__(self) -> str:
        return self.title


class VersionWithdrawal(models.Model):
    """A version's author took it back: no new placement; running sessions finish.

    .. pii: who withdrew it, by account id.
    .. pii_types: id
    .. pii_retirement: retained
    """

    version = models.OneToOneField(AssessmentVersion, on_delete=models.PROTECT, related_name="withdrawal")
    by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"{self.version} withdrawn"


class Placement(models.Model):
    """A version in a school's course run. ``usage_key`` is None while it is only wanted.

    States: ``wanted -> copying -> ready``; ``failed`` and ``drifted`` say in ``problem`` what to do.

    .. pii: who added it to the course run, by account id.
    .. pii_types: id
    .. pii_retirement: retained
    """

    STATES = [(state, state) for state in ("wanted", "copying", "ready", "failed", "drifted")]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course_key = CourseKeyField(max_length=255, db_index=True)
    organization = models.CharField(max_length=255)
    #: Its name in words, for the student's card; as it was when the placement was made.
    organization_name = models.CharField(max_length=255, blank=True)
    usage_key = PlaceField(max_length=255, null=True, unique=True)
    version = models.ForeignKey(AssessmentVersion, on_delete=models.PROTECT, related_name="placements")
    state = models.CharField(max_length=20, choices=STATES, default="wanted")
    problem = models.TextField(blank=True)
    #: Where the published copies differ from the version: ``[{"question", "what"}]``; empty unless ``drifted``.
    drift = models.JSONField(default=list)
    #: When ``state`` was last written, or a copy moved on: one that has not moved for long was interrupted.
    state_since = models.DateTimeField(null=True)
    #: How far the copy is that is under way, or was when it was interrupted: questions and texts that are done, of how many.
    n_copied = models.PositiveIntegerField(default=0)
    n_to_copy = models.PositiveIntegerField(default=0)
    #: The correction by which it is marked; None: by the key of what its students were given.
    correction = models.ForeignKey("assessprep.MarkingCorrection", null=True, on_delete=models.PROTECT, related_name="+")
    #: Whether submissions may still be marked by what was in force before.
    correcting = models.BooleanField(default=False)
    created_by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return f"{self.version_id} in {self.course_key}"


class MarkingCorrection(models.Model):
    """A later version by whose key a placement may be marked, though its students were given an earlier one.

    It is looked at before it is put in force (``Placement.correction``). ``dropped``: what becomes of questions the later
    version no longer has: ``leave`` (their points leave the most one can have) or ``full`` (everybody has them all).
    ``state`` is the preview's: ``waiting -> working -> done``, or ``failed``; ``changes`` is what it found, a list of
    ``[attempt id, points, most, points afterwards, most afterwards]`` of each submission that would change.
    ``numbers``: the same without anybody, which is all that the version's author is told. ``replaces``: what was in force
    before this was; an undo puts it back.

    .. pii: who looked at it first, by account id, and points of attempts, by the attempt's id alone.
    .. pii_types: id, other
    .. pii_retirement: retained
    """

    STATES = [(state, state) for state in ("waiting", "working", "done", "failed")]
    DROPPED = [(what, what) for what in ("leave", "full")]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="corrections")
    version = models.ForeignKey(AssessmentVersion, on_delete=models.PROTECT, related_name="+")
    dropped = models.CharField(max_length=10, choices=DROPPED, default="leave")
    state = models.CharField(max_length=10, choices=STATES, default="waiting")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    changes = models.JSONField(default=list)
    numbers = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    as_of = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(ACCOUNT, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "assessprep"
        constraints = [
            models.UniqueConstraint(fields=["placement", "version", "dropped"], name="assessprep_correction_once")
        ]

    def __str__(self) -> str:
        return f"{self.placement_id} by {self.version_id}"


class PlacedQuestion(models.Model):
    """One question of a placement: what the gate guards, what a draft belongs to, what a score is of.

    ``item`` is the copied block's id, the public name of the question within its placement.

    .. no_pii: a question's place in a course run.
    """

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="questions")
    usage_key = UsageKeyField(max_length=255, unique=True)
    course_key = CourseKeyField(max_length=255, db_index=True)
    item = models.CharField(max_length=255)
    source_block_id = models.CharField(max_length=255)
    position = models.PositiveIntegerField()
    block_type = models.CharField(max_length=100)
    title = models.CharField(max_length=255)
    max_points = models.FloatField()
    drafts = models.BooleanField()

    class Meta:
        app_label = "assessprep"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["placement", "item"], name="assessprep_question_once")]

    def __str__(self) -> str:
        return self.title


class PlacedText(models.Model):
    """What stands beside a placement's questions: guarded and shown with them, never answered, counted or scored.

    .. no_pii: a text's place in a course run.
    """

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="texts")
    usage_key = UsageKeyField(max_length=255, unique=True)
    course_key = CourseKeyField(max_length=255, db_index=True)
    item = models.CharField(max_length=255)
    source_block_id = models.CharField(max_length=255)
    position = models.PositiveIntegerField()
    block_type = models.CharField(max_length=100)
    title = models.CharField(max_length=255)

    class Meta:
        app_label = "assessprep"
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class GuardedSource(models.Model):
    """A question that nobody but the run's course authors may touch, through the LMS or Studio's previews.

    A bank's, or (``assessment`` None) one below a block of ours that no placement knows: a placement's block that was
    duplicated, pasted, imported or came with a rerun, before anybody chose an assessment for it again.

    .. no_pii: a question's place in a course run.
    """

    usage_key = UsageKeyField(max_length=255, unique=True)
    course_key = CourseKeyField(max_length=255, db_index=True)
    assessment = models.ForeignKey(Assessment, null=True, on_delete=models.CASCADE, related_name="guarded")

    class Meta:
        app_label = "assessprep"

    def __str__(self) -> str:
        return str(self.usage_key)
