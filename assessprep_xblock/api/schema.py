"""The schema of REST v1, made from the calls themselves and served beside them."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

SETTINGS = {
    "TITLE": "Common Assessments",
    "DESCRIPTION": "Session-enabled common assessments for Open edX courses.",
    "VERSION": "v1",
    "SCHEMA_PATH_PREFIX_INSERT": "/assessprep/api/v1",
    # The platform's own hooks and settings describe its own API.
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "assessprep_xblock.api.schema.tell_refusals",
    ],
}


def tell_refusals(result: dict[str, Any], **_about: Any) -> dict[str, Any]:
    """Every call may be refused, and every refusal has one shape."""
    result["components"]["schemas"]["Refusal"] = {
        "type": "object",
        "description": "Why not. The codes are listed in docs/api.md; some tell more facts beside the sentence.",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
        "additionalProperties": True,
    }
    refused = {"$ref": "#/components/schemas/Refusal"}
    answer = {"description": "Refused.", "content": {"application/json": {"schema": refused}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("4XX", answer)
    return result


def schema_urls(described: list[Any]) -> list[Any]:
    """``GET schema/``: what these calls take and answer, as OpenAPI 3."""
    view = SpectacularAPIView.as_view(patterns=described, custom_settings=SETTINGS)
    return [path("schema/", view, name="api_schema")]
