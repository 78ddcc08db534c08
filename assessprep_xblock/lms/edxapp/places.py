"""Where a block stands in a course of Open edX, and making a place for one."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from opaque_keys.edx.keys import CourseKey, UsageKey

from ..base import ContentError, LmsError, UnitPlace
from . import releases
from .content import WritesContent, branch, find, plain

#: Section and subsection in which *Add to the course* makes its units.
SUBSECTION = "Common Assessments"


class Places(WritesContent):
    """The part of the contract that knows units and their pages."""

    def publish(self, container_key: UsageKey, *, by: int) -> None:
        """Only in Studio's processes. Publishes the whole unit, as Studio does."""
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore

        self._needs_studio()
        store = modulestore()
        # Not in a bulk operation that is silent: publishing has to be told.
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, container_key.course_key):
            unit = _unit(find(store, container_key))
            if unit is None:
                raise ContentError(f"{container_key} stands in no unit")
            store.publish(unit.location, by)

    def place(self, course_key: CourseKey, *, title: str, by: int) -> UsageKey:
        """Only in Studio's processes. Draft only; publish it when it is filled.

        The subsection counts as the run's assignment type "Common Assessments" where there is one, else as its first.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore

        self._needs_studio()
        store = modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, course_key):
            course = store.get_course(course_key, depth=2)
            if course is None:
                raise LmsError(f"there is no course run {course_key}")
            with store.bulk_operations(course_key):
                section = _titled(store, course, "chapter", {}, by)
                graded = {"graded": True, "format": _assignment_type(course)}
                subsection = _titled(store, section, "sequential", graded, by)
                unit = store.create_child(by, subsection.location, "vertical", fields={"display_name": title})
                block = store.create_child(by, unit.location, "assessprep", fields={"display_name": title})
        return plain(block.location)

    def unit_place(self, container_key: UsageKey) -> UnitPlace | None:
        """Of the published branch, else of the draft. ``usage_key`` is the unit's."""
        for published in (True, False):
            with branch(container_key.course_key, published=published) as store:
                block = find(store, container_key)
                unit = _unit(block)
                if unit is not None:
                    return _place(block, unit, published=published)
        return None

    def unit_urls(self, container_keys: Iterable[UsageKey]) -> dict[UsageKey, str]:
        """One reading of each run's structure."""
        by_run: dict[CourseKey, list[UsageKey]] = {}
        for key in container_keys:
            by_run.setdefault(key.course_key, []).append(key)
        found = {}
        for course_key, keys in by_run.items():
            with branch(course_key, published=True) as store:
                for key in keys:
                    unit = _unit(find(store, key))
                    if unit is not None:
                        found[key] = unit_url(plain(unit.location))
        return found

    def block_url(self, container_key: UsageKey) -> str:
        """The page that the Learning MFE frames, which stands by itself too."""
        root = releases.lms_root() if releases.in_studio() else ""
        return f"{root}/xblock/{container_key}"

    def studio_url(self, container_key: UsageKey) -> str:
        """Without a scheme, as the LMS itself links to Studio."""
        return f"//{getattr(settings, 'CMS_BASE', '')}/container/{container_key}"

    def studio_page(self, path: str) -> str:
        """Our pages are Studio's too. No link where nobody has said where Studio is."""
        host = getattr(settings, "CMS_BASE", "")
        return "" if releases.in_studio() or not host else f"//{host}{path}"


def unit_url(unit_key: UsageKey) -> str:
    """The address that leads to a unit wherever students see it: the Learning MFE, or the LMS's own page."""
    root = releases.lms_root() if releases.in_studio() else ""
    return f"{root}/courses/{unit_key.course_key}/jump_to/{unit_key}"


def _unit(block: Any) -> Any:
    """The unit a block stands in: what a subsection holds. None for a block that is nowhere."""
    while block is not None:
        parent = block.get_parent()
        if parent is not None and parent.scope_ids.block_type == "sequential":
            return block
        block = parent
    return None


def _place(block: Any, unit: Any, *, published: bool) -> UnitPlace:
    path, above = [], unit
    while above is not None and above.scope_ids.block_type != "course":
        path.append(above.display_name_with_default)
        above = above.get_parent()
    key = plain(unit.location)
    released = block.start is None or block.start <= datetime.datetime.now(datetime.UTC)
    return UnitPlace(
        usage_key=key,
        path=tuple(reversed(path)),
        published=published,
        visible_to_students=published and released and not block.visible_to_staff_only,
        graded=bool(block.graded),
        student_url=unit_url(key),
        timed=bool(getattr(unit.get_parent(), "is_time_limited", False)),
        beside=max(0, len(unit.children) - 1),
    )


def _titled(store: Any, parent: Any, block_type: str, fields: dict[str, Any], by: int) -> Any:
    """The child of this type with our title, made where it is not there."""
    for child in parent.get_children():
        if child.scope_ids.block_type == block_type and child.display_name == SUBSECTION:
            return child
    return store.create_child(by, parent.location, block_type, fields={"display_name": SUBSECTION, **fields})


def _assignment_type(course: Any) -> str | None:
    types = [grader.get("type") for grader in course.raw_grader]
    return SUBSECTION if SUBSECTION in types else next(iter(types), None)
