"""Looks into the wheel an operator would install.

python scripts/check_wheel.py dist/x.whl        what it holds
python scripts/check_wheel.py --build           build it first (without a network)
python scripts/check_wheel.py --build --install and install it with its requirements into an empty environment
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "assessprep_xblock"
#: Content as course authors write it: it holds answer keys, and collectstatic would publish it.
CONTENT = re.compile(
    rb"<(multiplechoiceresponse|choiceresponse|optionresponse|numericalresponse|stringresponse|formularesponse)\b"
)
KEYS = re.compile(rb"""\bcorrect=\\?["'](true|True)""")
#: Groups of entry points by which the platform finds us.
GROUPS = ("xblock.v1", "lms.djangoapp", "cms.djangoapp", "openedx.course_tab", "tutor.plugin.v1")
#: Kinds of file that make up the package beside Python.
DATA = (".html", ".txt", ".js", ".css", ".svg", ".png", ".woff2", ".po", ".mo", ".json")


def build(into: Path) -> Path:
    """Build the wheel from a copy of the sources, so that leftovers of earlier builds cannot get in; return its path."""
    with tempfile.TemporaryDirectory(prefix="assessprep-wheel-") as name:
        copy = Path(name) / "src"
        leave_out = (".git", ".venv", ".tox", "build", "dist", "node_modules", "*.egg-info", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*leave_out))
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(copy)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    (wheel,) = into.glob("*.whl")
    return wheel


def problems(wheel: Path) -> list[str]:
    """One sentence for everything in the wheel that must not be there, and for everything that is missing."""
    found = []
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for name in names:
            top = name.split("/")[0]
            if top != PACKAGE and not top.endswith(".dist-info"):
                found.append(f"{name}: the wheel holds nothing but {PACKAGE}")
            elif top == PACKAGE and not name.endswith((".py", *DATA)):
                found.append(f"{name}: a kind of file the package does not use")
            content = archive.read(name)
            if top == PACKAGE and not name.endswith(".py") and (CONTENT.search(content) or KEYS.search(content)):
                found.append(f"{name}: holds a question with its answer key")
        declared = "\n".join(archive.read(name).decode() for name in names if name.endswith(".dist-info/entry_points.txt"))
    found += [f"entry points: no [{group}]" for group in GROUPS if f"[{group}]" not in declared]
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / PACKAGE).rglob("*")
        if path.is_file() and path.suffix in (".py", *DATA) and "__pycache__" not in path.parts
    }
    found += [f"{name}: is in the sources and not in the wheel" for name in sorted(wanted - set(names))]
    return found


def install(wheel: Path) -> None:
    """Install it with what it requires into an empty environment, and find it there as the platform would."""
    with tempfile.TemporaryDirectory(prefix="assessprep-env-") as name:
        environment = Path(name) / "env"
        python = environment / "bin" / "python"
        if _runs("uv", "--version"):
            _run("uv", "venv", "--quiet", "--no-python-downloads", "--python", sys.executable, str(environment))
            _run("uv", "pip", "install", "--quiet", "--python", str(python), str(wheel), "setuptools<81")
        else:
            _run(sys.executable, "-m", "venv", str(environment))
            _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel), "setuptools<81")
        look = f"""
from importlib.metadata import distribution, entry_points
import importlib.util, pathlib
import {PACKAGE}.apps as apps
ours = [point for group in {GROUPS!r} for point in entry_points(group=group) if point.dist.name == "assessprep-xblock"]
assert {{point.group for point in ours}} == set({GROUPS!r}), ours
assert {{"assessprep", "assessprep_written"}} <= {{point.name for point in ours}}, ours
folder = pathlib.Path(apps.__file__).parent
assert folder.parent.name == "site-packages", folder
assert not any(importlib.util.find_spec(name) for name in ("devlms", "tests", "bench"))
print(distribution("assessprep-xblock").version, "installed:", *[f"{{one.group}}={{one.name}}" for one in ours])
"""
        _run(str(python), "-c", look, cwd=name)


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(*command: str, cwd: str | None = None) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO_", "VIRTUAL_ENV"))}
    subprocess.run(command, check=True, cwd=cwd, env=clean, stdin=subprocess.DEVNULL)


def main() -> int:
    """Check, and say what was seen."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("wheel", nargs="?", type=Path)
    options.add_argument("--build", action="store_true")
    options.add_argument("--install", action="store_true")
    asked = options.parse_args()
    if asked.build == bool(asked.wheel):
        options.error("name a wheel, or --build")
    with tempfile.TemporaryDirectory(prefix="assessprep-dist-") as name:
        wheel = build(Path(name)) if asked.build else asked.wheel
        found = problems(wheel)
        for line in found:
            print(line, file=sys.stderr)
        if found:
            return 1
        print(f"{wheel.name}: {len(zipfile.ZipFile(wheel).namelist())} files, nothing of devlms or tests, no answer key")
        if asked.install:
            install(wheel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
