"""What the platform mixes into every block: inheritable settings, and the names older blocks expect."""

from xblock.core import XBlockMixin
from xblock.fields import Boolean, Date, Dict, Integer, Scope, String, Timedelta


class InheritanceMixin(XBlockMixin):
    """Settings a block takes from above where it does not set them itself. A block's own field of a name comes first."""

    graded = Boolean(default=False, scope=Scope.settings)
    format = String(default=None, scope=Scope.settings)
    start = Date(default=None, scope=Scope.settings)
    due = Date(default=None, scope=Scope.settings)
    graceperiod = Timedelta(default=None, scope=Scope.settings)
    max_attempts = Integer(default=None, scope=Scope.settings)
    showanswer = String(default="finished", scope=Scope.settings)
    show_correctness = String(default="always", scope=Scope.settings)
    rerandomize = String(default="never", scope=Scope.settings)
    show_reset_button = Boolean(default=False, scope=Scope.settings)
    visible_to_staff_only = Boolean(default=False, scope=Scope.settings)
    group_access = Dict(default={}, scope=Scope.settings)


#: Names that a block inherits from its ancestors.
INHERITABLE = frozenset(name for name in InheritanceMixin.fields if name not in ("parent", "children", "name", "tags"))


class LmsBlockMixin(XBlockMixin):
    """Names the platform's own mixin gives every block."""

    @property
    def location(self):
        """The block's usage key, by its old name."""
        return self.scope_ids.usage_id

    @property
    def category(self) -> str:
        """The block's type, by its old name."""
        return self.scope_ids.block_type

    @property
    def course_id(self):
        """The run this block stands in."""
        return self.scope_ids.usage_id.course_key

    @property
    def display_name_with_default(self) -> str:
        """The title, or the block's id where it has none."""
        return getattr(self, "display_name", None) or self.scope_ids.usage_id.block_id
