"""The tests' own tools: a race that really races, a database that really is MariaDB, a skip that really is red."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from assessprep_xblock import conf

ROOT = Path(__file__).resolve().parent.parent


def _run_pytest(folder: Path, body: str, require: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(body)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.required",
            "-p",
            "no:cacheprovider",
        ]
        + ["-q", "--rootdir", str(folder), "-c", os.devnull, str(folder)],
        cwd=ROOT,
        # Nothing but pytest and what is tried here: loading every plugin takes longer than the rest.
        env={**os.environ, "ASSESSPREP_REQUIRE": require, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skipped_optional_part_turns_the_run_red_where_all_are_required(tmp_path: Path) -> None:
    marks = ("mariadb", "redis", "browser")
    skipping = (f"@pytest.mark.{one}\ndef test_{one}():\n    pytest.skip('no {one}')\n" for one in marks)
    body = "".join(("import pytest\n", *skipping, "def test_y():\n    pass\n"))
    loud = _run_pytest(tmp_path, body, "all")
    assert loud.returncode == 1, loud.stdout
    # Each of the three is told there, and whatever is told there is what turns it red.
    told = loud.stdout.split("skipped although ASSESSPREP_REQUIRE=all")[1]
    assert [one for one in marks if f"test_{one}: " not in told or f"no {one}" not in told] == []
    quiet = _run_pytest(tmp_path, body, "")
    assert quiet.returncode == 0, quiet.stdout
    assert "NOT RUN" in quiet.stdout


def test_a_skip_of_something_else_stays_green_where_all_are_required(tmp_path: Path) -> None:
    ran = _run_pytest(tmp_path, "import pytest\ndef test_x():\n    pytest.skip('elsewhere')\n", "all")
    assert ran.returncode == 0, ran.stdout


def test_without_mariadb_the_launcher_fails_where_all_are_required_and_says_so_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "MySQLdb.py").write_text("raise ImportError\n")

    def launch(require: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.services", sys.executable, "-c", "print('ran')"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "ASSESSPREP_REQUIRE": require},
            capture_output=True,
            text=True,
            check=False,
        )

    refused = launch("all")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "mysqlclient is not installed" in refused.stderr
    went_on = launch("")
    assert (went_on.returncode, went_on.stdout) == (0, "ran\n")
    assert "NOT ON MARIADB" in went_on.stderr


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_races_run_on_mariadb_with_a_connection_each_and_a_common_start(threads) -> None:
    assert connection.vendor == "mysql"
    assert connection.mysql_is_mariadb
    inside = Barrier(4)

    def call() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT CONNECTION_ID()")
            (number,) = cursor.fetchone()
            inside.wait(60)  # passed only by four that are in their transactions at the same time
        return int(number)

    def fails() -> None:
        raise ValueError("told, not lost")

    *numbers, error = threads(call, call, call, call, fails)
    assert len(set(numbers)) == 4, numbers
    assert isinstance(error, ValueError)


@pytest.mark.redis
def test_the_private_redis_counts_atomically(redis_cache) -> None:
    redis_cache.add("tries", 0)
    assert [redis_cache.incr("tries") for _ in range(3)] == [1, 2, 3]


@pytest.mark.browser
def test_chromium_draws_a_page(browser) -> None:
    page = browser.new_page()
    page.set_content("<p id=x>ready</p>")
    assert page.text_content("#x") == "ready"
    page.context.close()


class TestSettings:
    """Operators' settings: a wrong one is named, with what is allowed."""

    @pytest.mark.parametrize("name", list(conf.SETTINGS))
    def test_every_default_is_allowed(self, name: str) -> None:
        declared = conf.SETTINGS[name]
        assert type(declared.default) is declared.kind
        assert conf.get(name) is not None
        assert declared.why

    @pytest.mark.parametrize(
        ("name", "value", "allowed"),
        [
            ("ASSESSPREP_CODE_LENGTH", 3, "a whole number from 4 to 8"),
            ("ASSESSPREP_CODE_LENGTH", 9, "a whole number from 4 to 8"),
            ("ASSESSPREP_CODE_LENGTH", "4", "a whole number from 4 to 8"),
            ("ASSESSPREP_CODE_LENGTH", 4.0, "a whole number from 4 to 8"),
            ("ASSESSPREP_WRONG_TRIES", True, "a whole number from 1 to 1000"),
            ("ASSESSPREP_WRONG_TRIES", None, "a whole number from 1 to 1000"),
            ("ASSESSPREP_CODE_SPACE_LIMIT", float("nan"), "a number from 0.01 to 1"),
            ("ASSESSPREP_CODE_SPACE_LIMIT", 1.5, "a number from 0.01 to 1"),
            ("ASSESSPREP_LMS", " ", "a non-empty string"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name_with_what_is_allowed(
        self, settings, name: str, value: object, allowed: str
    ) -> None:
        setattr(settings, name, value)
        with pytest.raises(ImproperlyConfigured) as refused:
            conf.get(name)
        assert name in str(refused.value)
        assert allowed in str(refused.value)
        assert str(refused.value) in conf.problems()

    def test_a_whole_number_will_do_where_decimals_are_allowed(self, settings) -> None:
        settings.ASSESSPREP_CODE_SPACE_LIMIT = 1
        assert conf.get_float("ASSESSPREP_CODE_SPACE_LIMIT") == 1.0

    def test_settings_that_contradict_each_other_are_told(self, settings) -> None:
        settings.ASSESSPREP_BEAT_SECONDS = 10
        settings.ASSESSPREP_BEAT_SECONDS_URGENT = 20
        assert conf.problems() == ["ASSESSPREP_BEAT_SECONDS_URGENT must not be larger than ASSESSPREP_BEAT_SECONDS."]

    def test_a_setting_nobody_declared_cannot_be_read(self) -> None:
        with pytest.raises(KeyError):
            conf.get_int("ASSESSPREP_SURPRISE")
