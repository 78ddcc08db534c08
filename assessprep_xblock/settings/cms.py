"""What we add to Studio's settings: the Studio half of the gate."""

from .locale import add_translations
from .statements import allow_statements

STUDIO_GATE_MIDDLEWARE = "assessprep_xblock.gate.StudioGateMiddleware"


def plugin_settings(settings) -> None:
    """Add the middleware that keeps learners from asking Studio's preview for questions and answers."""
    if STUDIO_GATE_MIDDLEWARE not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, STUDIO_GATE_MIDDLEWARE]
    allow_statements(settings)
    add_translations(settings)
