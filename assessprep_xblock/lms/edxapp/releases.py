"""What differs between releases of Open edX, or between its processes, in one place.

Written on Teak. Where a later release is known to do it otherwise, both ways stand here side by side, chosen by what is
there, not by catching errors.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from django.conf import settings
from django.urls import get_resolver, reverse


def in_studio() -> bool:
    """Whether this process is Studio's (or its worker's): only there may course content be written.

    The LMS could write to the same store, but nothing there would hear of it: Studio's receivers make the outline that
    the Learning MFE shows, and the search index.
    """
    return str(settings.ROOT_URLCONF).partition(".")[0] == "cms"


def lms_root() -> str:
    """The LMS's address without a slash at its end, as Studio knows it."""
    return str(getattr(settings, "LMS_ROOT_URL", "") or "").rstrip("/")


def serialized(block: Any) -> Any:
    """A block as its author would export it, with the files it shows.

    From autumn 2025 on the platform notes in it what it would be a copy of, with the number of the structure it was read
    from: that is no part of the question, and the same question would read otherwise after every publishing.
    """
    from openedx.core.lib.xblock_serializer.api import XBlockSerializer

    later = "write_copied_from" in inspect.signature(XBlockSerializer).parameters
    return XBlockSerializer(block, **({"write_copied_from": False} if later else {}))


def gradebook_path(course_key: Any) -> str:
    """The LMS's own gradebook, on the LMS. It stands among the calls of the old instructor dashboard and goes with that
    (planned after Verawood); the dashboard's own address stays and leads to the new one."""
    named = "spoc_gradebook" if "spoc_gradebook" in get_resolver().reverse_dict else "instructor_dashboard"
    return reverse(named, kwargs={"course_id": str(course_key)})


def capa(block: Any) -> tuple[ModuleType, ModuleType]:
    """The modules ``inputtypes`` and ``responsetypes`` this problem is graded by.

    Teak to Verawood: in the platform. Where problems come from xblocks-contrib, there.
    """
    named = getattr(type(block), "unmixed_class", type(block)).__module__
    package = "xblocks_contrib.problem.capa" if named.startswith("xblocks_contrib.") else "xmodule.capa"
    return importlib.import_module(f"{package}.inputtypes"), importlib.import_module(f"{package}.responsetypes")


def raw_score(earned: float, possible: float) -> Any:
    """A score in the shape blocks take it, of the release's own XBlock."""
    return importlib.import_module("xblock.scorable").Score(raw_earned=earned, raw_possible=possible)


def ids_of_users_with(roles: list[Any], *, among: int | None = None) -> set[int]:
    """Who holds any of these roles of the platform, or whether this one account does: one query, where the platform does
    not ask its new authorization."""
    only = {} if among is None else {"pk": among}
    first, *others = [_holders(role).filter(**only).order_by().values_list("pk") for role in roles]
    return {pk for (pk,) in first.union(*others)}


def _holders(role: Any) -> Any:
    # From Verawood on a role may be kept by openedx-authz. Of a role in a whole organization the platform cannot list those:
    # its own function stops at a name such a role does not have. Those of the tables it can list.
    if hasattr(role, "_authz_users_with_role") and not hasattr(role, "ROLE"):
        return role._legacy_users_with_role()
    return role.users_with_role()


def forget_enabled_overrides(course_key: Any) -> None:
    """Let the platform ask anew which field overrides are in force in a run; it remembers for the length of a request."""
    from edx_django_utils.cache import DEFAULT_REQUEST_CACHE
    from lms.djangoapps.courseware.field_overrides import ENABLED_OVERRIDE_PROVIDERS_KEY

    DEFAULT_REQUEST_CACHE.data.pop(ENABLED_OVERRIDE_PROVIDERS_KEY.format(course_id=str(course_key)), None)


def whole_run_events() -> list[Any]:
    """Events of a run whose content came all at once: imported (all releases), made by a rerun (from Ulmo on)."""
    from openedx_events.content_authoring import signals

    names = ("COURSE_IMPORT_COMPLETED", "COURSE_RERUN_COMPLETED")
    return [getattr(signals, name) for name in names if hasattr(signals, name)]


def split_store() -> Any:
    """The store of course content itself: the one in front of it drops the argument that lets a pinned version be read."""
    from xmodule.modulestore import ModuleStoreEnum
    from xmodule.modulestore.django import modulestore

    for store in modulestore().modulestores:
        if store.get_modulestore_type() == ModuleStoreEnum.Type.split:
            return store
    raise LookupError("this platform keeps no course in the split modulestore")


@contextlib.contextmanager
def blocks_of_our_own() -> Iterator[None]:
    """Blocks read in here are shared with nobody.

    The store keeps blocks for the length of a request, task or command, bound to whoever came first. Bound again to the same
    learner such a block still shows the state it read then; bound to another, it first saves what was only tried out.
    """
    kept = getattr(split_store().request_cache, "data", None)
    if kept is None:
        yield
        return
    before = kept.pop("course_cache", {})
    try:
        yield
    finally:
        kept["course_cache"] = before


def pinned_block(usage_key: Any) -> Any:
    """A block as it stood in the structure that its key names, or None. The store's own way to a block insists on the
    newest one; its way to a whole course can be told not to."""
    from xmodule.modulestore.exceptions import ItemNotFoundError
    from xmodule.modulestore.split_mongo.split import SplitMongoModuleStore

    try:
        course = SplitMongoModuleStore.get_course(split_store(), usage_key.course_key, depth=None, head_validation=False)
        return course.runtime.get_block(usage_key)
    except ItemNotFoundError:
        return None
