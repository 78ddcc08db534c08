"""The small platform on which the contract is looked at, and what its parts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from django.db import connection
from django.test.utils import CaptureQueriesContext
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms.base import Answers, Lms, Question

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class World(Protocol):
    """A small platform: a bank, two schools, people, and hands to change things behind the product's back."""

    lms: Lms
    bank: CourseKey
    school: CourseKey
    other_school: CourseKey
    #: In the bank, published, with a choice (weight 2), a number, a text question and a drag and drop, in this order.
    assessment: UsageKey
    staff_id: int
    global_staff_id: int
    outsider_id: int
    #: Learners of ``school``: two in class 7A, one in 7B, one in no class.
    ada_id: int
    ben_id: int
    cleo_id: int
    dan_id: int
    class_a: int
    class_b: int

    def edit_bank_question(self, block_id: str, **fields: Any) -> None:
        """The author edits a question in Studio (``data``, ``display_name`` ...), without publishing."""

    def publish_bank(self) -> None:
        """The author publishes the unit of the assessment."""

    def enrol(self, user_id: int, course_key: CourseKey | None = None) -> None:
        """The person joins ``school``, or another run."""

    def unenrol(self, user_id: int) -> None:
        """The learner leaves ``school``."""

    def retire(self, user_id: int) -> None:
        """The platform takes an account away for good, and tells plugins of it."""

    def delete_state(self, usage_key: UsageKey, user_id: int) -> None:
        """Staff delete the learner's state of a block with the platform's own tool."""

    def pseudonym(self, user_id: int) -> str:
        """The name that blocks of ``school`` are given for this person."""

    def view(self, usage_key: UsageKey, user_id: int) -> None:
        """The learner opens a question's page once: the platform then keeps its seed."""

    def stored_rows(self) -> Mapping[str, int]:
        """How many rows the platform keeps of answers and grades, by name."""

    def user_state(self, usage_key: UsageKey, user_id: int) -> Mapping[str, Any]:
        """What the platform holds as this learner's state of a block."""

    def right(self, question: Question) -> Answers:
        """The right answers of one of the three problems (by the order of ``assessment``), as its form posts them."""

    def wrong(self, question: Question) -> Answers:
        """Wrong answers of the same."""

    def many_learners(self, number: int) -> list[int]:
        """More learners of ``school``, all in class 7A."""


def place_copy(world: World, effective: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[UsageKey, list[Question]]:
    """A published placement of the assessment in ``school``."""
    snapshot = world.lms.snapshot(world.assessment)
    placed = world.lms.place(world.school, title="Common test", by=world.staff_id)
    questions = world.lms.copy_version(pin=snapshot.pin, into=placed, effective=effective or {}, by=world.staff_id)
    world.lms.publish(placed, by=world.staff_id)
    return placed, questions


def statements(work: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What ``work`` returns, and the SQL it ran."""
    with CaptureQueriesContext(connection) as captured:
        result = work()
    return result, [query["sql"] for query in captured.captured_queries]


def writes(sql: Iterable[str]) -> list[str]:
    """The statements that change data."""
    return [one for one in sql if one.lstrip().upper().startswith(WRITES)]
