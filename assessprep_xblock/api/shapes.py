"""The schema of what staff calls take and answer. The values themselves are made in the domain; a test compares the two."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DictField,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)


class AvailabilityOut(serializers.Serializer):
    """When one organization may start sessions from a bank."""

    organization = CharField()
    opens_at = CharField(allow_null=True)
    closes_at = CharField(allow_null=True)
    stopped = BooleanField()


class AvailabilityIn(serializers.Serializer):
    """Let one organization start sessions within a window only, or not at all for now."""

    organization = CharField(max_length=255)
    opens_at = CharField(required=False, allow_null=True)
    closes_at = CharField(required=False, allow_null=True)
    stopped = BooleanField(required=False)


class BankOut(serializers.Serializer):
    """A question bank."""

    uuid = UUIDField()
    title = CharField()
    course_id = CharField()
    organization = CharField()
    sessions_enabled = BooleanField()
    shared_with_all = BooleanField()
    shared_with = ListField(child=CharField())
    tags_required = BooleanField()
    availability = AvailabilityOut(many=True)


class BankIn(serializers.Serializer):
    """Make a course run a bank."""

    course_id = CharField()
    title = CharField(max_length=255)
    shared_with_all = BooleanField(required=False)
    shared_with = ListField(child=CharField(), required=False)


class BankChange(serializers.Serializer):
    """What may be changed of a bank."""

    title = CharField(required=False, max_length=255)
    sessions_enabled = BooleanField(required=False)
    shared_with_all = BooleanField(required=False)
    shared_with = ListField(child=CharField(), required=False)
    tags_required = BooleanField(required=False)


class VersionOut(serializers.Serializer):
    """A published version of an assessment."""

    uuid = UUIDField()
    number = IntegerField()
    title = CharField()
    release_note = CharField()
    published_at = CharField()
    withdrawn = BooleanField()
    questions = IntegerField(allow_null=True)


class AssessmentOut(serializers.Serializer):
    """An assessment as its authors see it. ``settings``: name -> {default, rule, least, most}."""

    uuid = UUIDField()
    bank = UUIDField()
    usage_key = CharField()
    title = CharField()
    subject = CharField()
    grade = CharField()
    description = CharField()
    standards = ListField(child=CharField())
    question_standards = DictField(child=ListField(child=CharField()))
    embargo_until = CharField(allow_null=True)
    settings = DictField(child=JSONField())
    version = IntegerField()
    current_version = VersionOut(allow_null=True)


class AssessmentIn(serializers.Serializer):
    """Make one of our blocks an assessment."""

    usage_key = CharField()


class AssessmentChange(serializers.Serializer):
    """What may be changed of an assessment. ``version`` is the one the change was made on."""

    version = IntegerField()
    title = CharField(required=False, max_length=255)
    subject = CharField(required=False, max_length=100)
    grade = CharField(required=False, max_length=100)
    description = CharField(required=False, max_length=5000)
    standards = ListField(child=CharField(), required=False)
    question_standards = DictField(child=ListField(child=CharField()), required=False)
    embargo_until = CharField(required=False, allow_null=True)
    settings = DictField(child=JSONField(), required=False)


class CheckOut(serializers.Serializer):
    """One thing that stands in the way of publishing."""

    code = CharField()
    question = CharField()
    block_id = CharField()
    message = CharField()


class ChecksOut(serializers.Serializer):
    """Everything that stands in the way of publishing."""

    problems = CheckOut(many=True)


class PublishIn(serializers.Serializer):
    """Publish the next version. ``after``: the newest one you know of, 0 for none; makes a repeat harmless."""

    release_note = CharField(required=False, max_length=2000)
    after = IntegerField(required=False, min_value=0)
    request_id = UUIDField(required=False)


class BlockChangeOut(serializers.Serializer):
    """One question or text that differs between two versions."""

    kind = ChoiceField(choices=["added", "removed", "changed"])
    title = CharField()
    question = BooleanField()
    what = ListField(child=CharField())


class SettingChangeOut(serializers.Serializer):
    """One default delivery setting that differs: ``{default, rule, least, most}`` before and after."""

    name = CharField()
    before = DictField(child=JSONField())
    after = DictField(child=JSONField())


class ChangesOut(serializers.Serializer):
    """What changed between two versions."""

    title = DictField(child=CharField(), allow_null=True)
    questions = BlockChangeOut(many=True)
    settings = SettingChangeOut(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` and ``to`` are the versions' numbers; the first is no name in Python."""
        return {"from": IntegerField(), "to": IntegerField(), **super().get_fields()}


class WithdrawIn(serializers.Serializer):
    """Take a version back."""

    reason = CharField(required=False, max_length=500)


class PlacementIn(serializers.Serializer):
    """Want an assessment in a run; or, with ``version`` and ``usage_key``, deliver a version through that block."""

    assessment = UUIDField(required=False)
    version = UUIDField(required=False)
    usage_key = CharField(required=False)


class PlacementVersionIn(serializers.Serializer):
    """Deliver another version of the assessment."""

    version = UUIDField()


class CopiedOut(serializers.Serializer):
    """How far a copy is: questions and texts."""

    done = IntegerField()
    of = IntegerField()


class PlacementOut(serializers.Serializer):
    """Where an assessment stands in a run. ``copied``: while it is being copied."""

    uuid = UUIDField()
    course_id = CharField()
    state = ChoiceField(choices=["wanted", "copying", "ready", "failed", "drifted"])
    problem = CharField()
    drift = ListField(child=DictField(child=CharField()))
    copied = CopiedOut(allow_null=True)
    usage_key = CharField(allow_null=True)
    version = VersionOut()


