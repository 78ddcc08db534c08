"""Reading course content of Open edX: branches, and a question as the contract describes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from lxml import etree
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from ..base import ContentError, OnlyInStudio, Question
from ..questions import DRAFTABLE_INPUTS, EFFECTIVE, UNDRAFTABLE_RESPONSES, holds_others, obstacle_of
from . import releases


@contextlib.contextmanager
def branch(course_key: CourseKey, *, published: bool) -> Iterator[Any]:
    """The platform's store, reading this branch of this run whatever the process is set to."""
    from xmodule.modulestore import ModuleStoreEnum
    from xmodule.modulestore.django import modulestore

    store = modulestore()
    which = ModuleStoreEnum.Branch.published_only if published else ModuleStoreEnum.Branch.draft_preferred
    with store.branch_setting(which, course_key), store.bulk_operations(course_key, emit_signals=False):
        yield store


def find(store: Any, usage_key: UsageKey, **how: Any) -> Any:
    """The block, or None."""
    from xmodule.modulestore.exceptions import ItemNotFoundError

    try:
        return store.get_item(usage_key, **how)
    except ItemNotFoundError:
        return None


def leaves(block: Any) -> Iterator[Any]:
    """Every block below this one that is no mere level of the course, in the order of the page."""
    for child in filter(None, block.get_children()):
        has_children = getattr(child, "has_children", False)
        if not has_children or holds_others(child):
            yield child
        if has_children:
            yield from leaves(child)


def below(block: Any) -> Iterator[Any]:
    """Every block below this one."""
    for child in filter(None, block.get_children()):
        yield child
        if getattr(child, "has_children", False):
            yield from below(child)


def plain(usage_key: UsageKey) -> UsageKey:
    """The key without branch and version."""
    return usage_key.map_into_course(plain_course(usage_key.course_key))


def plain_course(course_key: Any) -> CourseKey:
    """The key without branch and version."""
    return course_key.for_branch(None).version_agnostic()


class WritesContent:
    """What writes course content, which only Studio's processes may."""

    def _needs_studio(self) -> None:
        """Refuse where content must not be written."""
        if not releases.in_studio():
            raise OnlyInStudio("course content is written in Studio only")


def question(block: Any) -> Question:
    """One block as the contract describes a question."""
    key = plain(block.scope_ids.usage_id)
    scored = bool(getattr(block, "has_score", False))
    possible = weighted(None, block.max_score() if scored else 0, getattr(block, "weight", None))[1]
    return Question(
        usage_key=key,
        block_id=key.block_id,
        block_type=key.block_type,
        title=block.display_name_with_default,
        max_points=float(possible or 0),
        gradable=scored and bool(possible),
        drafts=_drafted(block),
        olx=olx(block),
        is_question=scored,
        obstacle=obstacle_of(block),
        effective={name: block.fields[name].to_json(getattr(block, name)) for name in EFFECTIVE if name in block.fields},
    )


def weighted(earned: float | None, possible: float | None, weight: float | None) -> tuple[float | None, float | None]:
    """Points as the gradebook shows them."""
    if weight is None or not possible:
        return earned, possible
    return None if earned is None else float(earned) * weight / possible, float(weight)


def olx(block: Any) -> str:
    """The block as its author would export it, of a copy too.

    What came with a copy is kept as a default of the copied block, and an export leaves defaults out. Of a problem that is
    nothing that is asked; a block that says what it asks in settings (a rubric) would look as if it had lost it.
    """
    text = str(releases.serialized(block).olx_str)
    unsaid = {} if hasattr(type(block), "submit_problem") else _said_by_default(block)
    if not unsaid:
        return text
    root = etree.fromstring(text.encode())
    for name, value in unsaid.items():
        if root.get(name) is None:
            root.set(name, value)
    return str(etree.tostring(root, encoding="unicode"))


def _said_by_default(block: Any) -> dict[str, str]:
    """Texts of the block's own settings that are not its kind's, and that nobody has set on this very block."""
    own, title = getattr(type(block), "unmixed_class", type(block)).fields, block.fields["display_name"]
    texts = [name for name, field in own.items() if isinstance(field, type(title)) and field.scope == title.scope]
    unset = [name for name in texts if name != "display_name" and not block.fields[name].is_set_on(block)]
    return {
        name: getattr(block, name) for name in unset if (getattr(block, name) or "") != (block.fields[name].default or "")
    }


def static_files(block: Any) -> list[str]:
    """Names of the run's uploaded files that this block shows."""
    return [one.name for one in releases.serialized(block).static_files]


def _drafted(block: Any) -> bool:
    """Whether its answer is a draft that the server hands in."""
    if getattr(block, "is_drafted_answer", False):
        return True
    return plain(block.scope_ids.usage_id).block_type == "problem" and _draftable(block)


def _draftable(block: Any) -> bool:
    """Whether every input of a problem is of a kind that can be saved and handed in by the server."""
    inputtypes, responsetypes = releases.capa(block)
    try:
        tags = {node.tag for node in etree.fromstring(block.data.encode()).iter() if isinstance(node.tag, str)}
    except etree.XMLSyntaxError:
        return False
    inputs = tags & set(inputtypes.registry.registered_tags())
    responses = tags & set(responsetypes.registry.registered_tags())
    return bool(responses) and inputs <= DRAFTABLE_INPUTS and not responses & UNDRAFTABLE_RESPONSES


def checked_key(text: str) -> UsageKey:
    """A usage key with branch and version out of a pin."""
    try:
        key = UsageKey.from_string(text)
    except InvalidKeyError as error:
        raise ContentError(f"this is no pin: {text!r}") from error
    run: Any = key.course_key
    if run.branch is None or run.version_guid is None:
        raise ContentError(f"this pins nothing: {text!r}")
    return key
