"""The embedded platform's own tables: runs, content with its versions, people's roles and classes, learners' state."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from opaque_keys.edx.django.models import CourseKeyField, UsageKeyField

DRAFT, PUBLISHED = "draft", "published"


class Profile(models.Model):
    """A person's full name, apart from the account as in the LMS."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    name = models.CharField(max_length=255, db_index=True)

    def __str__(self) -> str:
        return self.name


class CourseRun(models.Model):
    """A course run. Its settings are the fields of its root block."""

    key = CourseKeyField(max_length=255, unique=True)
    name = models.CharField(max_length=255)

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """A person in a run; inactive once unenrolled."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments")
    course_key = CourseKeyField(max_length=255, db_index=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course_key"], name="devlms_enrol_once")]


class CourseRole(models.Model):
    """``staff`` or ``instructor`` of one run."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="course_roles")
    course_key = CourseKeyField(max_length=255, db_index=True)
    role = models.CharField(max_length=20, default="staff")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course_key", "role"], name="devlms_role_once")]


class Cohort(models.Model):
    """A class of a run."""

    course_key = CourseKeyField(max_length=255, db_index=True)
    name = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course_key", "name"], name="devlms_cohort_name")]

    def __str__(self) -> str:
        return self.name


class CohortMembership(models.Model):
    """A learner's class: one per run, which is the platform's rule."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cohorts")
    course_key = CourseKeyField(max_length=255, db_index=True)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="members")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course_key"], name="devlms_one_class_per_run")]


class Block(models.Model):
    """One block of a run on one branch. ``fields`` holds what was set explicitly, as JSON values."""

    course_key = CourseKeyField(max_length=255)
    branch = models.CharField(max_length=10)
    block_id = models.CharField(max_length=120)
    block_type = models.CharField(max_length=60)
    parent_block = models.CharField(max_length=120, blank=True)
    position = models.PositiveIntegerField(default=0)
    fields = models.JSONField(default=dict)
    copied_from = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["course_key", "branch", "block_id"], name="devlms_block_once"),
        ]

    def __str__(self) -> str:
        return f"{self.block_type} {self.block_id} ({self.branch})"


class ContentVersion(models.Model):
    """What one unit held when it was published. Numbers count up per run; a row never changes."""

    course_key = CourseKeyField(max_length=255)
    number = models.PositiveIntegerField()
    unit_id = models.CharField(max_length=120, db_index=True)
    tree = models.JSONField()
    published_by = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course_key", "number"], name="devlms_version_once")]


class StudentModule(models.Model):
    """A learner's state in one block. ``grade`` is raw as the block published it, ``earned``/``possible`` are weighted."""

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="block_states")
    course_key = CourseKeyField(max_length=255)
    usage_key = UsageKeyField(max_length=255)
    block_type = models.CharField(max_length=60)
    state = models.TextField(default="{}")
    grade = models.FloatField(null=True)
    max_grade = models.FloatField(null=True)
    earned = models.FloatField(null=True)
    possible = models.FloatField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["student", "usage_key"], name="devlms_state_once")]
        indexes = [
            models.Index(fields=["usage_key", "student"], name="devlms_state_by_block"),
            models.Index(fields=["course_key", "student"], name="devlms_state_by_course"),
        ]


class ScopedValue(models.Model):
    """Block fields of the rarer scopes: preferences, user info, and state shared by all learners."""

    name = models.CharField(max_length=255, unique=True)
    value = models.JSONField()
