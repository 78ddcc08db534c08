"""A plain Studio: the outline, a unit or block with what is in it, add, edit, delete, publish."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST
from opaque_keys.edx.keys import UsageKey

from assessprep_xblock.lms import get_lms
from devlms.content import ROOT_ID, ContentTree, has_unpublished_changes, publish_unit
from devlms.models import DRAFT, PUBLISHED
from devlms.olx import add_olx, block_olx
from devlms.runtime import StudioRuntime

from .access import course_or_404, require_staff, usage_key_or_404
from .handlers import answer
from .pages import block_page

LEVELS = {"course": "chapter", "chapter": "sequential", "sequential": "vertical"}
STARTERS = {
    "assessprep": '<assessprep display_name="Common assessment"/>',
    "html": '<html display_name="Text"><p>Write here.</p></html>',
    "problem": (
        '<problem display_name="Question">\n  <multiplechoiceresponse>\n    <label>Ask here.</label>\n'
        '    <choicegroup type="MultipleChoice">\n      <choice correct="true">Right</choice>\n'
        '      <choice correct="false">Wrong</choice>\n    </choicegroup>\n  </multiplechoiceresponse>\n</problem>'
    ),
    "assessprep_written": (
        '<assessprep_written display_name="Written response" prompt="Ask here." rubric="2 | Argument&#10;2 | Language"/>'
    ),
    "drag-and-drop-v2": '<drag-and-drop-v2 display_name="Drag and drop"/>',
}


@login_required
@transaction.non_atomic_requests
def home(request):
    """The runs this person may write in."""
    return render(request, "devlms/studio/home.html", {"runs": get_lms().staff_course_runs(request.user.pk)})


@login_required
@transaction.non_atomic_requests
def outline(request, course_id):
    """Sections, subsections and units of a run, and whether each unit has unpublished changes."""
    course_key = course_or_404(request, course_id)
    require_staff(request, course_key)
    draft, published = ContentTree.load(course_key, DRAFT), ContentTree.load(course_key, PUBLISHED)

    def level(block_id: str) -> dict:
        node = draft.nodes[block_id]
        is_unit = node.block_type == "vertical"
        return {
            "block_id": block_id,
            "title": node.fields.get("display_name") or node.block_type,
            "key": str(draft.usage_key(block_id)),
            "is_unit": is_unit,
            "changed": is_unit and has_unpublished_changes(draft, published, block_id),
            "is_published": block_id in published.nodes,
            "adds": LEVELS.get(node.block_type, ""),
            "children": [] if is_unit else [level(child) for child in node.children],
        }

    return render(request, "devlms/studio/outline.html", {"root": level(ROOT_ID)})


@login_required
@require_POST
def add_structure(request, course_id):
    """A new section, subsection or unit."""
    course_key = course_or_404(request, course_id)
    require_staff(request, course_key)
    tree = ContentTree.load(course_key, DRAFT)
    parent = tree.nodes.get(request.POST.get("parent", ""))
    block_type = LEVELS.get(parent.block_type) if parent else None
    title = request.POST.get("title", "").strip()
    if not block_type or not title:
        return HttpResponseBadRequest("a title, and the section or subsection it goes into")
    fields = {"display_name": title, **({"graded": True} if block_type == "sequential" else {})}
    tree.add(block_type, parent.block_id, fields=fields)
    tree.save()
    return redirect("studio_course", course_id=course_id)


def _draft(request, usage_key_string: str) -> tuple[UsageKey, ContentTree]:
    """The block's key and the draft tree it stands in; 404 and 403 as due."""
    key = usage_key_or_404(usage_key_string)
    course_key = course_or_404(request, str(key.course_key))
    require_staff(request, course_key)
    tree = ContentTree.load(course_key, DRAFT)
    if tree.find(key) is None:
        raise Http404("there is no such block")
    return key, tree


@login_required
@ensure_csrf_cookie
def container(request, usage_key_string):
    """A unit, or a block with children: what is in it as an author sees it, and what can be done with it."""
    key, tree = _draft(request, usage_key_string)
    published = ContentTree.load(key.course_key, PUBLISHED)
    runtime = StudioRuntime(key.course_key, request.user, is_staff=True, tree=tree)
    block = runtime.get_block(key)
    view = "author_view" if hasattr(block, "author_view") else "student_view"
    # What the platform's Studio hands to author views: the root of the page, and what may be done on it.
    context = {"is_root": True, "root_xblock": block, "reorderable_items": set(), "can_edit": True, "can_add": True}
    fragment = block.render(view, context)
    unit = tree.unit_of(key.block_id)
    has_types = {"vertical", "assessprep"}
    return block_page(
        request,
        fragment,
        "devlms/studio/container.html",
        {
            "title": block.display_name_with_default,
            "key": str(key),
            "path": _path(tree, key.block_id),
            "unit_key": str(tree.usage_key(unit.block_id)) if unit else "",
            "changed": unit is not None and has_unpublished_changes(tree, published, unit.block_id),
            "is_published": unit is not None and unit.block_id in published.nodes,
            "children": [_child(tree, child) for child in tree.nodes[key.block_id].children],
            "can_add": key.block_type in has_types,
            "starters": STARTERS,
        },
    )


