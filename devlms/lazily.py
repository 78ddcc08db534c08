"""Parts of the real problem block that hardly anybody's problem needs are loaded when a problem asks for them.

Symbolic mathematics (``symmath``: sympy) and chemistry (``chem``: nltk, and scipy with it) take longer to import than
everything else together: seconds of each process of the tests, of each server that is started and of each command. They are
the same parts, later. Imported by the settings, so before any block.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


def _symmath() -> ModuleType:
    """Stands for the package until its one function is called; the block takes that by name, so it has to be there."""
    stand_in = ModuleType("symmath")

    def symmath_check(*given: Any, **options: Any) -> Any:
        if sys.modules.get("symmath") is stand_in:
            del sys.modules["symmath"]
        return importlib.import_module("symmath").symmath_check(*given, **options)

    stand_in.symmath_check = symmath_check  # type: ignore[attr-defined]
    return stand_in


def _later(name: str) -> None:
    """Load this module at the first look into it."""
    found = importlib.util.find_spec(name)
    if found is None or found.loader is None or name in sys.modules:
        return
    found.loader = importlib.util.LazyLoader(found.loader)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    # ``from chem import chemcalc`` looks at the package first; asked for by its whole name it would be loaded.
    package, _dot, short = name.rpartition(".")
    setattr(sys.modules[package], short, module)


def load_lazily() -> None:
    """Once in a process; where the block is not installed there is nothing to do."""
    if "symmath" not in sys.modules and importlib.util.find_spec("symmath"):
        sys.modules["symmath"] = _symmath()
        _later("chem.chemcalc")
