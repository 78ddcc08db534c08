"""Course content: one tree per run and branch, numbered versions of published units, and copies of them.

A tree is read in one query and kept in memory; what was changed is written by :meth:`ContentTree.save`.
"""

from __future__ import annotations

import copy
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from .models import DRAFT, PUBLISHED, Block, ContentVersion
from .signals import course_published

ROOT_ID = "course"


@dataclass
class Node:
    """One block: its type, place and explicitly set fields (JSON values)."""

    block_id: str
    block_type: str
    parent: str = ""
    children: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    copied_from: str = ""


class ContentTree:
    """All blocks of one run on one branch."""

    def __init__(self, course_key: CourseKey, branch: str) -> None:
        self.course_key = course_key
        self.branch = branch
        self.nodes: dict[str, Node] = {}
        self._rows: dict[str, int] = {}
        self._loaded: dict[str, tuple] = {}

    @classmethod
    def load(cls, course_key: CourseKey, branch: str) -> ContentTree:
        """Read a branch of a run. One query."""
        tree = cls(course_key, branch)
        rows = list(Block.objects.filter(course_key=course_key, branch=branch))
        for row in rows:
            tree.nodes[row.block_id] = Node(row.block_id, row.block_type, row.parent_block, [], row.fields, row.copied_from)
            tree._rows[row.block_id] = row.pk
        for row in rows:
            if row.parent_block in tree.nodes:
                tree.nodes[row.parent_block].children.append(row.block_id)
        tree._remember()
        return tree

    def usage_key(self, block_id: str) -> UsageKey:
        """The usage key of a block, without branch or version."""
        return self.course_key.make_usage_key(self.nodes[block_id].block_type, block_id)

    def find(self, usage_key: UsageKey) -> Node | None:
        """The node of this key, or None where the block is not on this branch."""
        node = self.nodes.get(usage_key.block_id)
        return node if node and node.block_type == usage_key.block_type else None

    def ancestors(self, block_id: str) -> Iterator[Node]:
        """From the parent up to the root."""
        current = self.nodes[block_id].parent
        while current in self.nodes:
            yield self.nodes[current]
            current = self.nodes[current].parent

    def unit_of(self, block_id: str) -> Node | None:
        """The unit that holds this block (or the block itself, if it is one)."""
        if block_id not in self.nodes:
            return None
        line = [self.nodes[block_id], *self.ancestors(block_id)]
        return next((node for node in line if node.block_type == "vertical"), None)

    def below(self, block_id: str) -> Iterator[Node]:
        """Every block below this one, in the order of the page."""
        for child in self.nodes[block_id].children:
            yield self.nodes[child]
            yield from self.below(child)

    def add(self, block_type: str, parent: str = "", *, block_id: str = "", fields: dict | None = None) -> Node:
        """A new block at the end of its parent; its id is 32 hexadecimal digits unless given."""
        node = Node(block_id or uuid.uuid4().hex, block_type, parent, [], dict(fields or {}))
        self.nodes[node.block_id] = node
        if parent:
            self.nodes[parent].children.append(node.block_id)
        return node

    def remove(self, block_id: str) -> None:
        """Take a block and everything below it out."""
        for child in list(self.nodes[block_id].children):
            self.remove(child)
        node = self.nodes.pop(block_id)
        if node.parent in self.nodes:
            self.nodes[node.parent].children.remove(block_id)

    def graft(self, source: dict[str, Node], block_id: str, parent: str) -> None:
        """Put a copy of a subtree of ``source`` below ``parent``, ids unchanged, replacing what had these ids."""
        original = source[block_id]
        self.nodes[block_id] = Node(
            block_id, original.block_type, parent, [], copy.deepcopy(original.fields), original.copied_from
        )
        for child in original.children:
            self.nodes[block_id].children.append(child)
            self.graft(source, child, block_id)

    def subtree(self, block_id: str) -> dict[str, dict]:
        """A subtree as JSON, the root first: what a version keeps."""
        nodes = [self.nodes[block_id], *self.below(block_id)]
        return {node.block_id: copy.deepcopy(node.__dict__) for node in nodes}

    def save(self) -> None:
        """Write what was changed since loading: at most three statements."""
        rows = {block_id: self._row(node) for block_id, node in self.nodes.items()}
        gone = [pk for block_id, pk in self._rows.items() if block_id not in rows]
        new, changed = [], []
        for block_id, row in rows.items():
            if block_id not in self._rows:
                new.append(row)
            elif self._loaded.get(block_id) != self._print(self.nodes[block_id]):
                row.pk = self._rows[block_id]
                changed.append(row)
        with transaction.atomic():
            if gone:
                Block.objects.filter(pk__in=gone).delete()
            if changed:
                Block.objects.bulk_update(changed, ["block_type", "parent_block", "position", "fields", "copied_from"])
            Block.objects.bulk_create(new)
        if new or gone:
            found = Block.objects.filter(course_key=self.course_key, branch=self.branch)
            self._rows = dict(found.values_list("block_id", "pk"))
        self._remember()

    def _row(self, node: Node) -> Block:
        return Block(
            course_key=self.course_key,
            branch=self.branch,
            block_id=node.block_id,
            block_type=node.block_type,
            parent_block=node.parent,
            position=self._position(node),
            fields=node.fields,
            copied_from=node.copied_from,
        )

    def _position(self, node: Node) -> int:
        return self.nodes[node.parent].children.index(node.block_id) if node.parent in self.nodes else 0

    def _print(self, node: Node) -> tuple:
        return (node.block_type, node.parent, self._position(node), copy.deepcopy(node.fields), node.copied_from)

    def _remember(self) -> None:
        self._loaded = {block_id: self._print(node) for block_id, node in self.nodes.items()}


