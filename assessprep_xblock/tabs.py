"""The Common Assessments tab in a course's own navigation: where staff begin, and where students find their sessions."""

from __future__ import annotations

from typing import Any

from .domain.organizations.queries import is_member
from .lms import get_lms


def N(text: str) -> str:
    """Mark a text for translation without translating it (the platform does)."""
    return text


# Loaded by the platform when it first lists a course's tabs, long after its apps are ready.


class CommonAssessmentsTab(get_lms().course_tab_base):  # type: ignore[misc]  # the platform decides what a tab is
    """The tab, for course staff and for enrolled learners. The Learning MFE draws it as a link to our page."""

    type = "assessprep"
    title = N("Common Assessments")
    view_name = "assessprep:course"
    priority = 35
    # Otherwise tabs are kept in each course, and no course that exists already would get it.
    is_dynamic = True

    @classmethod
    def is_enabled(cls, course: Any, user: Any = None) -> bool:
        """Whether this person sees the tab in this run."""
        if user is None or not getattr(user, "is_authenticated", False):
            return False
        return is_member(course_key=course.id, user_id=user.pk)
