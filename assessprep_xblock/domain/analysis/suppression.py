"""What an author may be told about other people's students: aggregates of at least five, and nothing from which less
follows.

Two kinds of cell are kept back. A *group* (a school) with fewer than five students is taken out before anything is computed,
so its students' scores have no influence on any figure that is shown. A *count* of one to four students in a category (a
score range, an answer) is kept back with at least one more, so that no total gives it away.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

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