class OfferedOut(serializers.Serializer):
    """An assessment as a school sees it. ``state``: active, scheduled, ended or available."""

    uuid = UUIDField()
    title = CharField()
    subject = CharField()
    grade = CharField()
    description = CharField()
    standards = ListField(child=CharField())
    questions = IntegerField(allow_null=True)
    version = VersionOut()
    bank = CharField()
    state = ChoiceField(choices=["active", "scheduled", "ended", "available"])
    open = BooleanField()


class UsageOut(serializers.Serializer):
    """One session as the assessment's author sees it: counts and changed settings, never names or scores."""

    organization = CharField()
    session = CharField()
    version = IntegerField()
    phase = CharField()
    assigned = IntegerField(allow_null=True)
    joined = IntegerField()
    submitted = IntegerField()
    graded = IntegerField()
    settings = DictField(child=JSONField())
    defaults = DictField(child=JSONField())
    deviates = BooleanField()


class RosterIn(serializers.Serializer):
    """Who is assigned."""

    everyone = BooleanField(required=False)
    classes = ListField(child=IntegerField(), required=False)
    students = ListField(child=IntegerField(), required=False)
    excluded = ListField(child=IntegerField(), required=False)


class SessionOut(serializers.Serializer):
    """A session as its staff see it."""

    uuid = UUIDField()
    name = CharField()
    course_id = CharField()
    lifecycle = ChoiceField(choices=["draft", "published", "archived"])
    phase = ChoiceField(choices=["draft", "archived", "scheduled", "open", "closing", "closed"])
    version = IntegerField()
    code = CharField(allow_null=True)
    held = BooleanField()
    assessment = DictField(child=JSONField())
    placement = DictField(child=JSONField())
    settings = DictField(child=JSONField())
    changed = ListField(child=CharField())
    no_longer_allowed = ListField(child=CharField())
    roster = RosterIn()
    counts = DictField(child=IntegerField())
    released_at = CharField(allow_null=True)
    created_at = CharField()


class SessionIn(serializers.Serializer):
    """*Add Session*. ``settings`` holds only what the school changes; ``request_id`` makes a repeat harmless."""

    placement = UUIDField()
    name = CharField(max_length=120)
    settings = DictField(child=JSONField(), required=False)
    roster = RosterIn(required=False)
    request_id = UUIDField(required=False)


class SessionChange(serializers.Serializer):
    """What may be changed of a session. ``version`` is the one the change was made on; ``reason`` is kept in the log."""

    version = IntegerField()
    reason = CharField(required=False, allow_blank=True, max_length=500)
    name = CharField(required=False, max_length=120)
    settings = DictField(child=JSONField(), required=False)
    roster = RosterIn(required=False)


class RosterChange(RosterIn):
    """A whole roster, on the version it was chosen on; ``reason`` is kept in the log."""

    version = IntegerField()
    reason = CharField(required=False, allow_blank=True, max_length=500)


class DuplicateIn(serializers.Serializer):
    """What a copy takes along, and its own dates. ``absent``: who is assigned and has not submitted (a make-up session)."""

    name = CharField(max_length=120)
    roster = ChoiceField(choices=["same", "none", "absent"], required=False)
    settings = BooleanField(required=False, default=True)
    invigilators = BooleanField(required=False, default=False)
    opens_at = CharField(required=False, allow_null=True)
    closes_at = CharField(required=False, allow_null=True)
    request_id = UUIDField(required=False)


class ProblemOut(serializers.Serializer):
    """One thing that lint found."""

    severity = ChoiceField(choices=["error", "warning"])
    code = CharField()
    sentence = CharField()
    link = CharField()
    field = CharField()


class LintOut(serializers.Serializer):
    """Everything that lint found, errors first."""

    problems = ProblemOut(many=True)


class LearnerOut(serializers.Serializer):
    """A learner to choose."""

    id = IntegerField()
    username = CharField()
    name = CharField()


class LearnersOut(serializers.Serializer):
    """At most 20 learners."""

    results = LearnerOut(many=True)


class OwnSessionOut(serializers.Serializer):
    """A session as one of its students sees it."""

    uuid = UUIDField()
    name = CharField()
    assessment = CharField()
    when = ChoiceField(choices=["now", "next", "over"])
    opens_at = CharField(allow_null=True)
    closes_at = CharField(allow_null=True)
    duration_s = IntegerField()
    address = CharField(allow_null=True)


class OwnSessionsOut(serializers.Serializer):
    """One's own sessions."""

    results = OwnSessionOut(many=True)


class AccommodationIn(serializers.Serializer):
    """Extra time of a learner: ``percent`` of the duration (100 to 400), and ``extra_s`` seconds more."""

    extra_s = IntegerField(required=False, min_value=0, max_value=14_400)
    percent = IntegerField(required=False, min_value=100, max_value=400)


class AccommodationOut(AccommodationIn):
    """Who has extra time, and how much."""

    learner = IntegerField()
    name = CharField()
    username = CharField()
    set_at = CharField()


class InvigilatorIn(serializers.Serializer):
    """Let somebody watch a session."""

    who = CharField(help_text="User name or e-mail address.", max_length=254)
    level = ChoiceField(choices=["invigilator", "chief"], required=False)


class InvigilatorOut(serializers.Serializer):
    """Somebody who may watch a session."""

    id = IntegerField()
    username = CharField()
    name = CharField()
    level = ChoiceField(choices=["invigilator", "chief"])


class InvigilatorsOut(serializers.Serializer):
    """Everybody who may watch a session besides course staff."""

    results = InvigilatorOut(many=True)
