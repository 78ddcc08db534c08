"""What a learning platform tells: people, courses, questions, scores and places, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey

#: What a learner typed into one question, as its form would post it: input name -> value, or values where the name ends
#: in ``[]``. Names are the platform's own (``input_<block id>_2_1``).
Answers = Mapping[str, "str | list[str]"]

#: A score as the platform stores it, earned and possible: as the block published them, without its weight.
StoredScore = tuple[float, float]


@dataclass(frozen=True)
class Person:
    """Somebody with an account. ``classes`` are ids of the classes (cohorts) asked about, empty where none were."""

    user_id: int
    username: str
    full_name: str
    classes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Membership:
    """What one person is in one run as a learner. ``enrolled`` is False for course staff: they take no test."""

    enrolled: bool
    classes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Organization:
    """An organization of edx-organizations, or the course key's ``org`` where that app has no row for it."""

    short_name: str
    name: str


@dataclass(frozen=True)
class CourseRun:
    """One run of a course and the organization that owns it."""

    key: CourseKey
    name: str
    organization: Organization


@dataclass(frozen=True)
class SchoolClass:
    """A class of a course run: a cohort in Open edX."""

    id: int
    name: str


@dataclass(frozen=True)
class Question:
    """One question below an assessment block, in the order of the page, with its *effective* (inherited) values.

    ``block_id`` names it within its course (the last part of the usage key). ``effective`` holds at least ``weight``,
    ``max_attempts``, ``rerandomize``, ``showanswer``, ``show_correctness``, ``submission_wait_seconds``, ``due``,
    ``graceperiod`` and ``show_reset_button`` as JSON values, for whichever the block has. ``drafts`` says whether its
    inputs can be saved as a draft and handed in by the server; otherwise the block keeps its own state through its own
    handlers. ``gradable`` is False where the platform would never give it a score. ``is_question`` is False for what asks
    nothing and so never has a score: a text, a film, a document that stands beside the questions. ``obstacle`` says why no
    session can govern the block: ``own_calls`` (it answers calls itself, before the gate is asked), ``holds_blocks`` (which
    of the blocks below it a learner gets is its own affair), or "" where one can.
    """

    usage_key: UsageKey
    block_id: str
    block_type: str
    title: str
    max_points: float
    gradable: bool
    drafts: bool
    olx: str
    effective: Mapping[str, Any] = field(default_factory=dict)
    is_question: bool = True
    obstacle: str = ""


@dataclass(frozen=True)
class Snapshot:
    """An assessment's published content at one moment.

    ``pin`` is an opaque string from which :meth:`Lms.copy_version` makes the same content again, whatever the author
    did since. ``unpublished_changes`` is True where Studio holds edits that are not published.
    """

    pin: str
    title: str
    questions: tuple[Question, ...]
    unpublished_changes: bool


@dataclass(frozen=True)
class Score:
    """Points of one question. ``earned`` is None where nobody answered or a person has to mark it."""

    earned: float | None
    possible: float


@dataclass(frozen=True)
class Graded:
    """What became of one question at hand-in. ``accepted`` False: the platform did not take it now; ``message`` says why."""

    accepted: bool
    score: Score | None = None
    message: str = ""


@dataclass(frozen=True)
class Kept:
    """What the platform kept of one learner in one block: its state as JSON values, and its stored score."""

    state: Mapping[str, Any]
    score: Score | None = None


@dataclass(frozen=True)
class UnitPlace:
    """Where a placement stands in its course, for links and for the checks before a session is published."""

    usage_key: UsageKey
    path: tuple[str, ...]  # titles from the section down to the unit
    published: bool
    visible_to_students: bool
    graded: bool
    student_url: str  # absolute path of the unit's page, the start screen
    timed: bool = False  # the subsection is a timed (or proctored) exam of the platform's own
    beside: int = 0  # how many other blocks stand in the unit, which students see without a session
