"""Which questions of a course run are guarded: one cached look-up per run, so that other courses pay next to nothing."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import BooleanField, Value
from opaque_keys.edx.keys import CourseKey, UsageKey

from ..shared import caching
from .models import Bank, GuardedSource, PlacedQuestion, PlacedText

log = logging.getLogger(__name__)

#: How a block is guarded. ``source``: of a bank. The others are of a placement: a question whose answers are drafts that
#: the server hands in, one that keeps its own state through its own handlers, or a text that stands beside the questions.
SOURCE, DRAFTS, OWN_STATE, TEXT = "source", "drafts", "own_state", "text"

#: A removal does not reach the in-process caches of other servers, and a slow reader may put an old set back: then a change
#: waits this long, in seconds. Rows are written before their questions are published, so nothing is open meanwhile.
KEEP = 30


@dataclass(frozen=True)
class Guards:
    """The guarded questions of one run: their keys, as :func:`folded` -> how. ``bank``: the run is a question bank."""

    questions: Mapping[str, str] = field(default_factory=dict)
    bank: bool = False

    def kind(self, usage_key: UsageKey) -> str | None:
        """How this question is guarded; None: not at all."""
        return self.questions.get(folded(plain(usage_key))) if self.questions else None


def folded(key: str) -> str:
    """A key as a MySQL or MariaDB with its usual collations compares it: without case, accents and kinds of digits.

    There the platform finds a learner's history of a question under every such spelling of its key, so each is the question.
    """
    if key.isascii():
        return key.lower()
    letters = unicodedata.normalize("NFKD", key).casefold()
    return "".join(str(unicodedata.decimal(ch, ch)) for ch in letters if not unicodedata.combining(ch))


def plain(usage_key: UsageKey) -> str:
    """A usage key as the tables know it: of the run itself, without branch and version."""
    course_key = usage_key.context_key
    bare = _bare(course_key)
    return str(usage_key) if bare is course_key else str(bare.make_usage_key(usage_key.block_type, usage_key.block_id))


def _bare(course_key: Any) -> Any:
    """A run's key without branch and version, which content keys of a certain store carry; others are plain already.

    A custom course (CCX) shows its run's content under a key of its own: that content is the run's.
    """
    if hasattr(course_key, "to_course_locator"):
        course_key = course_key.to_course_locator()
    if getattr(course_key, "branch", None) is None and getattr(course_key, "version_guid", None) is None:
        return course_key
    return course_key.for_branch(None).version_agnostic()


def guards_in(course_key: CourseKey) -> Guards:
    """The guards of a run: one cache look-up, three queries where it is not there. Raises what the database raises."""
    if not isinstance(course_key, CourseKey):
        # A content library (v2): no course run, so nothing of it can be a bank's or a placement's.
        return Guards()
    course_key = _bare(course_key)
    known = caching.get(_name(course_key))
    if isinstance(known, Guards):
        return known
    guards = _read(course_key)
    caching.put(_name(course_key), guards, KEEP)
    return guards


def forget(course_key: CourseKey) -> None:
    """Read this run's guards anew next time. To be called by whatever adds, moves or removes a guard row.

    At once, for a reader of this transaction, and after the commit, for everybody else's.
    """
    _drop(course_key)
    transaction.on_commit(lambda: _drop(course_key), robust=True)


def _drop(course_key: CourseKey) -> None:
    try:
        cache.delete(_name(course_key))
    except Exception:  # noqa: BLE001  a cache that is down forgets by itself
        log.warning("the cache did not forget the guards of %s", course_key)


def _name(course_key: CourseKey) -> str:
    return f"assessprep:guards:{course_key}"


def _read(course_key: CourseKey) -> Guards:
    sources = GuardedSource.objects.filter(course_key=course_key).values_list("usage_key", flat=True)
    questions = {folded(str(usage_key)): SOURCE for usage_key in sources}
    placed = PlacedQuestion.objects.filter(course_key=course_key).order_by().values_list("usage_key", "drafts")
    texts = PlacedText.objects.filter(course_key=course_key).order_by()
    no_question = Value(None, output_field=BooleanField())
    for usage_key, drafts in placed.union(texts.values_list("usage_key", no_question), all=True):
        questions[folded(str(usage_key))] = TEXT if drafts is None else DRAFTS if drafts else OWN_STATE
    return Guards(questions=questions, bank=Bank.objects.filter(course_key=course_key).exists())
