"""What an author may be told about other people's students: aggregates of at least five, and nothing from which less
follows.

Students are told of in *steps*: five of a school at a time, in the order in which they handed in. Whoever looks before and
after one more submission sees no difference, and whoever sees one sees what five students did together.

Two kinds of cell are kept back. A *group* (a school) with fewer than five students is taken out before anything is computed,
so its students' scores have no influence on any figure that is shown. A *count* of one to four students in a category (a
score range, an answer) is kept back with at least one more, so that no total gives it away.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

FEWEST = 5


def shown_groups(sizes: Mapping[Hashable, int]) -> list[Hashable]:
    """The groups whose students may count at all; the others are left out of the totals too."""
    return [group for group, n in sizes.items() if n >= FEWEST]


def shown_counts(counts: Sequence[int]) -> list[int | None]:
    """The counts of a table whose total is known, with ``None`` for what is kept back.

    Where any count is 1 to 4, all below five are kept back, zeros too, and with them the smallest of the rest (all that are
    equally small: which of them was taken would tell): then each count kept back could have been another one, as far as
    the others, the total and this rule tell.
    """
    if not any(0 < count < FEWEST for count in counts):
        return list(counts)
    hidden = {place for place, count in enumerate(counts) if count < FEWEST}
    smallest = min((count for count in counts if count >= FEWEST), default=0)
    hidden |= {place for place, count in enumerate(counts) if count == smallest}
    return [None if place in hidden else count for place, count in enumerate(counts)]


def in_steps(entries: Iterable[tuple[Hashable, Any, int | None]]) -> list[int]:
    """The places of the students who are told of: of each group the whole steps of five, in order.

    ``entries``: (group, what orders it, place; None where the student is not counted yet). A step is fixed by the order of
    handing in, and told once all five in it are counted: so two answers of this function for one group, as students hand in
    and are scored in whatever order, differ by whole fives of students or not at all. That tables which are published again
    give single people away by their difference, and that the threshold has to hold for the difference too: A. Hundepool et
    al., Statistical Disclosure Control, Wiley 2012, on disclosure by differencing.
    """
    groups: dict[Hashable, list[tuple[Any, int | None]]] = {}
    for group, order, place in entries:
        groups.setdefault(group, []).append((order, place))
    told: list[int] = []
    for members in groups.values():
        members.sort(key=lambda member: member[0])
        for start in range(0, len(members) - FEWEST + 1, FEWEST):
            step = [place for _order, place in members[start : start + FEWEST]]
            if None not in step:
                told += [place for place in step if place is not None]
    return sorted(told)