def new_course_tree(course_key: CourseKey, settings: dict | None = None) -> ContentTree:
    """The draft branch of a run that has only its root."""
    tree = ContentTree(course_key, DRAFT)
    tree.add("course", block_id=ROOT_ID, fields=settings or {})
    return tree


def publish_unit(course_key: CourseKey, unit_id: str, *, by: int = 0) -> ContentVersion:
    """Copy a unit and the settings of its ancestors from draft to published, and keep it as a numbered version."""
    with transaction.atomic():
        draft, published = ContentTree.load(course_key, DRAFT), ContentTree.load(course_key, PUBLISHED)
        _publish_line(draft, published, unit_id)
        old = [node.block_id for node in published.below(unit_id)] if unit_id in published.nodes else []
        for block_id in old:
            published.nodes.pop(block_id, None)
        published.graft(draft.nodes, unit_id, draft.nodes[unit_id].parent)
        published.save()
        last = ContentVersion.objects.filter(course_key=course_key).aggregate(last=Max("number"))["last"] or 0
        version = ContentVersion.objects.create(
            course_key=course_key, number=last + 1, unit_id=unit_id, tree=draft.subtree(unit_id), published_by=by
        )
    _tell_published(draft.usage_key(unit_id))
    return version


def _publish_line(draft: ContentTree, published: ContentTree, unit_id: str) -> None:
    """Ancestors' settings go with the unit; other units below them stay as they were published."""
    line = [draft.nodes[unit_id], *draft.ancestors(unit_id)]
    for node in reversed(line[1:]):
        there = published.nodes.setdefault(node.block_id, Node(node.block_id, node.block_type))
        there.parent, there.fields = node.parent, copy.deepcopy(node.fields)
    for node in line:
        if node.parent in published.nodes:
            wanted = draft.nodes[node.parent].children
            known = set(published.nodes[node.parent].children) | {node.block_id}
            published.nodes[node.parent].children = [child for child in wanted if child in known]


def _tell_published(unit_key: UsageKey) -> None:
    """The platform announces the unit's key only, and then the run."""
    from openedx_events.content_authoring.data import XBlockData
    from openedx_events.content_authoring.signals import XBLOCK_PUBLISHED

    XBLOCK_PUBLISHED.send_event(xblock_info=XBlockData(usage_key=unit_key, block_type=unit_key.block_type))
    course_published.send(sender=None, course_key=unit_key.course_key)


def has_unpublished_changes(draft: ContentTree, published: ContentTree, block_id: str) -> bool:
    """Whether a subtree differs between the branches."""
    if block_id not in draft.nodes or block_id not in published.nodes:
        return (block_id in draft.nodes) != (block_id in published.nodes)
    ours, theirs = draft.subtree(block_id), published.subtree(block_id)
    return ours != theirs or list(ours) != list(theirs)


def make_pin(version: ContentVersion, block_id: str) -> str:
    """The string that names one block's content at one version."""
    return f"{version.course_key}@{version.number}|{block_id}"


def read_pin(pin: str) -> tuple[CourseKey, dict[str, Node], str]:
    """(run, nodes, block id) of a pin. Raises LookupError where it names nothing. One query."""
    try:
        head, block_id = pin.rsplit("|", 1)
        course_text, number = head.rsplit("@", 1)
        course_key = CourseKey.from_string(course_text)
        version = ContentVersion.objects.get(course_key=course_key, number=int(number))
    except (ValueError, InvalidKeyError, ContentVersion.DoesNotExist) as error:
        raise LookupError(f"no content is kept under {pin!r}") from error
    nodes = {key: Node(**value) for key, value in version.tree.items()}
    if block_id not in nodes:
        raise LookupError(f"block {block_id} is not in version {number} of {course_text}")
    return course_key, nodes, block_id


def copied_id(source: UsageKey, into: UsageKey) -> str:
    """The id of the copy of ``source`` below ``into``: the same at every copy and for every version."""
    return hashlib.sha256(f"{source}>{into}".encode()).hexdigest()[:32]
