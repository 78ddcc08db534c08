"""Block types the platform itself provides: the course's structure, problem and html."""

from __future__ import annotations

from web_fragments.fragment import Fragment
from xblock.core import XBlock
from xblock.fields import Scope, String
from xblock.plugin import PLUGIN_CACHE


class StructureBlock(XBlock):
    """A level of the course: shows its children one after another."""

    has_children = True
    display_name = String(default="", scope=Scope.settings)

    def student_view(self, context=None):
        """The children's student views."""
        return self._children_view("student_view", context)

    def author_view(self, context=None):
        """The children as an author sees them."""
        return self._children_view("author_view", context)

    def _children_view(self, view: str, context) -> Fragment:
        fragment = Fragment()
        for child in self.get_children():
            if child is None:
                continue
            chosen = view if hasattr(child, view) else "student_view"
            part = child.render(chosen, dict(context or {}))
            fragment.add_fragment_resources(part)
            fragment.add_content(f'<div class="vert">{part.content}</div>')
        return fragment


class CourseBlock(StructureBlock):
    """The root of a run; its settings are the run's Advanced Settings."""


class ChapterBlock(StructureBlock):
    """A section."""


class SequentialBlock(StructureBlock):
    """A subsection."""


class VerticalBlock(StructureBlock):
    """A unit."""


STRUCTURE = {"course": CourseBlock, "chapter": ChapterBlock, "sequential": SequentialBlock, "vertical": VerticalBlock}


def register_block_types() -> None:
    """Give these classes the names that the platform registers, in this process only.

    xblocks-contrib registers its blocks as ``_problem_extracted`` and so on, because the platform owns ``problem``.
    """
    for name, block_class in STRUCTURE.items():
        PLUGIN_CACHE[("xblock.v1", name)] = block_class
    for name in ("problem", "html"):
        PLUGIN_CACHE[("xblock.v1", name)] = XBlock.load_class(f"_{name}_extracted")
