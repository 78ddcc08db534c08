"""The Common Assessments tab in a course's own navigation: where staff begin, and where students find their sessions.

And the way there from the instructor dashboard, of which the platform has two: the old one is a page of the LMS, the new one
a site of its own that asks for a list of links. Each asks by a filter (``settings/lms.py``); we add to what is there.
"""

from __future__ import annotations

from typing import Any

import crum
from django.urls import reverse
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import CourseKey
from openedx_filters import PipelineStep

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


#: The same name in both dashboards.
DASHBOARD_TAB = "assessprep"


class OldDashboardSection(PipelineStep):
    """A section with the way to our pages, in the instructor dashboard that the LMS draws itself (Verawood and before)."""

    def run_filter(self, context: dict[str, Any], template_name: str) -> dict[str, Any]:
        """Add the section for course staff; whatever other plugins added stays."""
        sections = context.get("sections") or []
        course_key = context["course"].id
        if _is_staff(crum.get_current_user(), course_key) and not _there(sections, "section_key"):
            section = {
                "section_key": DASHBOARD_TAB,
                "section_display_name": _("Common Assessments"),
                "template_path_prefix": "/assessprep_xblock/instructor/",
                "course_id": str(course_key),
                "text": _("Sessions, codes, the monitor and the grades of common assessments have pages of their own."),
                "link": _("Open Common Assessments"),
                "url": _address(course_key),
            }
            context["sections"] = [*sections, section]
        return {"context": context, "template_name": template_name}


class NewDashboardTab(PipelineStep):
    """A tab that leads to our pages, in the instructor dashboard that is a site of its own (from Verawood on)."""

    def run_filter(self, tabs: list[dict[str, Any]], user: Any, course_key: CourseKey) -> dict[str, Any]:
        """Add the tab, as the last one, for course staff; whatever other plugins added stays."""
        if _is_staff(user, course_key) and not _there(tabs, "tab_id"):
            last = max((tab.get("sort_order") or 0 for tab in tabs), default=0)
            url = _address(course_key)
            title = _("Common Assessments")
            tabs = [*tabs, {"tab_id": DASHBOARD_TAB, "title": title, "url": url, "sort_order": last + 10}]
        return {"tabs": tabs, "user": user, "course_key": course_key}


def _is_staff(user: Any, course_key: CourseKey) -> bool:
    return user is not None and user.is_authenticated and get_lms().is_course_staff(user.pk, course_key)


def _there(entries: list[dict[str, Any]], name: str) -> bool:
    return any(entry.get(name) == DASHBOARD_TAB for entry in entries)


def _address(course_key: CourseKey) -> str:
    """Absolute: what begins with a slash the new dashboard takes for a page of its own."""
    path = reverse("assessprep:course", kwargs={"course_id": str(course_key)})
    request = crum.get_current_request()
    return request.build_absolute_uri(path) if request is not None else path
