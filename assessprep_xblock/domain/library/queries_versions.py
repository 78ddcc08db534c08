"""What changed between two versions of an assessment: questions, texts, settings and the title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..shared.refusals import Refusal
from . import catalogue, rules
from .drift import content
from .models import Assessment, AssessmentVersion, VersionItem, VersionText

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True)
class BlockChange:
    """One question or text. ``kind``: added, removed or changed; ``what`` of a changed one: ``title``, ``content``,
    ``points``, ``place``, ``standards`` or the name of a value that the platform grades by."""

    kind: str
    title: str
    is_question: bool
    what: tuple[str, ...] = ()
    points: float | None = None


@dataclass(frozen=True)
class SettingChange:
    """One default delivery setting: its entries (``default``, ``rule``, ``least``, ``most``) before and after."""

    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class Changes:
    """Everything that differs; empty where the two deliver the same."""

    older: AssessmentVersion
    newer: AssessmentVersion
    title: tuple[str, str] | None = None
    blocks: list[BlockChange] = field(default_factory=list)
    settings: list[SettingChange] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.title or self.blocks or self.settings)


def two_versions(assessment: Assessment, older: str, newer: str) -> tuple[AssessmentVersion, AssessmentVersion]:
    """The versions of these numbers, the older first; unless given the newest and the one before it. Else ``not_found``."""
    versions = {version.number: version for version in assessment.versions.order_by("number")}
    if not versions:
        raise Refusal("not_found")
    last = _number(newer, max(versions))
    first = _number(older, last - 1 if last - 1 in versions else last)
    if first not in versions or last not in versions:
        raise Refusal("not_found")
    return versions[min(first, last)], versions[max(first, last)]


def _number(given: str, otherwise: int) -> int:
    if not given:
        return otherwise
    if not (given.isascii() and given.isdecimal() and len(given) <= 7):
        raise Refusal("not_found")
    return int(given)


def changes_between(older: AssessmentVersion, newer: AssessmentVersion) -> Changes:
    """What the newer version has that the older had not, in the newer one's order. Four queries."""
    title = (older.title, newer.title) if older.title != newer.title else None
    return Changes(older, newer, title, _blocks(older, newer), _settings(older.settings, newer.settings))


def _all(version: AssessmentVersion) -> dict[str, VersionItem | VersionText]:
    rows: list[VersionItem | VersionText] = [*version.items.all(), *version.texts.all()]
    return {row.block_id: row for row in sorted(rows, key=lambda row: row.position)}


def _blocks(older: AssessmentVersion, newer: AssessmentVersion) -> list[BlockChange]:
    before, after = _all(older), _all(newer)
    # Moved is what stands in another order among those that both have: an added question moves nobody.
    order = {block_id: place for place, block_id in enumerate(one for one in before if one in after)}
    found = []
    for place, block_id in enumerate(one for one in after if one in before):
        what = _what(before[block_id], after[block_id], moved=order[block_id] != place)
        if what:
            found.append((after[block_id].position, _change(CHANGED, after[block_id], what)))
    found += [(row.position, _change(ADDED, row)) for block_id, row in after.items() if block_id not in before]
    found += [(10**6 + row.position, _change(REMOVED, row)) for block_id, row in before.items() if block_id not in after]
    return [change for _place, change in sorted(found, key=lambda pair: pair[0])]


def _change(kind: str, row: VersionItem | VersionText, what: tuple[str, ...] = ()) -> BlockChange:
    is_question = isinstance(row, VersionItem)
    return BlockChange(kind, row.title, is_question, what, row.max_points if isinstance(row, VersionItem) else None)


def _what(before: VersionItem | VersionText, after: VersionItem | VersionText, *, moved: bool) -> tuple[str, ...]:
    what = ["title"] if before.title != after.title else []
    if before.sha256 != after.sha256 and content(before.olx) != content(after.olx):
        what.append("content")
    if isinstance(before, VersionItem) and isinstance(after, VersionItem):
        if before.max_points != after.max_points:
            what.append("points")
        what += [name for name in rules.differences(before.effective, after.effective) if name != "weight"]
        if before.standards != after.standards:
            what.append("standards")
    if moved:
        what.append("place")
    return tuple(what)


def _settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SettingChange]:
    found = []
    for setting in catalogue.CATALOGUE:
        missing = {"default": setting.default, "rule": "open"}
        old, new = before.get(setting.name, missing), after.get(setting.name, missing)
        if old != new:
            found.append(SettingChange(setting.name, old, new))
    return found


def changes_view(changes: Changes) -> dict[str, Any]:
    """The same in plain values, for REST."""
    return {
        "from": changes.older.number,
        "to": changes.newer.number,
        "title": None if changes.title is None else {"before": changes.title[0], "after": changes.title[1]},
        "questions": [
            {"kind": one.kind, "title": one.title, "question": one.is_question, "what": list(one.what)}
            for one in changes.blocks
        ],
        "settings": [{"name": one.name, "before": dict(one.before), "after": dict(one.after)} for one in changes.settings],
    }
