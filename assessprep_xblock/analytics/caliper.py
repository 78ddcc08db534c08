"""Our events as Caliper's AssessmentEvent (its assessment profile knows Started, Paused, Resumed and Submitted)."""

from __future__ import annotations

from event_routing_backends.helpers import convert_datetime_to_iso
from event_routing_backends.processors.caliper.registry import CaliperTransformersRegistry
from event_routing_backends.processors.caliper.transformer import CaliperTransformer

from ..settings.statements import CALIPER_ACTIONS


class AttemptTransformer(CaliperTransformer):
    """One event about an attempt. The actor is whose attempt it is."""

    type = "AssessmentEvent"
    additional_fields = ("generated",)

    def _add_generic_fields(self, transformed_event):
        """When it happened: an event about a whole room is told a little later."""
        super()._add_generic_fields(transformed_event)
        transformed_event["eventTime"] = convert_datetime_to_iso(self.get_data("data.occurred_at", True))

    def get_action(self):
        """The profile's word."""
        return CALIPER_ACTIONS[self.get_data("name", True)]

    def get_object(self):
        """The assessment, by the address of its block in the course."""
        assessment = super().get_object()
        block = self.get_data("data.block_id") or self.get_data("data.placement_uuid", True)
        assessment.update({"id": self.get_object_iri("xblock", block), "type": "Assessment"})
        assessment.setdefault("extensions", {}).update(
            {name: self.get_data(f"data.{name}") for name in ("session_uuid", "organization", "assessment_uuid")}
        )
        return assessment

    def get_generated(self):
        """The attempt."""
        return {
            "id": f"urn:uuid:{self.get_data('data.attempt_uuid', True)}",
            "type": "Attempt",
            "count": self.get_data("data.attempt_number"),
        }


for _event in CALIPER_ACTIONS:
    CaliperTransformersRegistry.register(_event)(AttemptTransformer)
