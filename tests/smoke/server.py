"""The demo as somebody would start it, with a database of its own, on a free port; always stopped by its id."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.services import free_port

from .checks import CannotStart

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 180


@dataclass(frozen=True)
class Demo:
    """A running demo: where it is, what everybody's password is, and where its output goes."""

    site: str
    password: str
    output: Path

    def log(self) -> str:
        """Everything the server has written so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")


def seed(folder: Path) -> Path:
    """A database with the demo district, to be copied for each run."""
    base = folder / "seeded.sqlite3"
    made = subprocess.run(
        [sys.executable, "manage.py", "demo", "--no-serve"],
        cwd=ROOT,
        env=_environment(folder, base, {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise CannotStart(f"The demo cannot be seeded:\n{made.stdout}{made.stderr}".strip())
    return base


@contextlib.contextmanager
def running_demo(
    folder: Path, output: Path, *, base: Path | None = None, spoiled: Mapping[str, str] | None = None
) -> Iterator[Demo]:
    """``manage.py demo`` on a free port, on a copy of ``base`` or on a fresh database; ends when the block does.

    ``output``: the file that its output goes into.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "demo.sqlite3"
    if base is not None:
        shutil.copy(base, database)
    port = free_port()
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    environment = _environment(folder, database, spoiled)
    with output.open("wb") as out:
        # A session of its own: Ctrl-C in the terminal comes to us first, and we stop the server in order.
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            site = f"http://127.0.0.1:{port}"
            _wait_for(process, site, output)
            yield Demo(site, _password(output), output)
        finally:
            _stop(process)


def _environment(folder: Path, database: Path, spoiled: Mapping[str, str] | None) -> dict[str, str]:
    """The surroundings of the demo. ``spoiled`` None: whatever switches are set are meant; else these and no other."""
    kept = {name: value for name, value in os.environ.items() if spoiled is None or not name.startswith("DEVLMS_")}
    for name in ("DEVLMS_DB_HOST", "DEVLMS_REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        kept.pop(name, None)
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        # The platform's question block is slow to compile: once is enough, but not into the source tree.
        kept.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "build" / "pycache"))
    return {
        **kept,
        "DEVLMS_DB_NAME": str(database),
        "DEVLMS_BUILD": str(folder),
        "DEVLMS_TRACKING_LOG": str(folder / "tracking.log"),
        "PYTHONUNBUFFERED": "1",
        **(spoiled or {}),
    }


def _wait_for(process: subprocess.Popen[bytes], site: str, output: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    asking = requests.Session()
    asking.trust_env = False  # it is on this machine: no proxy
    while True:
        if process.poll() is not None:
            raise CannotStart(f"The demo stopped before it answered. Its last words:\n{_end(output)}")
        with contextlib.suppress(requests.RequestException):
            if asking.get(f"{site}/login", timeout=20).status_code == 200:
                return
        if time.monotonic() > until:
            raise CannotStart(f"The demo did not answer within {SECONDS_TO_START} s. Its last words:\n{_end(output)}")
        time.sleep(0.1)


def _password(output: Path) -> str:
    """As the demo prints it for people."""
    found = re.search(r"Everybody's password: (\S+)", output.read_text(encoding="utf-8"))
    if found is None:
        raise CannotStart(f"The demo did not say who can sign in. Its last words:\n{_end(output)}")
    return found.group(1)


def _end(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace")[-1500:].strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the one process we started, by its id; nothing else."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
