"""A measured figure beside its goal, the table of them, and the file that keeps them."""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

COMPARED = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True)
class Row:
    """One figure. ``goal`` as written: ``<= 0.3``, ``>= 10``, ``== 0``; empty where there is none (the figure is
    told only)."""

    name: str
    goal: str
    measured: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether the goal is reached; a figure without one misses none."""
        if not self.goal:
            return True
        sign, bound = self.goal.split()
        return bool(COMPARED[sign](self.measured, float(bound)))

    def plain(self) -> dict[str, object]:
        """As the file keeps it."""
        measured = float(f"{self.measured:.4g}")
        return {"name": self.name, "goal": self.goal, "measured": measured, "unit": self.unit, "met": self.met}


def table(rows: Sequence[Row]) -> str:
    """For a terminal."""
    cells = [("", "figure", "measured", "goal", "unit")]
    cells += [
        (" " if not row.goal else "✓" if row.met else "✗", row.name, f"{row.measured:.4g}", row.goal, row.unit)
        for row in rows
    ]
    wide = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        f"{line[0]:{wide[0]}} {line[1]:{wide[1]}}  {line[2]:>{wide[2]}}  {line[3]:>{wide[3]}}  {line[4]}".rstrip()
        for line in cells
    )


def keep(rows: Sequence[Row], path: Path, *, about: Mapping[str, str] | None = None) -> None:
    """Write ``{"rows": [...]}``, with what there is to say ``about`` them.

    Figures of other benches that stand in the file already stay, unless they are of the same name.
    """
    new = [row.plain() for row in rows]
    names = {row["name"] for row in new}
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = [*(row for row in old if row["name"] not in names), *new]
    path.write_text(json.dumps({**(about or {}), "rows": kept}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
