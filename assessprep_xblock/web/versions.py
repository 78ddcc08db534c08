"""What changed between two versions of an assessment, for its author; the same words serve the schools' page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from ..domain.library import catalogue, queries
from ..domain.library.drift import what_words
from ..domain.library.queries_versions import Changes, SettingChange, changes_between, two_versions
from ..domain.library.setting import Setting
from .pages import page, staff_page
from .setting_fields import in_words


def changes_in_words(changes: Changes) -> dict[str, Any]:
    """Two versions' differences as a page tells them."""
    kinds = {"added": (_("New"), "+"), "removed": (_("Taken out"), "−"), "changed": (_("Changed"), "≠")}
    return {
        "older": changes.older,
        "newer": changes.newer,
        "empty": changes.empty,
        "title": changes.title,
        "blocks": [
            {
                "kind": one.kind,
                "kind_words": kinds[one.kind][0],
                "shape": kinds[one.kind][1],
                "title": one.title,
                "is_question": one.is_question,
                "what": ", ".join(what_words(what) for what in one.what),
            }
            for one in changes.blocks
        ],
        "settings": [_setting(one) for one in changes.settings],
    }


def drift_in_words(drift: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each question that is not what its author published, with everything that differs of it."""
    by_question: dict[str, list[str]] = {}
    for one in drift:
        by_question.setdefault(one["question"], []).append(what_words(one["what"]))
    return [{"question": question, "what": ", ".join(dict.fromkeys(what))} for question, what in by_question.items()]


def _setting(change: SettingChange) -> dict[str, Any]:
    setting = catalogue.BY_NAME[change.name]
    return {
        "label": _(setting.label),
        "kind": setting.kind,
        "before": in_words(setting, change.before["default"]),
        "after": in_words(setting, change.after["default"]),
        "before_rule": _rule(setting, change.before),
        "after_rule": _rule(setting, change.after),
    }


def _rule(setting: Setting, entry: Any) -> str:
    if entry["rule"] == "locked":
        return _("schools may not change it")
    if entry["rule"] == "range":
        least, most = in_words(setting, entry["least"]), in_words(setting, entry["most"])
        return _("schools may choose {least} to {most}").format(least=least, most=most)
    return _("schools may change it")


@staff_page
def changes(request: HttpRequest, *, now: datetime, assessment_uuid: UUID) -> HttpResponse:
    """What changed between any two versions of an assessment."""
    found = queries.assessment_for_author(assessment_uuid=assessment_uuid, user_id=request.user.pk)
    older, newer = two_versions(found, request.GET.get("from", ""), request.GET.get("to", ""))
    return page(
        request,
        "assessprep_xblock/staff/library_changes.html",
        course_run=found.bank.course_key,
        crumbs=[
            (_("Library"), reverse("assessprep:library")),
            (found.bank.title, reverse("assessprep:bank", args=[found.bank.uuid])),
            (found.title, reverse("assessprep:assessment", args=[found.uuid])),
        ],
        assessment=found,
        versions=queries.versions_of(found),
        changes=changes_in_words(changes_between(older, newer)),
    )


urlpatterns = [path("library/assessments/<uuid:assessment_uuid>/changes/", changes, name="assessment_changes")]
