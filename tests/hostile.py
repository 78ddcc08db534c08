"""Texts that attack whoever shows them, and every place where a person's text is kept.

Whatever a person can type ends in a column of ours, in a setting of kind text or link, or comes from the platform. So the
columns are what is listed here: a new text column that stands in neither list fails ``tests/doors/test_hostile_texts.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from assessprep_xblock.domain.library.catalogue import CATALOGUE

#: Ends a script, an attribute, a textarea, a title and a comment; an element that would be there, and ways to run a script.
ATTACK = (
    "</script></textarea></title>--><x-made></x-made><script>hit(1)</script><img src=x onerror=hit(2)>"
    '\'" onfocus=hit(3) autofocus x="><svg onload=hit(4)>{{hit(5)}}{% x %}${hit(6)}'
    # Last: what opens a comment hides all that comes behind it.
    "<!--<script>"
)
#: The same for a column of a few characters.
SHORT = "<x-made><img src onerror=hit(7)>"
#: An address that may be linked to, and breaks out of whatever is not quoted.
LINK = "https://example.com/\"><x-made></x-made><script>hit(8)</script>'onmouseover=hit(9)//"
#: What turns the direction of a text, or nobody can see.
UNSEEN = "\u202e\u2066\u2069\x00\x07\x1b\x7f\x85"

#: Columns that hold what a person typed or chose to be called, here or on the platform.
TYPED = {
    "Bank.title",
    "Assessment.title",
    "Assessment.subject",
    "Assessment.grade",
    "Assessment.description",
    "AssessmentVersion.title",
    "AssessmentVersion.release_note",
    "VersionItem.title",
    "VersionText.title",
    "VersionWithdrawal.reason",
    "Placement.organization_name",
    "Placement.problem",
    "PlacedQuestion.title",
    "PlacedText.title",
    "AssessmentSession.name",
    "Attempt.device_label",
    "Attempt.other_device_label",
    "LedgerEntry.reason",
    "AbsentMark.reason",
    "ItemResult.comment",
    "ItemResult.message",
    "MarkStep.comment",
    "MarkStep.reason",
    "RoundMark.comment",
    "NamesRevealed.reason",
    "Announcement.text",
    "Irregularity.comment",
    "AuditRow.reason",
}
#: Keys, digests, and words out of a list of ours: nobody types them, or they are compared and never kept as given.
NOT_TYPED = {
    "Bank.organization",
    "BankShare.organization",
    "BankAvailability.organization",
    "Placement.organization",
    "AssessmentVersion.pin",
    "VersionItem.block_id",
    "VersionItem.block_type",
    "VersionItem.olx",
    "VersionItem.sha256",
    "VersionText.block_id",
    "VersionText.block_type",
    "VersionText.olx",
    "VersionText.sha256",
    "PlacedQuestion.item",
    "PlacedQuestion.source_block_id",
    "PlacedQuestion.block_type",
    "PlacedText.item",
    "PlacedText.source_block_id",
    "PlacedText.block_type",
    "AssessmentSession.live_code",
    "SpentCode.code",
    "GuestTries.network",
    "GuestPass.pin_digest",
    "Attempt.end_reason",
    "AnswerDraft.device",
    "Attempt.device",
    "Attempt.other_device",
    "Attempt.current_item",
    "ItemResult.dropped",
    "ItemResult.way",
    "MarkStep.way",
    "PreparedReport.scope",
    "PreparedReport.stamp",
    "DoneRequest.action",
    "Deed.action",
    "Irregularity.category",
    "Irregularity.subcategory",
    "AuditRow.action",
    "AuditRow.reason_salt",
    "AuditRow.reason_digest",
    "AuditSeal.digest",
}
#: Kinds of delivery settings that are texts.
TEXT_KINDS = {"text", "link"}
OTHER_KINDS = {"flag", "seconds", "number", "points", "choice", "datetime", "minutes", "networks", "zone"}


def text_columns() -> Iterator[tuple[str, Any, Any]]:
    """Every column of ours that holds text and offers no choices: (``Model.column``, model, field)."""
    for model in apps.get_app_config("assessprep").get_models():
        for field in model._meta.get_fields():
            plain = isinstance(field, models.CharField | models.TextField) and not hasattr(field, "KEY_CLASS")
            if plain and not field.choices:
                yield f"{model.__name__}.{field.name}", model, field


def marks() -> dict[str, str]:
    """Column or setting -> what its text begins with, so that it can be found on a page."""
    names = sorted(TYPED) + [f"setting {one.name}" for one in CATALOGUE if one.kind in TEXT_KINDS]
    return {name: f"q{number:02}z" for number, name in enumerate([*names, *OF_THE_PLATFORM])}


#: Names that come from the platform, and what students write in their answers.
OF_THE_PLATFORM = ("profile name", "class name", "run name", "organization name", "answer")


def hostile(name: str, most: int | None = None, begin: str = "") -> str:
    """The attack of this column, as long as the column allows; ``begin``: what it begins with."""
    mark = begin + marks()[name]
    whole = mark + ATTACK
    if most is None or len(whole) <= most:
        return whole
    return (mark + SHORT)[:most] if most < 100 else whole[:most]


def poison(*, begin: str = "") -> None:
    """Every text that anybody typed becomes an attack: past the doors, which only make texts milder."""
    for name, model, field in text_columns():
        if name in TYPED:
            model.objects.update(**{field.name: hostile(name, field.max_length, begin)})
    texts = {one.name: hostile(f"setting {one.name}", one.most, begin) for one in CATALOGUE if one.kind == "text"}
    links = {one.name: LINK + marks()[f"setting {one.name}"] for one in CATALOGUE if one.kind == "link"}
    for session in apps.get_model("assessprep", "AssessmentSession").objects.all():
        session.overrides = {**session.overrides, **texts, **links}
        session.save(update_fields=["overrides"])
    for model in ("Assessment", "AssessmentVersion"):
        for row in apps.get_model("assessprep", model).objects.all():
            for setting, text in (texts | links).items():
                row.settings[setting] = {**row.settings.get(setting, {"rule": "open"}), "default": text}
            row.save(update_fields=["settings"]) if model == "Assessment" else type(row).objects.filter(pk=row.pk).update(
                settings=row.settings
            )
    assessments = apps.get_model("assessprep", "Assessment").objects
    assessments.update(standards=[ATTACK], question_standards={ATTACK: [ATTACK]})
    apps.get_model("assessprep", "VersionItem").objects.update(standards=[ATTACK])
