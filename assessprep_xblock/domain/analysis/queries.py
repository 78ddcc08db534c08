"""The analysis of an assessment, for whoever may have it: a school of its own sessions, an author of all in fixed groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Max

from assessprep_xblock import conf
from assessprep_xblock.lms import get_lms

from ..attempts.models import Attempt
from . import report, suppression
from .models import PreparedReport
from .reading import Read, questions_of, read
from .report import Grouping
from .scopes import Held, Scope

#: A task that has not said anything for so long has died with its worker; the report may be asked for again.
TASK_LASTS = timedelta(minutes=10)


def analysis(scope: Scope, *, now: datetime) -> dict[str, Any]:
    """The report, as ``{"state": "ready", "as_of", "stale", ...}``; ``stale``: submissions came since ``as_of``.

    Up to as many submissions as a page may wait for it is made at once, of everything submitted until now. Beyond, the one
    that a task prepared is told; where there is none yet: ``{"state": "missing" | "waiting" | "working" | "failed", "done",
    "total"}``.
    """
    if scope.size <= conf.get_int("ASSESSPREP_ANALYSIS_AT_ONCE"):
        return {"state": "ready", "as_of": _iso(now), "stale": False, "prepared": False, **build(scope)}
    row = PreparedReport.objects.filter(scope=scope.digest()).first()
    if row is None:
        return {"state": "missing", "prepared": True, "done": 0, "total": scope.size}
    progress = {"state": row.state, "prepared": True, "done": row.done, "total": row.total}
    if row.state in ("waiting", "working") and row.asked_at < now - TASK_LASTS:
        progress["state"] = "failed"
    if row.result is None:
        return progress
    stale = row.stamp != stamp_of(scope)
    made = {**row.result, "as_of": _iso(row.as_of) if row.as_of else None, "stale": stale}
    return {**made, "state": "ready", "prepared": True, "task": progress}


def stamp_of(scope: Scope) -> str:
    """Changes with every submission that is added, taken out or marked anew. One query."""
    rows = Attempt.objects.filter(session_id__in=[one.pk for one in scope.sessions], status="submitted", voided=False)
    found = rows.aggregate(n=Count("pk"), last=Max("progress_at"))
    return f"{found['n']} {found['last']:%Y-%m-%dT%H:%M:%S.%f}" if found["last"] else f"{found['n']}"


def build(scope: Scope, *, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """The report itself, of what is submitted now."""
    version_id = scope.sessions[0].version_id if scope.sessions else None
    questions = questions_of(version_id) if version_id is not None else []
    sessions = [one.pk for one in scope.sessions]
    found = read(sessions, questions, expected=scope.size, progress=progress, in_steps=scope.is_author)
    kept_back: list[str] = []
    if scope.is_author:
        found = _in_whole_steps(scope, found)
    schools = _schools(scope, found)
    if scope.is_author:
        found, schools, kept_back = _without_small_schools(found, schools)
    groupings = [schools] if scope.is_author else [schools, _sessions(scope, found), _classes(scope, found)]
    made = report.compose(
        found, groupings, author=scope.is_author, whole_district=not (scope.is_author and scope.asked.organization)
    )
    return {**made, "kept_back": kept_back}


def _schools(scope: Scope, found: Read) -> Grouping:
    return _by(scope, found, "school", lambda one: one.organization, scope.names)


def _sessions(scope: Scope, found: Read) -> Grouping:
    return _by(scope, found, "session", lambda one: str(one.pk), {str(one.pk): one.name for one in scope.sessions})


def _by(scope: Scope, found: Read, by: str, key: Callable[[Held], str], names: Mapping[str, str]) -> Grouping:
    keys = sorted({key(one) for one in scope.sessions}, key=lambda one: (names.get(one, one).casefold(), one))
    place = {one.pk: keys.index(key(one)) for one in scope.sessions}
    return Grouping(
        by,
        [names.get(one, one) for one in keys],
        np.array([place[session] for session in found.session.tolist()], dtype=np.int64),
    )


def _in_whole_steps(scope: Scope, found: Read) -> Read:
    """The same of whole steps of five students of each school: one more submission changes nothing that is told."""
    school = {one.pk: one.organization for one in scope.sessions}
    entries = [(school[session], order, place) for session, order, place in found.steps]
    stay = np.array(suppression.in_steps(entries), dtype=np.intp)
    # How many wait is told of schools that are told of at all.
    shown = {school[session] for session in found.session[stay].tolist()}
    return replace(
        found,
        answers=found.answers.of(stay),
        learner=found.learner[stay],
        session=found.session[stay],
        waiting=sum(one in shown for one, _order, _place in entries) - len(stay),
        steps=(),
    )


def _without_small_schools(found: Read, schools: Grouping) -> tuple[Read, Grouping, list[str]]:
    """The same without the students of schools that have fewer than five: nothing that is told depends on their scores."""
    sizes = Counter(schools.keys.tolist())
    shown = suppression.shown_groups({place: sizes[place] for place in range(len(schools.names))})
    stay = np.isin(schools.keys, np.array(shown, dtype=np.int64))
    places = {place: number for number, place in enumerate(shown)}
    keys = np.array([places[place] for place in schools.keys[stay].tolist()], dtype=np.int64)
    kept_back = [name for place, name in enumerate(schools.names) if place not in places]
    left = replace(found, answers=found.answers.of(stay), learner=found.learner[stay], session=found.session[stay])
    return left, Grouping(schools.by, [schools.names[int(str(place))] for place in shown], keys), kept_back


def _classes(scope: Scope, found: Read) -> Grouping:
    """Classes as they are now, of whoever is in one; three queries of the platform for each run."""
    lms = get_lms()
    names: list[str] = []
    of_learner: dict[int, int] = {}
    for course_key in sorted({one.course_key for one in scope.sessions}, key=str):
        classes = {one.id: one.name for one in lms.classes(course_key)}
        places = {pk: len(names) + number for number, pk in enumerate(classes)}
        names += classes.values()
        for learner, person in lms.learners(course_key, class_ids=list(classes)).items() if classes else ():
            mine = [places[one] for one in person.classes if one in places]
            if mine:
                of_learner[learner] = mine[0]
    keys = [of_learner.get(learner, -1) for learner in found.learner.tolist()]
    return _without_empty(names, keys)


def _without_empty(names: Sequence[str], keys: Sequence[int]) -> Grouping:
    used = sorted(set(keys) - {-1})
    place = {old: new for new, old in enumerate(used)}
    return Grouping("class", [names[one] for one in used], np.array([place.get(one, -1) for one in keys], dtype=np.int64))


def choices(scope: Scope) -> dict[str, Any]:
    """What the page lets one choose from: sessions (a school's), schools, versions, each with its number of submissions."""
    schools: Counter[str] = Counter()
    versions: Counter[int] = Counter()
    for one in scope.choices:
        schools[one.organization] += one.submitted
        versions[one.version] += one.submitted
    return {
        "sessions": []
        if scope.is_author
        else [
            {"uuid": str(one.uuid), "name": one.name, "version": one.version, "submitted": one.submitted}
            for one in scope.choices
        ],
        "schools": [
            {"organization": key, "name": scope.names.get(key, key), "submitted": n}
            for key, n in sorted(schools.items(), key=lambda pair: scope.names.get(pair[0], pair[0]).casefold())
        ],
        "versions": [{"number": number, "submitted": n} for number, n in sorted(versions.items(), reverse=True)],
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
