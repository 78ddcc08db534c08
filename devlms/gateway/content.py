"""Content of the embedded LMS: what is published, pinned versions, copies, and where a block stands."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from lxml import etree
from opaque_keys.edx.keys import CourseKey, UsageKey

from assessprep_xblock.lms.base import (
    ContentError,
    LmsError,
    Question,
    Snapshot,
    UnitPlace,
)
from assessprep_xblock.lms.questions import DRAFTABLE_INPUTS, EFFECTIVE, UNDRAFTABLE_RESPONSES, holds_others, obstacle_of
from devlms.content import (
    ROOT_ID,
    ContentTree,
    Node,
    copied_id,
    has_unpublished_changes,
    make_pin,
    publish_unit,
    read_pin,
)
from devlms.models import DRAFT, PUBLISHED, Block, ContentVersion, CourseRun
from devlms.olx import block_olx
from devlms.runtime import DevRuntime, weighted

SUBSECTION = "Common Assessments"


class Content:
    """The part of the contract that reads and writes course content."""

    def snapshot(self, container_key: UsageKey) -> Snapshot:
        """Three queries."""
        published = ContentTree.load(container_key.course_key, PUBLISHED)
        node = published.find(container_key)
        unit = published.unit_of(container_key.block_id) if node else None
        if node is None or unit is None:
            raise ContentError(f"{container_key} was never published")
        draft = ContentTree.load(container_key.course_key, DRAFT)
        version = (
            ContentVersion.objects.filter(course_key=container_key.course_key, unit_id=unit.block_id)
            .defer("tree")
            .order_by("-number")
            .first()
        )
        if version is None:
            raise ContentError(f"{container_key} has no published version")
        return Snapshot(
            pin=make_pin(version, node.block_id),
            title=node.fields.get("display_name") or node.block_id,
            questions=tuple(_questions(published, node.block_id)),
            unpublished_changes=has_unpublished_changes(draft, published, node.block_id),
        )

    def copy_version(
        self,
        *,
        pin: str,
        into: UsageKey,
        effective: Mapping[str, Mapping[str, Any]],
        by: int,
        told: Callable[[int], None] | None = None,
    ) -> list[Question]:
        """Question by question on the draft branch, each written before the next, as the platform's store does."""
        try:
            source_course, source, container_id = read_pin(pin)
        except LookupError as error:
            raise ContentError(str(error)) from error
        tree = ContentTree.load(into.course_key, DRAFT)
        if tree.find(into) is None:
            raise ContentError(f"{into} is not in the course")
        for child in list(tree.nodes[into.block_id].children):
            tree.remove(child)
        for child in source[container_id].children:
            _copy_below(tree, source, child, into.block_id, (source_course, into), effective)
            tree.save()
            if told is not None:
                told(sum(not node.children for node in tree.below(into.block_id)))
        return list(_questions(tree, into.block_id))

    def source_block_ids(self, container_key: UsageKey) -> dict[str, str]:
        """One query."""
        tree = ContentTree.load(container_key.course_key, DRAFT)
        if tree.find(container_key) is None:
            return {}
        return {node.block_id: node.copied_from for node in tree.below(container_key.block_id) if node.copied_from}

    def blocks_below_ours(self, course_key: CourseKey) -> frozenset[UsageKey]:
        """One query."""
        tree = ContentTree.load(course_key, PUBLISHED)
        ours = [node.block_id for node in tree.nodes.values() if node.block_type == "assessprep"]
        return frozenset(tree.usage_key(node.block_id) for block_id in ours for node in tree.below(block_id))

    def publish(self, container_key: UsageKey, *, by: int) -> None:
        """Publishes the whole unit, as Studio does."""
        unit = ContentTree.load(container_key.course_key, DRAFT).unit_of(container_key.block_id)
        if unit is None:
            raise ContentError(f"{container_key} stands in no unit")
        publish_unit(container_key.course_key, unit.block_id, by=by)

    def place(self, course_key: CourseKey, *, title: str, by: int) -> UsageKey:
        """Draft only; publish it when it is filled."""
        if not CourseRun.objects.filter(key=course_key).exists():
            raise LmsError(f"there is no course run {course_key}")
        with transaction.atomic():
            tree = ContentTree.load(course_key, DRAFT)
            section = _titled(tree, ROOT_ID, "chapter", SUBSECTION, {})
            subsection = _titled(tree, section, "sequential", SUBSECTION, {"graded": True, "format": SUBSECTION})
            unit = tree.add("vertical", subsection, fields={"display_name": title})
            block = tree.add("assessprep", unit.block_id, fields={"display_name": title})
            tree.save()
        return tree.usage_key(block.block_id)

    def unit_place(self, container_key: UsageKey) -> UnitPlace | None:
        """One query for a published block, two for one that is only a draft. ``usage_key`` is the unit's."""
        tree = ContentTree.load(container_key.course_key, PUBLISHED)
        published = tree.find(container_key) is not None
        if not published:
            tree = ContentTree.load(container_key.course_key, DRAFT)
        unit = tree.unit_of(container_key.block_id) if tree.find(container_key) else None
        if unit is None:
            return None
        line = [unit, *tree.ancestors(unit.block_id)]
        return UnitPlace(
            usage_key=tree.usage_key(unit.block_id),
            path=tuple(node.fields.get("display_name", "") for node in reversed(line) if node.block_id != ROOT_ID),
            published=published,
            visible_to_students=published and visible_to_students(tree, container_key.block_id),
            graded=_inherited(tree, container_key.block_id, "graded", False),
            student_url=unit_url(container_key.course_key, unit.block_id),
            timed=bool(_inherited(tree, unit.block_id, "is_time_limited", False)),
            beside=max(0, len(unit.children) - 1),
        )

    def unit_urls(self, container_keys: Iterable[UsageKey]) -> dict[UsageKey, str]:
        """One query for all."""
        keys = list(container_keys)
        rows = Block.objects.filter(course_key__in={key.course_key for key in keys}, branch=PUBLISHED)
        parents: dict[tuple, tuple[str, str]] = {
            (course_key, block_id): (block_type, parent)
            for course_key, block_id, block_type, parent in rows.values_list(
                "course_key", "block_id", "block_type", "parent_block"
            )
        }
        found = {}
        for key in keys:
            current = key.block_id
            while (key.course_key, current) in parents:
                block_type, parent = parents[key.course_key, current]
                if block_type == "vertical":
                    found[key] = unit_url(key.course_key, current)
                    break
                current = parent
        return found

    def block_url(self, container_key: UsageKey) -> str:
        """One block as a page."""
        return reverse("render_xblock", kwargs={"usage_key_string": str(container_key)})

    def studio_url(self, container_key: UsageKey) -> str:
        """No query."""
        return reverse("studio_container", kwargs={"usage_key_string": str(container_key)})

    def studio_page(self, path: str) -> str:
        """One process is both."""
        return ""


