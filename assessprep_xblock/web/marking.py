"""Marking: one submission with all its questions or with one, the questions of a session, and the way to the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from .. import conf
from ..domain.grading import queries, queries_marking, queries_submission, rules, rules_twice
from ..domain.sessions.queries import session_for_staff
from .analyse_words import clock
from .grade import page_below, row_of
from .pages import session_tabs, staff_page

#: State of a question -> (words, badge, shape).
STATES = {
    "scored": (gettext_lazy("Scored by the platform"), "good", "✓"),
    "marked": (gettext_lazy("Marked"), "good", "✎"),
    "to_mark": (gettext_lazy("Needs marking"), "warn", "◔"),
    "second": (gettext_lazy("Needs a second mark"), "warn", "◔"),
    "waits": (gettext_lazy("Waits for a second person"), "", "◑"),
    "conflict": (gettext_lazy("The two marks differ"), "bad", "≠"),
    "agreed": (gettext_lazy("Marked by two people"), "good", "✎"),
    "settled": (gettext_lazy("Settled"), "good", "✎"),
    "pending": (gettext_lazy("Grade pending"), "warn", "◔"),
    "empty": (gettext_lazy("Not answered"), "", "○"),
    "dropped": (gettext_lazy("Dropped by its author"), "warn", "⊘"),
}
#: What a step of the history is, where two people mark.
WAYS = {
    "first": gettext_lazy("first mark"),
    "second": gettext_lazy("second mark"),
    "agreed": gettext_lazy("the mean of both marks"),
    "settled": gettext_lazy("settled"),
}
#: Around a question as the student saw it. The frame runs no script, and may load nothing but pictures and styles.
FRAME = (
    '<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style>body{font:16px/1.5 system-ui,sans-serif;'
    "margin:8px;overflow-wrap:anywhere}.field{display:flex;gap:8px}img{max-width:100%%}"
    "input,select,textarea{pointer-events:none}</style></head>"
    '<body dir="auto" inert>%s</body></html>'
)
FRAME_POLICY = "sandbox; default-src 'none'; img-src 'self' data: https:; style-src 'unsafe-inline' 'self'"


@staff_page
def submission(request: HttpRequest, *, now: datetime, attempt_uuid: UUID) -> HttpResponse:
    """One student's submission. Course staff only: invigilators see no question. ``?question=``: that question alone."""
    found = queries_submission.submission(attempt_uuid=attempt_uuid, user_id=request.user.pk, now=now)
    session, asked = found.session, request.GET.get("question", "")
    chosen = [one for one in found.questions if one.item == asked] or found.questions
    by_question = len(chosen) == 1 and bool(asked)
    settling = by_question and "conflicts" in request.GET
    onward = reverse("assessprep:grade_next", args=[session.uuid])
    return page_below(
        request,
        "assessprep_xblock/staff/submission.html",
        session,
        assessment=session.placement.version.title,
        row=row_of(found.one),
        one=found.one,
        hidden=found.hidden,
        markable=found.markable,
        by_question=by_question,
        questions=[_question(one) for one in chosen],
        whole=reverse("assessprep:submission", args=[attempt_uuid]) if by_question else "",
        settling=settling,
        following=f"{onward}?after={attempt_uuid}"
        + ("&conflicts=1" if settling else f"&question={asked}" if by_question else ""),
        longest=rules.LONGEST_COMMENT,
        setup=_setup(found, attempt_uuid),
    )


def _question(one: queries_submission.Answered) -> dict[str, Any]:
    words, look, shape = STATES[one.state]
    return {
        "one": one,
        "state": words,
        "look": look,
        "shape": shape,
        "earned": "" if one.earned is None else rules.points(one.earned),
        "possible": rules.points(one.possible),
        "machine": None if one.machine is None else rules.points(one.machine),
        "spent": "" if one.spent is None else clock(one.spent),
        "first": None if one.first_machine is None else rules.points(one.first_machine),
        "elsewhere": None if one.elsewhere is None else rules.points(one.elsewhere),
        "rubric": [
            {"one": criterion, "most": rules.points(criterion.points), "points": one.criteria.get(criterion.id)}
            for criterion in one.rubric
        ],
        "step": conf.get_float("ASSESSPREP_MARK_STEP") / one.steps,
        "marks": [
            {
                "who": who or _("Somebody whose account is gone"),
                "title": _("First mark") if mark.round == 1 else _("Second mark"),
                "points": rules.points(mark.points),
                "criteria": [
                    (criterion.title, rules.points(mark.criteria[criterion.id]))
                    for criterion in one.rubric
                    if criterion.id in mark.criteria
                ],
                "comment": mark.comment,
            }
            for mark, who in (one.both.marks if one.both is not None else ())
        ],
        "history": [
            {
                "at": step.at,
                "who": who or ("" if step.way == "agreed" else _("The platform")),
                "way": WAYS.get(step.way, ""),
                "points": _("taken back") if step.points is None else rules.points(step.points),
                "undoes": step.undoes,
                "reason": step.reason,
                "comment": step.comment,
            }
            for step, who in one.history
        ],
    }


