"""Renders Tutor's environment with our plugin and looks into it. ``tox -e tutor`` runs it, with Tutor installed.

Nothing is started and no Docker is needed: only files are rendered, into a folder that is thrown away.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from importlib.metadata import entry_points, version
from pathlib import Path

PLUGIN = "assessprep"
SETTING = {"ASSESSPREP_CODE_LENGTH": 6, "ASSESSPREP_LMS": "a 'quoted' word"}


def tutor(root: Path, *words: str) -> str:
    """Run Tutor on a root of its own; what it printed."""
    own = {"TUTOR_ROOT": str(root), "TUTOR_PLUGINS_ROOT": str(root / "plugins")}
    command = [str(Path(sys.executable).parent / "tutor"), *words]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stderr or done.stdout}")
    return done.stdout


def expect(what: str, found: bool) -> None:
    """Say what was looked at; end when it is not there."""
    print(("ok      " if found else "MISSING ") + what)
    if not found:
        sys.exit(1)


def main() -> None:
    """Enable the plugin, save the configuration, look into what was rendered."""
    expect("entry point tutor.plugin.v1", [point.name for point in entry_points(group="tutor.plugin.v1")] == [PLUGIN])
    with tempfile.TemporaryDirectory(prefix="assessprep-tutor-") as name:
        root = Path(name)
        expect("tutor plugins list", PLUGIN in tutor(root, "plugins", "list"))
        tutor(root, "plugins", "enable", PLUGIN)
        tutor(root, "config", "save", "--set", f"ASSESSPREP_SETTINGS={SETTING!r}")
        env = root / "env"
        requirement = f"assessprep-xblock=={version('assessprep-xblock')}"
        expect(f"the image installs {requirement}", requirement in (env / "build/openedx/Dockerfile").read_text())
        for process in ("lms", "cms"):
            text = (env / f"apps/openedx/settings/{process}/production.py").read_text()
            set_to = {
                node.targets[0].id: ast.literal_eval(node.value)
                for node in ast.parse(text).body
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in SETTING
            }
            expect(f"settings of {process}: {set_to}", set_to == SETTING)
        compose = (env / "local/docker-compose.yml").read_text()
        expect("a container settles every minute", "assessprep-settle:" in compose and "assessprep_settle" in compose)
        expect("a CronJob does on Kubernetes", "kind: CronJob" in (env / "k8s/deployments.yml").read_text())
        _well_formed(env)
        tutor(
            root, "config", "save", "--set", "ASSESSPREP_RUN_SETTLE=false", "--set", "ASSESSPREP_REQUIREMENT=x @ file:///y"
        )
        expect("no container where cron does it", "assessprep" not in (env / "local/docker-compose.yml").read_text())
        expect("another requirement is taken", "install 'x @ file:///y'" in (env / "build/openedx/Dockerfile").read_text())
        _migrates()


def _well_formed(env: Path) -> None:
    import yaml

    compose = yaml.safe_load((env / "local/docker-compose.yml").read_text())
    expect("docker-compose.yml is well-formed", "assessprep-settle" in compose["services"])
    kinds = [one["kind"] for one in yaml.safe_load_all((env / "k8s/deployments.yml").read_text()) if one]
    expect("k8s/deployments.yml is well-formed", kinds.count("CronJob") == 1)


def _migrates() -> None:
    from tutor import hooks

    import assessprep_xblock.tutor_plugin  # noqa: F401

    tasks = [task for service, task in hooks.Filters.CLI_DO_INIT_TASKS.iterate() if service == "lms"]
    expect("tutor do init migrates", any("migrate assessprep" in task for task in tasks))


if __name__ == "__main__":
    main()
