"""What we add to the LMS's settings. Runs more than once, and in Studio too (its settings import the LMS's): so every
list and tuple is assigned anew, never changed in place, and nothing is added twice."""

GATE_MIXIN = "assessprep_xblock.gate.GateMixin"
GATE_MIDDLEWARE = "assessprep_xblock.gate.GateMiddleware"
LIFTED_LIMITS = "assessprep_xblock.lms.edxapp.lifting.LiftedLimits"


def plugin_settings(settings) -> None:
    """Add the gate's block mixin and middleware to the LMS, and what lifts limits while the server hands in."""
    named = {_dotted(mixin) for name in ("XBLOCK_MIXINS", "XBLOCK_EXTRA_MIXINS") for mixin in getattr(settings, name, ())}
    if GATE_MIXIN not in named:
        settings.XBLOCK_MIXINS = (*getattr(settings, "XBLOCK_MIXINS", ()), GATE_MIXIN)
    if GATE_MIDDLEWARE not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, GATE_MIDDLEWARE]
    providers = tuple(getattr(settings, "FIELD_OVERRIDE_PROVIDERS", ()))
    if LIFTED_LIMITS not in providers:
        settings.FIELD_OVERRIDE_PROVIDERS = (*providers, LIFTED_LIMITS)


def _dotted(mixin) -> str:
    return mixin if isinstance(mixin, str) else f"{mixin.__module__}.{mixin.__qualname__}"
