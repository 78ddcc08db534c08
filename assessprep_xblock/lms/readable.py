"""Answers that a question cannot read: "12 m/s" where a number is asked for. They earn nothing, and nobody waits for them.

In a test nobody is there to type again, which is what the platform asks for. Both platforms share this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .base import Answers


def unreadable_left_out(answers: Answers, grade: Callable[[Answers], Any]) -> Answers:
    """These answers, with "" for each text that its question cannot read; the same object where it can read all.

    ``grade`` grades a whole question without a write and raises what the platform's grading raises. Whatever is no fault of
    the learner's (a broken question, a wrong key) is raised: it has to be mended and graded again.
    """
    several = any(isinstance(value, list) for value in answers.values())
    try:
        if _reads(answers, grade):
            return answers
    except Exception:
        if not several:
            raise
    if several:
        answers = _wrong_lists_left_out(answers, grade)
        if _reads(answers, grade):
            return answers
    kept: dict[str, str | list[str]] = {name: value if isinstance(value, list) else "" for name, value in answers.items()}
    grade(kept)
    for name, value in answers.items():
        # What the platform stores for the other parts, and their points, are as if this one had been left empty.
        if isinstance(value, str) and value and _reads({**kept, name: value}, grade):
            kept[name] = value
    return kept


def _wrong_lists_left_out(answers: Answers, grade: Callable[[Answers], Any]) -> Answers:
    """These answers, with "" for each list where the question has one field: no form posts that, a script of one's own may.

    Each list is tried by itself, so that a fault of the moment costs nobody what was ticked.
    """
    blank: dict[str, str | list[str]] = {name.removesuffix("[]"): "" for name in answers}
    grade(blank)
    kept: dict[str, str | list[str]] = {}
    for name, value in answers.items():
        bare = name.removesuffix("[]")
        others = {one: text for one, text in blank.items() if one != bare}
        if isinstance(value, list) and not _can_grade({**others, name: value}, grade):
            kept[bare] = ""
        else:
            kept[name] = value
    return kept


def _can_grade(answers: Answers, grade: Callable[[Answers], Any]) -> bool:
    try:
        grade(answers)
    except Exception:  # noqa: BLE001  whatever the platform raises: without this list it graded
        return False
    return True


def _reads(answers: Mapping[str, str | list[str]], grade: Callable[[Answers], Any]) -> bool:
    try:
        grade(answers)
    except Exception as error:
        if is_unreadable(error):
            return False
        raise
    return True


def is_unreadable(error: BaseException) -> bool:
    """Whether the platform says that it is the learner's own input. By name: each release keeps the class elsewhere."""
    return any(one.__name__ == "StudentInputError" for one in type(error).__mro__)
