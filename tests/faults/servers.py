"""The servers of a deployment, each of which a test may kill, freeze and start again. All listen on 127.0.0.1 only."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import MySQLdb
import redis as redis_client

from tests.services import DATABASE, PASSWORD, USER, find_program, free_port

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 240

#: The MariaDB of this run; set by ``python -m tests.faults`` before Django is loaded.
DATABASE_SERVER: Server | None = None


class Server:
    """One process of ours, named by its process id alone; nothing else is ever signalled."""

    def __init__(self, name: str, command: list[str], folder: Path, *, ready: Callable[[], bool], env: Mapping[str, str]):
        self.name, self.command, self.folder, self.ready, self.env = name, command, folder, ready, dict(env)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it wrote so far."""
        path = self.folder / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with (self.folder / f"{self.name}.log").open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        assert self.process is not None
        until = time.monotonic() + SECONDS_TO_START
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.name} did not start:\n{self.log[-3000:]}")
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """As when the power goes: no time to clean up."""
        assert self.process is not None
        self.send(signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """It takes connections and answers nothing."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it stood."""
        self.send(signal.SIGCONT)

    def ensure(self) -> None:
        """Have it running, whatever a test did to it."""
        self.revive()
        self.wait()

    def revive(self) -> None:
        """The same, and wait for nothing: several start together."""
        if self.process is None or self.process.poll() is not None:
            self.launch()
        else:
            self.thaw()

    def stop(self) -> None:
        """End it in order, whatever a test did to it."""
        if self.process is None or self.process.poll() is not None:
            return
        self.thaw()
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def workers(self) -> list[int]:
        """Process ids of its own children."""
        assert self.process is not None
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_a_worker(self, chance: random.Random) -> None:
        """Kill one of its children; the master starts another."""
        if workers := self.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)


def database(folder: Path) -> Server:
    """MariaDB with an empty database.

    Each commit is handed to the operating system before it is told (``innodb_flush_log_at_trx_commit=2``), which a killed
    server needs; what a power cut needs, a flush of the disk, would test the disk and not us.
    """
    program = find_program("mariadbd", "mysqld", package="mariadb-server")
    install = find_program("mariadb-install-db", "mysql_install_db", package="mariadb-server")
    data, sock, port = folder / "data", folder / "s", free_port()
    subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    command = [program, "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={sock}", f"--port={port}"]
    command += ["--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}", "--character-set-server=utf8mb4"]
    command += ["--innodb-flush-log-at-trx-commit=2", "--skip-name-resolve", "--innodb-lock-wait-timeout=2"]
    if os.geteuid() != 0:
        command.remove("--user=root")

    def root() -> MySQLdb.connections.Connection:
        return MySQLdb.connect(unix_socket=str(sock), user="root")

    def ready() -> bool:
        try:
            root().close()
        except MySQLdb.Error:
            return False
        return True

    server = Server("mariadb", command, folder, ready=ready, env={})
    server.start()
    connection = root()
    cursor = connection.cursor()
    cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    cursor.execute(f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
    cursor.execute(f"GRANT ALL ON *.* TO {USER}@'127.0.0.1'")
    connection.close()
    # For whoever runs on it: how to find it.
    server.env = {
        "DEVLMS_DB_HOST": "127.0.0.1",
        "DEVLMS_DB_PORT": str(port),
        "DEVLMS_DB_NAME": DATABASE,
        "DEVLMS_DB_USER": USER,
        "DEVLMS_DB_PASSWORD": PASSWORD,
        "ASSESSPREP_ON_MARIADB": "1",
    }
    return server


def redis(folder: Path, name: str) -> tuple[Server, str]:
    """A Redis that keeps nothing on disk, not yet started, and its URL; clients give up on a silent one after a second."""
    port = free_port()
    command = [find_program("redis-server", "valkey-server", package="redis-server"), "--port", str(port)]
    command += ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    url = f"redis://127.0.0.1:{port}/0"

    def ready() -> bool:
        try:
            return bool(redis_client.Redis.from_url(url, socket_timeout=1).ping())
        except redis_client.RedisError:
            return False

    return Server(name, command, folder, ready=ready, env={}), url


def web(folder: Path, env: Mapping[str, str], *, workers: int = 2) -> tuple[Server, str]:
    """The embedded LMS behind gunicorn, not yet started, and its address."""
    import requests

    port = free_port()
    site = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "devlms.wsgi", "--workers", str(workers), "--bind", f"127.0.0.1:{port}"]
    command += ["--timeout", "60", "--worker-tmp-dir", str(folder), "--no-control-socket"]

    def ready() -> bool:
        try:
            return requests.get(f"{site}/login", timeout=20).status_code == 200
        except requests.RequestException:
            return False

    return Server("web", command, folder, ready=ready, env=env), site


def worker(folder: Path, env: Mapping[str, str]) -> Server:
    """A Celery worker that acknowledges late, as the LMS's workers do; not yet started."""
    command = [sys.executable, "-m", "celery", "-A", "devlms.celery", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    command += ["--pool", "solo", "--without-gossip", "--without-mingle"]
    server = Server("worker", command, folder, ready=lambda: False, env=env)
    # It has no port: it says when it is ready. A restarted one says it again, so the words are counted.
    starts = iter(range(1, 1000))
    said = {"wanted": 0}

    def ready() -> bool:
        if server.process is not said.get("process"):
            said["process"], said["wanted"] = server.process, next(starts)
        return server.log.count(" ready.") >= said["wanted"]

    server.ready = ready
    return server
