"""Handlers of blocks, each route with exactly the checks it has in the LMS: few, and on one of them none."""

from __future__ import annotations

import json
import logging
import mimetypes

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseForbidden, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt
from edx_rest_framework_extensions.auth.jwt.authentication import JwtAuthentication
from opaque_keys.edx.keys import UsageKey
from rest_framework.exceptions import APIException
from xblock.core import XBlock
from xblock.django.request import django_to_webob_request, webob_to_django_response
from xblock.exceptions import DisallowedFileError, NoSuchHandlerError, NoSuchUsage, NotFoundError, ProcessingError
from xblock.plugin import PluginMissingError

from devlms.gateway.content import visible_to_students
from devlms.runtime import DevRuntime

from .access import block_in_run_or_404, course_or_404, staff_here
from .pages import without_remote_fonts

log = logging.getLogger(__name__)


@csrf_exempt
@transaction.non_atomic_requests
def xblock_handler(request, course_id, usage_id, handler, suffix=None):
    """A handler for somebody signed in. Like the LMS it asks whether the block is visible, and nothing of enrolment."""
    if request.user.is_authenticated:
        refused = CsrfViewMiddleware(lambda _request: None).process_view(request, None, (), {})
        if refused is not None:
            return refused
    request.user = _named_by_token(request) or request.user
    if not request.user.is_authenticated and request.method not in ("GET", "HEAD"):
        return HttpResponseForbidden("Unauthenticated")
    course_key = course_or_404(request, course_id)
    runtime = DevRuntime(course_key, request.user, is_staff=staff_here(request, course_key))
    key = block_in_run_or_404(usage_id, course_key)
    if runtime.tree.find(key) and not runtime.user_is_staff and not visible_to_students(runtime.tree, key.block_id):
        raise Http404
    return answer(request, runtime, key, handler, suffix)


def _named_by_token(request):
    """Whom a program's token names, as in the LMS: before whoever the browser's session names. None without a good one."""
    try:
        found = JwtAuthentication().authenticate(request)
    except APIException:
        return None
    return found[0] if found else None


@csrf_exempt
@transaction.non_atomic_requests
def xblock_handler_noauth(request, course_id, usage_id, handler, suffix=None):
    """The same with no access check at all, and no CSRF token: this is how the LMS is, and what a gate must hold against."""
    course_key = course_or_404(request, course_id)
    runtime = DevRuntime(course_key, request.user)
    return answer(request, runtime, block_in_run_or_404(usage_id, course_key), handler, suffix)


def answer(request, runtime: DevRuntime, key: UsageKey, handler: str, suffix: str | None) -> HttpResponse:
    """Let the block answer, through its own ``handle`` so that a mixin may have the last word; errors as in the LMS."""
    try:
        runtime.prefetch([key])
        block = runtime.get_block(key)
        response = block.handle(handler, django_to_webob_request(request), suffix or "")
    except (NoSuchUsage, NoSuchHandlerError, NotFoundError) as error:
        raise Http404(str(error)) from error
    except ProcessingError as error:
        return JsonResponse({"success": error.args[0]})
    return webob_to_django_response(response)


@csrf_exempt
def xqueue_callback(request, course_id, userid, mod_id, dispatch):
    """Where an external grader answers. Like the LMS's it trusts what it is sent, and goes round ``handle``."""
    data = request.POST.copy()
    if "xqueue_header" not in data or "xqueue_body" not in data:
        raise Http404
    header = json.loads(data["xqueue_header"])
    if not isinstance(header, dict) or "lms_key" not in header:
        raise Http404
    data["queuekey"] = header["lms_key"]
    learner = get_user_model().objects.filter(pk=userid).first() if userid.isdigit() else None
    course_key = course_or_404(request, course_id)
    runtime = DevRuntime(course_key, learner)
    try:
        block = runtime.get_block(block_in_run_or_404(mod_id, course_key))
    except NoSuchUsage as error:
        raise Http404(str(error)) from error
    if learner is None or not hasattr(block, "handle_ajax"):
        raise Http404
    block.handle_ajax(dispatch, data)
    block.save()
    return HttpResponse("")


def xblock_resource(request, block_type, uri):
    """A file that a block brings with it. Fonts from other sites are left out: pages must work offline."""
    try:
        content = XBlock.load_class(block_type).open_local_resource(uri).read()
    except (PluginMissingError, DisallowedFileError, OSError) as error:
        raise Http404(str(error)) from error
    content_type = mimetypes.guess_type(uri)[0] or "application/octet-stream"
    if content_type == "text/css":
        content = without_remote_fonts(content.decode("utf-8")).encode("utf-8")
    response = HttpResponse(content, content_type=content_type)
    response["Cache-Control"] = "max-age=3600"
    return response
