"""What may be published, who may use it, and what a copy has to hold. Values in, values out; no framework."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .delivery import Envelope
from .setting import N

#: Ways of drawing random values that give a learner the same question from first sight to hand-in.
STEADY_SEEDS = ("never", "per_student")

#: What may stand beside the questions: it asks nothing, so it is shown and guarded with them, and never counted.
BESIDE_QUESTIONS = frozenset({"html", "video", "pdf"})

#: Blocks whose score arrives from another system: nobody can say for which session, and the gate lets nobody in for it.
SCORED_OUTSIDE = frozenset({"lti", "lti_consumer"})

#: Why a block can be no part of an assessment, whatever it asks.
OBSTACLES = {
    "own_calls": N(
        "this kind of block answers calls by itself, so no session could keep it closed before the start or after the end"
    ),
    "holds_blocks": N(
        "it decides by itself which of its questions a student gets; put the questions directly into the assessment"
    ),
    "scored_outside": N("its score comes from an outside tool, which no session can let in"),
    "peers": N("students would assess one another after they have handed in; leave only the assessment by staff in it"),
}


@dataclass(frozen=True)
class Candidate:
    """One block that is about to be published. ``obstacle`` is a key of :data:`OBSTACLES`, or ""."""

    block_id: str
    title: str
    gradable: bool
    drafts: bool
    rerandomize: str | None
    is_question: bool = True
    block_type: str = "problem"
    weight: float | None = None
    standards: tuple[str, ...] = ()
    obstacle: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that stands in the way of publishing: a refusal's code, and the block it is about, where it is about one."""

    code: str
    question: str = ""
    block_id: str = ""
    why: str = ""


def may_be_checked_at_hand_in(envelope: Envelope) -> bool:
    """Whether any session of this version can be an examination: not where the author locked *as you go*."""
    entry = envelope.get("checking", {"default": "at_hand_in", "rule": "open"})
    return not (entry["default"] == "as_you_go" and entry["rule"] == "locked")


def findings(
    blocks: Sequence[Candidate], *, unpublished_changes: bool, envelope: Envelope, tags_required: bool = False
) -> list[Finding]:
    """Everything that keeps these blocks from being published, each by its name, in the order of the page."""
    found = [Finding("unpublished_changes")] if unpublished_changes else []
    if not any(block.is_question for block in blocks):
        found.append(Finding("no_questions"))
    for block in blocks:
        found += [
            Finding(code, block.title, block.block_id, why)
            for code, why in _faults(block, envelope=envelope, tags_required=tags_required)
        ]
    return found


def _faults(block: Candidate, *, envelope: Envelope, tags_required: bool) -> list[tuple[str, str]]:
    obstacle = "scored_outside" if block.block_type in SCORED_OUTSIDE else block.obstacle
    if obstacle:
        return [("unsuitable_question", OBSTACLES[obstacle])]
    if not block.is_question:
        if block.block_type in BESIDE_QUESTIONS:
            return []
        return [("unsuitable_question", N("this kind of block gives no score and is no text; move it elsewhere"))]
    found = []
    if not block.gradable:
        found.append(("no_points" if block.weight == 0 else "ungradable_question", ""))
    if block.rerandomize not in (None, *STEADY_SEEDS) and may_be_checked_at_hand_in(envelope):
        why = N("its Randomization has to be “Never” or “Per Student” where questions are checked at hand-in")
        found.append(("unsuitable_question", why))
    if tags_required and not block.standards:
        found.append(("missing_tags", ""))
    return found


@dataclass(frozen=True)
class Window:
    """When one organization may start sessions from a bank; None: without an end on that side."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None
    stopped: bool = False

    def open(self, now: datetime) -> bool:
        """Whether a session may be started now."""
        if self.stopped or (self.opens_at is not None and now < self.opens_at):
            return False
        return self.closes_at is None or now < self.closes_at


def is_shared_with(organization: str, *, owner: str, shared_with_all: bool, shares: Collection[str]) -> bool:
    """Whether an organization may know a bank: its owner, everyone, or whom it was shared with."""
    return shared_with_all or organization == owner or organization in shares


def values_for_copy(effective: Mapping[str, Any], envelope: Envelope) -> dict[str, Any]:
    """The field values written explicitly on a copied question: the author's, frozen, so that a school's own course
    settings cannot change the test.

    ``showanswer`` follows the delivery setting instead. Where answers may be shown at all, the question offers them after
    it was handed in, and the gate decides whether this learner's session shows them.
    """
    values = dict(effective)
    if "showanswer" in values and may_be_checked_at_hand_in(envelope):
        entry = envelope.get("show_answers", {"default": False, "rule": "open"})
        never = entry["rule"] == "locked" and not entry["default"]
        values["showanswer"] = "never" if never else "attempted_no_past_due"
    return values


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """The names of the values that are not what they were when the version was published."""
    return [name for name in expected if expected[name] != found.get(name)]
