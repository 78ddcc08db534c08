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
        "assessprep_xblock.api.schema.tell_nothing_else",
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


def tell_nothing_else(result: dict[str, Any], **_about: Any) -> dict[str, Any]:
    """No write takes anything but what it names."""

    def close(told: Any) -> None:
        if isinstance(told, list):
            for one in told:
                close(one)
        elif isinstance(told, dict):
            name = told.get("$ref", "").rpartition("/")[2]
            if name in shapes and "additionalProperties" not in shapes[name]:
                if "properties" in shapes[name]:
                    shapes[name]["additionalProperties"] = False
                close(shapes[name])
            for one in told.values():
                close(one)

    shapes = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            close(operation.get("requestBody", {}))
    return result


def schema_urls(described: list[Any]) -> list[Any]:
    """``GET schema/``: what these calls take and answer, as OpenAPI 3."""
    view = SpectacularAPIView.as_view(patterns=described, custom_settings=SETTINGS)
    return [path("schema/", view, name="api_schema")]