def unit_url(course_key: CourseKey, unit_id: str) -> str:
    """The page on which students find a unit."""
    return reverse("courseware_unit", kwargs={"course_id": str(course_key), "unit_id": unit_id})


def visible_to_students(tree: ContentTree, block_id: str) -> bool:
    """Whether neither the block nor anything above it is hidden or not yet released."""
    now = datetime.datetime.now(datetime.UTC)
    for node in [tree.nodes[block_id], *tree.ancestors(block_id)]:
        if node.fields.get("visible_to_staff_only"):
            return False
        start = node.fields.get("start")
        if start and datetime.datetime.fromisoformat(start.replace("Z", "+00:00")) > now:
            return False
    return True


def _inherited(tree: ContentTree, block_id: str, name: str, default: Any) -> Any:
    for node in [tree.nodes[block_id], *tree.ancestors(block_id)]:
        if name in node.fields:
            return node.fields[name]
    return default


def _titled(tree: ContentTree, parent: str, block_type: str, title: str, fields: dict) -> str:
    """The child of this type and title, made where it is not there."""
    for child in tree.nodes[parent].children:
        node = tree.nodes[child]
        if node.block_type == block_type and node.fields.get("display_name") == title:
            return child
    return tree.add(block_type, parent, fields={"display_name": title, **fields}).block_id


def _copy_below(tree, source: dict[str, Node], block_id: str, parent: str, keys, effective) -> None:
    """Copy one source block and what is below it, with its effective values written explicitly."""
    original = source[block_id]
    source_course, into = keys
    new_id = copied_id(source_course.make_usage_key(original.block_type, block_id), into)
    fields = copy.deepcopy(original.fields) | dict(effective.get(block_id, {}))
    node = tree.add(original.block_type, parent, block_id=new_id, fields=fields)
    node.copied_from = block_id
    for child in original.children:
        _copy_below(tree, source, child, new_id, keys, effective)


def _questions(tree: ContentTree, container_id: str) -> Iterable[Question]:
    """Every block below the container that is no mere level of the course, in the order of the page."""
    runtime = DevRuntime(tree.course_key, None, tree=tree)
    for node in tree.below(container_id):
        block = runtime.get_block(tree.usage_key(node.block_id))
        if not getattr(block, "has_children", False) or holds_others(block):
            yield question(block)


def question(block) -> Question:
    """One block as the contract describes a question."""
    key = block.scope_ids.usage_id
    scored = bool(getattr(block, "has_score", False))
    weight = getattr(block, "weight", None)
    _none, possible = weighted(None, block.max_score() if scored else 0, weight)
    effective = {name: block.fields[name].to_json(getattr(block, name)) for name in EFFECTIVE if name in block.fields}
    return Question(
        usage_key=key,
        block_id=key.block_id,
        block_type=key.block_type,
        title=block.display_name_with_default,
        max_points=float(possible or 0),
        gradable=scored and bool(possible),
        drafts=is_drafted(block),
        olx=block_olx(block),
        is_question=scored,
        obstacle=obstacle_of(block),
        effective=effective,
    )


def is_drafted(block) -> bool:
    """Whether its answer is a draft that the server hands in."""
    written = getattr(block, "is_drafted_answer", False)
    return bool(written) or (block.scope_ids.block_type == "problem" and _draftable(block.data))


def _draftable(data: str) -> bool:
    """Whether every input of a problem is of a kind that can be saved and handed in by the server."""
    from xblocks_contrib.problem.capa import inputtypes, responsetypes

    try:
        tags = {node.tag for node in etree.fromstring(data).iter() if isinstance(node.tag, str)}
    except etree.XMLSyntaxError:
        return False
    inputs = tags & set(inputtypes.registry.registered_tags())
    responses = tags & set(responsetypes.registry.registered_tags())
    return bool(responses) and inputs <= DRAFTABLE_INPUTS and not responses & UNDRAFTABLE_RESPONSES