def _child(tree: ContentTree, block_id: str) -> dict:
    node = tree.nodes[block_id]
    return {
        "key": str(tree.usage_key(block_id)),
        "title": node.fields.get("display_name") or node.block_type,
        "type": node.block_type,
        "copied": bool(node.copied_from),
        "opens": node.block_type == "assessprep" or bool(node.children),
    }


def _path(tree: ContentTree, block_id: str) -> list[dict]:
    line = [node for node in tree.ancestors(block_id) if node.block_id != ROOT_ID]
    return [
        {
            "title": node.fields.get("display_name") or node.block_type,
            "key": str(tree.usage_key(node.block_id)) if node.block_type in ("vertical", "assessprep") else "",
        }
        for node in reversed(line)
    ]


@login_required
@require_POST
def publish(request, usage_key_string):
    """Publish the unit that holds this block."""
    key, tree = _draft(request, usage_key_string)
    unit = tree.unit_of(key.block_id)
    if unit is None:
        raise Http404("the block stands in no unit")
    publish_unit(key.course_key, unit.block_id, by=request.user.pk)
    messages.success(request, _("Published."))
    return redirect("studio_container", usage_key_string=usage_key_string)


@login_required
@require_POST
def add_block(request, usage_key_string):
    """A new block from OLX at the end of this one."""
    key, tree = _draft(request, usage_key_string)
    olx = request.POST.get("olx") or STARTERS.get(request.POST.get("type", ""), "")
    try:
        add_olx(tree, olx, key.block_id, user=request.user)
    except ValueError as error:
        messages.error(request, str(error))
    else:
        tree.save()
    return redirect("studio_container", usage_key_string=usage_key_string)


@login_required
@require_POST
def delete(request, usage_key_string):
    """Take a block out of the draft."""
    key, tree = _draft(request, usage_key_string)
    parent = tree.nodes[key.block_id].parent
    if not parent or parent == ROOT_ID and key.block_id == ROOT_ID:
        raise Http404
    tree.remove(key.block_id)
    tree.save()
    back = tree.nodes[parent]
    if back.block_type in ("vertical", "assessprep"):
        return redirect("studio_container", usage_key_string=str(tree.usage_key(parent)))
    return redirect("studio_course", course_id=str(key.course_key))


@login_required
@ensure_csrf_cookie
def edit(request, usage_key_string):
    """The block's own editor where it has one, else its OLX."""
    key, tree = _draft(request, usage_key_string)
    runtime = StudioRuntime(key.course_key, request.user, is_staff=True, tree=tree)
    runtime.handler_url_name = "component_handler"
    block = runtime.get_block(key)
    parent = str(tree.usage_key(tree.nodes[key.block_id].parent))
    context = {"title": block.display_name_with_default, "key": str(key), "back": parent}
    if request.method == "GET" and hasattr(block, "studio_view") and "olx" not in request.GET:
        return block_page(request, block.render("studio_view", {}), "devlms/studio/edit.html", context)
    if request.method == "POST":
        error = _replace(tree, key, request.POST.get("olx", ""))
        if not error:
            tree.save()
            return redirect("studio_container", usage_key_string=parent)
        context |= {"olx": request.POST.get("olx", ""), "error": error}
        return render(request, "devlms/studio/olx.html", context, status=400)
    return render(request, "devlms/studio/olx.html", {**context, "olx": block_olx(block)})


def _replace(tree: ContentTree, key: UsageKey, olx: str) -> str:
    """Read OLX into an existing block, which keeps its id and place; the error as a sentence, or nothing."""
    node = tree.nodes[key.block_id]
    parent, place = tree.nodes[node.parent], tree.nodes[node.parent].children.index(key.block_id)
    try:
        made = add_olx(tree, olx, node.parent)
    except ValueError as error:
        return str(error)
    new = tree.nodes[made]
    if new.block_type != node.block_type:
        tree.remove(made)
        return _("The block must stay of the type {type}.").format(type=node.block_type)
    if made != key.block_id:
        node.fields = new.fields
        tree.remove(made)
    parent.children.remove(key.block_id)
    parent.children.insert(place, key.block_id)
    return ""


@login_required
@xframe_options_exempt
def preview_handler(request, usage_key_string, handler, suffix=""):
    """A handler of what a Studio page shows. As in Studio it asks for nothing but a login, and is one transaction."""
    return _studio_handler(request, usage_key_string, handler, suffix)


@login_required
def component_handler(request, usage_key_string, handler, suffix=""):
    """A handler of an editor. As in Studio it asks for nothing but a login, and is one transaction."""
    return _studio_handler(request, usage_key_string, handler, suffix)


def _studio_handler(request, usage_key_string: str, handler: str, suffix: str | None):
    key = usage_key_or_404(usage_key_string)
    course_key = course_or_404(request, str(key.course_key))
    is_staff = get_lms().is_course_staff(request.user.pk, course_key)
    runtime = StudioRuntime(course_key, request.user, is_staff=is_staff)
    response = answer(request, runtime, key, handler, suffix)
    if response.status_code < 400:
        runtime.tree.save()
    return response
