"""The rules of the house, kept by machine: who imports whom, what ships, what the documentation has to say.

A rule that has never been seen to fail is a hope. So every import contract is broken here on purpose, in a copy.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution, entry_points
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from edx_django_utils.plugins import get_plugin_apps

from assessprep_xblock import conf
from assessprep_xblock.block import STUDENT_SCRIPTS
from assessprep_xblock.domain.shared.refusals import CODES
from assessprep_xblock.domain.shared.sentences import SENTENCES
from scripts import check_wheel, docs_tables

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "assessprep_xblock"
DOMAIN = PACKAGE / "domain"
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


def modules(folder: Path = PACKAGE) -> list[Path]:
    """Our Python files, written by people."""
    return sorted(path for path in folder.rglob("*.py") if path.parent.name != "migrations")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring; the signature, one argument a line, is not counted."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


# -- who imports whom ---------------------------------------------------------------------------------------------------
def lint_imports(folder: Path) -> dict[str, str]:
    """Contract id -> KEPT or BROKEN, for the package copied into ``folder``."""
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--config", "pyproject.toml", "--no-cache"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "300", "TERM": "dumb", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout)
    seen = {key: re.search(rf"^{re.escape(name)} (KEPT|BROKEN)", text, re.M) for key, name in CONTRACTS.items()}
    verdicts = {key: found[1] for key, found in seen.items() if found}
    assert set(verdicts) == set(CONTRACTS), ran.stdout + ran.stderr
    assert (ran.returncode == 0) == ("BROKEN" not in verdicts.values()), ran.stdout
    return verdicts


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package's Python files and the contracts, in a folder of their own."""
    for path in PACKAGE.rglob("*.py"):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    return tmp_path


def test_every_import_contract_is_kept(copy: Path) -> None:
    assert set(lint_imports(copy).values()) == {"KEPT"}


#: contract, file (made where it is not there), the line that breaks it
OFFENCES = [
    ("layers", "lms/__init__.py", "from assessprep_xblock.domain.shared import refusals"),
    ("layers", "conf.py", "from assessprep_xblock.lms import get_lms"),
    ("layers", "domain/attempts/rules.py", "from assessprep_xblock.api import doors"),
    ("layers", "domain/attempts/rules.py", "from assessprep_xblock import tasks"),
    ("layers", "web/__init__.py", "from assessprep_xblock import block"),
    ("layers", "receivers.py", "from assessprep_xblock import urls"),
    ("layers", "settings/lms.py", "from assessprep_xblock import conf"),
    ("layers", "tasks.py", "from assessprep_xblock.web import urls"),
    ("layers", "utils.py", ""),
    ("nouns", "domain/sessions/rules.py", "from ..attempts import rules"),
    ("nouns", "domain/shared/audit.py", "from assessprep_xblock.domain.library import delivery"),
    ("nouns", "domain/library/delivery.py", "def late():\n    from ..sessions import models"),
    ("nouns", "domain/grading/__init__.py", "from ..monitoring import models"),
    ("nouns", "domain/analysis/__init__.py", "from .. import grading"),
    ("nouns", "domain/extras/__init__.py", ""),
    ("doors-ask-the-domain", "web/__init__.py", "from assessprep_xblock.domain.sessions.models import AssessmentSession"),
    ("doors-ask-the-domain", "block.py", "def late():\n    from .domain.attempts import models"),
    ("doors-ask-the-domain", "api/__init__.py", "import assessprep_xblock.models"),
    ("doors-ask-the-domain", "tasks.py", "from .domain.attempts import models"),
    ("doors-ask-the-domain", "management/commands/extra.py", "from assessprep_xblock.domain.library import models"),
    ("rules-are-plain", "domain/attempts/rules.py", "from django.utils import timezone"),
    ("rules-are-plain", "domain/attempts/rules.py", "from opaque_keys.edx.keys import CourseKey"),
    ("rules-are-plain", "domain/attempts/rules.py", "from . import models"),
    ("rules-are-plain", "domain/attempts/rules.py", "from assessprep_xblock import conf"),
    ("rules-are-plain", "domain/attempts/clock.py", "import django"),
    ("rules-are-plain", "domain/grading/rules.py", "import rest_framework"),
    ("rules-are-plain", "domain/analysis/dif.py", "from . import models"),
    ("rules-are-plain", "domain/shared/refusals.py", "from django.utils.translation import gettext"),
    ("no-request-below-the-doors", "domain/attempts/__init__.py", "from xblock.core import XBlock"),
    ("no-request-below-the-doors", "domain/library/delivery.py", "import web_fragments.fragment"),
    ("no-request-below-the-doors", "lms/base.py", "import webob"),
    ("no-request-below-the-doors", "lms/__init__.py", "def late():\n    from rest_framework import status"),
    ("one-module-names-the-platform", "block.py", "from xmodule.modulestore.django import modulestore"),
    ("one-module-names-the-platform", "lms/base.py", "from lms.djangoapps.grades import api"),
    ("one-module-names-the-platform", "web/__init__.py", "from common.djangoapps.student import models"),
    ("one-module-names-the-platform", "domain/sessions/rules.py", "def late():\n    import openedx.core.djangoapps"),
    ("one-module-names-the-platform", "tasks.py", "import cms.djangoapps.contentstore"),
    ("the-gate-is-named-by-settings", "settings/lms.py", "from assessprep_xblock.gate import GateMixin"),
    ("the-gate-is-named-by-settings", "urls.py", "from . import gate"),
    ("shipped-code-stands-alone", "lms/__init__.py", "from devlms import gateway"),
    ("shipped-code-stands-alone", "domain/attempts/rules.py", "import tests.services"),
    ("shipped-code-stands-alone", "management/commands/extra.py", "def late():\n    import bench"),
]


