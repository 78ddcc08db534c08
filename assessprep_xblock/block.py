"""The assessment block: where an author writes its questions, a school places it, and a student meets it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import crum
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from opaque_keys.edx.keys import UsageKey
from web_fragments.fragment import Fragment
from webob import Response
from xblock.completable import XBlockCompletionMode
from xblock.core import XBlock
from xblock.exceptions import NoSuchServiceError
from xblock.fields import Scope, String
from xblock.utils.studio_editable import StudioContainerXBlockMixin

from . import conf
from .browsers import current_device
from .domain.attempts import queries_access, queries_report
from .domain.attempts.queries_guests import MARK
from .domain.attempts.rules import in_own_order
from .domain.library import guards, queries
from .domain.monitoring import actions_platform
from .domain.organizations.queries import run_for_staff
from .domain.shared.refusals import Refusal
from .domain.shared.sentences import sentence
from .lms import get_lms
from .lms.base import LmsError

API = "/assessprep/api/v1/"
#: Standings with which a page holds the questions. Everybody else's page holds none, not even their ids.
WITH_QUESTIONS = frozenset({"answering", "practising", "reviewing", "shown"})
#: The student's page: four parts, and what puts them together. In whatever order the platform loads them.
STUDENT_SCRIPTS = ("connection", "answers", "screens", "working", "assessment")
READ_ONLY_CHILDREN = dict.fromkeys(("can_edit", "can_add", "can_move", "can_delete", "can_edit_visibility"), False)
LONGEST_NAME = 255


def N(text: str) -> str:
    """Mark a text for translation without translating it (Studio does)."""
    return text


@XBlock.needs("user")
@XBlock.wants("i18n", "mako")
class AssessPrepXBlock(StudioContainerXBlockMixin, XBlock):
    """A common assessment. Its children are the questions; it has no score of its own, the platform sums theirs.

    Which version a block delivers, and to whom, is in tables under its usage key. A field would say the same of every copy
    of the block, and a choice made in Studio would leave the unit with unpublished changes.
    """

    display_name = String(display_name=N("Display Name"), default=N("Common assessment"), scope=Scope.settings)
    #: Written by the seam's ``remember_attempt`` only, for state reports and resets. Trusted by nobody.
    attempt_id = String(default="", scope=Scope.user_state)

    has_children = True
    has_author_view = True
    show_in_read_only_mode = True
    completion_mode = XBlockCompletionMode.AGGREGATOR
    icon_class = "problem"

    # -- for students ------------------------------------------------------------------------------------------------
    def student_view(self, context: Mapping[str, Any] | None = None) -> Fragment:
        """The start screen, the test while it runs, the receipt after; course staff see the questions."""
        learner_id = self._person_id()
        access = queries_access.access_to_placement(
            usage_key=self._key(),
            learner_id=learner_id,
            as_student=self._as_student(learner_id),
            now=timezone.now(),
            device=current_device(),
        )
        if access.standing == "staff":
            return self._staff_view(context)
        if access.standing == "outside" and queries.placement_at(self._key()) is None:
            return _styled(_html("student/nothing.html"))
        return self._assessment(access, context)

    def public_view(self, context: Mapping[str, Any] | None = None) -> Fragment:
        """For people who are not signed in: nothing."""
        return _styled(_html("student/nothing.html"))

    def _assessment(self, access: queries_access.Access, context: Mapping[str, Any] | None) -> Fragment:
        with_questions = access.standing in WITH_QUESTIONS
        fragment = _styled(_html("student/before.html"))
        if with_questions:
            spelling = "true" if access.spellcheck else "false"
            fragment.add_content(format_html('<div class="ap-questions" spellcheck="{}" hidden>', spelling))
            self._add_questions(fragment, context, order_of=access.attempt_uuid if access.shuffled else "")
            fragment.add_content("</div>")
        fragment.add_content("</div>")
        name = self.runtime.service(self, "user").get_current_user().full_name or ""
        door = _guests_door(self._key())
        if door:
            fragment.add_content(_html("student/guest_bar.html", name=name, door=door))
        for script in STUDENT_SCRIPTS:
            fragment.add_javascript_url(static(f"assessprep_xblock/student/{script}.js"))
        fragment.initialize_js(
            "AssessPrepXBlock",
            {
                "api": API,
                "placement": str(self._key()),
                "id": self._key().block_id,
                "title": self.display_name,
                "learner": name,
                "n_questions": self._n_questions(),
                "questions": with_questions,
                "read_only": access.standing in ("reviewing", "shown"),
                "reveals": access.standing == "shown",
                "code_length": conf.get_int("ASSESSPREP_CODE_LENGTH"),
                "csrf": _csrf_token(),
                "sign_in": door or "/login",
            },
        )
        return fragment

    def _n_questions(self) -> int:
        """How many questions there are, of which nothing else is told before Start."""
        found = guards.guards_in(self._key().course_key)
        return sum(found.kind(key) not in (None, guards.TEXT) for key in self.children)

    def _add_questions(self, fragment: Fragment, context: Mapping[str, Any] | None, *, order_of: str = "") -> None:
        """Every child as the platform renders it; a question inside an element that names it.

        ``order_of``: the attempt whose own order they stand in, or as they were written.
        """
        found = guards.guards_in(self._key().course_key)
        # One that is None is denied, or gone.
        for child in _in_order(list(filter(None, self.get_children())), found, order_of):
            rendered = child.render("student_view", dict(context or {}))
            fragment.add_fragment_resources(rendered)
            kind = found.kind(child.scope_ids.usage_id)
            if kind in (None, guards.TEXT):
                # It belongs to the questions after it, wherever the page puts them.
                opening = '<div class="ap-beside" data-beside="{}">'
                fragment.add_content(format_html(opening, child.scope_ids.usage_id.block_id))
                fragment.add_content(rendered.content)
                fragment.add_content("</div>")
                continue
            opening = '<div class="ap-question" data-item="{}" data-drafts="{}">'
            drafts = "true" if kind == guards.DRAFTS else "false"
            fragment.add_content(format_html(opening, child.scope_ids.usage_id.block_id, drafts))
            fragment.add_content(rendered.content)
            fragment.add_content("</div>")

    def _staff_view(self, context: Mapping[str, Any] | None) -> Fragment:
        placement, bank = queries.placement_at(self._key()), queries.bank_in(self._key().course_key)
        facts = {"placement": placement, "is_bank": bank is not None, "course_key": str(self._key().course_key)}
        fragment = _styled(_html("student/staff_bar.html", **facts))
        if placement or bank:
            for child in filter(None, self.get_children()):
                rendered = child.render("student_view", dict(context or {}))
                fragment.add_fragment_resources(rendered)
                fragment.add_content(rendered.content)
        return fragment

    # -- for the platform's own tools ----------------------------------------------------------------------------------
    def generate_report_data(self, user_state_iterator: Any, limit_responses: int | None = None) -> Iterator[tuple]:
        """What the report "problem responses" says of the whole assessment: a row for each attempt of whoever has state."""
        usernames = {one.username for one in user_state_iterator}
        yield from queries_report.report_rows(self._key(), usernames, limit=limit_responses, now=timezone.now())

    def clear_student_state(self, user_id: str, course_id: str, item_id: str, requesting_user_id: str) -> None:
        """Staff delete a learner's state of this block in the LMS: the attempt is kept, and is void. Ids are pseudonyms."""
        lms = get_lms()
        if lms.is_resetting():
            return
        learner_id, by = lms.person_behind(user_id), lms.person_behind(requesting_user_id)
        if learner_id is not None:
            actions_platform.state_deleted(usage_key=self._key(), learner_id=learner_id, by=by, now=timezone.now())

    # -- for authors and school staff, in Studio -----------------------------------------------------------------------
    def author_view(self, context: dict[str, Any]) -> Fragment:
        """What stands here and what to do next; on the block's own page the questions: editable in a bank, else to read."""
        bank, placement = queries.bank_in(self._key().course_key), queries.placement_at(self._key())
        assessment = queries.assessment_at(self._key()) if bank else None
        current = assessment.current_version if assessment else None
        fragment = _styled(
            _html(
                "studio/author.html",
                usage_key=str(self._key()),
                course_key=str(self._key().course_key),
                bank=bank,
                assessment=assessment,
                is_withdrawn=current is not None and queries.is_withdrawn(current),
                placement=placement,
                newer=_newer(placement),
                drift=sorted({one["question"] for one in placement.drift}) if placement else [],
                place=None if bank else _place(self._key()),
                n_questions=len(self.children),
            )
        )
        root = (context or {}).get("root_xblock")
        if root is None or root.scope_ids.usage_id == self.scope_ids.usage_id:
            self._add_children_for_staff(fragment, context or {}, editable=bank is not None)
        return fragment

    def _add_children_for_staff(self, fragment: Fragment, context: Mapping[str, Any], *, editable: bool) -> None:
        inner = {**context, **({} if editable else READ_ONLY_CHILDREN)}
        if self._studio_renders():
            self.render_children(inner, fragment, can_reorder=editable, can_add=editable)
            return
        for child in filter(None, self.get_children()):
            view = "author_view" if hasattr(child, "author_view") else "student_view"
            rendered = child.render(view, inner)
            fragment.add_fragment_resources(rendered)
            fragment.add_content(rendered.content)

    def _studio_renders(self) -> bool:
        """Whether Studio's own list of children, with its edit controls, can be had."""
        try:
            return self.runtime.service(self, "mako") is not None
        except NoSuchServiceError:
            return False

    def studio_view(self, _context: Mapping[str, Any] | None = None) -> Fragment:
        """The editor: the title and, in a school's run, which assessment this block delivers."""
        key = self._key()
        bank, placement = queries.bank_in(key.course_key), queries.placement_at(key)
        run = None if bank else get_lms().course_run(key.course_key)
        now = timezone.now()
        offered = queries.versions_open_to(run.organization.short_name, now) if run else []
        facts = {"bank": bank, "placement": placement, "offered": offered, "run": run, "name": self.display_name, "now": now}
        fragment = _styled(_html("studio/editor.html", html_id=key.block_id, **facts))
        fragment.add_javascript_url(static("assessprep_xblock/studio/editor.js"))
        # Choosing is a REST call and no handler: Studio runs handlers in one transaction for the whole request, and the
        # questions' guards have to be committed before the questions are published.
        placements = f"{API}courses/{key.course_key}/placements"
        args = {"csrf": _csrf_token(), "placements": placements, "usage_key": str(key)}
        fragment.initialize_js("AssessPrepEditor", args)
        return fragment

    @XBlock.handler
    def rename(self, request: Any, _suffix: str = "") -> Response:
        """Change the title students see above the start screen. For course staff."""

        def change(body: dict[str, Any], _person_id: int) -> dict[str, Any]:
            name = body.get("display_name")
            if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
                raise Refusal("invalid", field="display_name", why=_("it needs 1 to 255 characters"))
            self.display_name = name.strip()
            return {"display_name": self.display_name}

        return self._answer_staff(request, change)

    def _answer_staff(self, request: Any, work: Callable[[dict[str, Any], int], dict[str, Any]]) -> Response:
        """Ask the role, read the body, do the work; a refusal in the shape of every endpoint. Studio itself asks nothing."""
        try:
            person_id = self._person_id()
            if request.method != "POST" or person_id is None:
                raise Refusal("forbidden")
            run_for_staff(course_key=self._key().course_key, user_id=person_id)
            return _json(work(_body(request), person_id), status=200)
        except Refusal as refusal:
            return _json({**refusal.facts, "code": refusal.code, "message": sentence(refusal)}, status=refusal.status)

    # -- who and where -------------------------------------------------------------------------------------------------
    def _key(self) -> UsageKey:
        """This block's key as the tables know it."""
        return UsageKey.from_string(guards.plain(self.scope_ids.usage_id))

    def _person_id(self) -> int | None:
        return self.runtime.service(self, "user").get_current_user().opt_attrs.get("edx-platform.user_id")

    def _as_student(self, person_id: int | None) -> bool:
        session = getattr(crum.get_current_request(), "session", None)
        if person_id is None or session is None:
            return False
        return get_lms().masquerading_as_student(person_id, self._key().course_key, session)


