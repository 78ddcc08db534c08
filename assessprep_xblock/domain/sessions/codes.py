"""Session codes: drawn from the system's randomness, unique among a run's live sessions, resting after use. Never logged."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from opaque_keys.edx.keys import CourseKey

from assessprep_xblock import conf

from ..shared.refusals import Refusal
from .models import AssessmentSession, SpentCode


def taken(course_key: CourseKey, now: datetime) -> set[str]:
    """The codes of this length that are in use or resting in a run. Two queries."""
    length = conf.get_int("ASSESSPREP_CODE_LENGTH")
    live = AssessmentSession.objects.filter(course_key=course_key, live_code__isnull=False).values_list(
        "live_code", flat=True
    )
    resting = SpentCode.objects.filter(course_key=course_key, until__gt=now).values_list("code", flat=True)
    return {code for code in (*live, *resting) if code is not None and len(code) == length}


def is_full(course_key: CourseKey, now: datetime, *, in_use: set[str] | None = None) -> bool:
    """Whether one more code would take the run beyond the operator's limit."""
    in_use = taken(course_key, now) if in_use is None else in_use
    space = 10 ** conf.get_int("ASSESSPREP_CODE_LENGTH")
    return len(in_use) + 1 > conf.get_float("ASSESSPREP_CODE_SPACE_LIMIT") * space


def draw(course_key: CourseKey, now: datetime) -> str:
    """A code that nobody uses now. Only writing it shows whether somebody else drew it in the same moment."""
    in_use = taken(course_key, now)
    if is_full(course_key, now, in_use=in_use):
        raise Refusal("code_space_full")
    length = conf.get_int("ASSESSPREP_CODE_LENGTH")
    while True:
        code = f"{secrets.randbelow(10**length):0{length}d}"
        if code not in in_use:
            return code


def rest(course_key: CourseKey, code: str | None, now: datetime) -> None:
    """Keep a code from being given out again for a while. Part of the change that takes it from its session."""
    SpentCode.objects.filter(course_key=course_key, until__lte=now).delete()
    quarantine = conf.get_int("ASSESSPREP_CODE_QUARANTINE")
    if code and quarantine:
        SpentCode.objects.create(course_key=course_key, code=code, until=now + timedelta(seconds=quarantine))
