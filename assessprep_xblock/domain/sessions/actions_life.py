"""What staff do with a session's life: publish it, take it back, archive and unarchive it, give it another code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ..shared import audit, sealing
from ..shared.refusals import Refusal
from ..shared.winning import one_winner
from . import codes, queries, rosters
from .changes import take_change
from .lint import lint
from .models import AssessmentSession

DRAWS = 20


@one_winner
def publish_session(*, session_uuid: UUID, by: int, now: datetime) -> AssessmentSession:
    """Make a session visible to its students and give it a code. Refuses while lint finds an error."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if session.lifecycle == "published":
        raise Refusal("already_published")
    if session.lifecycle == "archived":
        raise Refusal("archived")
    errors = [problem for problem in lint(session, now) if problem.severity == "error"]
    if errors:
        words = " ".join(problem.sentence for problem in errors)
        raise Refusal("lint_errors", problems=words, lint=[problem.as_json() for problem in errors])
    # What lint looked at is what is published: somebody's edit in between makes the rule look again.
    where = {"lifecycle": "draft", "version_no": session.version_no}
    values = {"lifecycle": "published", "n_assigned": len(rosters.assigned(session))}
    _give_code(session, action="publish_session", where=where, values=values, by=by, now=now)
    return queries.session_for_staff(session_uuid=session_uuid, user_id=by)


@one_winner
def rotate_code(*, session_uuid: UUID, by: int, now: datetime) -> AssessmentSession:
    """Give a published session another code. Who is in already stays in; the old code opens nothing any more."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if session.lifecycle != "published":
        raise Refusal("archived" if session.lifecycle == "archived" else "not_published")
    where = {"lifecycle": "published", "live_code": session.live_code}
    _give_code(session, action="rotate_code", where=where, values={}, by=by, now=now)
    return queries.session_for_staff(session_uuid=session_uuid, user_id=by)


def _give_code(
    session: AssessmentSession, *, action: str, where: Mapping[str, Any], values: Mapping[str, Any], by: int, now: datetime
) -> None:
    with transaction.atomic(durable=True):
        for _draw in range(DRAWS):
            code = codes.draw(session.course_key, now)
            try:
                # A savepoint: the unique column is what decides between two sessions that drew the same code.
                with transaction.atomic():
                    change_no = take_change(session.pk, where=where, values={**values, "live_code": code}, notice=True)
                break
            except IntegrityError:
                continue
        else:
            raise Refusal("code_space_full")
        codes.rest(session.course_key, session.live_code, now)
        audit.record(action=action, by=by, now=now, session_id=session.pk, change_no=change_no)


@one_winner
def unpublish_session(*, session_uuid: UUID, by: int, now: datetime) -> AssessmentSession:
    """Make a published session a draft again, while nobody has joined it. Its code is gone."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if session.lifecycle != "published":
        raise Refusal("archived" if session.lifecycle == "archived" else "not_published")
    if queries.has_attempts(session):
        raise Refusal("has_attempts")
    where = {"lifecycle": "published", "n_joined": 0, "n_in_progress": 0, "n_ended": 0, "n_submitted": 0}
    _let_go(session, action="unpublish_session", where=where, lifecycle="draft", by=by, now=now)
    return queries.session_for_staff(session_uuid=session_uuid, user_id=by)


@one_winner
def archive_session(*, session_uuid: UUID, by: int, now: datetime) -> AssessmentSession:
    """Take a session out of sight and keep everything; its code opens nothing any more. Not while somebody works in it."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if session.lifecycle == "archived":
        raise Refusal("archived")
    if session.n_in_progress:
        raise Refusal("students_working", count=session.n_in_progress)
    where = {"lifecycle": session.lifecycle, "n_in_progress": 0}
    _let_go(session, action="archive_session", where=where, lifecycle="archived", by=by, now=now)
    return queries.session_for_staff(session_uuid=session_uuid, user_id=by)


@one_winner
def unarchive_session(*, session_uuid: UUID, by: int, now: datetime) -> AssessmentSession:
    """Bring an archived session back, as a draft: it gets a new code when it is published."""
    session = queries.session_for_staff(session_uuid=session_uuid, user_id=by)
    if session.lifecycle != "archived":
        raise Refusal("state_changed")
    _let_go(session, action="unarchive_session", where={"lifecycle": "archived"}, lifecycle="draft", by=by, now=now)
    return queries.session_for_staff(session_uuid=session_uuid, user_id=by)


def _let_go(
    session: AssessmentSession, *, action: str, where: Mapping[str, Any], lifecycle: str, by: int, now: datetime
) -> None:
    """Move to a lifecycle without a code; the code it had rests."""
    with transaction.atomic(durable=True):
        change_no = take_change(
            session.pk,
            where={**where, "live_code": session.live_code},
            values={"lifecycle": lifecycle, "live_code": None},
            notice=True,
        )
        codes.rest(session.course_key, session.live_code, now)
        audit.record(action=action, by=by, now=now, session_id=session.pk, change_no=change_no)
        if lifecycle == "archived":
            transaction.on_commit(partial(sealing.seal, session_id=session.pk, now=now), robust=True)
