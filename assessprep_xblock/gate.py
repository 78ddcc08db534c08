"""The gate: no touch of a guarded question but through one decision."""
from __future__ import annotations


class GateMixin:
    """Mixed into every block of the LMS."""


class GateMiddleware:
    """Refuses pages of guarded questions in the LMS."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        """Pass on."""
        return self.get_response(request)


class StudioGateMiddleware(GateMiddleware):
    """Refuses Studio's previews of guarded questions to all but course authors."""
