"""Runs blocks for one person on one branch of one run: the XBlock runtime of the embedded LMS and of its Studio."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from eventtracking import tracker
from fs.osfs import OSFS
from lxml import etree
from opaque_keys.edx.keys import CourseKey, UsageKey
from web_fragments.fragment import Fragment
from xblock.exceptions import NoSuchUsage
from xblock.fields import ScopeIds
from xblock.runtime import IdGenerator, IdReader, Runtime

from .content import ContentTree
from .models import DRAFT, PUBLISHED
from .services import services_for
from .signals import score_changed
from .state import DevFieldData, LearnerStates


@lru_cache(maxsize=1)
def _resources() -> OSFS:
    """An empty folder: blocks with scripts ask for a filesystem that has a root path."""
    return OSFS(tempfile.mkdtemp(prefix="devlms-resources-"))


class TreeIds(IdReader, IdGenerator):
    """Usage keys are definition ids too; there are no asides."""

    def __init__(self, tree: ContentTree) -> None:
        self.tree = tree

    def get_definition_id(self, usage_id):
        """The key itself, if the block is there."""
        if not isinstance(usage_id, UsageKey) or self.tree.find(usage_id) is None:
            raise NoSuchUsage(repr(usage_id))
        return usage_id

    def get_block_type(self, def_id):
        """The block's type."""
        return def_id.block_type

    def create_definition(self, block_type, slug=None):
        """A key for a new block."""
        return self.tree.course_key.make_usage_key(block_type, slug or uuid.uuid4().hex)

    def create_usage(self, def_id):
        """The key itself."""
        return def_id

    def _no_asides(self, *_args, **_kwargs):
        raise NotImplementedError("the embedded LMS has no asides")

    create_aside = get_usage_id_from_aside = get_definition_id_from_aside = _no_asides
    get_aside_type_from_usage = get_aside_type_from_definition = _no_asides


