"""A number that is kept, because counting it for every session of a district takes too long: who has all their points."""

from __future__ import annotations

from django.db.models import F, Q

from ..sessions.models import GradedCount
from .models import Attempt

#: A submission that counts and whose questions all have their points.
GRADED = Q(scoring="scored", voided=False)


def count_graded(session_id: int) -> None:
    """Count anew how many submissions of a session have all their points: the last step of whatever changed one of them.

    Inside the caller's transaction. The row of the count is locked behind everything else, and counted behind that lock:
    what others have committed is seen (READ COMMITTED, which Django asks of MariaDB), and whoever changes another attempt
    at this moment waits here and counts after us.

    Whoever makes a session makes the row. It is not made here where it is missing: an INSERT takes a shared lock on the
    session's row, which everybody else locks before the attempts. A recount says that it is missing, and makes it.
    """
    mine = GradedCount.objects.filter(session_id=session_id)
    if mine.update(n=F("n")):
        mine.update(n=Attempt.objects.filter(GRADED, session_id=session_id).count())
