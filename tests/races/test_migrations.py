"""The migrations on MariaDB: forward, back to nothing, forward again. (On SQLite each operation makes its table anew, which
takes most of a minute.)"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from assessprep_xblock.management.commands.assessprep_doctor import check_tables

pytestmark = pytest.mark.mariadb


def tables() -> set[str]:
    with connection.cursor() as cursor:
        return {one for one in connection.introspection.table_names(cursor) if one.startswith("assessprep_")}


def ours() -> set[str]:
    models = apps.get_app_config("assessprep").get_models(include_auto_created=True)
    return {model._meta.db_table for model in models}


@pytest.fixture
def migrated(transactional_db):
    """Whatever a test does to the tables, the next one finds them whole."""
    yield
    call_command("migrate", "assessprep", verbosity=0)


def test_the_migrations_run_forward_backward_and_forward_again(migrated):
    assert tables() == ours()
    assert check_tables() == ("ok", "The tables are those that this version writes to.")
    call_command("migrate", "assessprep", "zero", verbosity=0)
    assert tables() == set()
    state, words = check_tables()
    assert (state, "migrate assessprep" in words) == ("error", True)
    call_command("migrate", "assessprep", verbosity=0)
    assert tables() == ours()
    assert check_tables()[0] == "ok"