def test_every_contract_has_an_offence_that_proves_it() -> None:
    assert {contract for contract, _file, _line in OFFENCES} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES, ids=[f"{c}: {f}: {line[:60]!r}" for c, f, line in OFFENCES])
def test_an_import_that_breaks_a_contract_is_found(copy: Path, contract: str, file: str, line: str) -> None:
    path = copy / "assessprep_xblock" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    with path.open("a") as text:
        text.write(f"\n{line}\n")
    assert lint_imports(copy)[contract] == "BROKEN"


def test_the_one_package_for_the_platform_may_name_it(copy: Path) -> None:
    with (copy / "assessprep_xblock/lms/edxapp/answers.py").open("a") as text:
        for line in ("lms.djangoapps.grades", "cms.djangoapps", "common.djangoapps", "openedx.core", "xmodule.modulestore"):
            text.write(f"\n\ndef late():\n    import {line}\n")
    assert lint_imports(copy)["one-module-names-the-platform"] == "KEPT"


def test_the_platform_is_imported_inside_functions_only() -> None:
    platform = ("lms", "cms", "common", "openedx", "xmodule")
    outside = []
    for path in sorted((PACKAGE / "lms" / "edxapp").glob("*.py")):
        inside = {id(node) for function in functions(path) for node in ast.walk(function)}
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            if any(name.split(".")[0] in platform for name in names) and id(node) not in inside:
                outside.append(f"{path.name} line {node.lineno}: {names}")
    assert outside == [], "importing lms/edxapp must work without edx-platform"


# -- how code is written ------------------------------------------------------------------------------------------------
def test_no_module_is_called_utils_helpers_or_common() -> None:
    said = re.compile(r"(utils?|helpers?|common|misc|manager)\.py$|/(utils?|helpers?|common|misc)/")
    assert [name_of(path) for path in modules() if said.search(name_of(path))] == []


def test_no_module_is_longer_than_400_lines() -> None:
    long = {name_of(path): lines for path in modules() if (lines := len(path.read_text().splitlines())) > 400}
    assert long == {}, "split by verb group"


def test_no_script_is_much_longer_than_a_module() -> None:
    scripts = [path for path in (PACKAGE / "static").rglob("*.js") if "vendor" not in path.parts]
    long = {name_of(path): lines for path in scripts if (lines := len(path.read_text().splitlines())) > 410}
    assert long == {}, "split it in parts: docs/decisions/0032"


def test_no_action_is_longer_than_40_lines() -> None:
    long = {
        f"{name_of(path)}: {function.name}": lines
        for path in DOMAIN.rglob("actions*.py")
        for function in functions(path)
        if (lines := length(function)) > 40
    }
    assert long == {}, "the five steps of a state change fit in 40 lines"


def test_a_handler_of_the_block_only_reads_the_request_and_asks() -> None:
    long = {
        function.name: lines
        for function in functions(PACKAGE / "block.py")
        if any("handler" in ast.unparse(decorator) for decorator in function.decorator_list)
        and (lines := length(function)) > 8
    }
    assert long == {}, "handlers have at most 8 lines"


