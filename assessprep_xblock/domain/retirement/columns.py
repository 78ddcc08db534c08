"""What becomes of each column about a person when the platform retires that person. No framework, no database: a table.

The platform's own account row stays, under a name that says nobody; so account ids may stay, and with them results that
a school has to keep. What somebody typed, and whatever says more than an id, goes. A column that could hold such a thing
and is not in this table fails ``tests/domain/test_retirement.py``, which asks Django for every column of every model.
What a model's ``.. pii_retirement:`` says has to agree with this table: ``tests/test_annotations.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rows:
    """The rows of one model that are about a person.

    ``of``: Django lookups that lead from a row to the person. ``delete``: the rows go. Otherwise ``erase`` says what each
    column becomes, and ``keep`` why a column that holds text may stay.
    """

    of: tuple[str, ...]
    delete: bool = False
    erase: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)


OUR_WORDS = "one of our own words"
POINTS = "numbers and marks, kept with the result"

ROWS: dict[str, Rows] = {
    # -- attempts
    "Attempt": Rows(
        of=("learner",),
        erase={"device": "", "device_label": "", "other_device": "", "other_device_label": ""},
        keep={
            "current_item": "id of a question",
            "end_reason": OUR_WORDS,
            "flagged": "ids of questions",
            "spent": "seconds of each question",
            "withdrawn": POINTS,
        },
    ),
    "AnswerDraft": Rows(of=("attempt__learner",), erase={"values": {}, "device": ""}),
    "ItemResult": Rows(
        of=("attempt__learner",),
        erase={"message": "", "comment": ""},
        keep={"criteria": "points of each criterion", "dropped": OUR_WORDS, "way": OUR_WORDS},
    ),
    "LedgerEntry": Rows(of=("attempt__learner",), erase={"reason": ""}),
    "ContactGap": Rows(of=("attempt__learner",)),
    "AttemptArchive": Rows(of=("attempt__learner",), erase={"kept": {}}),
    "AbsentMark": Rows(of=("learner",), delete=True),
    # -- sessions
    "Invigilator": Rows(of=("user",), delete=True),
    "WrongTries": Rows(of=("learner",), delete=True),
    "GuestPass": Rows(of=("account",), erase={"pin_digest": None}),
    "Accommodation": Rows(of=("learner",), delete=True),
    # -- monitoring
    "Announcement": Rows(of=("attempt__learner",), erase={"text": ""}),
    "Irregularity": Rows(
        of=("attempt__learner", "learner"), erase={"comment": ""}, keep={"category": OUR_WORDS, "subcategory": OUR_WORDS}
    ),
    "Claim": Rows(of=("learner",), delete=True),
    "DoneRequest": Rows(of=("by",), delete=True),
    # -- grading
    "MarkStep": Rows(
        of=("attempt__learner",),
        erase={"comment": "", "reason": ""},
        keep={"criteria": "points of each criterion", "way": OUR_WORDS},
    ),
    "RoundMark": Rows(
        of=("result__attempt__learner",), erase={"comment": ""}, keep={"criteria": "points of each criterion"}
    ),
    "MarkingLease": Rows(of=("attempt__learner", "holder"), delete=True),
    # -- analysis
    "AnswerVector": Rows(of=("attempt__learner",), keep={"packed": "which choices were made, without words"}),
    "PreparedReport": Rows(of=("asked_by",), delete=True),
}

#: Models that name a person in a column Django knows no link of, and that column; ``actions.py`` has a way for each.
BY_OTHER_WAYS = {"AssessmentSession": "roster", "AuditRow": "attempt_id"}

#: Columns that say who did something in the course of work. The id stays: it is how a school's records say who decided.
WHO_ACTED = frozenset({"by", "created_by", "published_by", "set_by", "marked_by", "withdrawn_by", "withdrawal_by"})
