"""What may be published, who may use it, and what a copy has to hold. Values in, values out; no framework."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..shared.refusals import Refusal
from .delivery import Envelope

#: Ways of drawing random values that give a learner the same question from first sight to hand-in.
STEADY_SEEDS = ("never", "per_student")

#: What the platform itself may derive elsewhere in another course; compared between a version and its copies.
COMPARED = (
    "weight",
    "max_attempts",
    "rerandomize",
    "showanswer",
    "show_correctness",
    "submission_wait_seconds",
    "due",
    "graceperiod",
    "show_reset_button",
)


@dataclass(frozen=True)
class Candidate:
    """One question that is about to be published."""

    block_id: str
    title: str
    gradable: bool
    drafts: bool
    rerandomize: str | None


def may_be_checked_at_hand_in(envelope: Envelope) -> bool:
    """Whether any session of this version can be an examination: not where the author locked *as you go*."""
    entry = envelope.get("checking", {"default": "at_hand_in", "rule": "open"})
    return not (entry["default"] == "as_you_go" and entry["rule"] == "locked")


def check_publishable(questions: Sequence[Candidate], *, unpublished_changes: bool, envelope: Envelope) -> None:
    """Refuse what schools could not deliver, naming the first question that stands in the way."""
    if unpublished_changes:
        raise Refusal("unpublished_changes")
    if not questions:
        raise Refusal("no_questions")
    for question in questions:
        if not question.gradable:
            raise Refusal("ungradable_question", question=question.title, block_id=question.block_id)
        if question.rerandomize not in (None, *STEADY_SEEDS) and may_be_checked_at_hand_in(envelope):
            raise Refusal(
                "unsuitable_question",
                question=question.title,
                block_id=question.block_id,
                why="its Randomization has to be “Never” or “Per Student” where questions are checked at hand-in",
            )


def is_open_to(organization: str, *, owner: str, shared_with_all: bool, shares: Collection[str]) -> bool:
    """Whether an organization may use a bank: its owner, everyone, or whom it was shared with."""
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
    return [name for name in COMPARED if name in expected and expected[name] != found.get(name)]