class DevRuntime(Runtime):
    """The LMS's side: published content, kept state, every mixin of ``settings.XBLOCK_MIXINS``."""

    branch = PUBLISHED
    is_author_mode = False
    suppports_state_for_anonymous_users = False  # (the platform's own spelling)
    keep_state = True

    def __init__(self, course_key: CourseKey, user: Any, *, is_staff: bool = False, tree: ContentTree | None = None) -> None:
        self.tree = tree or ContentTree.load(course_key, self.branch)
        self.user = user
        known = user is not None and user.is_authenticated
        self.states = LearnerStates(user.pk if known else None, keep=self.keep_state)
        self.user_is_staff = is_staff
        # Not named course_id: drag and drop would ask the platform's own waffle flags for it.
        self.course_key = course_key
        ids = TreeIds(self.tree)
        data = DevFieldData(self.tree, self.states)
        super().__init__(
            id_reader=ids,
            id_generator=ids,
            mixins=self._mixins(),
            services=services_for(user, is_staff=is_staff, field_data=data),
        )
        self._deprecated_per_instance_user_id = self.states.user_id
        self.resources_fs = _resources()
        self.export_fs: Any = None

    def _mixins(self) -> tuple:
        return tuple(settings.XBLOCK_MIXINS)

    # -- blocks ---------------------------------------------------------------------------------------------------
    def prefetch(self, usage_keys: Collection[UsageKey]) -> None:
        """Read the learner's state of these blocks and all below them in one query."""
        wanted = []
        for key in usage_keys:
            if self.tree.find(key):
                wanted += [key, *(self.tree.usage_key(node.block_id) for node in self.tree.below(key.block_id))]
        self.states.prefetch(wanted)

    def get_block(self, usage_id, for_parent=None):
        """The block of this key; NoSuchUsage where it is not on this branch."""
        usage_id = usage_id.map_into_course(self.course_key)
        self.id_reader.get_definition_id(usage_id)
        ids = ScopeIds(self.states.user_id, usage_id.block_type, usage_id, usage_id)
        return self.construct_xblock(usage_id.block_type, ids, for_parent=for_parent)

    def service(self, block, service_name):
        """A service; ``xqueue`` is declared as needed and is None here (no external graders)."""
        if service_name == "xqueue":
            return None
        return super().service(block, service_name)

    def get_asides(self, block):
        """None."""
        return []

    def parse_asides(self, *_args):
        """None."""
        return []

    def get_policy(self, _usage_id):
        """No policy files."""
        return {}

    def _usage_id_from_node(self, node: etree._Element, parent_id):
        """A block from OLX, keeping its ``url_name`` as its id where it has one."""
        slug = node.attrib.pop("url_name", None)
        key = self.id_generator.create_definition(node.tag, slug)
        parent = parent_id.block_id if parent_id else ""
        if key.block_id not in self.tree.nodes:
            self.tree.add(node.tag, block_id=key.block_id)
        self.tree.nodes[key.block_id].parent = parent
        block_class = self.mixologist.mix(self.load_block_type(node.tag))
        block = block_class.parse_xml(node, self, ScopeIds(None, node.tag, key, key))
        block.save()
        return key

    def add_block_as_child_node(self, block, node: etree._Element) -> None:
        """A block inside its parent's OLX, under its id: what an export of the whole run holds."""
        from .olx import block_olx

        child = etree.fromstring(block_olx(block))
        child.set("url_name", block.scope_ids.usage_id.block_id)
        node.append(child)

    # -- addresses ------------------------------------------------------------------------------------------------
    def handler_url(self, block, handler_name, suffix="", query="", thirdparty=False):
        """The address of a handler, with the shape and the names it has in the LMS."""
        kwargs = {
            "course_id": str(self.course_key),
            "usage_id": str(block.scope_ids.usage_id),
            "handler": handler_name,
            "suffix": suffix,
        }
        url = reverse("xblock_handler_noauth" if thirdparty else "xblock_handler", kwargs=kwargs)
        url = url if suffix else url.rstrip("/")
        return f"{url}?{query}" if query else url

    def resource_url(self, resource):
        """The address of a static file."""
        return settings.STATIC_URL + resource

    def local_resource_url(self, block, uri):
        """The address of a file a block brings with it."""
        return reverse("xblock_resource_url", kwargs={"block_type": block.scope_ids.block_type, "uri": uri})

    # -- pages ----------------------------------------------------------------------------------------------------
    def wrap_xblock(self, block, view, frag, context):
        """The block's html inside the element the platform's scripts look for."""
        key = block.scope_ids.usage_id
        data = {
            "usage-id": str(key),
            "block-type": key.block_type,
            "course-id": str(self.course_key),
            "handler-base": self.handler_url(block, "HANDLER"),
            "has-score": str(bool(getattr(block, "has_score", False))),
            "graded": str(bool(getattr(block, "graded", False))),
        }
        if frag.js_init_fn:
            data |= {"init": frag.js_init_fn, "runtime-version": str(frag.js_init_version), "runtime-class": "LmsRuntime"}
        attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
        classes = escape(" ".join(self._css_classes_for(block, view)))
        arguments = ""
        if frag.json_init_args is not None:
            text = json.dumps(frag.json_init_args).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
            arguments = f'<script type="json/xblock-args" class="xblock-json-init-args">{text}</script>'
        wrapped = Fragment(f'<div class="{classes}"{attributes}>{arguments}{frag.body_html()}</div>')
        wrapped.add_fragment_resources(frag)
        return wrapped

    def _css_classes_for(self, block, view):
        """Older blocks' style sheets look for ``xmodule_display xmodule_<class>``."""
        base = getattr(block, "unmixed_class", type(block)).__name__
        return ["xblock", f"xblock-{view}", "xmodule_display", f"xmodule_{base}"]

    # -- events ---------------------------------------------------------------------------------------------------
    def publish(self, block, event_type, event_data):
        """Store a grade, or log an event."""
        if event_type in ("grade", "max_grade"):
            if self.keep_state and event_data.get("max_value") is not None:
                self._store_grade(block, event_data)
        elif event_type not in ("completion", "progress"):
            self._track(block, event_type, event_data)

    def _store_grade(self, block, event: dict) -> None:
        if self.states.user_id is None:
            return
        key = block.scope_ids.usage_id
        raw, top = event["value"], event["max_value"]
        earned, possible = weighted(raw, top, getattr(block, "weight", None))
        row = self.states.row(key)
        if event.get("only_if_higher") and row and row.earned is not None and row.earned >= (earned or 0):
            return
        self.states.write_grade(key, {"grade": raw, "max_grade": top, "earned": earned, "possible": possible})
        score_changed.send(sender=None, user_id=self.states.user_id, usage_key=key, earned=earned, possible=possible)

    def _track(self, block, name: str, data) -> None:
        context = {
            "course_id": str(self.course_key),
            "org_id": self.course_key.org,
            "user_id": self.states.user_id,
            "module": {"usage_key": str(block.scope_ids.usage_id), "display_name": block.display_name_with_default},
        }
        with tracker.get_tracker().context("edx.course.block", context):
            tracker.emit(name, json.loads(json.dumps(data, default=str)))


class StudioRuntime(DevRuntime):
    """Studio's side: the draft branch; a learner's state is not kept; the LMS's gate is not mixed in."""

    branch = DRAFT
    is_author_mode = True
    keep_state = False
    #: ``preview_handler`` for what is shown on a page, ``component_handler`` for the editor.
    handler_url_name = "preview_handler"

    def _mixins(self) -> tuple:
        return tuple(settings.STUDIO_XBLOCK_MIXINS)

    def handler_url(self, block, handler_name, suffix="", query="", thirdparty=False):
        """The address of a handler in Studio."""
        kwargs = {"usage_key_string": str(block.scope_ids.usage_id), "handler": handler_name, "suffix": suffix}
        url = reverse(self.handler_url_name, kwargs=kwargs)
        url = url if suffix else url.rstrip("/")
        return f"{url}?{query}" if query else url


def weighted(raw: float | None, top: float | None, weight: float | None) -> tuple[float | None, float | None]:
    """Points as the gradebook shows them: scaled to the question's weight where it has one."""
    if weight is None or not top:
        return raw, top
    return (None if raw is None else raw * weight / top), float(weight)
