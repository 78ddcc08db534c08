"""What we add to the LMS's settings. Runs more than once, and in Studio too (its settings import the LMS's): so every
list and tuple is assigned anew, never changed in place, and nothing is added twice."""

from pathlib import Path

from .locale import add_translations
from .statements import allow_statements

GATE_MIXIN = "assessprep_xblock.gate.GateMixin"
GATE_MIDDLEWARE = "assessprep_xblock.gate.GateMiddleware"
#: Keeps guests without an account to their test.
GUEST_MIDDLEWARE = "assessprep_xblock.guests.GuestMiddleware"
SEARCH_GATE = "assessprep_xblock.gate.SearchGate"
#: Where the class is kept that was to be asked about search results before us (a setting of conf.py).
ASKED_AFTER_THE_GATE = "ASSESSPREP_SEARCH_RESULT_PROCESSOR"
LIFTED_LIMITS = "assessprep_xblock.lms.edxapp.lifting.LiftedLimits"


#: The platform's filter -> our step in its pipeline.
STEPS = {
    "org.openedx.learning.instructor.dashboard.render.started.v1": "assessprep_xblock.tabs.OldDashboardSection",
    "org.openedx.learning.instructor.dashboard.tabs.requested.v1": "assessprep_xblock.tabs.NewDashboardTab",
}
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def plugin_settings(settings) -> None:
    """Add the gate (block mixin, middleware, search results), what keeps guests to their test, what lifts limits while the
    server hands in, and the way to our pages from the instructor dashboard."""
    named = {_dotted(mixin) for name in ("XBLOCK_MIXINS", "XBLOCK_EXTRA_MIXINS") for mixin in getattr(settings, name, ())}
    if GATE_MIXIN not in named:
        settings.XBLOCK_MIXINS = (*getattr(settings, "XBLOCK_MIXINS", ()), GATE_MIXIN)
    if GATE_MIDDLEWARE not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, GATE_MIDDLEWARE]
    if GUEST_MIDDLEWARE not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, GUEST_MIDDLEWARE]
    providers = tuple(getattr(settings, "FIELD_OVERRIDE_PROVIDERS", ()))
    if LIFTED_LIMITS not in providers:
        settings.FIELD_OVERRIDE_PROVIDERS = (*providers, LIFTED_LIMITS)
    _guard_search(settings)
    _add_steps(settings)
    allow_statements(settings)
    add_translations(settings)
    # Where the LMS's old instructor dashboard, made of Mako templates, finds our section.
    mako = getattr(settings, "MAKO_TEMPLATE_DIRS_BASE", None)
    if mako is not None and TEMPLATES not in mako:
        settings.MAKO_TEMPLATE_DIRS_BASE = [*mako, TEMPLATES]


def _guard_search(settings) -> None:
    """Ask the gate first about each result of courseware search, and then whoever was to be asked without us."""
    before = getattr(settings, "SEARCH_RESULT_PROCESSOR", None)
    if before and before != SEARCH_GATE:
        setattr(settings, ASKED_AFTER_THE_GATE, before)
    settings.SEARCH_RESULT_PROCESSOR = SEARCH_GATE


def _add_steps(settings) -> None:
    """Append to the pipelines that are configured; an operator's own steps, and the order of them, stay."""
    filters = dict(getattr(settings, "OPEN_EDX_FILTERS_CONFIG", None) or {})
    for name, step in STEPS.items():
        configured = filters.get(name) or {"fail_silently": True, "pipeline": []}
        if isinstance(configured, (list, str)):  # the short forms that the platform takes as well
            configured = {"fail_silently": True, "pipeline": [configured] if isinstance(configured, str) else configured}
        pipeline = list(configured.get("pipeline") or [])
        if step not in pipeline:
            filters[name] = {**configured, "pipeline": [*pipeline, step]}
    settings.OPEN_EDX_FILTERS_CONFIG = filters


def _dotted(mixin) -> str:
    return mixin if isinstance(mixin, str) else f"{mixin.__module__}.{mixin.__qualname__}"
