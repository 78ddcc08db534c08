"""Where a block's field values live: content in the tree, a learner's state in one row per learner and block."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from typing import Any

import simplejson
from django.db import IntegrityError, transaction
from opaque_keys.edx.keys import UsageKey
from xblock.field_data import FieldData
from xblock.fields import BlockScope, Scope, UserScope

from .content import ContentTree
from .mixins import INHERITABLE
from .models import ScopedValue, StudentModule

#: Field values that hold for the current call only, whatever is stored; the platform's field overrides.
_overrides: ContextVar[dict[str, Any] | None] = ContextVar("field_overrides", default=None)


@contextlib.contextmanager
def field_overrides(values: dict[str, Any]) -> Iterator[None]:
    """Let these fields have these JSON values on every block until the end of the ``with``."""
    token = _overrides.set(values)
    try:
        yield
    finally:
        _overrides.reset(token)


class LearnerStates:
    """One learner's state rows, read in bulk where the caller says which are needed. Without a learner: in memory only."""

    def __init__(self, user_id: int | None, *, keep: bool = True) -> None:
        self.user_id = user_id
        self.keep = keep and user_id is not None
        self._rows: dict[UsageKey, StudentModule | None] = {}
        self._states: dict[UsageKey, dict] = {}

    def prefetch(self, usage_keys: Collection[UsageKey]) -> None:
        """Read the rows of these blocks. One query."""
        wanted = [key for key in usage_keys if key not in self._rows]
        if not self.keep or not wanted:
            return
        found = {row.usage_key: row for row in StudentModule.objects.filter(student=self.user_id, usage_key__in=wanted)}
        self._rows.update({key: found.get(key) for key in wanted})

    def forget(self, usage_key: UsageKey) -> None:
        """Drop what is held of this block, after its transaction was rolled back."""
        self._rows.pop(usage_key, None)
        self._states.pop(usage_key, None)

    def state(self, usage_key: UsageKey) -> dict:
        """The learner's state in this block, as JSON values."""
        if usage_key not in self._states:
            row = self.row(usage_key)
            self._states[usage_key] = simplejson.loads(row.state) if row else {}
        return self._states[usage_key]

    def row(self, usage_key: UsageKey) -> StudentModule | None:
        """The learner's row, or None where there is none yet."""
        self.prefetch([usage_key])
        return self._rows.get(usage_key)

    def write_state(self, usage_key: UsageKey, changes: dict[str, Any]) -> None:
        """Change some state fields; the whole state is written, as the platform does."""
        state = self.state(usage_key)
        state.update(changes)
        self._write(usage_key, state=simplejson.dumps(state))

    def delete_field(self, usage_key: UsageKey, name: str) -> None:
        """Forget one state field."""
        state = self.state(usage_key)
        state.pop(name, None)
        self._write(usage_key, state=simplejson.dumps(state))

    def write_grade(self, usage_key: UsageKey, values: dict[str, float | None]) -> None:
        """Store a grade beside the state. A block publishes its grade before its state is saved: both use one row."""
        self._write(usage_key, **values)

    def _write(self, usage_key: UsageKey, **values: Any) -> None:
        if not self.keep:
            return
        row = self.row(usage_key)
        if row is None:
            row, made = self._insert(usage_key, values)
            if made:
                return
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=[*values, "modified"])

    def _insert(self, usage_key: UsageKey, values: dict[str, Any]) -> tuple[StudentModule, bool]:
        same = {"student_id": self.user_id, "usage_key": usage_key}
        made = True
        try:
            with transaction.atomic():
                row = StudentModule.objects.create(
                    **same, course_key=usage_key.course_key, block_type=usage_key.block_type, **values
                )
        except IntegrityError:  # a parallel request of the same learner was first
            row, made = StudentModule.objects.get(**same), False
        self._rows[usage_key] = row
        return row, made


