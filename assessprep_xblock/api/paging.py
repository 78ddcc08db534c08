"""Lists as REST v1 answers them: ``?page=&page_size=`` in, ``{count, next, results}`` out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from ..domain.shared.refusals import Refusal

PAGE_SIZE = 50
LARGEST_PAGE = 100
PAGE_PARAMETERS = [
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("page_size", int, description=f"At most {LARGEST_PAGE}; {PAGE_SIZE} unless given."),
]


def paged(
    request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], shape: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """One page of a list; ``next`` is the address of the following one or None. Two queries for a queryset."""
    page, size = _number(request, "page", 1, 1_000_000), _number(request, "page_size", PAGE_SIZE, LARGEST_PAGE)
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    results = [shape(row) for row in rows[(page - 1) * size : page * size]]
    following = None
    if page * size < count:
        asked = {**request.GET.dict(), "page": page + 1, "page_size": size}
        following = f"{request.path}?{urlencode(asked)}"
    return {"count": count, "next": following, "results": results}


def _number(request: HttpRequest, field: str, default: int, most: int) -> int:
    given = request.GET.get(field, "")
    if not given:
        return default
    # isdecimal alone takes digits of other scripts, which int() reads too; the length keeps it small.
    if not given.isdecimal() or len(given) > 7 or not 1 <= int(given) <= most:
        raise Refusal("invalid", field=field, why="it has to be a whole number from 1 to {most}", most=most)
    return int(given)


def page_of(serializer: type[serializers.Serializer]) -> serializers.Serializer:
    """The schema of a list of these."""
    name = serializer.__name__.removesuffix("Out") + "Page"
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.CharField(allow_null=True),
        "results": serializer(many=True),
    }
    return type(name, (serializers.Serializer,), fields)()
