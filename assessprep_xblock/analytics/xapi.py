"""Our events as xAPI statements: a learner (actor) did something (verb) with an assessment (object)."""

from __future__ import annotations

from event_routing_backends.processors.xapi import constants
from event_routing_backends.processors.xapi.registry import XApiTransformersRegistry
from event_routing_backends.processors.xapi.transformer import XApiTransformer, XApiVerbTransformerMixin
from tincan import Activity, ActivityDefinition, Extensions, LanguageMap

from ..settings.statements import XAPI_VERBS

ASSESSMENT = "http://adlnet.gov/expapi/activities/assessment"
#: Fields that go into the statement's extensions, under a name of our own.
EXTENSIONS = (
    "session_uuid",
    "organization",
    "assessment_uuid",
    "version_number",
    "attempt_uuid",
    "attempt_number",
    "is_guest",
    "done_by",
    "end_reason",
)


class AttemptTransformer(XApiVerbTransformerMixin, XApiTransformer):
    """One event about an attempt. Whose attempt it is, not who acted, is the statement's actor."""

    verb_map = {name: {"id": verb, "display": display} for name, (verb, display) in XAPI_VERBS.items()}

    def get_timestamp(self):
        """When it happened: an event about a whole room is told a little later."""
        return self.get_data("data.occurred_at") or super().get_timestamp()

    def get_object(self):
        """The assessment, by the address of its block in the course."""
        block = self.get_data("data.block_id") or self.get_data("data.placement_uuid", True)
        return Activity(
            id=self.get_object_iri("xblock", block),
            definition=ActivityDefinition(
                type=ASSESSMENT,
                extensions=Extensions({constants.XAPI_ACTIVITY_ATTEMPT: self.get_data("data.attempt_uuid", True)}),
            ),
        )

    def get_context_extensions(self):
        """The platform's own, and which session, school, version and attempt it was."""
        extensions = super().get_context_extensions()
        for field in EXTENSIONS:
            value = self.get_data(f"data.{field}")
            if value is not None:
                extensions[f"urn:assessprep:{field}"] = value
        return extensions

    def get_verb(self):
        """The verb of this event, in English."""
        verb = super().get_verb()
        verb.display = LanguageMap({constants.EN: XAPI_VERBS[self.get_data("name", True)][1]})
        return verb


for _event in XAPI_VERBS:
    XApiTransformersRegistry.register(_event)(AttemptTransformer)