class DevFieldData(FieldData):
    """Routes each field to its place by scope."""

    def __init__(self, tree: ContentTree, states: LearnerStates) -> None:
        self.tree = tree
        self.states = states
        self._session_only: dict[str, Any] = {}

    def get(self, block, name):
        """The stored value; KeyError where there is none."""
        over = _overrides.get()
        if over is not None and name in over:
            return over[name]
        scope = block.fields[name].scope
        key = block.scope_ids.usage_id
        node = self.tree.nodes.get(key.block_id)
        if scope == Scope.children:
            return [self.tree.usage_key(child) for child in node.children] if node else self._missing(name)
        if scope == Scope.parent:
            return self.tree.usage_key(node.parent) if node and node.parent in self.tree.nodes else None
        if scope.user == UserScope.NONE and scope.block in (BlockScope.USAGE, BlockScope.DEFINITION):
            return node.fields[name] if node else self._missing(name)
        if scope == Scope.user_state:
            return self.states.state(key)[name]
        return self._scoped(block, name)

    def has(self, block, name):
        """Whether a value is stored (or overridden for this call)."""
        try:
            self.get(block, name)
        except KeyError:
            return False
        return True

    def set(self, block, name, value):
        """Store one value."""
        self.set_many(block, {name: value})

    def set_many(self, block, update_dict):
        """Store values; the learner's in one statement."""
        state = {}
        for name, value in update_dict.items():
            scope = block.fields[name].scope
            if scope == Scope.user_state:
                state[name] = value
            elif scope in (Scope.children, Scope.parent):
                self._set_place(block, scope, value)
            elif scope.user == UserScope.NONE and scope.block in (BlockScope.USAGE, BlockScope.DEFINITION):
                self.tree.nodes[block.scope_ids.usage_id.block_id].fields[name] = value
            else:
                self._set_scoped(block, name, value)
        if state:
            self.states.write_state(block.scope_ids.usage_id, state)

    def delete(self, block, name):
        """Forget a value: the field's default, or what is inherited, holds again."""
        scope = block.fields[name].scope
        if scope == Scope.user_state:
            self.states.delete_field(block.scope_ids.usage_id, name)
        elif scope.user == UserScope.NONE and scope.block in (BlockScope.USAGE, BlockScope.DEFINITION):
            self.tree.nodes[block.scope_ids.usage_id.block_id].fields.pop(name, None)
        else:
            ScopedValue.objects.filter(name=self._scoped_name(block, name)).delete()

    def default(self, block, name):
        """What an ancestor says, for inheritable settings; KeyError otherwise, so that the field's own default holds."""
        block_id = block.scope_ids.usage_id.block_id
        if name in INHERITABLE and block_id in self.tree.nodes:
            for node in self.tree.ancestors(block_id):
                if name in node.fields:
                    return node.fields[name]
        raise KeyError(name)

    def _set_place(self, block, scope, value) -> None:
        node = self.tree.nodes[block.scope_ids.usage_id.block_id]
        if scope == Scope.children:
            node.children = [key.block_id for key in value]
            for child in node.children:
                self.tree.nodes[child].parent = node.block_id
        elif value is not None:
            node.parent = value.block_id

    @staticmethod
    def _missing(name: str):
        raise KeyError(name)

    def _scoped_name(self, block, name: str) -> str:
        scope = block.fields[name].scope
        user = block.scope_ids.user_id if scope.user == UserScope.ONE else ""
        where = {BlockScope.USAGE: block.scope_ids.usage_id, BlockScope.TYPE: block.scope_ids.block_type}
        return f"{user}:{where.get(scope.block, '')}:{name}"[:255]

    def _scoped(self, block, name: str):
        row = ScopedValue.objects.filter(name=self._scoped_name(block, name)).first()
        return row.value if row else self._missing(name)

    def _set_scoped(self, block, name: str, value) -> None:
        ScopedValue.objects.update_or_create(name=self._scoped_name(block, name), defaults={"value": value})
