"""An upgrade and the way back, with wheels and rows: python -m tests.services python scripts/try_upgrade.py [OLD]

Builds the wheel of the commit OLD (HEAD unless given) and that of HEAD with one more migration, as a later release would
have it. OLD is installed, migrated and filled by the demo; then HEAD is installed over it and migrated; then OLD again, on
the newer tables; then HEAD again. Each time the doctor has to find no fault with the tables, counters and the audit trail
have to hold, and no row may be lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "assessprep_xblock"
LATER = """from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("assessprep", "%s")]
    operations = [migrations.AddField("claim", "of_a_later_version", models.CharField(max_length=9, null=True))]
"""
COUNT = """
import json
from django.apps import apps
print(json.dumps({one.__name__: one._default_manager.count() for one in apps.get_app_config("assessprep").get_models()}))
"""


class Installed:
    """One version as an operator has it: the package out of its wheel, with the embedded LMS of its own commit beside it."""

    def __init__(self, name: str, commit: str, folder: Path, *, later: bool) -> None:
        self.name, self.tree, self.site = name, folder / name, folder / f"{name}-site"
        self.tree.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "x"], cwd=self.tree, input=archive, check=True)
        migrations = sorted((self.tree / PACKAGE / "migrations").glob("0*.py"))
        self.first, last = migrations[0].read_bytes(), migrations[-1].stem
        if later:
            (self.tree / PACKAGE / "migrations" / "9999_later.py").write_text(LATER % last)
        build = ["build", "--wheel", "--no-isolation", "--outdir", str(folder / f"{name}-dist"), str(self.tree)]
        self._run([sys.executable, "-m", *build])
        (wheel,) = (folder / f"{name}-dist").glob("*.whl")
        self._run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(self.site)])
        # Nothing of the package but the wheel may be found.
        (self.tree / PACKAGE).rename(folder / f"{name}-left-out")

    def manage(self, *command: str, may_fail: bool = False) -> str:
        """One management command of this version."""
        return self._run([sys.executable, str(self.tree / "manage.py"), *command], may_fail=may_fail)

    def _run(self, command: list[str], *, may_fail: bool = False) -> str:
        path = os.pathsep.join(str(one) for one in (self.site, self.tree))
        env = {**os.environ, "PYTHONPATH": path, "DEVLMS_BUILD": str(self.tree / "build")}
        done = subprocess.run(command, cwd=self.tree, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode and not may_fail:
            raise SystemExit(f"{self.name}: {' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def examined(self) -> dict[str, int]:
        """Whether this version finds its way on the tables as they are; how many rows each holds."""
        where = self.manage("shell", "-c", f"import {PACKAGE}; print({PACKAGE}.__file__)").strip()
        assert str(self.site) in where, f"{where} is not the wheel's"
        told = json.loads(self.manage("assessprep_doctor", "--json", may_fail=True))
        found = {one["check"]: one for one in told}
        for check in ("loaded", "settings", "gate", "counters", *(["tables"] if "tables" in found else [])):
            assert found[check]["state"] == "ok", found[check]
        self.manage("assessprep_settle")
        self.manage("assessprep_recount")
        self.manage("assessprep_verify_audit")
        rows: dict[str, int] = json.loads(self.manage("shell", "-c", COUNT).strip().splitlines()[-1])
        print(f"{self.name}: {sum(rows.values())} rows in {sum(1 for one in rows.values() if one)} tables, doctor content")
        return rows


def main() -> None:
    """Forward, back, and forward again."""
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    with tempfile.TemporaryDirectory(prefix="assessprep-upgrade-") as name:
        old = Installed("old", commit, Path(name), later=False)
        new = Installed("new", "HEAD", Path(name), later=True)
        if old.first != new.first:
            raise SystemExit(
                f"{commit} has another first migration than HEAD: before the first release no tables carry over"
            )
        old.manage("migrate", "--verbosity=0")
        old.manage("seed_demo")
        rows = old.examined()
        new.manage("migrate", "--verbosity=0")
        assert "9999_later" in new.manage("showmigrations", "assessprep")
        for installed in (new, old, new):
            found = installed.examined()
            lost = {one: (rows[one], found[one]) for one in rows if found.get(one, 0) < rows[one]}
            assert not lost, lost
    print("upgraded, rolled back and upgraded again: no row lost")


if __name__ == "__main__":
    main()