def _place(usage_key: UsageKey) -> Any:
    """Where the block stands in its course, for warnings; None where that cannot be told."""
    try:
        return get_lms().unit_place(usage_key)
    except LmsError:
        return None


def _in_order(children: list[XBlock], found: guards.Guards, attempt: str) -> list[XBlock]:
    """Questions in the order of an attempt; a text stays before the questions it was written for."""
    if not attempt:
        return children
    ready: dict[str, list[XBlock]] = {}
    waiting: list[XBlock] = []
    for child in children:
        waiting.append(child)
        if found.kind(child.scope_ids.usage_id) not in (None, guards.TEXT):
            ready[child.scope_ids.usage_id.block_id], waiting = waiting, []
    return [child for item in in_own_order(list(ready), attempt) for child in ready[item]] + waiting


def _newer(placement: Any) -> Any:
    """The version its author has published since and still offers, or None."""
    if placement is None:
        return None
    current = placement.version.assessment.current_version
    is_newer = current is not None and current.number > placement.version.number
    return current if is_newer and not queries.is_withdrawn(current) else None


def _html(template: str, **facts: Any) -> str:
    return render_to_string(f"assessprep_xblock/{template}", {"rtl": get_language_bidi(), **facts})


def _styled(content: str) -> Fragment:
    fragment = Fragment(content)
    fragment.add_css_url(static("assessprep_xblock/shared/tokens.css"))
    fragment.add_css_url(static("assessprep_xblock/student/assessment.css"))
    return fragment


def _guests_door(key: UsageKey) -> str:
    """Where a guest without an account signs in and out; "" for everybody else."""
    session = getattr(crum.get_current_request(), "session", None) or {}
    return reverse("assessprep:guest_entry", args=[str(key.course_key)]) if MARK in session else ""


def _csrf_token() -> str:
    request = crum.get_current_request()
    return get_token(request) if request is not None else ""


def _json(body: Mapping[str, Any], *, status: int) -> Response:
    return Response(json.dumps(body).encode(), status=status, content_type="application/json", charset="UTF-8")


def _body(request: Any) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refusal("malformed") from None
    if not isinstance(body, dict):
        raise Refusal("malformed")
    return body
