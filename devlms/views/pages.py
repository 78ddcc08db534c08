"""Turns a block's fragment into a page: what goes into the head, the body and the foot."""

from __future__ import annotations

import re

from django.shortcuts import render
from django.utils.safestring import mark_safe
from web_fragments.fragment import Fragment


def block_page(request, fragment: Fragment, template: str, context: dict | None = None, **kwargs):
    """A page with a rendered block in it. Scripts of blocks stand at the foot, after what they rely on."""
    resources = [resource for resource in fragment.resources if resource.mimetype == "text/css"]
    head = without_remote_fonts("\n".join(Fragment.resource_to_html(resource) for resource in resources))
    return render(
        request,
        template,
        {
            # The blocks made this html; it is not text to escape.
            "block_html": mark_safe(fragment.body_html()),
            "block_head": mark_safe(head),
            "block_foot": mark_safe(fragment.foot_html()),
            **(context or {}),
        },
        **kwargs,
    )


def without_remote_fonts(css: str) -> str:
    """Style sheets of the platform's blocks name fonts of another site: pages here must work offline."""
    return re.sub(r"@import url\([^)]*fonts\.googleapis[^)]*\)\s*;?", "", css)
