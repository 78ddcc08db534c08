"""Whose submissions an analysis is of, and who may see it: a school its own, an author everybody's in fixed groups."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models.functions import Coalesce
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms import get_lms

from ..library.models import Assessment
from ..sessions.models import AssessmentSession
from ..shared.refusals import Refusal

SCHOOL, AUTHOR = "school", "author"


@dataclass(frozen=True)
class Asked:
    """What was asked for: ``view`` empty is decided by who asks; ``version`` None is the one with the most submissions."""

    session: UUID | None = None
    organization: str = ""
    version: int | None = None
    view: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Asked:
        """Out of an address's query. What cannot be read is refused, never quietly taken for "all"."""
        try:
            session = UUID(given["session"]) if given.get("session") else None
        except ValueError:
            raise Refusal("not_found") from None
        version = given.get("version", "")
        if version and not (version.isascii() and version.isdigit() and len(version) < 8):
            raise Refusal("invalid", field="version", why="it has to be a whole number")
        view = given.get("view", "")
        if view not in ("", SCHOOL, AUTHOR):
            raise Refusal("invalid", field="view", why="it has to be school or author")
        return cls(session, given.get("organization", "")[:255], int(version) if version else None, view)

    def query(self) -> dict[str, str]:
        """The same as an address says it."""
        given = {"session": self.session, "organization": self.organization, "version": self.version, "view": self.view}
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True)
class Held:
    """One session that counts: where it belongs, and its own count of submissions.

    ``version`` is the one by whose key it is marked: where that was corrected the later one, which asks nothing that its
    students did not see. So what was dropped is left out, and two keys are never mixed in one figure.
    """

    pk: int
    uuid: UUID
    name: str
    course_key: CourseKey
    organization: str
    version_id: int
    version: int
    submitted: int


@dataclass(frozen=True)
class Scope:
    """The sessions an analysis is of. ``choices``: all this person may choose from, of every version."""

    assessment: Assessment
    asked: Asked
    view: str
    may_author: bool
    may_school: bool
    choices: tuple[Held, ...]
    sessions: tuple[Held, ...]
    version: int | None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_author(self) -> bool:
        """Whether what is told is kept to groups of five and more."""
        return self.view == AUTHOR

    @property
    def size(self) -> int:
        """How many submissions there are at most."""
        return sum(one.submitted for one in self.sessions)

    def digest(self) -> str:
        """Names what was asked, for whoever may ask it: which sessions, of which version, told to whom."""
        told = {
            "assessment": str(self.assessment.uuid),
            "view": self.view,
            "organization": self.asked.organization,
            "version": self.version,
            "sessions": sorted(one.pk for one in self.sessions),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def scope_of(*, assessment_uuid: UUID, user_id: int, asked: Asked) -> Scope:
    """What this person may analyse of an assessment; whoever may nothing, or asks for another's, is told ``not_found``.

    Course staff: the sessions of their own runs. Authors of the bank: all sessions, but no single one of them.
    """
    lms = get_lms()
    assessment = Assessment.objects.select_related("bank").filter(uuid=assessment_uuid).first()
    if assessment is None:
        raise Refusal("not_found")
    may_author = lms.is_course_staff(user_id, assessment.bank.course_key)
    held = _held(assessment)
    runs = {run.key for run in lms.staff_course_runs(user_id)} if held or not may_author else set()
    own = tuple(one for one in held if one.course_key in runs)
    view = asked.view or (SCHOOL if asked.session or (own and not may_author) or not may_author else AUTHOR)
    if (view == AUTHOR and (not may_author or asked.session)) or (view == SCHOOL and not own):
        raise Refusal("not_found")
    choices = held if view == AUTHOR else own
    sessions = tuple(
        one for one in choices if asked.session in (None, one.uuid) and asked.organization in ("", one.organization)
    )
    if (asked.session or asked.organization) and not sessions:
        raise Refusal("not_found")
    version = _version(sessions, asked.version)
    return Scope(
        assessment=assessment,
        asked=asked,
        view=view,
        may_author=may_author,
        may_school=bool(own),
        choices=choices,
        sessions=tuple(one for one in sessions if one.version == version),
        version=version,
        names={one.short_name: one.name for one in lms.organizations()},
    )


def _held(assessment: Assessment) -> tuple[Held, ...]:
    rows = (
        AssessmentSession.objects.filter(placement__version__assessment=assessment)
        .exclude(lifecycle="draft")
        .order_by("name", "pk")
        .values_list(
            "pk",
            "uuid",
            "name",
            "course_key",
            "placement__organization",
            Coalesce("placement__correction__version_id", "placement__version_id"),
            Coalesce("placement__correction__version__number", "placement__version__number"),
            "n_submitted",
        )
    )
    return tuple(Held(*row) for row in rows)  # type: ignore[arg-type]


def _version(sessions: tuple[Held, ...], wanted: int | None) -> int | None:
    """The version asked for, or the one with the most submissions, the newest of equals."""
    counts: dict[int, int] = {}
    for one in sessions:
        counts[one.version] = counts.get(one.version, 0) + one.submitted
    if wanted is not None:
        if wanted not in counts:
            raise Refusal("not_found")
        return wanted
    return max(counts, key=lambda number: (counts[number], number), default=None)


def session_asked(*, session_uuid: UUID, user_id: int) -> tuple[UUID, Any]:
    """The assessment of a session, and its run, for course staff of it; anybody else is told ``not_found``."""
    row = (
        AssessmentSession.objects.filter(uuid=session_uuid)
        .values_list("placement__version__assessment__uuid", "course_key")
        .first()
    )
    if row is None or row[1] is None or not get_lms().is_course_staff(user_id, row[1]):
        raise Refusal("not_found")
    return row
