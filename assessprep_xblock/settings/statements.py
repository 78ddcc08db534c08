"""Which of our events become xAPI statements and Caliper events, and the lists of event-routing-backends that let them pass.

Only where that app is installed. Its settings may run before or after ours, and its production settings replace what
operators wrote, so lists are added to wherever they already are.
"""

from __future__ import annotations

from typing import Any

#: Event -> verb (its IRI, its English name). Verbs of ADL's vocabulary, as event-routing-backends uses for timed exams.
XAPI_VERBS = {
    "edx.assessprep.attempt.joined": ("http://adlnet.gov/expapi/verbs/registered", "registered"),
    "edx.assessprep.attempt.started": ("http://adlnet.gov/expapi/verbs/initialized", "initialized"),
    "edx.assessprep.attempt.paused": ("http://adlnet.gov/expapi/verbs/suspended", "suspended"),
    "edx.assessprep.attempt.resumed": ("http://adlnet.gov/expapi/verbs/resumed", "resumed"),
    "edx.assessprep.attempt.ended": ("http://adlnet.gov/expapi/verbs/terminated", "terminated"),
    "edx.assessprep.attempt.submitted": ("http://adlnet.gov/expapi/verbs/completed", "completed"),
}
#: Event -> action of Caliper's AssessmentEvent, for those that its assessment profile knows.
CALIPER_ACTIONS = {
    "edx.assessprep.attempt.started": "Started",
    "edx.assessprep.attempt.paused": "Paused",
    "edx.assessprep.attempt.resumed": "Resumed",
    "edx.assessprep.attempt.submitted": "Submitted",
}
_ALLOWED = {
    "EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS": XAPI_VERBS,
    "EVENT_TRACKING_BACKENDS_ALLOWED_CALIPER_EVENTS": CALIPER_ACTIONS,
}


def allow_statements(settings: Any) -> None:
    """Let our events pass event-routing-backends, where it is installed. Safe to repeat."""
    if not any(str(app).split(".")[0] == "event_routing_backends" for app in getattr(settings, "INSTALLED_APPS", ())):
        return
    for name, events in _ALLOWED.items():
        setattr(settings, name, _with(getattr(settings, name, []), events))
    if hasattr(settings, "EVENT_BUS_TRACKING_LOGS"):
        settings.EVENT_BUS_TRACKING_LOGS = {*settings.EVENT_BUS_TRACKING_LOGS, *XAPI_VERBS, *CALIPER_ACTIONS}
    transformer = (getattr(settings, "EVENT_TRACKING_BACKENDS", None) or {}).get("event_transformer")
    if transformer:
        _let_pass(transformer, {**XAPI_VERBS, **CALIPER_ACTIONS})
        backends = transformer.get("OPTIONS", {}).get("backends", {})
        for backend, events in (("xapi", XAPI_VERBS), ("caliper", CALIPER_ACTIONS)):
            if backend in backends:
                _let_pass(backends[backend], events)


def _let_pass(backend: dict[str, Any], events: dict[str, Any]) -> None:
    """Add to the white lists of one backend that was already put together."""
    for processor in backend.get("OPTIONS", {}).get("processors", ()):
        options = processor.get("OPTIONS", {})
        if "whitelist" in options:
            known = options["whitelist"]
            options["whitelist"] = type(known)(_with(known, events))


def _with(known: Any, events: dict[str, Any]) -> list[str]:
    return [*known, *(event for event in events if event not in known)]
