"""A whole deployment for each test: MariaDB, a cache, a broker, two web workers and a Celery worker."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis as redis_client
from django.db import connections
from django.utils import timezone

from tests.faults import servers
from tests.faults.servers import Server
from tests.world import World, delivered

#: How often each server is killed: the long form says 20.
KILLS = int(os.environ.get("ASSESSPREP_FAULT_KILLS", "3"))
LEARNERS = 24 if KILLS > 9 else 8


@dataclass(frozen=True)
class Stack:
    """Everything that runs."""

    database: Server
    cache: Server
    broker: Server
    worker: Server
    web: Server
    site: str
    cache_url: str
    broker_url: str
    env: dict[str, str]
    build: Path

    def all(self) -> list[Server]:
        """All but the database, in the order in which they are started."""
        return [self.cache, self.broker, self.worker, self.web]


@dataclass
class Deployment:
    """The servers, and the session in which students are about to sit."""

    stack: Stack
    world: World
    chance: random.Random = field(default_factory=lambda: random.Random(os.environ.get("ASSESSPREP_FAULT_SEED", "1")))

    def restart_database(self) -> None:
        """Bring it back, and forget the connections that died with it."""
        self.stack.database.start()
        connections.close_all()

    def settle(self) -> str:
        """What cron runs every minute."""
        ran = subprocess.run(
            [sys.executable, "manage.py", "assessprep_settle"],
            cwd=servers.ROOT,
            env={**os.environ, **self.stack.env},
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout


@pytest.fixture(scope="session")
def stack(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The servers, started once: a test that kills one leaves it to the next to start it again."""
    assert servers.DATABASE_SERVER is not None
    build = tmp_path_factory.mktemp("deployment")
    cache, cache_url = servers.redis(build, "cache")
    broker, broker_url = servers.redis(build, "broker")
    env = {
        **servers.DATABASE_SERVER.env,
        "DEVLMS_DB_NAME": connections["default"].settings_dict["NAME"],
        "DEVLMS_REDIS_URL": f"{cache_url}?socket_timeout=1&socket_connect_timeout=1",
        "DEVLMS_BROKER_URL": broker_url,
        "DEVLMS_BUILD": str(build),
        "DEVLMS_DEBUG": "0",
        "DEVLMS_TRACKING_LOG": str(build / "tracking.log"),
        "DEVLMS_HAND_IN_FAILS_WHILE": str(build / "hand-in-fails"),
    }
    web, site = servers.web(build, env)
    up = Stack(
        servers.DATABASE_SERVER, cache, broker, servers.worker(build, env), web, site, cache_url, broker_url, env, build
    )
    try:
        yield up
    finally:
        for server in reversed(up.all()):
            server.stop()
        servers.DATABASE_SERVER.ensure()  # pytest-django drops its database there
        connections.close_all()


@pytest.fixture
def deployment(stack: Stack, transactional_db: None) -> Iterator[Deployment]:
    """A published session of real questions, served by real servers that a test may kill."""
    stack.database.ensure()
    _have_running(stack)
    (stack.build / "hand-in-fails").unlink(missing_ok=True)
    for url in (stack.cache_url, stack.broker_url):
        redis_client.Redis.from_url(url).flushall()
    yield Deployment(stack, delivered(timezone.now(), learners=LEARNERS))
    # What else died, the next test starts again.
    stack.database.ensure()
    connections.close_all()


def _have_running(stack: Stack) -> None:
    """All but the database, started together: loading Django takes each of them a while."""
    for server in stack.all():
        server.revive()
    for server in stack.all():
        server.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without servers to kill there is nothing to test."""
    for item in items:
        if "faults" in item.keywords and servers.DATABASE_SERVER is None:
            item.add_marker(pytest.mark.skip(reason="needs servers to kill: make test-faults"))
