"""Cases out of the schema, sent to the embedded LMS within one process, and what was wrong with the answers."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any
from urllib.parse import unquote

import jsonschema
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.urls import Resolver404, resolve
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as drawing
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from tests.addresses import GUEST_RUN, ROWS, addresses
from tests.scene import make_scene

SCHEMA = "/assessprep/api/v1/schema/?format=json"
PREFIX = "/assessprep/api/v1/"
TOKEN = "f" * 32
CONFORMS = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)


def _is_ours(address: str) -> bool:
    try:
        resolve(unquote(address))
    except Resolver404:
        return False
    return True


class Fuzz:
    """The scene of the matrix, and everybody in it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.problems: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.told: set[str] = set()
        settings.ASSESSPREP_GUEST_RUNS = [GUEST_RUN]
        self.scene = make_scene()
        self.schema = schemathesis.openapi.from_wsgi(SCHEMA, get_wsgi_application())
        self.names = {re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)): name for name, pattern in addresses()}

    def run(self, cases: int, *, only: str = "") -> None:
        """At least so many cases, the same number of each operation, half of them good and half bad."""
        operations = [found.ok() for found in self.schema.get_all_operations()]
        operations = [one for one in operations if only in one.label]
        each = max(1, -(-cases // (2 * len(operations))))
        for operation in operations:
            before = sum(self.answers.values())
            # An operation that takes nothing has no bad request: then all are good.
            if not self._some(operation, GenerationMode.NEGATIVE, each):
                each_good = 2 * each
            else:
                each_good = 2 * each - (sum(self.answers.values()) - before)
            self._some(operation, GenerationMode.POSITIVE, each_good)
            self.told.add(operation.label)

    def _some(self, operation: Any, mode: GenerationMode, number: int) -> bool:
        from hypothesis.errors import Unsatisfiable

        @seed(self.chance.getrandbits(32))
        @drawing(
            max_examples=number,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Any) -> None:
            self._send(operation, case, good=mode is GenerationMode.POSITIVE)

        try:
            one()
        except Unsatisfiable:
            return False
        return True

    def _send(self, operation: Any, case: Any, *, good: bool) -> None:
        name = self.names[operation.path.removeprefix(PREFIX)]
        method = operation.method.upper()
        row = ROWS[name]
        real = self.chance.random() < 0.9
        if real:
            case.path_parameters = {
                given: str(self.scene.facts[fact])
                for given, fact in zip(re.findall(r"\{(\w+)\}", operation.path), row.at, strict=True)
            }
        if good and isinstance(case.body, dict) and self.chance.random() < 0.4:
            case.body = {**self.scene.fill(row.body.get(method, {})), **dict(list(case.body.items())[:1])}
        who = self.chance.choice(sorted(row.may[method]) * 8 + sorted(self.scene.people))
        with transaction.atomic():
            # As a TestCase does: what has to be its own transaction is taken inside this one, which is rolled back.
            connection = transaction.get_connection()
            connection.atomic_blocks[-1]._from_testcase = True
            answer = case.call(headers={"X-CSRFToken": TOKEN}, cookies=self._cookies(who))
            transaction.set_rollback(True)
        self.answers[answer.status_code] += 1
        if answer.status_code == 404 and not _is_ours(case.formatted_path):
            return  # no UUID where one belongs: the platform's own answer to an address that nobody has
        for wrong in self._wrong_in(operation, case.body) if answer.status_code < 300 else ():
            self.problems[f"{operation.label} as {who}: {answer.status_code} although {wrong}"] += 1
        try:
            case.validate_response(answer, checks=list(CONFORMS))
        except (Failure, FailureGroup) as failures:
            for failure in getattr(failures, "exceptions", [failures]):
                words = " ".join(str(failure).split())[:300]
                self.problems[f"{operation.label} as {who}: {answer.status_code} {failure.title}: {words}"] += 1

    def _wrong_in(self, operation: Any, body: Any) -> list[str]:
        """What the schema would not have of a body that was taken. A text is measured without what nobody sees of it."""
        raw = self.schema.raw_schema
        content = raw["paths"][operation.path][operation.method].get("requestBody", {}).get("content", {})
        if "application/json" not in content or isinstance(body, NotSet):
            return []
        told = {**content["application/json"]["schema"], "components": raw["components"]}
        found = jsonschema.Draft4Validator(told).iter_errors(body)
        # "nullable" is OpenAPI's own word.
        return [one.message[:200] for one in found if one.validator != "maxLength" and one.instance is not None]

    def _cookies(self, who: str) -> dict[str, str]:
        session = self.scene.people[who].cookies.get(settings.SESSION_COOKIE_NAME)
        return {"csrftoken": TOKEN} | ({settings.SESSION_COOKIE_NAME: session.value} if session else {})
