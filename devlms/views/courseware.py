"""Pages of the LMS: my courses, the outline of a run, a unit, one block."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST

from assessprep_xblock.lms import get_lms
from devlms.content import ROOT_ID, ContentTree
from devlms.gateway.content import unit_url, visible_to_students
from devlms.models import PUBLISHED, StudentModule
from devlms.runtime import DevRuntime

from .access import block_in_run_or_404, course_or_404, require_place, require_staff, staff_here, usage_key_or_404
from .pages import block_page


@login_required
@transaction.non_atomic_requests
def dashboard(request):
    """My courses: those I learn in, and those I am staff of."""
    lms = get_lms()
    context = {"learning": lms.learner_course_runs(request.user.pk), "teaching": lms.staff_course_runs(request.user.pk)}
    return render(request, "devlms/dashboard.html", context)


@login_required
@transaction.non_atomic_requests
def course_home(request, course_id):
    """The outline: sections, subsections and units that this person may see."""
    course_key = course_or_404(request, course_id)
    is_staff = require_place(request, course_key)
    tree = ContentTree.load(course_key, PUBLISHED)
    context = {"outline": _outline(tree, is_staff), **_staff_context(request, course_key)}
    return render(request, "devlms/course_home.html", context)


def _outline(tree: ContentTree, is_staff: bool) -> list[dict]:
    def level(block_id: str) -> list[dict]:
        return [
            {
                "title": tree.nodes[child].fields.get("display_name", child),
                "graded": tree.nodes[child].fields.get("graded", False),
                "url": unit_url(tree.course_key, child) if tree.nodes[child].block_type == "vertical" else "",
                "children": [] if tree.nodes[child].block_type == "vertical" else level(child),
            }
            for child in tree.nodes[block_id].children
            if is_staff or visible_to_students(tree, child)
        ]

    return level(ROOT_ID) if ROOT_ID in tree.nodes else []


def _staff_context(request, course_key) -> dict:
    lms = get_lms()
    really = lms.is_course_staff(request.user.pk, course_key)
    return {
        "really_staff": really,
        "viewing_as_student": really and lms.masquerading_as_student(request.user.pk, course_key, request.session),
    }


@login_required
@ensure_csrf_cookie
@transaction.non_atomic_requests
def unit(request, course_id, unit_id):
    """One unit with its blocks, as this person sees them."""
    course_key = course_or_404(request, course_id)
    is_staff = require_place(request, course_key)
    runtime = DevRuntime(course_key, request.user, is_staff=is_staff)
    node = runtime.tree.nodes.get(unit_id)
    if node is None or node.block_type != "vertical":
        raise Http404("there is no such unit")
    if not is_staff and not visible_to_students(runtime.tree, unit_id):
        raise Http404("the unit is not released")
    key = runtime.tree.usage_key(unit_id)
    runtime.prefetch([key])
    fragment = runtime.get_block(key).render("student_view", {"child_of_vertical": True})
    line = [runtime.tree.nodes[unit_id], *runtime.tree.ancestors(unit_id)]
    context = {
        "title": node.fields.get("display_name", ""),
        "path": [one.fields.get("display_name", "") for one in reversed(line[1:]) if one.block_id != ROOT_ID],
        "unit_key": str(key),
        **_staff_context(request, course_key),
    }
    return block_page(request, fragment, "devlms/unit.html", context)


@login_required
@ensure_csrf_cookie
@transaction.non_atomic_requests
def render_xblock(request, usage_key_string):
    """One block as a page without the course around it. 404 for whoever is neither enrolled nor staff, as in the LMS."""
    key = usage_key_or_404(usage_key_string)
    course_key = course_or_404(request, str(key.course_key))
    is_staff = staff_here(request, course_key)
    if not is_staff and not get_lms().is_enrolled(request.user.pk, course_key):
        raise Http404
    view = request.GET.get("view", "student_view")
    if view not in ("student_view", "public_view"):
        return HttpResponseBadRequest("only student_view and public_view")
    runtime = DevRuntime(course_key, request.user, is_staff=is_staff)
    if runtime.tree.find(key) is None or (not is_staff and not visible_to_students(runtime.tree, key.block_id)):
        raise Http404
    runtime.prefetch([key])
    fragment = runtime.get_block(key).render(view, {})
    title = runtime.tree.nodes[key.block_id].fields.get("display_name", "")
    return block_page(request, fragment, "devlms/chromeless.html", {"title": title})


@login_required
@transaction.non_atomic_requests
def jump_to(request, course_id, location):
    """To the unit that holds a block."""
    key = usage_key_or_404(location)
    url = get_lms().unit_urls([key]).get(key)
    if url is None:
        raise Http404
    return redirect(url)


@login_required
@require_POST
def masquerade(request, course_id):
    """View this course as: myself, or a student."""
    course_key = course_or_404(request, course_id)
    require_staff(request, course_key)
    chosen = dict(request.session.get("masquerade_settings") or {})
    chosen[str(course_key)] = "student" if request.POST.get("role") == "student" else "staff"
    request.session["masquerade_settings"] = chosen
    return redirect(request.META.get("HTTP_REFERER") or "dashboard")


@login_required
@transaction.non_atomic_requests
def submission_history(request, course_id, learner_identifier, location):
    """State and score of one learner in one block: for oneself, and for staff."""
    course_key = course_or_404(request, course_id)
    is_staff = require_place(request, course_key)
    if learner_identifier != request.user.username and not is_staff:
        return HttpResponse("Forbidden", status=403)
    key = block_in_run_or_404(location, course_key)
    row = StudentModule.objects.filter(student__username=learner_identifier, usage_key=key).first()
    if row is None:
        raise Http404("there is nothing of this learner")
    return render(request, "devlms/submission_history.html", {"row": row, "learner": learner_identifier})


@require_POST
def choose_language(request):
    """Show pages in this language from now on."""
    response = redirect(request.META.get("HTTP_REFERER") or "dashboard")
    code = request.POST.get("language", "")
    if check_for_language(code):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code)
    return response