def _setup(found: queries_submission.OneSubmission, attempt_uuid: UUID) -> dict[str, Any]:
    """What the page's script needs: addresses, versions and sentences."""
    blocked = found.in_the_way
    return {
        "markable": found.markable,
        "lease": reverse("assessprep:api_lease", args=[attempt_uuid]),
        "lease_s": conf.get_int("ASSESSPREP_MARKING_LEASE"),
        "held_by": blocked.who if blocked is not None else "",
        "marks": {
            one.item: {
                "address": reverse("assessprep:api_mark", args=[attempt_uuid, one.item]),
                "undo": reverse("assessprep:api_mark_undo", args=[attempt_uuid, one.item]),
                "settle": reverse("assessprep:api_mark_settle", args=[attempt_uuid, one.item]),
                "version": one.version,
                "may": one.may,
                "marks": _marks(one),
            }
            for one in found.questions
        },
        "states": {
            name: {"words": str(words), "look": look, "shape": shape} for name, (words, look, shape) in STATES.items()
        },
        "statuses": {name: _(label) for name, label in rules.STATUSES.items()},
        "words": {
            "saved": _("Saved."),
            "undone": _("Undone."),
            "held": _("{who} has this submission open and is marking it."),
            "none": _("No score yet"),
            "points": _("Give points first."),
            "reason": _("Say why these points count: both markers will read it."),
            "mine": _("Saved. It counts once a second person has marked this answer, too."),
        },
    }


def _marks(one: queries_submission.Answered) -> list[dict[str, Any]]:
    """Both marks and their mean, for the buttons that fill the form; nothing before both are in."""
    if one.both is None or not one.both.marks:
        return []
    marks = [mark for mark, _who in one.both.marks]
    given = (*marks, rules_twice.mean(marks))
    return [{"points": mark.points, "criteria": mark.criteria, "comment": mark.comment} for mark in given]


@staff_page
def grade_next(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """To the next submission that waits for a mark of this person (``?question=``: for this question), or with
    ``?conflicts=1`` to the next conflict; to the list when there is none."""
    item, settles = request.GET.get("question", ""), "conflicts" in request.GET
    look = queries_marking.next_to_settle if settles else queries_marking.next_to_mark
    after = _uuid(request.GET.get("after", ""))
    found = look(session_uuid=session_uuid, item=item, after=after, user_id=request.user.pk, now=now)
    if found is None and settles:
        return redirect(reverse("assessprep:conflicts", args=[session_uuid]) + "?done=1")
    if found is None:
        # The question's own way leads back to where it was chosen.
        name = "grade_questions" if item else "grade"
        return redirect(reverse(f"assessprep:{name}", args=[session_uuid]) + "?done=1")
    attempt, question = found
    address = reverse("assessprep:submission", args=[attempt])
    if settles:
        return redirect(f"{address}?question={question}&conflicts=1")
    return redirect(f"{address}?question={question}" if item else f"{address}#question-{question}")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@staff_page
def grade_questions(request: HttpRequest, *, now: datetime, session_uuid: UUID) -> HttpResponse:
    """The questions of a session with how far each is marked, and the way to mark one question for everybody."""
    session = session_for_staff(session_uuid=session_uuid, user_id=request.user.pk)
    onward = reverse("assessprep:grade_next", args=[session.uuid])
    questions = queries_marking.questions_to_mark(session, user_id=request.user.pk)
    return page_below(
        request,
        "assessprep_xblock/staff/grade_questions.html",
        session,
        tabs=session_tabs(session.uuid, current="grade", is_staff=True),
        done="done" in request.GET,
        questions=[
            {
                "one": one,
                "points": rules.points(one.question.max_points),
                "address": f"{onward}?question={one.question.item}" if one.mine else "",
            }
            for one in questions
        ],
        two=any(one.second or one.conflicts for one in questions),
        hidden=queries.names_hidden(session),
    )


@xframe_options_sameorigin
@staff_page
def as_answered(request: HttpRequest, *, now: datetime, attempt_uuid: UUID, item: str) -> HttpResponse:
    """One question as the student saw it, answered, in a frame that runs nothing."""
    html = queries_submission.as_answered(attempt_uuid=attempt_uuid, item=item, user_id=request.user.pk)
    answer = HttpResponse(FRAME % html)
    answer["Content-Security-Policy"] = FRAME_POLICY
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("attempts/<uuid:attempt_uuid>/", submission, name="submission"),
    path("attempts/<uuid:attempt_uuid>/questions/<str:item>/", as_answered, name="as_answered"),
    path("sessions/<uuid:session_uuid>/grade/next/", grade_next, name="grade_next"),
    path("sessions/<uuid:session_uuid>/grade/questions/", grade_questions, name="grade_questions"),
]
