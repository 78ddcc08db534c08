"""What can be wrong with a module: mutmut's changes, each as the code of one function with one thing wrong."""

from __future__ import annotations
import __future__

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode


@dataclass(frozen=True)
class Change:
    """One thing wrong in one function."""

    path: str
    #: As Python names it: ``submit``, ``Budget.left``.
    function: str
    #: The line of the function's ``def``, and the first and the last line of what is changed.
    begins: int
    first: int
    last: int
    code: CodeType
    diff: str


def changes(path: Path) -> Iterator[Change]:
    """Everything that mutmut knows to change in the functions of a module, decorated ones too.

    mutmut itself leaves functions with decorators as they are, which every action has. Here the function below them is
    changed, so that they may stay. What is logged stays as it is: no test reads it word for word.
    """
    source = _without_decorators(path.read_text())
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = MutationVisitor(mutation_operators, IgnoredCode(_logged(source), set(), set()))
    wrapper.visit(visitor)
    positions = wrapper.resolve(PositionProvider)
    methods = {
        child: f"{outer.name.value}."
        for outer in wrapper.module.body
        if isinstance(outer, cst.ClassDef)
        for child in outer.body.body
    }
    for one in visitor.mutations:
        function = one.contained_by_top_level_function
        if not isinstance(function, cst.FunctionDef):
            continue
        wrong = function.deep_replace(one.original_node, one.mutated_node)
        assert isinstance(wrong, cst.FunctionDef)
        right, text = (wrapper.module.code_for_node(each) for each in (function, wrong))
        # Code is put in place of code: a default belongs to the function, and a change of one would change nothing.
        if right == text or not function.params.deep_equals(wrong.params):
            continue
        place = positions[one.original_node]
        yield Change(
            path=str(path),
            function=methods.get(function, "") + function.name.value,
            begins=positions[function].start.line,
            first=place.start.line,
            last=place.end.line,
            code=_compiled(text, str(path), function.name.value),
            diff="\n".join(
                line
                for line in difflib.unified_diff(right.split("\n"), text.split("\n"), n=0, lineterm="")
                if line[:1] in "+-" and line[:3] not in ("+++", "---")
            ),
        )


def _without_decorators(source: str) -> str:
    """The same lines, empty where a function's decorator stood."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            for number in range(node.decorator_list[0].lineno, node.lineno):
                lines[number - 1] = ""
    return "\n".join(lines)


def _logged(source: str) -> set[int]:
    """The lines of calls of ``log``."""
    calls = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr)]
    return {
        number
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
        for number in range(call.lineno, (call.end_lineno or call.lineno) + 1)
    }


def _compiled(text: str, path: str, name: str) -> CodeType:
    """The code of the function whose text this is."""
    plain = "\n".join(text.strip("\n").split("\n"))
    if plain.startswith((" ", "\t")):
        plain = "if True:\n" + plain
    whole = compile(plain, path, "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)
    return next(each for each in whole.co_consts if isinstance(each, CodeType) and each.co_name == name)
