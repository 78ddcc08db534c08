"""MariaDB, two Redis and gunicorn on loopback, started and stopped here; and what they use: CPU seconds and SQL
statements."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import services

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2


@dataclass
class Stack:
    """Servers that run, and the environment in which a process of ours finds them."""

    port: int
    environment: dict[str, str]
    cache_pid: int

    def cpu(self) -> float:
        """Seconds of processor that all of them have used so far, to the nanosecond."""
        return sum(_used(pid) for pid in _family(os.getpid()))

    def statements(self) -> int:
        """SQL statements that the database has been asked so far, BEGIN and COMMIT included."""
        return int(self.execute("SHOW GLOBAL STATUS LIKE 'Questions'")[1])

    def execute(self, statement: str) -> Any:
        """The first row that the database answers to a statement, on a connection of its own."""
        import MySQLdb

        connection = MySQLdb.connect(
            host="127.0.0.1",
            port=int(self.environment["DEVLMS_DB_PORT"]),
            user=services.USER,
            password=services.PASSWORD,
            database=services.DATABASE,
        )
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchone()
        finally:
            connection.close()


def python(stack_environment: dict[str, str], *arguments: str, program: str = sys.executable, folder: Path = ROOT) -> str:
    """Run a Python process against the servers, ours unless another ``program`` is named; what it printed."""
    ran = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**os.environ, **stack_environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{ran.stderr[-3000:]}")
    return ran.stdout


@contextlib.contextmanager
def stack() -> Iterator[Stack]:
    """Everything, with an empty migrated database. Raises ``services.Missing`` where a server is not installed."""
    with services.mariadb() as database, services.redis() as sessions:
        before = set(_children(os.getpid()))
        with services.redis() as cache:
            (cache_pid,) = set(_children(os.getpid())) - before
            environment = {
                **database,
                "DJANGO_SETTINGS_MODULE": "bench.settings",
                "DEVLMS_REDIS_URL": cache,
                "DEVLMS_BROKER_URL": sessions,
                "BENCH_SESSIONS_URL": sessions,
                "DEVLMS_DEBUG": "0",
            }
            python(environment, "manage.py", "migrate", "--verbosity", "0")
            with gunicorn(environment) as port:
                yield Stack(port, environment, cache_pid)


@contextlib.contextmanager
def gunicorn(
    environment: dict[str, str], site: str = "devlms.wsgi", *, program: str = sys.executable, folder: Path = ROOT
) -> Iterator[int]:
    """Web workers with a site, ours unless another is named; yields their port."""
    port = services.free_port()
    command = [program, "-m", "gunicorn", site, "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--threads", "1", "--keep-alive", "60", "--log-level", "error"]
    command += ["--graceful-timeout", "5"]
    # A session of its own: Ctrl-C in the terminal goes to the bench, which stops the servers in order.
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        until = time.monotonic() + services.SECONDS_TO_START
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError("gunicorn did not start")
        yield port
    finally:
        services.stop(process)


def _children(pid: int) -> list[int]:
    """Processes started by this one, by their ids."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            if entry.name.isdigit() and int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry.name))
    return found


def _family(pid: int) -> list[int]:
    """Its children, and theirs."""
    found = _children(pid)
    return [*found, *(one for child in found for one in _family(child))]


def _used(pid: int) -> float:
    total = 0
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError, ValueError):
                total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9
