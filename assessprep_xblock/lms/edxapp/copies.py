"""Published content, pinned versions and copies in Open edX.

A pin is the block's key with the published branch and the number of its structure. The store never changes a structure, so
the same pin reads the same questions however far the author has gone on. (An operator may prune old structures; then the
pin cannot be read, and says so.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opaque_keys.edx.keys import CourseKey, UsageKey

from ..base import ContentError, LmsError, Question, Snapshot
from . import releases
from .content import WritesContent, below, branch, checked_key, find, leaves, plain, plain_course, question, static_files

log = logging.getLogger(__name__)


class Copies(WritesContent):
    """The part of the contract that publishes versions and copies them."""

    def snapshot(self, container_key: UsageKey) -> Snapshot:
        """Of the published branch, in any process."""
        with branch(container_key.course_key, published=True) as store:
            block = find(store, container_key, depth=None, remove_branch=False, remove_version=False)
            if block is None:
                raise ContentError(f"{container_key} was never published")
            pin = str(block.scope_ids.usage_id)
            title, questions = block.display_name_with_default, tuple(question(one) for one in leaves(block))
        checked_key(pin)
        with branch(container_key.course_key, published=False) as store:
            draft = find(store, container_key)
            changed = draft is None or store.has_changes(draft)
        return Snapshot(pin=pin, title=title, questions=questions, unpublished_changes=changed)

    def copy_version(
        self,
        *,
        pin: str,
        into: UsageKey,
        effective: Mapping[str, Mapping[str, Any]],
        by: int,
        told: Callable[[int], None] | None = None,
    ) -> list[Question]:
        """Only in Studio's processes, on the draft branch.

        A copy keeps what somebody set on it before, by the platform's contract; here it must not: what was set is taken
        away, and the version's own values are written in its place.
        """
        source = checked_key(pin)
        self._needs_studio()
        pinned = _pinned(source)
        course_key: Any = into.course_key
        draft = course_key.for_branch("draft-branch")
        with branch(into.course_key, published=False) as store:
            if find(store, into) is None:
                raise ContentError(f"{into} is not in the course")
            try:
                releases.split_store().copy_from_template(
                    [one.scope_ids.usage_id for one in pinned.get_children()],
                    into.map_into_course(draft),
                    by,
                    head_validation=False,
                )
            except Exception as error:
                raise LmsError(f"{pin} could not be copied: {error}") from error
        self._write_values(into, effective, by, told or _nobody)
        _copy_files(source.course_key, into.course_key, static_files(pinned))
        with branch(into.course_key, published=False) as store:
            return [question(one) for one in leaves(find(store, into, depth=None))]

    def source_block_ids(self, container_key: UsageKey) -> dict[str, str]:
        """Read where they were copied to: the draft branch."""
        return {copied: source.block_id for copied, source in self._sources(container_key).items()}

    def blocks_below_ours(self, course_key: CourseKey) -> frozenset[UsageKey]:
        """One look for blocks of our kind in the run's structure; their questions are read only where there is one."""
        with branch(course_key, published=True) as store:
            ours = store.get_items(course_key, qualifiers={"category": "assessprep"})
            return frozenset(plain(one.scope_ids.usage_id) for block in ours for one in below(block))

    def _sources(self, container_key: UsageKey) -> dict[str, UsageKey]:
        found = {}
        with branch(container_key.course_key, published=False) as store:
            container = find(store, container_key, depth=None)
            for block in below(container) if container is not None else ():
                key = plain(block.scope_ids.usage_id)
                original, _version = store.get_block_original_usage(key)
                if original is not None:
                    found[key.block_id] = original
        return found

    def _write_values(
        self, into: UsageKey, effective: Mapping[str, Mapping[str, Any]], by: int, told: Callable[[int], None]
    ) -> None:
        """The slow part of a copy: each block is written on its own."""
        sources, done = self._sources(into), 0
        with branch(into.course_key, published=False) as store:
            for block in list(below(find(store, into, depth=None))):
                source = sources.get(block.scope_ids.usage_id.block_id)
                values = effective.get(source.block_id, {}) if source else {}
                settings_scope = block.fields["display_name"].scope
                for name, field in block.fields.items():
                    # What came with the copy is kept as a default, and is not "set".
                    if field.scope == settings_scope and field.is_set_on(block):
                        field.delete_from(block)
                    if name in values:
                        setattr(block, name, field.from_json(values[name]))
                store.update_item(block, by)
                if not getattr(block, "has_children", False):
                    done += 1
                    told(done)


def _nobody(_done: int) -> None:
    """Nobody wants to know how far it is."""


def _pinned(source: UsageKey) -> Any:
    """The pinned block, with everything below it."""
    try:
        block = releases.pinned_block(source)
    except Exception as error:
        raise LmsError(f"{source} cannot be read now: {error}") from error
    if block is None:
        raise ContentError(f"{source} cannot be read any more")
    return block


def _copy_files(source: CourseKey, target: CourseKey, names: Iterable[str]) -> None:
    """Uploaded files that the questions show. A file of that name which is there already stays, as the school's own."""
    from xmodule.contentstore.content import StaticContent
    from xmodule.contentstore.django import contentstore

    store, source, target = contentstore(), plain_course(source), plain_course(target)
    if source == target:
        return
    for name in names:
        content = store.find(StaticContent.get_asset_key_from_path(source, name), throw_on_not_found=False)
        if content is None:
            log.warning("%s shows a file that its course does not have: %s", source, name)
            continue
        there = StaticContent.get_asset_key_from_path(target, name)
        known = store.find(there, throw_on_not_found=False)
        if known is not None:
            if known.data != content.data:
                log.warning("%s has another file of the name %s, which stays", target, name)
            continue
        store.save(
            StaticContent(there, content.name, content.content_type, content.data, locked=getattr(content, "locked", False))
        )
