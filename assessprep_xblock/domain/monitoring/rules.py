"""Who may do what on the Monitor, and how much of it."""

from __future__ import annotations

#: What can be done to the students of a session.
ACTIONS = (
    "pause",
    "resume",
    "announce",
    "admit",
    "deny",
    "extend",
    "end",
    "submit",
    "reopen",
    "void",
    "renew",
    "move",
    "undo",
    "reverse",
    "mark-absent",
    "unmark-absent",
    "irregularities",
    "withdraw-irregularity",
    "claim",
    "release-claim",
)
#: What ends a test, or changes what a result is worth, needs a chief: course staff, or a chief invigilator. An invigilator
#: acts on time and on the door.
CHIEF_ONLY = frozenset({"end", "submit", "reopen", "void", "renew", "move"})
#: Deeds that whoever may watch a session takes back, because she may do them: they give time.
ANYBODY_S_DEEDS = frozenset({"outage"})

#: What graders do to a submission: its points stand in the trail. Whoever only watches a room is told nothing of it.
MARKING = frozenset(
    {
        *("mark", "mark_round", "agree_marks", "settle_marks", "judge_marks", "platform_score"),
        *("take_over_marking", "reveal_names"),
        *("correct_marking", "apply_correction", "undo_correction"),
    }
)

#: Minutes within which an end, a submit, a void or made up time can be undone.
UNDO_MINUTES = 10

LONGEST_ANNOUNCEMENT = 1000  # characters
LONGEST_REASON = 500  # characters
LONGEST_COMMENT = 1000  # characters
MOST_SECONDS = 86_400
MOST_ATTEMPTS = 5_000

#: What went wrong, by category: the taxonomy of invigilation reports. The words for people are at the door.
IRREGULARITIES: dict[str, tuple[str, ...]] = {
    "environment": ("noise", "evacuation", "power", "room", "other"),
    "student": ("illness", "late", "left_room", "behaviour", "cheating", "identity", "other"),
    "staff": ("late_start", "wrong_instructions", "absence", "other"),
    "technical": ("device", "network", "platform", "question", "sound", "other"),
    "other": ("other",),
}

#: Minutes after which nobody is taken to be helping a student any more.
CLAIM_MINUTES = 30
