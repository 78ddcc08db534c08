"""Our events as xAPI statements and Caliper events, by event-routing-backends itself. ``tox -e statements`` installs it.

Where it is not installed all of this is skipped, loudly. Only what that library asks of edx-platform (pseudonyms of
accounts, names of course runs) is stood in for.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.conf import settings as in_force

helpers = pytest.importorskip(
    "event_routing_backends.helpers", reason="event-routing-backends is not installed: tox -e statements"
)

from event_routing_backends.processors.caliper.registry import CaliperTransformersRegistry  # noqa: E402
from event_routing_backends.processors.caliper.transformer_processor import CaliperProcessor  # noqa: E402
from event_routing_backends.processors.xapi.registry import XApiTransformersRegistry  # noqa: E402
from event_routing_backends.processors.xapi.transformer_processor import XApiProcessor  # noqa: E402

from assessprep_xblock.domain.attempts import actions_entry, actions_running, actions_settle  # noqa: E402
from assessprep_xblock.domain.monitoring import actions as monitoring  # noqa: E402
from assessprep_xblock.settings import statements  # noqa: E402
from tests.bare import CODE, room  # noqa: E402
from tests.tracked import tracked  # noqa: E402

pytestmark = pytest.mark.django_db


class Pseudonyms:
    """The platform's table of external ids: one pseudonym for each account."""

    XAPI = CALIPER = "xapi"

    @staticmethod
    def add_new_user_id(user, _kind):
        kept = type("ExternalId", (), {"external_user_id": uuid.uuid5(uuid.NAMESPACE_OID, str(user.pk))})
        return kept, True


@pytest.fixture(autouse=True)
def _platform(monkeypatch):
    monkeypatch.setattr(helpers, "ExternalId", Pseudonyms)
    monkeypatch.setattr(helpers, "ExternalIdType", Pseudonyms)
    monkeypatch.setattr(helpers, "get_potentially_retired_user_by_username", lambda name: None)
    monkeypatch.setattr(helpers, "get_course_overviews", lambda keys: [{"display_name": "Science"} for _key in keys])
    helpers.get_anonymous_user_id.cache_clear()
    helpers.get_course_from_id.cache_clear()


@pytest.fixture
def events(now, django_capture_on_commit_callbacks):
    """One of each event that becomes a statement, as the tracking log has it: name -> event."""
    place = room(now, duration_s=600)
    ask = {"session_id": place.session.pk, "by": place.staff, "now": now, "reason": ""}
    with tracked() as told, django_capture_on_commit_callbacks(execute=True):
        attempts = []
        for learner in place.learners:
            view = actions_entry.verify_code(usage_key=place.usage_key, learner_id=learner, code=CODE, now=now)
            actions_running.start(attempt_uuid=view.attempt.uuid, by=learner, now=now)
            attempts.append(view.attempt.uuid)
        monitoring.pause(**ask, attempts=attempts[:1])
        monitoring.resume(**ask, attempts=attempts[:1])
        monitoring.end(**ask, attempts=attempts[:1])
        actions_settle.settle(session_id=place.session.pk, now=now + timedelta(hours=1))
    return {event["name"]: event for event in told}


def test_the_platform_loads_the_library_and_our_transformers_with_it():
    assert any(app.startswith("event_routing_backends") for app in in_force.INSTALLED_APPS)
    assert set(statements.XAPI_VERBS) <= set(XApiTransformersRegistry.mapping)
    assert set(statements.CALIPER_ACTIONS) <= set(CaliperTransformersRegistry.mapping)


def test_our_events_pass_every_list_that_the_library_made_whichever_came_first():
    backend = in_force.EVENT_TRACKING_BACKENDS["event_transformer"]["OPTIONS"]
    assert set(statements.XAPI_VERBS) <= set(backend["processors"][0]["OPTIONS"]["whitelist"])
    for name, events in (("xapi", statements.XAPI_VERBS), ("caliper", statements.CALIPER_ACTIONS)):
        allowed = backend["backends"][name]["OPTIONS"]["processors"][0]["OPTIONS"]["whitelist"]
        assert set(events) <= set(allowed)
        assert [name for name in events if allowed.count(name) > 1] == []
    before = json.dumps(in_force.EVENT_TRACKING_BACKENDS, default=sorted)
    statements.allow_statements(in_force)
    assert json.dumps(in_force.EVENT_TRACKING_BACKENDS, default=sorted) == before


@pytest.mark.parametrize("name", statements.XAPI_VERBS)
def test_an_event_becomes_an_xapi_statement(events, name):
    (told,) = XApiProcessor()([events[name]])
    data = events[name]["data"]
    assert told["verb"] == {"id": statements.XAPI_VERBS[name][0], "display": {"en": statements.XAPI_VERBS[name][1]}}
    assert told["actor"]["account"]["name"] == str(uuid.uuid5(uuid.NAMESPACE_OID, str(data["user_id"])))
    assert told["object"]["id"].endswith(data["block_id"])
    assert told["object"]["definition"]["type"] == "http://adlnet.gov/expapi/activities/assessment"
    assert told["timestamp"].startswith(data["occurred_at"][:19])
    assert told["context"]["extensions"]["urn:assessprep:session_uuid"] == data["session_uuid"]
    assert told["context"]["extensions"]["urn:assessprep:attempt_uuid"] == data["attempt_uuid"]
    assert told["context"]["contextActivities"]["parent"][0]["id"].endswith(data["course_id"])


@pytest.mark.parametrize("name", statements.CALIPER_ACTIONS)
def test_an_event_becomes_a_caliper_event(events, name, settings):
    settings.CALIPER_EVENTS_ENABLED = True
    (told,) = CaliperProcessor()([events[name]])
    data = events[name]["data"]
    assert (told["type"], told["action"]) == ("AssessmentEvent", statements.CALIPER_ACTIONS[name])
    assert told["actor"]["id"].endswith(str(uuid.uuid5(uuid.NAMESPACE_OID, str(data["user_id"]))))
    assert told["object"]["type"] == "Assessment"
    assert told["object"]["id"].endswith(data["block_id"])
    assert told["object"]["extensions"]["isPartOf"]["id"].endswith(data["course_id"])
    assert told["generated"] == {"id": f"urn:uuid:{data['attempt_uuid']}", "type": "Attempt", "count": 1}
    assert told["eventTime"].startswith(data["occurred_at"][:19])


def test_two_things_one_learner_did_are_two_statements_and_a_repeat_is_the_same(events):
    started, ended = (events[f"edx.assessprep.attempt.{what}"] for what in ("started", "ended"))
    first, second, again = (XApiProcessor()([event])[0]["id"] for event in (started, ended, started))
    assert first == again
    assert first != second