def test_nothing_in_the_domain_asks_what_time_it_is() -> None:
    clocks = re.compile(
        r"\b(timezone\.now|datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns)|localtime|localdate)$"
    )
    asked = []
    for path in modules(DOMAIN):
        # A task is called by the worker, so it is a door of its own: there the time comes in.
        tasks = [one for one in functions(path) if any("shared_task" in ast.unparse(by) for by in one.decorator_list)]
        allowed = {id(node) for task in tasks for node in ast.walk(task)}
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and id(node) not in allowed and clocks.search(ast.unparse(node.func)):
                asked.append(f"{name_of(path)}:{node.lineno}")
    assert asked == [], "now enters at the door"


def test_a_query_never_writes() -> None:
    sure = {"save", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "select_for_update"}
    on_rows = {"update", "delete", "aupdate", "adelete"}  # dictionaries have update, too
    written = []
    for path in DOMAIN.rglob("queries*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                receiver = ast.unparse(node.func.value)
                if node.func.attr in sure or (node.func.attr in on_rows and re.search(r"\bobjects\b|\.filter\(", receiver)):
                    written.append(f"{name_of(path)}:{node.lineno} {node.func.attr}")
    assert written == []


def test_only_conf_reads_operators_settings() -> None:
    reads = [
        f"{name_of(path)}:{number}"
        for path in modules()
        if path != PACKAGE / "conf.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"settings\.ASSESSPREP_|getattr\(\s*settings\s*,\s*[\"']ASSESSPREP_", line)
    ]
    assert reads == []


def test_every_setting_asked_for_is_declared_with_that_type_and_every_one_declared_is_used() -> None:
    kinds = {"get_int": int, "get_float": float, "get_str": str, "get_runs": tuple}
    asked, wrong = set(), []
    for path in modules():
        for node in ast.walk(tree(path)):
            if path == PACKAGE / "conf.py" or not isinstance(node, ast.Call) or not node.args:
                continue
            how = ast.unparse(node.func).split(".")[-1]
            if how in kinds and isinstance(node.args[0], ast.Constant):
                name = node.args[0].value
                asked.add(name)
                if name not in conf.SETTINGS or conf.SETTINGS[name].kind is not kinds[how]:
                    wrong.append(f"{name_of(path)}:{node.lineno} {how}({name!r})")
    assert wrong == []
    assert set(conf.SETTINGS) - asked == set(), "declared in conf.py and used nowhere"


def test_no_print_and_no_except_that_catches_everything() -> None:
    found = []
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                found.append(f"{name_of(path)}:{node.lineno} print")
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                found.append(f"{name_of(path)}:{node.lineno} bare except")
    assert found == []


MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\|\s*safe\b|autoescape\s+off|mark_safe|SafeString|SafeText|\.html\(|\beval\("
)


def test_nothing_puts_unescaped_text_into_a_page() -> None:
    found = [
        f"{name_of(path)}:{number} {seen[0]}"
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in (".py", ".js", ".html") and path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (seen := MARKUP.search(line))
    ]
    assert found == [], "textContent, and Django's own escaping"


def test_a_form_asks_by_its_address_or_is_sent_by_a_script_and_by_nothing_else() -> None:
    """``method="dialog"`` outside of a dialog does nothing: who is faster than the script leaves no code in an address, and
    loses nothing that was typed."""
    found = [
        f"{name_of(path)}: {form}"
        for path in sorted((PACKAGE / "templates").rglob("*.html"))
        for form in re.findall(r"<form[^>]*>", path.read_text(encoding="utf-8"))
        if 'method="dialog"' not in form and not ('method="get"' in form and "ap-filters" in form)
    ]
    assert found == [], "a form of fields that a script sends is method=dialog; filters are method=get"


def test_the_audit_trail_is_added_to_and_changed_by_retirement_alone() -> None:
    changing = {"update", "delete", "bulk_update", "update_or_create", "_raw_delete", "save"}
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        calls = (node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        methods = [func for func in calls if isinstance(func, ast.Attribute) and func.attr in changing]
        if any(re.match(r"Audit(Row|Seal)\b", ast.unparse(method.value)) for method in methods):
            found.add(name_of(path))
    assert found == {"assessprep_xblock/domain/retirement/actions.py"}, "what was done stays told as it was told"


def test_every_script_stands_alone() -> None:
    scripts = sorted((PACKAGE / "static").rglob("*.js"))
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|export)\s|\brequire\(", text, re.M), f"{name_of(path)}: is built on other files"


def test_every_script_can_be_read_by_a_machine() -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("needs node")
    scripts = [str(path) for path in sorted((PACKAGE / "static").rglob("*.js"))]
    # All in one process: it starts for longer than it reads.
    read = """const vm = require("vm"), fs = require("fs");
        process.argv.slice(1).forEach((one) => new vm.Script(fs.readFileSync(one, "utf8"), { filename: one }));"""
    checked = subprocess.run([node, "-e", read, *scripts], capture_output=True, text=True, check=False)
    assert len(scripts) > 20
    assert checked.returncode == 0, checked.stderr


def test_the_parts_of_the_students_page_are_the_same_in_whatever_order_they_are_loaded() -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("needs node")
    folder = PACKAGE / "static" / "assessprep_xblock" / "student"
    assert len(STUDENT_SCRIPTS) <= 5, "each is a request before a student sees anything"
    for names in (STUDENT_SCRIPTS, STUDENT_SCRIPTS[::-1]):
        files = json.dumps([str(folder / f"{name}.js") for name in names])
        # Nothing of a browser is there: a script that did something while it is loaded would fail.
        load = f"""const vm = require("vm"), fs = require("fs"), window = {{}}, page = vm.createContext({{ window }});
            {files}.forEach((file) => vm.runInContext(fs.readFileSync(file, "utf8"), page, file));
            const parts = Object.keys(window.AssessPrepParts).sort();
            console.log(JSON.stringify([Object.keys(window), parts, typeof page.AssessPrepXBlock]));"""
        ran = subprocess.run([node, "-e", load], capture_output=True, text=True, check=True)
        parts = sorted(set(STUDENT_SCRIPTS) - {"assessment"})
        assert json.loads(ran.stdout) == [["AssessPrepParts"], parts, "function"], names


def test_the_runs_on_mariadb_and_in_chromium_look_where_their_tests_are() -> None:
    called = (ROOT / "scripts" / "run-tests.sh").read_text(encoding="utf-8")
    for marker, given in (("browser", "in_chromium"), ("mariadb", "on_mariadb")):
        (places,) = re.findall(rf"^    {given}=\((.*)\)", called, re.M)
        marked = [one for one in sorted((ROOT / "tests").rglob("test_*.py")) if f"mark.{marker}\n" in _marks_of(one)]
        assert marked, marker
        lost = [name_of(one) for one in marked if not any(one.is_relative_to(ROOT / place) for place in places.split())]
        assert lost == [], f"make test does not look there for {marker}"


def _marks_of(path: Path) -> str:
    """The markers a file of tests names, a line each."""
    return "".join(f"{one}\n" for one in re.findall(r"pytest\.(mark\.\w+)", path.read_text(encoding="utf-8")))


# -- what the platform loads --------------------------------------------------------------------------------------------
POINTS = [
    ("xblock.v1", "assessprep"),
    ("xblock.v1", "assessprep_written"),
    ("lms.djangoapp", "assessprep_xblock"),
    ("cms.djangoapp", "assessprep_xblock"),
    ("openedx.course_tab", "assessprep"),
]
#: Loaded by Tutor, on machines where nothing else of ours can be: looked at by ``tox -e tutor``.
TUTOR = ("tutor.plugin.v1", "assessprep")


@pytest.mark.parametrize(("group", "name"), POINTS)
def test_an_entry_point_leads_to_something_that_imports(group: str, name: str) -> None:
    (point,) = entry_points(group=group, name=name)
    assert isinstance(point.load(), type)


def test_there_are_no_entry_points_but_these() -> None:
    ours = {(point.group, point.name) for point in distribution("assessprep-xblock").entry_points}
    assert ours == {*POINTS, TUTOR}, "setup.py says more than is installed here: make env"


@pytest.mark.parametrize("project", ["lms.djangoapp", "cms.djangoapp"])
def test_the_platform_really_loads_our_app(project: str) -> None:
    """A plugin that fails to import is dropped without a word, so its absence has to be looked for."""
    (ours,) = [app for app in get_plugin_apps(project) if app.startswith("assessprep_xblock")]
    assert ours in settings.INSTALLED_APPS
    assert apps.get_app_config("assessprep").name == "assessprep_xblock"


def test_the_platform_really_runs_our_settings_and_urls() -> None:
    assert "assessprep_xblock.gate.GateMixin" in settings.XBLOCK_MIXINS
    assert "assessprep_xblock.gate.GateMiddleware" in settings.MIDDLEWARE
    assert "assessprep_xblock.gate.StudioGateMiddleware" in settings.MIDDLEWARE
    assert any(isinstance(found, URLResolver) and found.namespace == "assessprep" for found in get_resolver().url_patterns)


# -- what ships ---------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel an operator would install."""
    return check_wheel.build(tmp_path_factory.mktemp("dist"))


def test_the_wheel_holds_the_package_and_nothing_of_the_embedded_lms_or_the_tests_and_no_answer_key(wheel: Path) -> None:
    assert check_wheel.problems(wheel) == []


PLANTED = [
    ("devlms/settings.py", "", "the wheel holds nothing but"),
    ("tests/test_house.py", "", "the wheel holds nothing but"),
    ("assessprep_xblock/static/demo/algebra.xml", "<problem/>", "a kind of file"),
    ("assessprep_xblock/static/demo/algebra.json", r'{"olx": "<choice correct=\"true\">4</choice>"}', "answer key"),
    ("assessprep_xblock/templates/x.html", "<numericalresponse answer='4'>", "answer key"),
]


def test_what_must_not_ship_is_found_in_a_wheel(wheel: Path, tmp_path: Path) -> None:
    before = set(check_wheel.problems(wheel))
    for name, content, told in PLANTED:
        planted = tmp_path / wheel.name
        shutil.copyfile(wheel, planted)
        with zipfile.ZipFile(planted, "a") as archive:
            archive.writestr(name, content)
        (found,) = set(check_wheel.problems(planted)) - before
        assert found.startswith(f"{name}: "), found
        assert told in found, found


# -- what makes a test red by chance -------------------------------------------------------------------------------------
#: So many seconds, chosen by somebody whose machine had nothing else to do. What is waited for is said (tests/patience.py).
GUESSED = re.compile(r"wait_for_timeout\(|set_default_timeout\(|mark\.timeout\(|\btimeout=\d|\bsleep\(|networkidle")


def test_no_test_waits_for_so_many_seconds() -> None:
    tests = ROOT / "tests"
    # Programs of their own, which wait for servers and say for how long at the most.
    apart = {
        tests / name for name in ("faults", "smoke", "edxapp", "conftest.py", "patience.py", "services.py", "test_house.py")
    }
    files = [path for path in tests.rglob("*.py") if not apart & {path, *path.parents}]
    assert len(files) > 100
    guessed = [f"{name_of(path)}: {found[0]}" for path in files for found in GUESSED.finditer(path.read_text("utf-8"))]
    assert guessed == []


# -- what the documentation has to say ----------------------------------------------------------------------------------
def test_the_documentation_lists_every_setting_and_every_refusal_as_they_are() -> None:
    stale = [name for name, text in docs_tables.pages().items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: make docs"
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    assert [name for name in (*conf.SETTINGS, *CODES) if f"`{name}`" not in page] == []


def endpoints(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address below ``/assessprep/api/``, its arguments as ``<name>``."""
    for pattern in patterns:
        here = before + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, here)
        elif here.startswith("api/"):
            yield here


def test_the_documentation_lists_every_endpoint() -> None:
    page = ROOT / "docs/api.md"
    from assessprep_xblock.urls import urlpatterns

    said = {re.sub(r"<[^>]*>", "<>", address) for address in re.findall(r"[\w./<>:-]+", page.read_text(encoding="utf-8"))}
    missing = [
        address
        for address in endpoints(urlpatterns)
        if (bare := re.sub(r"<[^>]*>", "<>", address.removeprefix("api/v1/"))).strip("/")
        and not said & {bare, bare.rstrip("/"), f"/assessprep/api/v1/{bare}", f"/assessprep/api/v1/{bare.rstrip('/')}"}
    ]
    assert missing == []


def test_every_test_that_the_security_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "security.md").read_text())
    assert len(named) > 50
    gone = [f"{file}::{name}" for file, name in named if not _has_test(ROOT / file, name)]
    assert gone == []


def _has_test(path: Path, name: str) -> bool:
    return path.exists() and any(function.name == name for function in functions(path))


def test_the_map_names_every_module_at_the_top() -> None:
    page = (ROOT / "docs/map.md").read_text(encoding="utf-8")
    top = {path.name if path.suffix else f"{path.name}/" for path in PACKAGE.iterdir() if path.suffix in (".py", "")}
    nouns = {f"{path.name}/" for path in DOMAIN.iterdir() if path.is_dir()}
    own = {"__init__.py", "__pycache__/"}
    assert [name for name in sorted((top | nouns) - own) if f"`{name}`" not in page] == []


def test_decisions_are_numbered_without_a_gap_and_say_why() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.rst"))
    assert [record.name[:4] for record in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for record in records:
        for part in ("Decision", "Why", "Rejected"):
            found = re.search(rf"^{part}\n-+$", record.read_text(encoding="utf-8"), re.M)
            assert found, f"{record.name} has no part “{part}”"


def test_every_refusal_has_its_sentence() -> None:
    assert set(SENTENCES) == set(CODES)
