"""Every address by which somebody could touch a question on a real edx-platform, and what counts as a refusal there."""

from __future__ import annotations

import json
from urllib.parse import quote

import oauthlib.oauth1
from django.test import Client
from django.urls import reverse
from lms.djangoapps.lti_provider.models import LtiConsumer, LtiUser
from opaque_keys.edx.keys import CourseKey
from openedx.core.djangoapps.oauth_dispatch.jwt import create_jwt_for_user
from openedx.core.djangoapps.oauth_dispatch.tests.factories import AccessTokenFactory, ApplicationFactory
from openedx.core.lib.url_utils import quote_slashes

from tests.edxapp.district import TEXTS, Browser, District
from tests.lms import edxapp_world as edx


def shows(answer, position: int = 0) -> bool:
    return TEXTS[position] in answer.content.decode()


def refused(answer) -> bool:
    """No question in it, and told as each script understands: an error status, or a sentence in an answer of 200."""
    if any(shows(answer, position) for position in range(3)):
        return False
    if answer.status_code in (403, 404):
        return True
    if "json" not in answer.headers["Content-Type"]:
        return False
    told = answer.json()
    given = {"contents", "html", "answers"} & set(told)
    return not given and told.get("success") not in (True, "correct", "incorrect", "submitted")


def access_token(learner) -> str:
    """An OAuth token, as programs of others have them."""
    return AccessTokenFactory(user=learner, application=ApplicationFactory(user=learner)).token


def launch(client: Client, learner, course_key: CourseKey, usage_id: str):
    """An LTI launch by a consumer whose user of that name is this learner."""
    consumer, _made = LtiConsumer.objects.get_or_create(
        consumer_name="District", defaults={"consumer_key": "key", "consumer_secret": "secret"}
    )
    LtiUser.objects.get_or_create(lti_consumer=consumer, lti_user_id=learner.username, edx_user=learner)
    url = f"http://testserver/lti_provider/courses/{course_key}/{usage_id}"
    sent = {
        "roles": "Learner",
        "context_id": "c",
        "user_id": learner.username,
        "lis_person_contact_email_primary": learner.email,
    }
    signer = oauthlib.oauth1.Client("key", client_secret="secret", signature_type=oauthlib.oauth1.SIGNATURE_TYPE_BODY)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _url, _headers, body = signer.sign(quote(url, safe=":/+@"), "POST", sent, form)
    return client.post(f"/lti_provider/courses/{course_key}/{usage_id}", body, content_type=form["Content-Type"])


def every_door(district: District, learner, position: int = 0) -> dict[str, object]:
    """What each address of a question answers to this learner, by name."""
    key, browser = district.keys()[position], Browser(learner)
    values = district.answers(position)
    course_id = str(district.school)
    queue = reverse(
        "xqueue_callback",
        kwargs={"course_id": course_id, "userid": learner.pk, "mod_id": str(key), "dispatch": "problem_reset"},
    )
    queued = {"xqueue_header": json.dumps({"lms_key": "queue_1"}), "xqueue_body": "{}"}
    history = reverse(
        "submission_history",
        kwargs={"course_id": course_id, "learner_identifier": learner.username, "location": str(key)},
    )
    token = {"HTTP_AUTHORIZATION": f"JWT {create_jwt_for_user(learner)}"}
    check = edx.handler_url(key, "xmodule_handler", "problem_check")
    open_check = edx.handler_url(key, "xmodule_handler", "problem_check", noauth=True)
    run, another = district.school, CourseKey.from_string("course-v1:No+Such+Run")
    forged = {
        "another run": str(another.make_usage_key(key.block_type, key.block_id)),
        "an old store": quote_slashes(f"i4x://No/Such/{key.block_type}/{key.block_id}"),
        "a library": f"lib-block-v1:No+Such+type@{key.block_type}+block@{key.block_id}",
        "a branch": str(key.map_into_course(run.for_branch("published-branch"))),
    }
    by_other_names = {}
    for name, text in forged.items():
        past = history.replace(str(key), text)
        by_other_names[f"history as of {name}"] = browser.client.get(past)
        by_other_names[f"queue as of {name}"] = Client(raise_request_exception=False).post(
            queue.replace(str(key), text), queued
        )
        by_other_names[f"check as of {name}"] = browser.client.post(open_check.replace(str(key), text), values)
        by_other_names[f"LTI as of {name}"] = launch(Client(), learner, run, text)
    custom = str(key).replace("block-v1:", "ccx-block-v1:").replace("+type@", "+ccx@1+type@")
    course = str(run).replace("course-v1:", "ccx-v1:") + "+ccx@1"
    by_other_names["custom course"] = Client().post(
        open_check.replace(str(key), custom).replace(str(run), course).replace("problem_check", "problem_get")
    )
    return {
        **by_other_names,
        "public view": browser.client.get(f"/xblock/{key}?view=public_view"),
        "save": browser.handler(key, "problem_save", values),
        "input_ajax": browser.handler(key, "input_ajax", values),
        "queue show": Client(raise_request_exception=False).post(queue.replace("problem_reset", "problem_show"), queued),
        "LTI": launch(Client(), learner, run, str(key)),
        "bearer check": Client().post(check, values, HTTP_AUTHORIZATION=f"Bearer {access_token(learner)}"),
        "page": browser.page(key),
        "get": browser.handler(key, "problem_get"),
        "check": browser.handler(key, "problem_check", values),
        "show": browser.handler(key, "problem_show"),
        "reset": browser.handler(key, "problem_reset"),
        "noauth get": browser.handler(key, "problem_get", noauth=True),
        "noauth check": browser.handler(key, "problem_check", values, noauth=True),
        "nobody's noauth check": Client().post(open_check, values),
        "token check": Client().post(check, values, **token),
        "token get": Client().post(edx.handler_url(key, "xmodule_handler", "problem_get"), **token),
        "queue": Client(raise_request_exception=False).post(queue, queued),
        "history": browser.client.get(history),
    }


#: While a test runs its questions can be read. The history of what was submitted is empty then: drafts are ours.
READS = {"page", "public view", "get", "noauth get", "token get", "history"} | {
    f"history as of {name}" for name in ("another run", "a library", "a branch")
}


def open_doors(district: District, learner) -> set[str]:
    return {name for name, answer in every_door(district, learner).items() if not refused(answer)}
