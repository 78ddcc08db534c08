"""Whether a placement still delivers what was published: judged by question, on what students are served now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from assessprep_xblock.lms import get_lms
from assessprep_xblock.lms.base import LmsError, Question

from . import queries, rules
from .models import Placement, VersionItem


@dataclass(frozen=True)
class Drift:
    """One question that is not what its author published. ``what``: ``content``, ``points``, ``missing``, ``extra``, or the
    names of the changed values."""

    question: str
    what: str


def drift_of(placement: Placement) -> list[Drift]:
    """Where the published copies differ from the version; empty when they deliver exactly it.

    Raises :class:`LmsError` where the platform cannot tell (never published, or not reachable).
    """
    if placement.usage_key is None:
        raise LmsError("it is not in the course")
    items = queries.items_by_block_id(placement.version)
    source_of = dict(placement.questions.values_list("item", "source_block_id"))
    found, seen = [], set()
    for question in get_lms().snapshot(placement.usage_key).questions:
        item = items.get(source_of.get(question.block_id, ""))
        if item is None:
            found.append(Drift(question.title, "extra"))
            continue
        seen.add(item.block_id)
        found += [Drift(item.title, what) for what in _changes(item, question, placement.version.settings)]
    return found + [Drift(item.title, "missing") for item in items.values() if item.block_id not in seen]


def _changes(item: VersionItem, question: Question, envelope: dict[str, Any]) -> list[str]:
    changed = rules.differences(rules.values_for_copy(item.effective, envelope), question.effective)
    if question.max_points != item.max_points:
        changed.append("points")
    if content(question.olx) != content(item.olx):
        changed.append("content")
    return changed


def content(olx: str) -> tuple[str, ...]:
    """What a question asks, without name, place and settings: its inner markup, or the data of blocks that have it so."""
    try:
        root = etree.fromstring(olx.encode())
    except etree.XMLSyntaxError:
        return (olx,)
    inner = [root.text or "", *(etree.tostring(child, encoding="unicode") for child in root)]
    return root.tag, "".join(inner).strip(), root.get("data", "")
