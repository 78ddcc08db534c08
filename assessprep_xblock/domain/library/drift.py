"""Whether a placement still delivers what was published: judged by question, on what students are served now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError, Question

from . import queries, rules
from .models import Placement, VersionItem, VersionText


@dataclass(frozen=True)
class Drift:
    """One question or text that is not what its author published. ``what``: ``content``, ``points``, ``missing``, ``extra``,
    or the names of the changed values."""

    question: str
    what: str


def what_words(what: str) -> str:
    """What differs of a question, in words; a name of the platform's stays as it is."""
    words = {
        "title": _("its title"),
        "content": _("its content"),
        "points": _("its points"),
        "place": _("its place"),
        "standards": _("its standards"),
        "missing": _("it is missing"),
        "extra": _("it does not belong to the assessment"),
        "gone": _("the whole unit was deleted"),
        "weight": _("its points"),
        "max_attempts": _("how often it may be answered"),
        "showanswer": _("when its answer is shown"),
        "show_correctness": _("when it shows whether an answer is right"),
        "rerandomize": _("its randomization"),
        "due": _("its due date"),
        "graceperiod": _("its grace period"),
        "submission_wait_seconds": _("the wait between answers"),
        "show_reset_button": _("its Reset button"),
    }
    return str(words.get(what, what))


def drift_of(placement: Placement) -> list[Drift]:
    """Where the published copies differ from the version; empty when they deliver exactly it.

    Raises :class:`LmsError` where the platform cannot tell (never published, or not reachable).
    """
    if placement.usage_key is None:
        raise LmsError("it is not in the course")
    frozen: dict[str, VersionItem | VersionText] = {**queries.items_by_block_id(placement.version)}
    frozen |= {text.block_id: text for text in placement.version.texts.all()}
    source_of = dict(placement.questions.values_list("item", "source_block_id"))
    source_of |= dict(placement.texts.values_list("item", "source_block_id"))
    found, seen = [], set()
    for block in get_lms().snapshot(placement.usage_key).questions:
        item = frozen.get(source_of.get(block.block_id, ""))
        if item is None:
            found.append(Drift(block.title, "extra"))
            continue
        seen.add(item.block_id)
        found += [Drift(item.title, what) for what in _changes(item, block, placement.version.settings)]
    return found + [Drift(item.title, "missing") for item in frozen.values() if item.block_id not in seen]


def _changes(item: VersionItem | VersionText, question: Question, envelope: dict[str, Any]) -> list[str]:
    if isinstance(item, VersionText):
        return [] if content(question.olx) == content(item.olx) else ["content"]
    changed = rules.differences(rules.values_for_copy(item.effective, envelope), question.effective)
    if question.max_points != item.max_points:
        changed.append("points")
    if content(question.olx) != content(item.olx):
        changed.append("content")
    return changed


#: Attributes that hold what a block asks or shows, where it keeps that in its own element: drag and drop and documents
#: (``data``, ``url``), a question that a person marks, a film.
SAID_IN_ATTRIBUTES = ("data", "prompt", "rubric", "url", "youtube", "youtube_id_1_0", "edx_video_id", "html5_sources")


def content(olx: str) -> tuple[str, ...]:
    """What a block asks or shows, without name, place and settings: its inner markup, and the attributes that have it so."""
    try:
        root = etree.fromstring(olx.encode())
    except etree.XMLSyntaxError:
        return (olx,)
    inner = [root.text or "", *(etree.tostring(child, encoding="unicode") for child in root)]
    return root.tag, "".join(inner).strip(), *(root.get(name, "") for name in SAID_IN_ATTRIBUTES)
