"""Private servers for tests: MariaDB and Redis, each in a temporary folder, on a free port of 127.0.0.1, stopped at the end.

As a command it runs another one with the embedded LMS pointed at such a MariaDB::

    python -m tests.services python -m pytest -m mariadb

Where MariaDB is not installed it says so and runs the command all the same, whose marked tests then skip, loudly; with
``ASSESSPREP_REQUIRE=all`` in the environment it fails instead.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

DATABASE = USER = PASSWORD = "devlms"
SECONDS_TO_START = 60


class Missing(Exception):
    """A server cannot be started here; the text says what to install."""


def required() -> bool:
    """Whether every optional part has to be there (CI)."""
    return os.environ.get("ASSESSPREP_REQUIRE") == "all"


def free_port() -> int:
    """A port nobody listens on now, below those that the system gives to whoever calls somebody: until the server that is to
    have it has started, a busy machine makes hundreds of calls."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def find_program(*names: str, package: str) -> str:
    """The first of these programs that is installed; servers often stand in /usr/sbin, which is not on everybody's path."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise Missing(f"{names[0]} is not installed (on Debian and Ubuntu: apt-get install {package})")


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            end = log.read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"{process.args[0]} did not start:\n{end}")  # type: ignore[index]
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the one process we started, by its id; nothing else."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _server(command: list[str], folder: Path, ready: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    log = folder / "server.log"
    with log.open("wb") as out:
        # A session of its own: Ctrl-C in the terminal goes to the tests first, which then stop the server in order.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        try:
            _wait(process, ready, log)
            yield process
        finally:
            stop(process)


@contextlib.contextmanager
def mariadb() -> Iterator[dict[str, str]]:
    """A MariaDB server with an empty database; yields the environment that points ``devlms.settings`` at it.

    Raises :class:`Missing` where the server or the driver is not installed. Server defaults stand (Django sets its own
    isolation level); only the flush at each commit is relaxed, because nobody needs this data after a power cut.
    """
    try:
        import MySQLdb
    except ImportError:
        raise Missing("the driver mysqlclient is not installed (apt-get install libmariadb-dev pkg-config gcc)") from None
    server = find_program("mariadbd", "mysqld", package="mariadb-server")
    install = find_program("mariadb-install-db", "mysql_install_db", package="mariadb-server")
    me = getpass.getuser()
    # Below /tmp and short: the path of a Unix socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="assessprep-db-") as name:
        folder = Path(name)
        data, sock, port = folder / "data", folder / "s", free_port()
        made = subprocess.run(
            [install, "--no-defaults", f"--user={me}", f"--datadir={data}", "--auth-root-authentication-method=normal"]
            + ["--skip-test-db"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"{install} failed:\n{made.stdout}\n{made.stderr}")
        command = [server, "--no-defaults", f"--user={me}", f"--datadir={data}", f"--socket={sock}", f"--port={port}"]
        command += ["--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}", "--character-set-server=utf8mb4"]
        command += ["--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", "--innodb-print-all-deadlocks=ON"]

        def root() -> MySQLdb.connections.Connection:
            return MySQLdb.connect(unix_socket=str(sock), user="root")

        def answers() -> bool:
            try:
                root().close()
            except MySQLdb.Error:
                return False
            return True

        with _server(command, folder, answers):
            connection = root()
            cursor = connection.cursor()
            cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            cursor.execute(f"GRANT ALL ON *.* TO {USER}@'127.0.0.1'")
            connection.close()
            yield {
                "DEVLMS_DB_HOST": "127.0.0.1",
                "DEVLMS_DB_PORT": str(port),
                "DEVLMS_DB_NAME": DATABASE,
                "DEVLMS_DB_USER": USER,
                "DEVLMS_DB_PASSWORD": PASSWORD,
                "ASSESSPREP_ON_MARIADB": "1",
            }


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A Redis server that keeps nothing on disk; yields its URL. Raises :class:`Missing` where it is not installed."""
    with redis_process() as (url, _process):
        yield url


@contextlib.contextmanager
def redis_process() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same with its process, for who stops or freezes it."""
    server = find_program("redis-server", "valkey-server", package="redis-server")
    with tempfile.TemporaryDirectory(prefix="assessprep-redis-") as name:
        port = free_port()
        command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", name]

        def answers() -> bool:
            with socket.socket() as probe:
                probe.settimeout(1)
                return probe.connect_ex(("127.0.0.1", port)) == 0

        with _server(command, Path(name), answers) as process:
            yield f"redis://127.0.0.1:{port}/0", process


def chromium() -> str:
    """Path of Chromium. Raises :class:`Missing` where it is not installed."""
    return find_program("chromium", "chromium-browser", "google-chrome", package="chromium")


def main(command: list[str]) -> int:
    """Run the command on a private MariaDB and return its exit code."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    # A polite kill of the launcher must still stop the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with mariadb() as environment:
            return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    except Missing as missing:
        if required():
            print(f"MariaDB is required here: {missing}.", file=sys.stderr)
            return 3
        print(f"\n*** NOT ON MARIADB: {missing}. ***\n", file=sys.stderr)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
