"""The tabs of a run: the platform's own, and those that plugins bring."""

from __future__ import annotations

import logging
from importlib.metadata import entry_points
from types import SimpleNamespace

from django.contrib.auth import get_user_model
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from opaque_keys.edx.keys import CourseKey

from .models import CourseRole

log = logging.getLogger(__name__)


def plugin_tabs() -> list[type]:
    """The tab classes of the entry points ``openedx.course_tab``, by priority; one that cannot be imported is left out."""
    found = []
    for point in entry_points(group="openedx.course_tab"):
        try:
            found.append(point.load())
        except Exception as error:  # noqa: BLE001  (a plugin's failure must not take the navigation away)
            log.warning("course tab %s is left out: %s", point.name, error)
    return sorted(found, key=lambda tab: getattr(tab, "priority", None) or 9999)


def course_tabs(user_id: int, course_key: CourseKey) -> list[tuple[str, str]]:
    """(title, address) of the run's tabs for this person."""
    course_id = str(course_key)
    own = {"course_id": course_id}
    tabs = [(gettext("Course"), reverse("course_home", kwargs=own)), (gettext("Progress"), reverse("progress", kwargs=own))]
    user = get_user_model().objects.filter(pk=user_id).first()
    course = SimpleNamespace(id=course_key, org=course_key.org)
    for tab in plugin_tabs():
        try:
            if tab.is_enabled(course, user):
                tabs.append((gettext(tab.title), reverse(tab.view_name, args=[course_id])))
        except NoReverseMatch:
            log.warning("course tab %s names an address that is not there: %s", tab.title, tab.view_name)
    is_staff = user and (user.is_staff or CourseRole.objects.filter(user=user, course_key=course_key).exists())
    if is_staff:
        tabs.append((gettext("Gradebook"), reverse("gradebook", kwargs=own)))
        tabs.append((gettext("Tracking log"), reverse("tracking_log", kwargs=own)))
    return tabs
